import { Link } from "@tanstack/react-router";
import type { Decision } from "@/api/types";
import { Reasons } from "@/features/approvals/reasons";
import { BadgeButton, type Tone } from "@/ui/badge";
import { Popup } from "@/ui/popup";
import styles from "./decision-badge.module.css";
import type { Call, CallApproval } from "./model";

/** What was decided about a call; opens the reasons. */
export function DecisionBadge({ call }: { call: Call }) {
  const { decision, approval, resultDecision } = call;
  if (!decision) return null;
  const { text, tone } = verdict(decision, approval);
  return (
    <Popup
      label={`Decision about ${call.name}`}
      trigger={
        <BadgeButton tone={tone} label={`${text}: show why`}>
          {text}
        </BadgeButton>
      }
    >
      <div className={styles.panel}>
        <Reasons reasons={decision.reasons} />
        {approval ? <p>{answerText(approval)}</p> : null}
        {resultDecision && resultDecision.reasons.length > 0 ? (
          <>
            <h3>About the result</h3>
            <Reasons reasons={resultDecision.reasons} />
          </>
        ) : null}
        <p className={styles.fine}>
          Decided in {decision.took_us} µs by policy {short(decision.policy_revision)}.{" "}
          <Link to="/policy/explain" search={{ decision: decision.id }}>
            Explain it by its rules
          </Link>
        </p>
      </div>
    </Popup>
  );
}

function verdict(decision: Decision, approval: CallApproval | undefined): { text: string; tone: Tone } {
  if (decision.verdict === "deny") return { text: "denied by policy", tone: "red" };
  if (approval?.kind === "tool_call") {
    if (approval.answer === "approve")
      return { text: approval.always ? "approved, always" : "approved", tone: "green" };
    if (approval.answer === "deny") return { text: "denied by you", tone: "red" };
    return approval.state === "void"
      ? { text: "question void", tone: "plain" }
      : { text: "asks you", tone: "amber" };
  }
  return decision.verdict === "ask"
    ? { text: "asks you", tone: "amber" }
    : { text: "allowed", tone: "plain" };
}

const ANSWERS = {
  approve: "Approved",
  deny: "Denied",
  retry: "Run again",
  count_as_done: "Counted as done",
  stop: "Stopped",
};

function answerText({ state, answer, by, note, why }: CallApproval): string {
  if (state === "void") return `The question became void: ${why}`;
  if (state === "pending" || !answer) return "Waiting for your answer.";
  return `${ANSWERS[answer]}, by ${by}${note ? `: “${note}”` : "."}`;
}

function short(revision: string): string {
  return revision.replace("sha256:", "").slice(0, 10);
}
