import { describe, expect, it } from "vitest";
import { ago, bytes, count, duration, money } from "./format";

describe("format", () => {
  it("shows money with the digits that matter", () => {
    expect([0, 12, 9_999, 10_000, 5_000_000].map(money)).toEqual([
      "$0.00",
      "$0.000012",
      "$0.0100",
      "$0.01",
      "$5.00",
    ]);
  });
  it("shortens large counts", () => {
    expect([999, 1_000, 1_250, 45_678, 2_000_000].map(count)).toEqual(["999", "1k", "1.3k", "46k", "2M"]);
  });
  it("shows durations in the units a person would use", () => {
    expect([40, 3_200, 10_400, 60_000, 125_000, 3_600_000, 3_780_000].map(duration)).toEqual([
      "40 ms",
      "3.2 s",
      "10 s",
      "1 min",
      "2 min 5 s",
      "1 h",
      "1 h 3 min",
    ]);
  });
  it("shows sizes", () => {
    expect([0, 1_023, 1_536, 10 << 20].map(bytes)).toEqual(["0 B", "1023 B", "1.5 kB", "10 MB"]);
  });
  it("shows how long ago", () => {
    const now = Date.parse("2026-03-10T12:00:00Z");
    const times = [
      "2026-03-10T11:59:50Z",
      "2026-03-10T11:55:00Z",
      "2026-03-10T09:00:00Z",
      "2026-03-09T10:00:00Z",
    ];
    expect(times.map((time) => ago(time, now))).toEqual(["just now", "5 min ago", "3 h ago", "yesterday"]);
  });
});
