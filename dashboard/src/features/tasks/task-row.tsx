import { Link } from "@tanstack/react-router";
import type { TaskSummary } from "@/api/types";
import { count, money } from "@/lib/format";
import { Ago } from "@/ui/time";
import { StatusBadge } from "./status";
import styles from "./tasks-page.module.css";

export function TaskRow({ task, workspace }: { task: TaskSummary; workspace: string | undefined }) {
  const { spent } = task;
  const stuck = task.status === "paused" || task.status === "failed";
  return (
    <li className={styles.row}>
      <Link to="/tasks/$taskId" params={{ taskId: task.id }}>
        <span className={styles.title}>{task.title}</span>
        <StatusBadge status={task.status} />
        {stuck && task.status_text ? <span className={styles.why}>{task.status_text}</span> : null}
        <span className={styles.facts}>
          {workspace ? <span>{workspace}</span> : null}
          <span>{task.model}</span>
          <span className={`${styles.steps} numbers`}>
            {spent.steps} {spent.steps === 1 ? "step" : "steps"}
          </span>
          <span className={`${styles.tokens} numbers`}>{count(spent.tokens)} tokens</span>
          <span className="numbers">{money(spent.cost)}</span>
          <Ago time={task.updated_at} />
        </span>
      </Link>
    </li>
  );
}
