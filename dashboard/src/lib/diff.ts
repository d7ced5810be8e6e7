/** One line of a unified diff, with its numbers in the old and the new text. */
export interface DiffLine {
  kind: "context" | "added" | "removed" | "hunk" | "remark";
  text: string;
  old?: number;
  new?: number;
}

export interface Diff {
  lines: DiffLine[];
  added: number;
  removed: number;
}

/**
 * Reads a unified diff of one file. Takes one that was cut short as well, which is why no library does it: what
 * is not a line of a hunk becomes a remark.
 */
export function parseDiff(text: string): Diff {
  const diff: Diff = { lines: [], added: 0, removed: 0 };
  let at: { old: number; new: number } | null = null;
  for (const line of text.replace(/\n$/, "").split("\n")) {
    const hunk = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@(.*)$/.exec(line);
    if (hunk) {
      at = { old: Number(hunk[1]), new: Number(hunk[2]) };
      diff.lines.push({ kind: "hunk", text: line });
    } else if (!at) {
      if (!/^(---|\+\+\+|diff |index )/.test(line) && line !== "")
        diff.lines.push({ kind: "remark", text: line });
    } else if (line.startsWith("+")) {
      diff.lines.push({ kind: "added", text: line.slice(1), new: at.new++ });
      diff.added += 1;
    } else if (line.startsWith("-")) {
      diff.lines.push({ kind: "removed", text: line.slice(1), old: at.old++ });
      diff.removed += 1;
    } else if (line.startsWith(" ") || line === "") {
      diff.lines.push({ kind: "context", text: line.slice(1), old: at.old++, new: at.new++ });
    } else {
      diff.lines.push({ kind: "remark", text: line.replace(/^\\ /, "") });
    }
  }
  return diff;
}
