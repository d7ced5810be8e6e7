import { Link } from "@tanstack/react-router";
import type { Changed, Replay, ReplayGroup } from "@/api/policy-reports";
import { Reasons } from "@/features/approvals/reasons";
import { fullTime } from "@/lib/format";
import { visible } from "@/lib/visible";
import { Code } from "@/ui/code";
import { More } from "@/ui/more";
import { Select } from "@/ui/select";
import { headline, INEXACT } from "./replay";
import styles from "./reports.module.css";
import type { Reports } from "./use-reports";
import { VerdictBadge } from "./verdict";

const COUNTS = ["100", "500", "1000"].map((id) => ({ id, label: `the last ${id} calls` }));

/** Every recorded decision that the draft would make otherwise. */
export function ReplayView({ reports }: { reports: Reports }) {
  const { replay, last, setLast, run } = reports;
  return (
    <>
      <div className={styles.choice}>
        <Select
          label="Calls"
          options={COUNTS}
          value={String(last)}
          isDisabled={replay.isPending}
          onChange={(id) => {
            setLast(Number(id));
            run("replay", Number(id));
          }}
        />
      </div>
      {replay.data ? <Found replay={replay.data} /> : null}
    </>
  );
}

function Found({ replay }: { replay: Replay }) {
  return (
    <>
      <p>{headline(replay)}</p>
      {replay.groups.map((group) => (
        <Group key={`${group.from} ${group.to}`} group={group} />
      ))}
      {replay.skipped.length > 0 ? (
        <More summary={`Calls that could not be put to it (${replay.skipped.length})`}>
          <ul className={styles.names}>
            {replay.skipped.map(({ id, why }) => (
              <li key={id}>
                {id}: {visible(why)}
              </li>
            ))}
          </ul>
        </More>
      ) : null}
    </>
  );
}

function Group({ group: { from, to, changes } }: { group: ReplayGroup }) {
  return (
    <section className={styles.group} aria-label={`From ${from} to ${to}`}>
      <h3>
        <VerdictBadge verdict={from} />
        <span aria-hidden>→</span>
        <VerdictBadge verdict={to} />
        <span>{from === to ? `${changes.length} with other obligations` : changes.length}</span>
      </h3>
      <ul className={styles.list}>
        {changes.map((change) => (
          <li key={change.id}>
            <More summary={<Line change={change} />}>
              <Change change={change} />
            </More>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Line({ change: { tool, server, point, at } }: { change: Changed }) {
  return (
    <span className={styles.line}>
      <span>{visible(tool ? `${tool} of ${server}` : server || point)}</span>
      <small className="mono">{point}</small>
      <small>{fullTime(at)}</small>
    </span>
  );
}

function Change({ change }: { change: Changed }) {
  const { before, after, obligations, inexact = [] } = change;
  return (
    <>
      <div className={styles.sides}>
        <div>
          <h4>Then</h4>
          <Reasons reasons={before} />
        </div>
        <div>
          <h4>By the draft</h4>
          <Reasons reasons={after} />
        </div>
      </div>
      {obligations ? (
        <div className={styles.sides}>
          <Code label="Obligations then">{JSON.stringify(obligations.before, null, 2)}</Code>
          <Code label="Obligations by the draft">{JSON.stringify(obligations.after, null, 2)}</Code>
        </div>
      ) : null}
      {inexact.map(({ pointer, why }) => (
        <p key={pointer} className={styles.fine}>
          <code>{visible(pointer)}</code> {INEXACT[why]}, so the answer to the real call may be another.
        </p>
      ))}
      <p className={styles.fine}>
        <Link to="/policy/explain" search={{ decision: change.id }}>
          Explain by the rules in force
        </Link>
      </p>
    </>
  );
}
