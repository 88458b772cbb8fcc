// The page becomes a few files under dist/, each compressed once, here: the gateway embeds and serves them as they are.
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { constants, gzipSync } from 'node:zlib';
import { defineConfig } from 'vite';

const dist = join(import.meta.dirname, 'dist');

// gzip is what every browser takes, also from an address without TLS.
function compressed() {
  return {
    name: 'compressed',
    apply: 'build',
    enforce: 'post',
    closeBundle() {
      // index.html comes last: once it is there, everything is.
      const files = readdirSync(dist, { recursive: true })
        .sort()
        .map((file) => join(dist, file));
      for (const file of files.filter((file) => statSync(file).isFile())) {
        writeFileSync(`${file}.gz`, gzipSync(readFileSync(file), { level: constants.Z_BEST_COMPRESSION }));
        rmSync(file);
      }
    },
  };
}

export default defineConfig({
  base: '/graphiql/',
  // Monaco's workers are modules.
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    chunkSizeWarningLimit: 8_000,
    reportCompressedSize: false,
    rollupOptions: {
      onwarn(warning, warn) {
        // Packages mark their components for frameworks that render on a server.
        if (warning.code !== 'MODULE_LEVEL_DIRECTIVE') warn(warning);
      },
    },
  },
  esbuild: { jsx: 'automatic' },
  plugins: [compressed()],
});
