// Runs the audits of the package graphql-http against a gateway: GATEWAY_URL=http://127.0.0.1:8080.
// Prints what fails, then "N passed, N failed"; fails when a MUST or a SHOULD does.
import { serverAudits } from 'graphql-http';

if (!process.env.GATEWAY_URL) {
  console.error('GATEWAY_URL is not set: expected the address of a gateway');
  process.exit(2);
}
const url = new URL('/graphql', process.env.GATEWAY_URL).href;

let passed = 0;
let failed = 0;
let noticed = 0;
for (const audit of serverAudits({ url })) {
  const result = await audit.fn();
  if (result.status === 'ok') {
    passed += 1;
    if (process.env.VERBOSE) console.log(`ok      ${audit.id} ${audit.name}`);
    continue;
  }
  const name = `${result.status.padEnd(7)} ${audit.id} ${audit.name}`;
  // A notice is about a MAY; an audit that throws is an error of any level.
  if (result.status === 'notice') noticed += 1;
  else failed += 1;
  console.log(`${name}: ${result.reason}`);
}
console.log(`${passed} passed, ${failed + noticed} failed`);
process.exit(failed === 0 ? 0 : 1);
