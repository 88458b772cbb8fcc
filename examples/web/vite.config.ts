import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// The page and the gateway share an origin, as they would behind one reverse proxy: no CORS, no address in the code.
const proxy = {
  '/graphql': { target: process.env.GATEWAY_URL ?? 'http://127.0.0.1:8080', ws: true, changeOrigin: true },
  '/media': { target: process.env.GATEWAY_URL ?? 'http://127.0.0.1:8080', changeOrigin: true },
};

export default defineConfig({
  plugins: [react()],
  server: { proxy },
  preview: { proxy },
});
