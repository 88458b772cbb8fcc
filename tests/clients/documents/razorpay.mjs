// What stands in for Razorpay: orders, payments, and a checkout in which everybody pays at once.
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';

const SECRET = 'known-to-the-gateway-and-to-the-checkout';

export async function startRazorpay() {
  const [orders, payments] = [[], []];
  const answer = async (request) => {
    const { pathname, searchParams } = new URL(request.url, 'http://razorpay');
    const [, , kind, id] = pathname.split('/');
    if (kind === 'payments') return payments.find((payment) => payment.id === id);
    if (id) return { items: payments.filter((payment) => payment.order_id === id) };
    if (request.method === 'GET') return { items: orders.filter(({ receipt }) => receipt === searchParams.get('receipt')) };
    orders.push({ ...JSON.parse(await text(request)), id: `order_${String(orders.length + 1).padStart(14, '0')}` });
    return orders.at(-1);
  };
  const server = createServer(async (request, response) => {
    const found = await answer(request);
    response.writeHead(found ? 200 : 400, { 'content-type': 'application/json' }).end(JSON.stringify(found ?? {}));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');

  function pay(orderId) {
    const { amount, currency } = orders.find((order) => order.id === orderId);
    const id = `pay_${String(payments.length + 1).padStart(14, '0')}`;
    payments.push({ id, order_id: orderId, amount, currency, status: 'captured', amount_refunded: 0 });
    const signature = createHmac('sha256', SECRET).update(`${orderId}|${id}`).digest('hex');
    return { razorpay_payment_id: id, razorpay_signature: signature };
  }

  return {
    settings: {
      PAYMENTS: 'razorpay',
      RAZORPAY_URL: `http://127.0.0.1:${server.address().port}`,
      RAZORPAY_KEY_ID: 'rzp_test_documentation',
      RAZORPAY_KEY_SECRET: SECRET,
      RAZORPAY_WEBHOOK_SECRET: SECRET,
    },
    pay,
    // As `checkout.js` names it.
    Checkout: class {
      constructor(options) {
        this.options = options;
      }

      open() {
        const { key, amount, order_id: orderId, handler } = this.options;
        const order = orders.find(({ id }) => id === orderId);
        if (key !== 'rzp_test_documentation' || order.amount !== amount) throw new Error('the checkout does not open');
        handler(pay(orderId));
      }
    },
    stop: () => server.close(),
  };
}
