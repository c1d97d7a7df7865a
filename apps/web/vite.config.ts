import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { budgets } from './build/budgets.ts';

const server = process.env['FOVEA_SERVER'] ?? 'http://localhost:3000';

export default defineConfig({
  plugins: [react(), budgets({ firstLoadKb: 150, pageKb: 25, styleKb: 20 })],
  // Workspace packages are bundled from their TypeScript.
  resolve: { conditions: ['source', 'module', 'browser', 'development|production'] },
  build: {
    target: 'es2023',
    // The host's policy allows data: pictures, but a file of its own is cached and counted.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    // What is split into chunks must run in the order of its imports: zod-policy.ts before the first schema.
    rolldownOptions: { output: { strictExecutionOrder: true } },
  },
  server: {
    port: 5173,
    // changeOrigin: the server answers only requests that carry its own Host.
    proxy: { '/v1': { target: server, changeOrigin: true, headers: { origin: server } } },
  },
});
