import { Link, useParams } from "@tanstack/react-router";
import { ArrowLeft, PanelRight, Square } from "lucide-react";
import { ApiError } from "@/api/client";
import type { TaskDetail } from "@/api/types";
import { remark } from "@/app/announcer";
import { NotFound } from "@/app/failures";
import { usePageTitle } from "@/app/page-title";
import { Button, buttonClass } from "@/ui/button";
import { ModalDialog } from "@/ui/popup";
import { ErrorNotice, Skeleton } from "@/ui/states";
import { Composer } from "./composer";
import { Details } from "./details";
import { useCancelTask, useTask } from "./queries";
import { hasEnded, StatusBadge } from "./status";
import styles from "./task-page.module.css";
import type { Timeline } from "./timeline/model";
import { TimelineView } from "./timeline/timeline-view";
import { useTimeline } from "./timeline/use-timeline";

export function TaskPage() {
  const { taskId } = useParams({ from: "/tasks/$taskId" });
  // Another task is another page: nothing of the one before stays.
  return <LiveTask key={taskId} taskId={taskId} />;
}

function LiveTask({ taskId }: { taskId: string }) {
  const task = useTask(taskId);
  const { timeline, connected } = useTimeline(taskId);
  usePageTitle(task.data?.title ?? "Task");
  if (task.error instanceof ApiError && task.error.status === 404) return <NotFound />;
  if (task.error && !task.data) {
    return (
      <div className={styles.loading}>
        <ErrorNotice error={task.error} retry={() => void task.refetch()} />
      </div>
    );
  }
  return (
    <div className={styles.page} data-fills>
      <Header task={task.data} timeline={timeline} />
      <div className={styles.work}>
        {timeline.lastSeq > 0 && task.data ? (
          <TimelineView timeline={timeline} task={task.data} lost={connected === "lost"} />
        ) : (
          <div className={styles.loading}>
            <Skeleton rows={5} label="Loading the task" />
          </div>
        )}
        <Composer taskId={taskId} task={task.data} />
      </div>
      <aside className={styles.aside} aria-label="About this task">
        {task.data ? <Details task={task.data} timeline={timeline} /> : null}
      </aside>
    </div>
  );
}

function Header({ task, timeline }: { task: TaskDetail | undefined; timeline: Timeline }) {
  return (
    <header className={styles.header}>
      <Link to="/" className={buttonClass({ variant: "ghost", icon: true })} aria-label="All tasks">
        <ArrowLeft size={16} aria-hidden />
      </Link>
      <h1 title={task?.title}>{task?.title ?? "…"}</h1>
      {task ? (
        <>
          <StatusBadge status={task.status} />
          {hasEnded(task.status) ? null : <CancelButton taskId={task.id} />}
          <span className={styles.narrow}>
            <ModalDialog
              side
              title="About this task"
              trigger={
                <Button variant="ghost" icon aria-label="About this task">
                  <PanelRight size={16} aria-hidden />
                </Button>
              }
            >
              <Details task={task} timeline={timeline} />
            </ModalDialog>
          </span>
        </>
      ) : null}
    </header>
  );
}

function CancelButton({ taskId }: { taskId: string }) {
  const cancel = useCancelTask(taskId);
  return (
    <Button
      size="small"
      variant="danger"
      isDisabled={cancel.isPending}
      onPress={() => cancel.mutate(undefined, { onError: (error) => remark(error.message) })}
    >
      <Square size={11} fill="currentColor" aria-hidden />
      <span className={styles.word}>Cancel</span>
    </Button>
  );
}
