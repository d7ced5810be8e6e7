import { Link } from "@tanstack/react-router";
import { Inbox } from "lucide-react";
import type { Approval } from "@/api/types";
import { useTask } from "@/features/tasks/queries";
import { visible } from "@/lib/visible";
import { Page } from "@/ui/page";
import { Empty, ErrorNotice, Skeleton } from "@/ui/states";
import { Ago } from "@/ui/time";
import { ApprovalQuestion } from "./approval-question";
import styles from "./approvals-page.module.css";
import { Arguments } from "./arguments";
import { caller } from "./caller";
import { useExplanation, usePendingApprovals } from "./queries";
import { Terms } from "./terms";
import { toolIcon } from "./tools";

/** Every question of every task and every MCP client, oldest first. */
export function ApprovalsPage() {
  const approvals = usePendingApprovals();
  return (
    <Page title="Waiting for you" lead="Calls that the policy does not decide alone.">
      {approvals.error ? (
        <ErrorNotice error={approvals.error} retry={() => void approvals.refetch()} />
      ) : null}
      {approvals.isPending ? <Skeleton rows={2} label="Loading the questions" /> : null}
      {approvals.data?.length === 0 ? (
        <Empty icon={Inbox} title="Nothing waits for you">
          When a task or an MCP client wants to do something that needs your word, the question appears here.
        </Empty>
      ) : null}
      <ul className={styles.cards} aria-label="Questions">
        {approvals.data?.map((approval) => (
          <Card key={approval.id} approval={approval} />
        ))}
      </ul>
    </Page>
  );
}

function Card({ approval }: { approval: Approval }) {
  const Icon = toolIcon(approval.tool);
  return (
    <li className={styles.card}>
      <header className={styles.head}>
        <Icon size={15} aria-hidden />
        <h2>{visible(approval.tool)}</h2>
        {approval.server && approval.server !== OWN_SERVER ? (
          <span className={styles.server}>of {visible(approval.server)}</span>
        ) : null}
        {approval.task_id ? <TaskName id={approval.task_id} /> : <ClientName approval={approval} />}
        <Ago time={approval.created_at} />
      </header>
      <Arguments value={approval.arguments} tool={approval.tool} />
      <ApprovalQuestion approval={approval} />
      <Terms approval={approval} />
    </li>
  );
}

/** The tools of this program, which need no name in front. */
const OWN_SERVER = "workspace";

function TaskName({ id }: { id: string }) {
  const task = useTask(id).data;
  return (
    <>
      <span>in</span>
      <Link to="/tasks/$taskId" params={{ taskId: id }}>
        {task?.title ?? "its task"}
      </Link>
    </>
  );
}

/** What the client calls itself stands in the question that was put to the policy. */
function ClientName({ approval }: { approval: Approval }) {
  const question = useExplanation(approval.id).data?.question;
  return (
    <span className={styles.client} title={visible(approval.binding.caller)}>
      asked by {caller(approval, question)}
    </span>
  );
}
