// The prepared operations: a document per journey, with variables that fit the demo society.
import { parse } from 'graphql';
import admin from './admin.graphql?raw';
import browse from './browse.graphql?raw';
import cart from './cart.graphql?raw';
import chat from './chat.graphql?raw';
import newcomer from './newcomer.graphql?raw';
import order from './order.graphql?raw';
import profile from './profile.graphql?raw';
import rewards from './rewards.graphql?raw';
import signIn from './sign-in.graphql?raw';
import staff from './staff.graphql?raw';
import support from './support.graphql?raw';
import vendor from './vendor.graphql?raw';
import wallet from './wallet.graphql?raw';

export type Role = 'CONSUMER' | 'VENDOR' | 'STAFF' | 'ADMIN';

export interface Operation {
  name: string;
  kind: 'query' | 'mutation' | 'subscription';
  variables: string[];
}

export interface Journey {
  name: string;
  /** Who may run it; empty: everybody. */
  roles: Role[];
  query: string;
  variables: string;
  operations: Operation[];
}

function journey(name: string, roles: Role[], query: string, variables: object): Journey {
  const operations = parse(query).definitions.flatMap((definition) => {
    if (definition.kind !== 'OperationDefinition' || !definition.name) return [];
    const names = definition.variableDefinitions?.map(({ variable }) => variable.name.value) ?? [];
    return [{ name: definition.name.value, kind: definition.operation, variables: names }];
  });
  // No variables are no text, so that their editor stays out of the way.
  const text = Object.keys(variables).length ? JSON.stringify(variables, null, 2) : '';
  return { name, roles, query, variables: text, operations };
}

const city = 'Pune';
const society = 'Green Meadows';
const item = { title: 'Filter coffee', price: 145, mrp: 160, quantityInStock: 25, unit: 'packet', packSize: '200 g' };
const offer = { code: 'COFFEE5', title: 'Five rupees off', discountType: 'FLAT', discountValue: 5, perUserLimit: 2 };
const ticket = { subject: 'A packet was open', message: 'The rice packet was open when it came.', category: 'Orders' };
const promotion = { title: 'Fresh this week', body: 'Mangoes have come to Fresh Basket.', city, society };

export const journeys: Journey[] = [
  journey('Sign in', [], signIn, { phone: '+919000000001', otp: '123456', refreshToken: '', sessionId: '' }),
  journey('New here', [], newcomer, {
    city,
    newcomer: { name: 'New Neighbour', city, society, role: 'CONSUMER' },
    profile: { flatNumber: 'B-1204', preferredLanguage: 'English' },
    name: 'Newest Neighbour',
    confirmPhone: '',
    newVendor: { name: 'New Shopkeeper', city, society: 'Palm Residency', role: 'VENDOR' },
    business: { businessType: 'Grocery', businessName: 'Tea Stall', address: 'Gate 2' },
    shop: { shopName: 'Tea Stall', shopType: 'Grocery', description: 'Tea and snacks', delivers: true, tags: ['tea'] },
  }),
  journey('Browse', ['CONSUMER'], browse, { first: 5, shopId: '1', item: 'rice', maxPrice: 200, itemId: '1' }),
  journey('Cart', ['CONSUMER'], cart, { itemId: '1', quantity: 1, newQuantity: 2, code: 'WELCOME10' }),
  journey('Wallet', ['CONSUMER'], wallet, { amount: 500, price: 49.5, reference: 'Newspapers' }),
  journey('Order', ['CONSUMER'], order, {
    mode: 'WALLET',
    notes: 'Please ring twice',
    orderId: '',
    rating: 5,
    review: 'Quick and friendly',
    issueType: 'Damaged item',
    description: 'One packet was torn',
    orderItemId: '',
    reason: 'Not what I expected',
  }),
  journey('Chat', ['CONSUMER', 'VENDOR'], chat, { orderId: '', message: 'When will it come?' }),
  journey('Rewards & offers', ['CONSUMER'], rewards, { points: 1 }),
  journey('Profile & addresses', ['CONSUMER'], profile, {
    profile: { flatNumber: 'A-101', preferredLanguage: 'English' },
    address: { houseNumber: 'A-101', street: 'Tower A', landmark: 'Opposite the club house' },
    addressId: '',
    landmark: 'Beside the lift',
    settings: { marketingOptIn: true },
  }),
  journey('Support & assistant', ['CONSUMER'], support, {
    search: 'refund',
    query: 'When do I get my money back?',
    ticket,
    ticketId: '',
    reply: 'Thank you, here is more about it.',
  }),
  journey('Vendor', ['VENDOR'], vendor, {
    orderId: '',
    orderItemId: '',
    newQuantity: 1,
    reason: 'The batch was recalled',
    item,
    myItemId: '',
    price: 139,
    shop: { tags: ['grocery', 'snacks', 'coffee'] },
    open: true,
    bank: { bankName: 'Demo Bank', accountNumber: '000011112222', ifscCode: 'DEMO0000001' },
    amount: 10,
    use: 'Shop supplies',
    paper: { documentType: 'GST certificate', fileUrl: 'https://example.org/gst.pdf' },
  }),
  journey('Staff', ['STAFF', 'ADMIN'], staff, {
    status: 'OPEN',
    ticketId: '',
    reply: 'We are sorry. The shop brings another one.',
    shops: { verified: false },
    managedShopId: '',
    verified: true,
    featured: true,
    reason: 'Checked on the phone',
    phone: '+919000000002',
    userId: '',
    direction: 'CREDIT',
    amount: 25,
    offer,
    offerId: '',
    promotion,
    promotionId: '',
    done: { targetKind: 'PROMOTION' },
  }),
  journey('Admin', ['ADMIN'], admin, { orders: { status: ['DELIVERED', 'CANCELLED'] } }),
];

export function journeyOf(operationName: string | null | undefined): Journey | undefined {
  return journeys.find(({ operations }) => operations.some(({ name }) => name === operationName));
}
