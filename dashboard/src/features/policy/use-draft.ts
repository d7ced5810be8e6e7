import { useSyncExternalStore } from "react";
import type { Draft } from "./draft";

/** Kept by this window until it closes, so that a look at another page or a reload loses nothing. */
const KEY = "bailiwick.draft";

let draft: Draft | null = stored();
const listeners = new Set<() => void>();

/** The one draft of this window, and how it is changed; null when none was begun. */
export function useDraft(): [Draft | null, (next: Draft | null) => void] {
  return [useSyncExternalStore(subscribe, () => draft), setDraft];
}

function setDraft(next: Draft | null) {
  draft = next;
  try {
    if (next) sessionStorage.setItem(KEY, JSON.stringify(next));
    else sessionStorage.removeItem(KEY);
  } catch {
    // Storage is forbidden or full: it holds until the page is loaded again.
  }
  for (const listener of listeners) listener();
}

function stored(): Draft | null {
  try {
    const text = sessionStorage.getItem(KEY);
    return text ? (JSON.parse(text) as Draft) : null;
  } catch {
    return null;
  }
}

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
