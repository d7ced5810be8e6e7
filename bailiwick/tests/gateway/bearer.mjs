// bearer.mjs ADDRESS: a door to ADDRESS for programs that cannot send a token. Adds the bearer token of the
// environment variable TOKEN to each request and prints its own address; all else passes as it is.

import { createServer, request } from "node:http";

const target = process.argv[2];
const token = process.env.TOKEN;

const door = createServer((incoming, outgoing) => {
  const own = `127.0.0.1:${door.address().port}`;
  const headers = { ...incoming.headers, authorization: `Bearer ${token}` };
  // Its own name becomes the name of the target; a foreign name stays foreign.
  const renamed = (value) => value?.replace(own, target).replace(`localhost:${door.address().port}`, target);
  headers.host = renamed(headers.host);
  if (headers.origin) headers.origin = renamed(headers.origin);
  const [hostname, port] = target.split(":");
  const onward = request({ hostname, port, method: incoming.method, path: incoming.url, headers }, (answer) => {
    outgoing.writeHead(answer.statusCode, answer.headers);
    outgoing.flushHeaders();
    answer.pipe(outgoing);
    answer.on("error", () => outgoing.destroy());
  });
  onward.on("error", () => outgoing.destroy());
  // Who leaves in the middle of an answer has left for the target, too.
  outgoing.on("close", () => onward.destroy());
  incoming.pipe(onward);
});
door.on("connection", (socket) => socket.setNoDelay(true));
door.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${door.address().port}/mcp`));
