import type { ApprovedTool, ServerTool } from "@/api/types";

/** Tools that are ticked, each with the digest of the description that stood there at that moment. */
export type Selection = ReadonlyMap<string, string>;

/** Whether a person has to say something about it. */
export function waits(tool: ServerTool): boolean {
  return tool.state === "new" || tool.state === "changed";
}

export function toggle(selection: Selection, tool: ServerTool, on: boolean): Selection {
  const next = new Map(selection);
  if (on) next.set(tool.name, tool.digest);
  else next.delete(tool.name);
  return next;
}

/** What may be sent: ticked, and still described as it was read. */
export function approvable(selection: Selection, tools: readonly ServerTool[]): ApprovedTool[] {
  return tools
    .filter((tool) => waits(tool) && selection.get(tool.name) === tool.digest)
    .map(({ name, digest }) => ({ name, digest }));
}

/** Ticked tools whose description has changed since. */
export function overtaken(selection: Selection, tools: readonly ServerTool[]): string[] {
  return tools
    .filter((tool) => selection.has(tool.name) && selection.get(tool.name) !== tool.digest)
    .map(({ name }) => name);
}
