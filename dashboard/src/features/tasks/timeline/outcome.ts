import type { ToolOutcome } from "@/api/types";

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
