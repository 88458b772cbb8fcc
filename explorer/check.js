// Holds the prepared operations against the schema: each is valid, and every root field occurs in one of them.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSchema, parse, validate } from 'graphql';

/** Root fields that are in no prepared operation, and why. */
const LEFT_OUT = {
  uploadItems: 'GraphiQL sends no files; the README does it with curl',
  startWalletLoad: 'refused where payments are simulated',
  confirmWalletLoad: 'takes what the checkout of the provider answered',
  walletPayment: 'there is none where payments are simulated',
};

const folder = join(import.meta.dirname, 'src/journeys');
const schema = buildSchema(readFileSync(join(import.meta.dirname, '../schema.graphql'), 'utf8'));
const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];

const problems = [];
const used = new Set();
for (const file of readdirSync(folder).filter((name) => name.endsWith('.graphql'))) {
  const document = parse(readFileSync(join(folder, file), 'utf8'));
  for (const error of validate(schema, document)) problems.push(`${file}:${error.locations?.[0]?.line} ${error.message}`);
  const operations = document.definitions.filter(({ kind }) => kind === 'OperationDefinition');
  for (const { selectionSet } of operations) for (const { name } of selectionSet.selections) used.add(name?.value);
}
const fields = roots.flatMap((root) => Object.keys(root?.getFields() ?? {}));
for (const field of fields.filter((field) => !used.has(field) && !(field in LEFT_OUT)))
  problems.push(`${field} is in no prepared operation`);
for (const field of Object.keys(LEFT_OUT).filter((field) => used.has(field) || !fields.includes(field)))
  problems.push(`${field} is said to be left out, and is not`);

if (problems.length) {
  console.error(problems.join('\n'));
  process.exit(1);
}
console.log(`The prepared operations use ${used.size} of ${fields.length} root fields.`);
