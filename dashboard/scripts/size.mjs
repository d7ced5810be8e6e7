// Fails when the built dashboard weighs more than its limits, gzipped: what a browser loads before it shows the first
// page, and all pages together.
import { readdirSync, readFileSync } from "node:fs";
import { basename, extname, join } from "node:path";
import { gzipSync } from "node:zlib";

const FIRST_BYTES_MAX = 210_000;
const ALL_BYTES_MAX = 330_000;
const dist = new URL("../dist", import.meta.url).pathname;

const files = new Map();
for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || ![".js", ".css"].includes(extname(entry.name))) continue;
  const content = readFileSync(join(entry.parentPath, entry.name));
  files.set(entry.name, { content, bytes: gzipSync(content, { level: 9 }).length });
}
if (files.size === 0) {
  console.error("nothing is built: run `npm run build` first");
  process.exit(1);
}

/** What the page names, and what that imports at once: imports that are asked for later have a bracket. */
const first = new Set();
const waiting = [...readFileSync(join(dist, "index.html"), "utf8").matchAll(/(?:src|href)="([^"]+)"/g)];
for (const [, path] of waiting) {
  const name = basename(path);
  const file = files.get(name);
  if (!file || first.has(name)) continue;
  first.add(name);
  if (extname(name) === ".js")
    waiting.push(...file.content.toString().matchAll(/\b(?:from|import)\s*"(\.\/[^"]+)"/g));
}

const sum = (names) => [...names].reduce((total, name) => total + files.get(name).bytes, 0);
for (const [name, { bytes }] of files) {
  console.log(`${String(bytes).padStart(8)}  ${first.has(name) ? "first  " : "       "}${name}`);
}
const checks = [
  ["before the first page", sum(first), FIRST_BYTES_MAX],
  ["all pages together", sum(files.keys()), ALL_BYTES_MAX],
];
for (const [what, bytes, limit] of checks) {
  console.log(`${String(bytes).padStart(8)}  JavaScript and CSS, gzipped, ${what} (limit ${limit})`);
}
if (checks.some(([, bytes, limit]) => bytes > limit)) {
  console.error(
    "the dashboard weighs more than its limit; see what a new dependency brings, or load it lazily",
  );
  process.exit(1);
}
