import type { ToolOutcome, ToolProgress } from "@/api/types";

/** The unified diff that a tool gave back with its result, if it did. */
export function diffOf(outcome: ToolOutcome | undefined): string | undefined {
  const said = outcome?.structuredContent;
  return has(said, "diff") && typeof said.diff === "string" && said.diff !== "" ? said.diff : undefined;
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
  const texts = outcome.content.flatMap((block) => (isText(block) ? [block.text] : []));
  return texts.filter((text) => text !== "").join("\n");
}

export function picturesOf(outcome: ToolOutcome): Picture[] {
  return outcome.content.flatMap((block) => (isPicture(block) ? [block] : []));
}

/** Blocks of kinds that this page has no view for, to be shown as they are. */
export function othersOf(outcome: ToolOutcome): unknown[] {
  return outcome.content.filter((block) => !isText(block) && !isPicture(block));
}

type Block = ToolOutcome["content"][number];
type Text = Extract<Block, { type: "text" }>;
export type Picture = Extract<Block, { type: "image" }>;

const isText = (block: Block): block is Text => block.type === "text";
const isPicture = (block: Block): block is Picture => block.type === "image";

function has<Key extends string>(value: unknown, key: Key): value is Record<Key, unknown> {
  return typeof value === "object" && value !== null && key in value;
}
