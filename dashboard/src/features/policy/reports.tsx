import type { ReactNode } from "react";
import { ErrorNotice, Spinner } from "@/ui/states";
import { ActivateForm } from "./activate-form";
import { CheckView } from "./check-view";
import { CoverageView } from "./coverage-view";
import { DifferenceView } from "./difference-view";
import type { Draft } from "./draft";
import { ReplayView } from "./replay-view";
import styles from "./reports.module.css";
import type { Reports as All } from "./use-reports";

interface Props {
  draft: Draft;
  reports: All;
  goTo: (file: string, line: number) => void;
  done: () => void;
}

const TITLES = {
  check: "Problems",
  test: "Tests",
  diff: "Against the rules in force",
  replay: "Recorded calls, put to the draft",
  activate: "Put in force",
};

/** What was asked about the draft last. */
export function Reports({ draft, reports, goTo, done }: Props) {
  const { shown } = reports;
  if (!shown) return null;
  const asked = reports[shown];
  const stale = shown !== "activate" && asked.data && !reports.isCurrent(asked);
  return (
    <section className={styles.report} aria-labelledby="report">
      <header>
        <h2 id="report">{TITLES[shown]}</h2>
        <span role="status">
          {asked.isPending ? (
            <>
              <Spinner />
              <span className="visually-hidden">Working</span>
            </>
          ) : null}
          {asked.data && !stale ? <span className="visually-hidden">Done</span> : null}
          {stale ? "The draft has changed since." : null}
        </span>
      </header>
      {asked.error && shown !== "activate" ? <ErrorNotice error={asked.error} /> : null}
      {view()}
    </section>
  );

  function view(): ReactNode {
    if (shown === "activate") return <ActivateForm draft={draft} reports={reports} done={done} />;
    if (shown === "check" && reports.check.data) return <CheckView report={reports.check.data} goTo={goTo} />;
    if (shown === "test" && reports.test.data) return <CoverageView report={reports.test.data} goTo={goTo} />;
    if (shown === "diff" && reports.diff.data)
      return <DifferenceView report={reports.diff.data} goTo={goTo} />;
    if (shown === "replay") return <ReplayView reports={reports} />;
    return null;
  }
}
