import { ChevronRight } from "lucide-react";
import { useState } from "react";
import { Button, Disclosure, DisclosurePanel } from "react-aria-components";
import type { Approval } from "@/api/types";
import { ApprovalQuestion } from "@/features/approvals/approval-question";
import { Arguments } from "@/features/approvals/arguments";
import { isCommandCall, summary, toolIcon } from "@/features/approvals/tools";
import { duration } from "@/lib/format";
import { Badge } from "@/ui/badge";
import { DiffStat } from "@/ui/diff-view";
import { ModalDialog } from "@/ui/popup";
import styles from "./call-card.module.css";
import { CallResult, Refusal } from "./call-result";
import { CallStatus } from "./call-status";
import { DecisionBadge } from "./decision-badge";
import type { Call } from "./model";
import { commandEnd, diffOf } from "./outcome";

/** Tools whose effect is worth seeing without being asked for. */
const OPEN = new Set(["run_command", "edit_file", "write_file", "delete_path"]);

/** One tool call: what was asked for, what the policy said, what came of it. */
export function CallCard({ call, approval }: { call: Call; approval: Approval | undefined }) {
  // Decided once: a card that opened or closed by itself would move what is being read.
  const [open, setOpen] = useState(() => OPEN.has(call.name));
  const asked = call.state === "asked";
  const expanded = open || asked;
  const Icon = toolIcon(call.name);
  const diff = diffOf(call.outcome);
  return (
    <Disclosure
      className={styles.card}
      data-state={call.state}
      isExpanded={expanded}
      onExpandedChange={setOpen}
    >
      <div className={styles.head}>
        <Button slot="trigger" className={styles.trigger}>
          <ChevronRight className={styles.chevron} size={14} aria-hidden />
          <Icon size={14} className={styles.icon} aria-hidden />
          <span className={styles.name}>{call.name}</span>
          <span className={styles.summary}>
            {expanded && isCommandCall(call.arguments) ? "" : summary(call.arguments)}
          </span>
        </Button>
        {diff ? <DiffStat text={diff} /> : null}
        <Exit call={call} />
        {call.tookMs === undefined || call.state === "denied" ? null : (
          <span className={styles.took}>{duration(call.tookMs)}</span>
        )}
        <DecisionBadge call={call} />
        <CallStatus call={call} />
      </div>
      {call.state === "denied" ? (
        <div className={styles.refusal}>
          <Refusal call={call} />
        </div>
      ) : null}
      <DisclosurePanel className={styles.body}>
        {diff ? <ArgumentsOnDemand call={call} /> : <Arguments value={call.arguments} tool={call.name} />}
        {call.repaired ? <p className={styles.remark}>The arguments were mended: {call.repaired}</p> : null}
        {asked ? <Question call={call} approval={approval} /> : <CallResult call={call} />}
      </DisclosurePanel>
    </Disclosure>
  );
}

/** A diff says what was done better than the texts it was made of, which stay a press away. */
function ArgumentsOnDemand({ call }: { call: Call }) {
  return (
    <ModalDialog
      title={`Arguments of ${call.name}`}
      trigger={
        <Button slot={null} className={styles.more}>
          Arguments
        </Button>
      }
    >
      <Arguments value={call.arguments} tool={call.name} />
    </ModalDialog>
  );
}

/** A command that did not end well says so on its card. */
function Exit({ call }: { call: Call }) {
  const end = commandEnd(call.outcome);
  if (end?.signal !== undefined) return <Badge tone="red">signal {end.signal}</Badge>;
  return end?.exitCode ? <Badge tone="red">exit {end.exitCode}</Badge> : null;
}

function Question({ call, approval }: { call: Call; approval: Approval | undefined }) {
  if (approval) return <ApprovalQuestion approval={approval} />;
  // The journal and the list of questions do not come at the same moment.
  return (
    <div className={styles.asking} role="status" aria-label={`Loading the question about ${call.name}`} />
  );
}
