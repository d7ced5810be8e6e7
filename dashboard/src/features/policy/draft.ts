import type { DraftFile } from "@/api/types";

/** A draft: the files it began with, and the files as they are now. */
export interface Draft {
  /** Of the rules in force when it was begun. */
  revision: string;
  base: readonly DraftFile[];
  files: readonly DraftFile[];
}

export function begin(revision: string, files: readonly DraftFile[]): Draft {
  return { revision, base: files, files };
}

export type FileState = "added" | "changed" | "same";

export function stateOf(draft: Draft, path: string): FileState {
  const before = draft.base.find((file) => file.path === path);
  if (!before) return "added";
  return before.text === textOf(draft, path) ? "same" : "changed";
}

/** Paths that the draft no longer has. */
export function removed(draft: Draft): string[] {
  return draft.base
    .filter((before) => !draft.files.some((file) => file.path === before.path))
    .map(({ path }) => path);
}

export function isChanged(draft: Draft): boolean {
  return removed(draft).length > 0 || draft.files.some(({ path }) => stateOf(draft, path) !== "same");
}

export function textOf(draft: Draft, path: string): string | undefined {
  return draft.files.find((file) => file.path === path)?.text;
}

export function edit(draft: Draft, path: string, text: string): Draft {
  return { ...draft, files: draft.files.map((file) => (file.path === path ? { path, text } : file)) };
}

/** Adds a file, or brings back one that was removed; in the order of the names. */
export function add(draft: Draft, path: string, text: string): Draft {
  const files = [...draft.files, { path, text }].sort((a, b) => (a.path < b.path ? -1 : 1));
  return { ...draft, files };
}

export function remove(draft: Draft, path: string): Draft {
  return { ...draft, files: draft.files.filter((file) => file.path !== path) };
}

/** Why a name cannot be that of a new file; undefined when it can. */
export function nameError(draft: Draft, path: string): string | undefined {
  if (!/^[\w./-]+\.rego$/.test(path) || path.startsWith("/") || path.split("/").includes(".."))
    return "A name like network.rego, of letters, digits, - and _.";
  return textOf(draft, path) === undefined ? undefined : "There is such a file already.";
}

export function isTest(path: string): boolean {
  return path.endsWith("_test.rego");
}

export function hasTests(draft: Draft): boolean {
  return draft.files.some(({ path }) => isTest(path));
}

/** What a new file begins with. */
export function template(path: string): string {
  return isTest(path)
    ? 'package bailiwick_test\n\nimport data.bailiwick\n\n# Says what the rules should do with one question.\ntest_something if {\n\tcount(bailiwick.deny) == 0 with input as {"point": "tool.call"}\n}\n'
    : "package bailiwick\n\n";
}
