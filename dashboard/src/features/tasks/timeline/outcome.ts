import type { ToolOutcome, ToolProgress } from "@/api/types";

export interface Picture {
  data: string;
  mimeType: string;
}

/** The unified diff that a tool gave back with its result, if it did. */
export function diffOf(outcome: ToolOutcome | undefined): string | undefined {
  const structured = outcome?.structuredContent;
  if (typeof structured !== "object" || structured === null || !("diff" in structured)) return undefined;
  return typeof structured.diff === "string" && structured.diff !== "" ? structured.diff : undefined;
}

/** How a command ended, when the result says so in its structured part. */
export interface CommandEnd {
  exitCode?: number;
  signal?: number;
  output: ToolProgress[];
}

export function commandEnd(outcome: ToolOutcome | undefined): CommandEnd | undefined {
  const said = outcome?.structuredContent;
  if (!has(said, "stdout") || !has(said, "stderr")) return undefined;
  const output: ToolProgress[] = [];
  if (typeof said.stdout === "string" && said.stdout) output.push({ kind: "stdout", text: said.stdout });
  if (typeof said.stderr === "string" && said.stderr) output.push({ kind: "stderr", text: said.stderr });
  return {
    ...(has(said, "exit_code") && typeof said.exit_code === "number" ? { exitCode: said.exit_code } : {}),
    ...(has(said, "signal") && typeof said.signal === "number" ? { signal: said.signal } : {}),
    output,
  };
}

/** All text of a result, block after block. */
export function textOf(outcome: ToolOutcome): string {
  return outcome.content
    .map((block) => (isText(block) ? block.text : ""))
    .filter(Boolean)
    .join("\n");
}

export function picturesOf(outcome: ToolOutcome): Picture[] {
  return outcome.content.filter(isPicture);
}

/** Blocks of kinds that this page has no view for, to be shown as they are. */
export function othersOf(outcome: ToolOutcome): unknown[] {
  return outcome.content.filter((block) => !isText(block) && !isPicture(block));
}

function isText(block: unknown): block is { type: "text"; text: string } {
  return has(block, "text") && typeof block.text === "string" && has(block, "type") && block.type === "text";
}

function isPicture(block: unknown): block is Picture {
  return (
    has(block, "data") &&
    typeof block.data === "string" &&
    has(block, "mimeType") &&
    has(block, "type") &&
    block.type === "image"
  );
}

function has<Key extends string>(value: unknown, key: Key): value is Record<Key, unknown> {
  return typeof value === "object" && value !== null && key in value;
}
