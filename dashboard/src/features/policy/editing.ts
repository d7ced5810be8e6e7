/** What Enter puts in: the indentation of its line, and one step more after what opens a block. */
export function lineBreak(text: string, at: number): string {
  const line = text.slice(text.lastIndexOf("\n", at - 1) + 1, at);
  const indentation = /^[\t ]*/.exec(line)?.[0] ?? "";
  return `\n${indentation}${/[{[(]\s*$/.test(line) ? "\t" : ""}`;
}

/** Where a closing bracket goes that is typed on an empty line: one step back. Null when it stays where it is. */
export function outdent(text: string, at: number): { from: number } | null {
  const from = text.lastIndexOf("\n", at - 1) + 1;
  const before = text.slice(from, at);
  return before !== "" && /^[\t ]*$/.test(before) && before.endsWith("\t") ? { from: at - 1 } : null;
}

/** The first character of a line, counted from 1, and the first behind its last. */
export function lineSpan(text: string, line: number): { from: number; to: number } {
  let from = 0;
  for (let left = line - 1; left > 0; left -= 1) {
    const next = text.indexOf("\n", from);
    if (next < 0) break;
    from = next + 1;
  }
  const end = text.indexOf("\n", from);
  return { from, to: end < 0 ? text.length : end };
}
