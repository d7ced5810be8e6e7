import { useState } from "react";
import type { Draft } from "./draft";
import { useActivate, useCheck, useDiff, useReplay, useTests } from "./queries";

export type Report = "check" | "test" | "diff" | "replay" | "activate";

/** How many recorded calls a replay takes unless told otherwise. */
const LAST = 500;

/** What was found out about the draft. Each report knows the files it is about, to tell when it is out of date. */
export function useReports(draft: Draft) {
  const [shown, setShown] = useState<Report | null>(null);
  const [last, setLast] = useState(LAST);
  const check = useCheck();
  const test = useTests();
  const diff = useDiff();
  const replay = useReplay();
  const activate = useActivate();
  // Not a copy: by these very files a report is known to be about what is on the screen.
  const files = draft.files as Draft["files"][number][];

  const run = (report: Report, calls = last) => {
    if (report === "check") check.mutate({ files });
    else if (report === "test") test.mutate({ files });
    else if (report === "diff") diff.mutate({ files });
    else if (report === "replay") replay.mutate({ files, last: calls });
    // Nothing is put in force before a note could be written.
    else activate.reset();
  };
  const show = (report: Report) => {
    setShown(report);
    run(report);
  };
  const isCurrent = (of: { variables: { files: unknown } | undefined }) => of.variables?.files === files;
  const busy = [check, test, diff, replay, activate].some((one) => one.isPending);
  return { shown, show, run, last, setLast, check, test, diff, replay, activate, isCurrent, busy };
}

export type Reports = ReturnType<typeof useReports>;
