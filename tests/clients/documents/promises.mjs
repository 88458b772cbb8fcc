// What pages promise of their commands beyond that they work: each looks at everything that its page's commands told.
import assert from 'node:assert/strict';

const found = (told, ...keys) => told.map((object) => keys.reduce((value, key) => value?.[key], object)).filter(Boolean);

export const PROMISES = {
  'README.md'(told) {
    const [placed] = found(told, 'data', 'confirmOrder', 'order');
    const [listed] = found(told, 'data', 'orders', 'nodes');
    const balances = found(told, 'data', 'wallet', 'balance');
    assert.equal(listed[0].id, placed.id);
    assert.equal(balances.at(-1), 2500 + 500 - placed.total, 'two calls with one key paid once');
    const heard = found(told, 'data', 'orderStatusChanged');
    assert.deepEqual(heard.map(({ status, order }) => [order.id, status]), [[placed.id, 'ACCEPTED'], [placed.id, 'DELIVERED']]);
    const [earned] = found(told, 'data', 'vendorWallet', 'transactions', 'nodes');
    assert.equal(earned[0].amount, placed.total);
    const [rows] = found(told, 'data', 'uploadItems', 'rows');
    assert.deepEqual(rows.map(({ error }) => Boolean(error)), [false, true], 'each row is told what became of it');
    assert.ok(found(told, 'order_id').length > 0, 'the client from before has an order');
  },
};
