import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { get, send } from "@/api/http";
import type { LimitsChange, TaskDetail, TaskRule, TaskStatus, TaskSummary } from "@/api/types";

export interface TaskFilter {
  status?: TaskStatus | undefined;
  search?: string | undefined;
}

interface TaskPage {
  tasks: TaskSummary[];
  next_before: string | null;
}

/** The list, newest first, page after page; watched closely while something in it moves. */
export function useTasks(filter: TaskFilter) {
  return useInfiniteQuery({
    queryKey: ["tasks", filter],
    queryFn: ({ pageParam }) =>
      get<TaskPage>("/tasks", { ...filter, before: pageParam ?? undefined, limit: 30 }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_before,
    placeholderData: (before) => before,
    refetchInterval: (query) => {
      const moving = query.state.data?.pages.some((page) => page.tasks.some((task) => isMoving(task.status)));
      return moving ? 2_000 : 10_000;
    },
  });
}

export function useTask(id: string) {
  return useQuery({ queryKey: ["task", id], queryFn: () => get<TaskDetail>(`/tasks/${id}`) });
}

export function useTaskRules(id: string) {
  return useQuery({
    queryKey: ["task", id, "rules"],
    queryFn: () => get<{ rules: TaskRule[] }>(`/tasks/${id}/rules`),
    select: (data) => data.rules,
  });
}

export interface NewTask {
  prompt: string;
  workspace?: string;
  model?: string;
  limits?: LimitsChange;
}

export function useStartTask() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (task: NewTask) => send<TaskSummary>("POST", "/tasks", task),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ["tasks"] });
      void queries.invalidateQueries({ queryKey: ["workspaces"] });
    },
  });
}

export const useCancelTask = (id: string) => useTaskAction<void>(id, "cancel", () => ({}));
export const useResumeTask = (id: string) =>
  useTaskAction<LimitsChange>(id, "resume", (limits) => (Object.keys(limits).length ? { limits } : {}));
export const useMessageTask = (id: string) => useTaskAction<string>(id, "messages", (text) => ({ text }));

export function useRevokeRule(taskId: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (ruleId: string) => send<TaskRule>("DELETE", `/tasks/${taskId}/rules/${ruleId}`),
    onSettled: () => queries.invalidateQueries({ queryKey: ["task", taskId, "rules"] }),
  });
}

/** Puts a newer summary into what is shown already; what is being fetched may be older, so ask again. */
export function useMergeTask() {
  const queries = useQueryClient();
  return (summary: TaskSummary) => {
    const key = ["task", summary.id];
    if (!queries.getQueryData(key)) void queries.invalidateQueries({ queryKey: key, exact: true });
    queries.setQueryData<TaskDetail>(key, (old) =>
      old && old.last_seq <= summary.last_seq ? { ...old, ...summary } : old,
    );
  };
}

function useTaskAction<Input>(id: string, action: string, body: (input: Input) => unknown) {
  const merge = useMergeTask();
  return useMutation({
    mutationFn: (input: Input) => send<TaskSummary>("POST", `/tasks/${id}/${action}`, body(input)),
    onSuccess: (summary) => merge(summary),
  });
}

function isMoving(status: TaskStatus) {
  return status === "running" || status === "waiting";
}
