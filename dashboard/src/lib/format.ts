/** Micro-dollars as a person reads money: cents where that says something, more digits below. */
export function money(microUsd: number): string {
  const usd = microUsd / 1e6;
  if (microUsd === 0) return "$0.00";
  if (usd < 0.01) return `$${usd.toFixed(usd < 0.0001 ? 6 : 4)}`;
  return `$${usd.toFixed(2)}`;
}

/** 1234 → "1.2k", 2000000 → "2M". */
export function count(value: number): string {
  if (value < 1_000) return String(value);
  const [scaled, unit] = value < 1_000_000 ? [value / 1_000, "k"] : [value / 1_000_000, "M"];
  return `${scaled < 10 ? trimmed(scaled) : Math.round(scaled)}${unit}`;
}

/** Milliseconds as "40 ms", "3.2 s", "2 min 5 s", "1 h 3 min". */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 10_000) return `${trimmed(ms / 1_000)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 ? `${minutes} min ${seconds % 60} s` : `${minutes} min`;
  return minutes % 60 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : `${minutes / 60} h`;
}

export function bytes(value: number): string {
  if (value < 1_024) return `${value} B`;
  const units = ["kB", "MB", "GB", "TB"];
  let scaled = value / 1_024;
  let unit = 0;
  while (scaled >= 1_024 && unit < units.length - 1) {
    scaled /= 1_024;
    unit += 1;
  }
  return `${scaled < 10 ? trimmed(scaled) : Math.round(scaled)} ${units[unit]}`;
}

/** "just now", "5 min ago", "yesterday", then the date. */
export function ago(time: string, now: number = Date.now()): string {
  const seconds = Math.max(0, (now - Date.parse(time)) / 1_000);
  if (seconds < 45) return "just now";
  if (seconds < 3_600) return `${Math.max(1, Math.round(seconds / 60))} min ago`;
  if (seconds < 86_400) return `${Math.round(seconds / 3_600)} h ago`;
  if (seconds < 2 * 86_400) return "yesterday";
  return new Date(time).toLocaleDateString(undefined, { day: "numeric", month: "short", year: "numeric" });
}

export function fullTime(time: string): string {
  return new Date(time).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });
}

export function clockTime(time: string): string {
  return new Date(time).toLocaleTimeString(undefined, {
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  });
}

function trimmed(value: number): string {
  return value.toFixed(1).replace(/\.0$/, "");
}
