import type { Replay } from "@/api/policy-reports";

/** Why a recorded question is not just the one that was put. */
export const INEXACT = {
  redacted: "was taken out of the record",
  shortened: "was shortened in the record",
  withheld: "was not kept",
  missing: "is not in the record, which is older",
};

/** One sentence, like "4 of 500 decisions would change: 3 from allow to deny, 1 from ask to allow." */
export function headline({ replayed, groups, inexact, skipped }: Replay): string {
  const changed = groups.reduce((sum, group) => sum + group.changes.length, 0);
  const parts = groups.map(({ from, to, changes }) =>
    from === to
      ? `${changes.length} still ${to} with other obligations`
      : `${changes.length} from ${from} to ${to}`,
  );
  if (replayed === 0 && skipped.length === 0) return "No calls are on record yet.";
  const first =
    changed === 0
      ? `None of ${replayed} decisions would change`
      : `${changed} of ${replayed} decisions would change: ${parts.join(", ")}`;
  const rest = inexact > 0 ? `; ${inexact} could not be replayed exactly` : "";
  return `${first}${rest}.`;
}
