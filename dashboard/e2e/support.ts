import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { test as base, expect, type Page } from "@playwright/test";

const dashboard = new URL("..", import.meta.url).pathname;
export const artefacts = process.env.BAILIWICK_TEST_ARTEFACTS ?? `${dashboard}test-artefacts`;

/** Milliseconds between two pieces of streamed text. */
const PACE_MS = 4;

interface Reset {
  tasks?: number;
  signed_out?: boolean;
  pace?: number;
  /** An MCP client asks. */
  question?: boolean;
  /** The entry of the record that somebody changed. */
  broken?: number;
  /** Where the rules come from. */
  policy_source?: string;
}

export interface Mock {
  url: string;
  reset: (how?: Reset) => Promise<void>;
  /** Cuts every live connection, as a restart would. */
  drop: () => Promise<void>;
}

/**
 * Every worker has a mock of its own, reset before every test, and every test fails when the page says something
 * on the console that it should not: an error, or a breach of the CSP.
 */
export const test = base.extend<{ mock: Mock; quiet: undefined }, { server: string }>({
  server: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the pattern
    async ({}, use) => {
      const { child, url } = await start();
      await use(url);
      child.kill();
    },
    { scope: "worker" },
  ],
  mock: [
    async ({ server }, use) => {
      const reset = async (how: Reset = {}) => {
        const response = await fetch(`${server}/mock/reset`, {
          method: "POST",
          body: JSON.stringify({ pace: PACE_MS, ...how }),
        });
        expect(response.ok).toBe(true);
      };
      await reset();
      const drop = async () => void (await fetch(`${server}/mock/drop`, { method: "POST" }));
      await use({ url: server, reset, drop });
    },
    { auto: true },
  ],
  baseURL: async ({ server }, use) => use(server),
  quiet: [
    async ({ page }, use) => {
      const said: string[] = [];
      page.on("console", (message) => {
        // A refused request is logged by the browser itself; the page shows it.
        if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
          said.push(message.text());
      });
      page.on("pageerror", (error) => said.push(String(error)));
      await use(undefined);
      expect(said, "what the page said on the console").toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };

/** Starts a task from the form and waits for its page. */
export async function startTask(page: Page, prompt: string) {
  await page.goto("/");
  await page.getByLabel("What should be done?").fill(prompt);
  await page.getByRole("button", { name: "Start" }).click();
  await expect(page).toHaveURL(/\/tasks\//);
}

async function start(): Promise<{ child: ChildProcess; url: string }> {
  if (!existsSync(`${dashboard}dist/index.html`)) {
    throw new Error("the dashboard is not built: run `npm run build` first");
  }
  const child = spawn(process.execPath, ["mock/server.mjs", "--port", "0", "--dist", "dist"], {
    cwd: dashboard,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const url = await new Promise<string>((resolve, reject) => {
    let text = "";
    child.stdout.on("data", (chunk) => {
      text += chunk;
      const found = /mock at (http:\S+)/.exec(text)?.[1];
      if (found) resolve(found);
    });
    child.once("exit", (code) => reject(new Error(`the mock ended with code ${code}: ${text}`)));
  });
  return { child, url };
}
