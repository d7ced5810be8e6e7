import { CircleCheck, CircleX } from "lucide-react";
import type { Coverage, FileCoverage } from "@/api/policy-reports";
import { visible } from "@/lib/visible";
import { More } from "@/ui/more";
import styles from "./reports.module.css";

interface Props {
  report: Coverage;
  goTo: (file: string, line: number) => void;
}

/** What the tests said, and which lines of the rules they reached. */
export function CoverageView({ report, goTo }: Props) {
  const { passed, failed } = report.tests;
  return (
    <>
      <p className={failed.length > 0 || passed.length === 0 ? styles.bad : styles.good}>
        {failed.length > 0 || passed.length === 0 ? (
          <CircleX size={15} aria-hidden />
        ) : (
          <CircleCheck size={15} aria-hidden />
        )}
        <span>
          {passed.length === 0 && failed.length === 0
            ? "There are no tests."
            : `${passed.length} passed, ${failed.length} failed.`}{" "}
          The tests reach {report.coverage} % of the lines.
        </span>
      </p>
      <Failed tests={failed} />
      {passed.length > 0 ? (
        <More summary={`Tests that passed (${passed.length})`}>
          <ul className={styles.names}>
            {passed.map((name) => (
              <li key={name}>{name}</li>
            ))}
          </ul>
        </More>
      ) : null}
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">File</th>
            <th scope="col">Reached</th>
            <th scope="col">Lines that no test reaches</th>
          </tr>
        </thead>
        <tbody>
          {Object.entries(report.files).map(([path, file]) => (
            <tr key={path}>
              <th scope="row">{path}</th>
              <td className="numbers">{file.coverage} %</td>
              <td>
                <Missed path={path} file={file} goTo={goTo} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

/** Tests that failed, each with why. */
export function Failed({ tests }: { tests: readonly string[] }) {
  if (tests.length === 0) return null;
  return (
    <ul className={styles.list} aria-label="Tests that failed">
      {tests.map((test) => {
        const at = test.indexOf(":");
        return (
          <li key={test} className={styles.failed}>
            <code>{at < 0 ? test : test.slice(0, at)}</code>
            {at < 0 ? null : <p>{visible(test.slice(at + 1).trim())}</p>}
          </li>
        );
      })}
    </ul>
  );
}

function Missed({ path, file, goTo }: { path: string; file: FileCoverage; goTo: Props["goTo"] }) {
  if (!file.not_covered?.length) return "none";
  return (
    <span className={styles.ranges}>
      {file.not_covered.map(({ start, end }) => (
        <button
          key={start.row}
          type="button"
          className={styles.place}
          aria-label={`Line ${start.row} of ${path}`}
          onClick={() => goTo(path, start.row)}
        >
          {start.row === end.row ? start.row : `${start.row}–${end.row}`}
        </button>
      ))}
    </span>
  );
}
