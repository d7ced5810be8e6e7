import { Link } from "@tanstack/react-router";
import { Inbox } from "lucide-react";
import type { Approval } from "@/api/types";
import { useTask } from "@/features/tasks/queries";
import { Page } from "@/ui/page";
import { Empty, ErrorNotice, Skeleton } from "@/ui/states";
import { Ago } from "@/ui/time";
import { ApprovalQuestion } from "./approval-question";
import styles from "./approvals-page.module.css";
import { Arguments } from "./arguments";
import { usePendingApprovals } from "./queries";
import { toolIcon } from "./tools";

/** Every question of every task, oldest first. */
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
          When a task wants to do something that needs your word, the question appears here.
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
  const task = useTask(approval.task_id).data;
  const Icon = toolIcon(approval.tool);
  return (
    <li className={styles.card}>
      <header className={styles.head}>
        <Icon size={15} aria-hidden />
        <h2>{approval.tool}</h2>
        <span>in</span>
        <Link to="/tasks/$taskId" params={{ taskId: approval.task_id }}>
          {task?.title ?? "its task"}
        </Link>
        <Ago time={approval.created_at} />
      </header>
      <Arguments value={approval.arguments} tool={approval.tool} />
      <ApprovalQuestion approval={approval} />
    </li>
  );
}
