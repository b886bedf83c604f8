import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Builds the page into dist/demo-page at the top of the repository; `vite dev` passes data requests on to a running demo. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: '/',
  plugins: [react()],
  build: {
    outDir: fileURLToPath(new URL('../../../dist/demo-page', import.meta.url)),
    emptyOutDir: true,
    // Chromium of the last years: no downleveling, no polyfills.
    target: 'es2022',
  },
  server: {
    proxy: {
      '/graphql': 'http://127.0.0.1:4000',
      '/demo': 'http://127.0.0.1:4000',
      '/playground': 'http://127.0.0.1:4000',
    },
  },
});
