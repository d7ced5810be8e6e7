import { defineConfig } from "@playwright/test";

const artefacts = process.env.BAILIWICK_TEST_ARTEFACTS ?? new URL("test-artefacts", import.meta.url).pathname;

/** Two projects: `mock` for the page itself, `real` for a Bailiwick that is running. */
export default defineConfig({
  testDir: "e2e",
  outputDir: `${artefacts}/dashboard-runs`,
  workers: 2,
  fullyParallel: true,
  forbidOnly: Boolean(process.env.CI),
  reporter: "list",
  timeout: 60_000,
  expect: { timeout: 15_000 },
  use: {
    viewport: { width: 1280, height: 800 },
    // A zone and language of its own, so that no text depends on the machine.
    timezoneId: "UTC",
    locale: "en-GB",
    screenshot: "only-on-failure",
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
      ],
    },
  },
  projects: [
    { name: "mock", testIgnore: "real/**" },
    { name: "real", testMatch: "real/**/*.spec.ts", timeout: 120_000, expect: { timeout: 30_000 } },
  ],
  metadata: { artefacts },
});
