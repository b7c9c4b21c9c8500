import { fileURLToPath } from "node:url";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

// `--mode fake` builds the window on `backend/fake.ts`, for screenshots and axe. The shipped build has no fake in it.
export default defineConfig(({ mode }) => ({
  plugins: [svelte()],
  clearScreen: false,
  server: { port: 5173, strictPort: true, fs: { allow: [fileURLToPath(new URL("..", import.meta.url))] } },
  build: {
    target: "safari16",
    assetsInlineLimit: 0, // no data: addresses, so the CSP needs none
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
    reportCompressedSize: false,
    rollupOptions: { input: ["index.html", "panel.html", "start.html"] },
  },
  resolve: mode === "test" ? { conditions: ["browser"] } : {},
  test: {
    environment: "jsdom",
    include: ["src/**/*.test.ts", "tests/**/*.test.ts"],
    setupFiles: ["tests/setup.ts"],
    maxWorkers: "100%", // of the cores; Vitest leaves one of them idle otherwise
    testTimeout: 30_000, // a loaded machine is slow; nothing here is timed
  },
}));
