import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { ListChecks, SearchX } from "lucide-react";
import type { TaskStatus } from "@/api/types";
import { useWorkspaces } from "@/features/workspaces/queries";
import { Button } from "@/ui/button";
import { Page } from "@/ui/page";
import { Empty, ErrorNotice, Skeleton } from "@/ui/states";
import { Filters } from "./filters";
import { useTasks } from "./queries";
import { StartForm } from "./start-form";
import { STATUSES } from "./status";
import { TaskRow } from "./task-row";
import styles from "./tasks-page.module.css";

export function TasksPage() {
  const search = useSearch({ from: "/" });
  const navigate = useNavigate({ from: "/" });
  const status = STATUSES.find((known) => known === search.status);
  return (
    <Page title="Tasks">
      <StartForm key={search.workspace} workspace={search.workspace} />
      <Filters
        search={search.q ?? ""}
        status={status}
        onChange={(next) =>
          void navigate({
            search: (old) => ({ ...old, q: next.search || undefined, status: next.status }),
            replace: true,
          })
        }
      />
      <TaskList search={search.q} status={status} />
    </Page>
  );
}

function TaskList({ search, status }: { search: string | undefined; status: TaskStatus | undefined }) {
  const tasks = useTasks({ search, status });
  const names = new Map(useWorkspaces().data?.map((workspace) => [workspace.id, workspace.name]));
  if (tasks.isPending) return <Skeleton rows={5} label="Loading the tasks" />;
  const rows = tasks.data?.pages.flatMap((page) => page.tasks) ?? [];
  return (
    <>
      {tasks.error ? <ErrorNotice error={tasks.error} retry={() => void tasks.refetch()} /> : null}
      {rows.length > 0 ? (
        <ul className={styles.list} aria-label="Tasks">
          {rows.map((task) => (
            <TaskRow key={task.id} task={task} workspace={names.get(task.workspace_id)} />
          ))}
        </ul>
      ) : tasks.error ? null : search || status ? (
        <Empty icon={SearchX} title="No task fits">
          Nothing matches this search and status.
        </Empty>
      ) : (
        <Empty icon={ListChecks} title="No tasks yet">
          Describe above what should be done. The model “demo” shows you around and needs no key; real models
          are set up in the <Link to="/settings">settings</Link>.
        </Empty>
      )}
      {tasks.hasNextPage ? (
        <Button isDisabled={tasks.isFetchingNextPage} onPress={() => void tasks.fetchNextPage()}>
          {tasks.isFetchingNextPage ? "Loading…" : "Show older tasks"}
        </Button>
      ) : null}
    </>
  );
}
