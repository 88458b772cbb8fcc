// What the old apps need of each path, as the contract marks it: a run has not shown anything before every path was
// called, and every load-bearing key read by a screen.
const SHOP = 'id shop_name shop_type description is_open delivers logo_url featured verified society';
const FOUND = 'id shop_name shop_type description is_open delivers';
const PROFILE = 'name phone city society flat_number profile_image_url gender date_of_birth';
const ORDER = `order_id shop_id payment_mode payment_status status total_amount final_amount delivery_notes created_at
  shop_name shop_type item_count items items[].name items[].quantity items[].unit_price items[].subtotal items[].item_id`;
const TRANSACTION = 'id amount type reference status created_at';
const CART_LINE = 'id price mrp quantity unit pack_size subtotal title name image_url brand';
const ITEM = 'id title brand price mrp unit pack_size image_url';

// A key of each member, a key of each entry.
const of = (place, keys) =>
  keys
    .split(/\s+/)
    .map((key) => `${place}.${key}`)
    .join(' ');

const READS = {
  'POST /send-otp': 'status',
  'POST /verify-otp': 'status message access_token refresh_token basic_onboarding_done',
  'POST /onboarding/basic': 'status message',
  'POST /consumer/onboarding': 'status message',
  'GET /consumer/shops': of('shops[]', SHOP),
  'GET /consumer/shops/search': of('shops[]', FOUND),
  'GET /shop/{}/items': `${of('shop', 'shop_name shop_type description')} ${of('items[]', ITEM)}`,
  'POST /consumer/cart/add': 'status message',
  'GET /consumer/cart/view': `cart ${of('cart[]', CART_LINE)} total_price total_savings`,
  'POST /consumer/cart/update': 'status message',
  'POST /consumer/cart/remove': 'status message',
  'POST /consumer/cart/clear': 'status message',
  'GET /consumer/wallet': 'balance',
  'POST /consumer/wallet/load': 'balance',
  'POST /consumer/wallet/debit': 'balance',
  'POST /consumer/wallet/refund': 'balance message',
  'GET /consumer/wallet/history': `transactions ${of('transactions[]', TRANSACTION)}`,
  'POST /consumer/order/confirm': 'status order_id message',
  'GET /consumer/order/history': `orders ${of('orders[]', ORDER)}`,
  'POST /consumer/orders/{}/message': 'status',
  'GET /consumer/orders/{}/messages': of('messages[]', 'id sender_phone message timestamp'),
  'POST /consumer/orders/{}/confirm-modified': 'status message refund',
  'POST /consumer/orders/{}/cancel': 'status message refund',
  'POST /consumer/orders/{}/rate': 'status message',
  'POST /consumer/orders/{}/issue': 'status message',
  'POST /consumer/orders/{}/return/raise': 'status message',
  'POST /agent/query': 'answer suggestions',
  'GET /consumer/profile/me': of('data', PROFILE),
  'POST /consumer/profile/edit': 'status message',
  'GET /consumer/addresses': of('addresses[]', 'id house_number street landmark'),
  'POST /consumer/address/add': 'status message',
  'POST /consumer/address/{}/edit': 'status message',
  'POST /consumer/address/{}/delete': 'status message',
  'GET /consumer/wishlist': of('wishlist[]', 'item_id title price mrp image_url available shop_name is_open'),
  'POST /consumer/wishlist/add': 'status message',
  'POST /consumer/wishlist/remove': 'status message',
  'GET /consumer/notifications': `unread_count ${of('notifications[]', 'id type title body target.screen target.id read_at created_at')}`,
  'POST /consumer/notifications/mark-read': 'status message unread_count',
  'GET /consumer/offers': of(
    'offers[]',
    'code title discount_type discount_value min_order_amount max_discount shop_name',
  ),
  'POST /consumer/cart/apply-coupon': 'status message adjusted_total',
  'GET /consumer/rewards': `points tier.name tier.progress ${of('ledger[]', 'id points type order_id reference created_at')}`,
  'POST /consumer/rewards/redeem': 'status message points_redeemed discount points payable_amount',
  'POST /consumer/support/ticket': 'status message ticket_id ticket.status',
  'GET /consumer/support/tickets': of('tickets[]', 'id subject category status order_id'),
  'GET /consumer/support/ticket/{}': `ticket.subject ticket.status ${of('messages[]', 'sender message timestamp')}`,
  'GET /consumer/settings': of('settings', 'location_allowed marketing_opt_in data_sharing_allowed'),
  'POST /consumer/settings/update': 'status message settings',
  'POST /logout': 'status',
  'POST /logout-all': 'status message revoked',
};

// The paths of older apps that have others today.
const OLDER = {
  customer: `POST /onboarding/consumer; GET /profile/me; POST /profile/edit; GET /shops; GET /shops/search; GET /items/shop/{}
    POST /cart/add; POST /cart/update; GET /cart/view; POST /cart/remove; POST /cart/clear
    GET /wallet; GET /wallet/history; POST /wallet/load; POST /wallet/debit; POST /wallet/refund
    POST /order/confirm; GET /order/history; GET /order/consumer/messages/{}; POST /order/consumer/message/send/{}
    POST /order/consumer/cancel/{}; POST /order/consumer/confirm-modified/{}; POST /order/rate/{}; POST /order/issue/{}
    POST /order/return/raise/{}`,
  vendor: `GET /order/vendor; POST /order/vendor/status/{}; POST /order/vendor/modify/{}; POST /order/vendor/cancel/{}
    POST /order/vendor/message/send/{}; GET /order/vendor/messages/{}; GET /order/vendor/issues
    POST /order/return/vendor/accept/{}; POST /order/return/complete/{}; POST /order/return/vendor/initiate/{}
    POST /item/add; POST /item/{}/toggle; POST /item/update/{}; POST /item/bulk-upload; GET /item/my
    GET /shop/my; POST /shop/edit; POST /shop/update-hours; POST /vendor/create-shop; POST /vendor/shop/toggle_status
    GET /profile/me; POST /profile/edit; GET /vendor/wallet; GET /vendor/wallet/history; POST /vendor/wallet/withdraw`,
};

const list = (text, separator) => text.split(separator).map((entry) => entry.trim());

// What nobody read of the current paths.
export function unread(apps) {
  const read = new Set(apps.flatMap((app) => [...app.read]));
  const wanted = Object.entries(READS).flatMap(([call, keys]) => list(keys, /\s+/).map((key) => `${call} ${key}`));
  return wanted.filter((key) => !read.has(key));
}

// Which older paths this app did not call.
export function uncalled(app, kind) {
  return list(OLDER[kind], /[;\n]/).filter((call) => !app.calls.has(call));
}

export const counted = {
  paths: Object.keys(READS).length,
  keys: Object.values(READS).flatMap((keys) => list(keys, /\s+/)).length,
};
