// Types for every operation that a component writes in graphql(`…`), checked against the gateway's schema.
import type { CodegenConfig } from '@graphql-codegen/cli';

export default {
  schema: '../../schema.graphql',
  documents: 'src/**/*.{ts,tsx}',
  ignoreNoDocuments: true,
  generates: {
    'src/gql/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: {
        enumsAsTypes: true,
        useTypeImports: true,
        // What the scalars are in JSON. One that is missing here fails the build instead of becoming `any`.
        strictScalars: true,
        scalars: {
          AccountNumber: 'string',
          Date: 'string',
          DateTime: 'string',
          JSON: 'unknown',
          Money: 'number',
          Phone: 'string',
          TimeOfDay: 'string',
          Upload: 'File',
        },
      },
    },
  },
} satisfies CodegenConfig;
