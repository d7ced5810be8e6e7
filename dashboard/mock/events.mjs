/** Sends a task's journal from where the reader left off, what has gathered live, and all that follows. */
export function watch(task, request, response, url) {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  const after = Number(request.headers["last-event-id"] ?? url.searchParams.get("after") ?? 0);
  const send = (event, data, id) =>
    response.write(
      `retry: 200\nevent: ${event}\n${id === undefined ? "" : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`,
    );
  const watcher = {
    journal: (envelope) => send("journal", envelope, envelope.seq),
    live: (event) => send("live", event),
    task: (summary) => send("task", summary),
    end: () => response.end(),
  };
  for (const envelope of task.journal.slice(after)) watcher.journal(envelope);
  for (const event of task.gathered) watcher.live(event);
  watcher.task(task.summary);
  task.watchers.add(watcher);
  const timer = setInterval(() => response.write(": still here\n\n"), 15_000);
  request.on("close", () => {
    clearInterval(timer);
    task.watchers.delete(watcher);
  });
}
