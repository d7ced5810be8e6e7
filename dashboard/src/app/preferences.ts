import { useSyncExternalStore } from "react";

/** What this browser remembers. `theme` is read by public/theme.js as well. */
interface Preferences {
  theme: "system" | "light" | "dark";
  /** Answer approvals with single keys. */
  shortcuts: "on" | "off";
}

const DEFAULTS: Preferences = { theme: "system", shortcuts: "on" };
const listeners = new Set<() => void>();

export function usePreference<Name extends keyof Preferences>(
  name: Name,
): [Preferences[Name], (value: Preferences[Name]) => void] {
  const value = useSyncExternalStore(subscribe, () => read(name));
  return [value, (next) => write(name, next)];
}

function read<Name extends keyof Preferences>(name: Name): Preferences[Name] {
  try {
    return (localStorage.getItem(`bailiwick.${name}`) as Preferences[Name] | null) ?? DEFAULTS[name];
  } catch {
    return DEFAULTS[name];
  }
}

function write<Name extends keyof Preferences>(name: Name, value: Preferences[Name]) {
  try {
    localStorage.setItem(`bailiwick.${name}`, value);
  } catch {
    // Storage is forbidden: it holds until the page is loaded again.
  }
  if (name === "theme") {
    if (value === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = value;
  }
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void) {
  listeners.add(listener);
  window.addEventListener("storage", listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("storage", listener);
  };
}
