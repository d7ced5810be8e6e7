import { Reasons } from "@/features/approvals/reasons";
import { CopyableCode } from "@/ui/code";
import { DiffView } from "@/ui/diff-view";
import styles from "./call-result.module.css";
import type { Call } from "./model";
import { commandEnd, diffOf, othersOf, picturesOf, textOf } from "./outcome";
import { Output } from "./output";

/** What came of a call: its output while it runs, then its result; why not, when it was refused. */
export function CallResult({ call }: { call: Call }) {
  if (call.state === "denied") return null;
  if (call.state === "not_run") return <p className={styles.remark}>The task ended before this could run.</p>;
  if (call.outcome) return <Outcome call={call} outcome={call.outcome} />;
  if (call.state === "running" && (call.live.length > 0 || call.name === "run_command")) {
    return <Output parts={call.live} live />;
  }
  return null;
}

/** Why a call was refused: the rules that said no, or the person. */
export function Refusal({ call }: { call: Call }) {
  const { approval, decision } = call;
  return (
    <div className={styles.refusal}>
      {approval?.answer === "deny" ? (
        <p>
          {approval.by === "dashboard" ? "You said no" : `Denied by ${approval.by}`}
          {approval.note ? `: “${approval.note}”` : ", and the agent was told so."}
        </p>
      ) : (
        <Reasons reasons={decision?.reasons.filter((reason) => reason.verdict === "deny") ?? []} />
      )}
    </div>
  );
}

function Outcome({ call, outcome }: { call: Call; outcome: NonNullable<Call["outcome"]> }) {
  const diff = diffOf(outcome);
  const command = commandEnd(outcome);
  const text = diff || command ? "" : textOf(outcome);
  const others = othersOf(outcome);
  return (
    <>
      {diff ? <DiffView text={diff} label={`Changes by ${call.name}`} /> : null}
      {command && command.output.length > 0 ? <Output parts={command.output} /> : null}
      {command && command.output.length === 0 ? <p className={styles.remark}>No output.</p> : null}
      {text ? (
        <div className={outcome.isError ? styles.failed : undefined}>
          <CopyableCode text={text} label={`result of ${call.name}`} />
        </div>
      ) : null}
      {picturesOf(outcome).map(({ data, mimeType }) => (
        <img
          key={data.slice(0, 64)}
          className={styles.picture}
          src={`data:${mimeType};base64,${data}`}
          alt={`Result of ${call.name}`}
        />
      ))}
      {others.length > 0 ? (
        <CopyableCode text={JSON.stringify(others, null, 2)} label={`further result of ${call.name}`} />
      ) : null}
    </>
  );
}
