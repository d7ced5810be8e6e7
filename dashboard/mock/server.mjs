// The API contract without Bailiwick behind it: tasks follow a script, everything is forgotten at the end.
// For working on the dashboard (`npm run dev:mock`, then `BAILIWICK_URL=http://127.0.0.1:7879 npm run dev`) and
// for the browser tests. With `--dist` it serves the built dashboard too, under the same CSP as the product.
import { createServer } from "node:http";
import { parseArgs } from "node:util";
import { handle } from "./api.mjs";
import { serveDashboard } from "./assets.mjs";
import { World } from "./world.mjs";

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "7879" },
    pace: { type: "string", default: "28" },
    dist: { type: "string" },
  },
});

const world = new World(Number(values.pace));

const server = createServer(async (request, response) => {
  const url = new URL(request.url ?? "/", "http://mock");
  try {
    if (await handle(world, request, response, url)) return;
    if (values.dist) return void serveDashboard(values.dist, url.pathname, response);
    response.writeHead(404).end();
  } catch (error) {
    console.error(error);
    if (!response.headersSent) response.writeHead(500);
    response.end();
  }
});

server.listen(Number(values.port), "127.0.0.1", () => {
  console.log(`mock at http://127.0.0.1:${server.address().port}`);
});
