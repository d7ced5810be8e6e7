import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, ok } from "@/api/client";
import type { NewLimits, NewTask, TaskDetail, TaskStatus, TaskSummary } from "@/api/types";

export interface TaskFilter {
  status?: TaskStatus | undefined;
  search?: string | undefined;
}

/** Where the person acts, as the journal will say it. */
const by = "dashboard";
/** Tasks on one page of the list. */
const PAGE_ROWS = 30;

/** The list, newest first, page after page; watched closely while something in it moves. */
export function useTasks(filter: TaskFilter) {
  return useInfiniteQuery({
    queryKey: ["tasks", filter],
    queryFn: ({ pageParam }) =>
      ok(
        api.GET("/api/v1/tasks", {
          params: { query: { ...filter, before: pageParam ?? undefined, limit: PAGE_ROWS } },
        }),
      ),
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
  return useQuery({
    queryKey: ["task", id],
    queryFn: () => ok(api.GET("/api/v1/tasks/{id}", { params: { path: { id } } })),
  });
}

export function useTaskRules(id: string) {
  return useQuery({
    queryKey: ["task", id, "rules"],
    queryFn: () => ok(api.GET("/api/v1/tasks/{id}/rules", { params: { path: { id } } })),
    select: (data) => data.rules,
  });
}

export function useStartTask() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: NewTask) => ok(api.POST("/api/v1/tasks", { body })),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ["tasks"] });
      void queries.invalidateQueries({ queryKey: ["workspaces"] });
    },
  });
}

export function useCancelTask(id: string) {
  return useTaskAction(id, () =>
    ok(api.POST("/api/v1/tasks/{id}/cancel", { params: { path: { id } }, body: { by } })),
  );
}

export function useResumeTask(id: string) {
  return useTaskAction(id, (limits: NewLimits) =>
    ok(api.POST("/api/v1/tasks/{id}/resume", { params: { path: { id } }, body: { by, limits } })),
  );
}

export function useMessageTask(id: string) {
  return useTaskAction(id, (text: string) =>
    ok(api.POST("/api/v1/tasks/{id}/messages", { params: { path: { id } }, body: { by, text } })),
  );
}

export function useRevokeRule(taskId: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (ruleId: string) =>
      ok(
        api.DELETE("/api/v1/tasks/{id}/rules/{rule_id}", {
          params: { path: { id: taskId, rule_id: ruleId } },
        }),
      ),
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

function useTaskAction<Input = void>(id: string, act: (input: Input) => Promise<TaskSummary>) {
  const merge = useMergeTask();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: act,
    onSuccess: (summary) => merge(summary),
    // It may have been refused because the task is not what the page took it for.
    onError: () => queries.invalidateQueries({ queryKey: ["task", id] }),
  });
}

function isMoving(status: TaskStatus) {
  return status === "running" || status === "waiting";
}
