import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

/** `BAILIWICK_URL` names another server to develop against, for example the mock's. */
const server = process.env.BAILIWICK_URL ?? "http://127.0.0.1:7878";

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { "@": new URL("./src", import.meta.url).pathname } },
  build: {
    // The first versions with `light-dark()`, which the colour tokens are written in.
    target: ["chrome123", "firefox128", "safari17.5"],
    // Inlined assets would need `data:` in the CSP.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: {
    port: 5173,
    proxy: Object.fromEntries(
      ["/api", "/sign-in", "/healthz"].map((path) => [
        path,
        {
          target: server,
          changeOrigin: true,
          // The server takes writes from its own origin only.
          headers: { origin: server },
        },
      ]),
    ),
  },
  test: {
    include: ["src/**/*.test.ts"],
    environment: "node",
  },
});
