// Fails when all JavaScript and CSS of the built dashboard together weigh more than the limit, gzipped.
import { readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { gzipSync } from "node:zlib";

const LIMIT_BYTES = 300_000;
const dist = new URL("../dist", import.meta.url).pathname;

let total = 0;
for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || ![".js", ".css"].includes(extname(entry.name))) continue;
  const path = join(entry.parentPath, entry.name);
  const bytes = gzipSync(readFileSync(path), { level: 9 }).length;
  total += bytes;
  console.log(`${String(bytes).padStart(8)}  ${path.slice(dist.length + 1)}`);
}
console.log(`${String(total).padStart(8)}  JavaScript and CSS, gzipped (limit ${LIMIT_BYTES})`);
if (total === 0) {
  console.error("nothing is built: run `npm run build` first");
  process.exit(1);
}
if (total > LIMIT_BYTES) {
  console.error(
    "the dashboard weighs more than its limit; see what a new dependency brings, or load it lazily",
  );
  process.exit(1);
}
