import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ApiError, api, ok } from "@/api/client";
import type { AnswerApproval, Approval } from "@/api/types";

const PENDING = ["approvals", "pending"];

/** Every question that waits for the person, oldest first. */
export function usePendingApprovals() {
  return useQuery({
    queryKey: PENDING,
    queryFn: () => ok(api.GET("/api/v1/approvals", { params: { query: { status: "pending" } } })),
    select: (data) => data.approvals,
    refetchInterval: 3_000,
    refetchIntervalInBackground: true,
  });
}

/** Makes a link that answers the question once, for a phone or a chat. */
export function useMakeLink(id: string) {
  return useMutation({
    mutationFn: () => ok(api.POST("/api/v1/approvals/{id}/link", { params: { path: { id } } })),
    // Whoever has it may answer: it stays no longer than it is shown.
    gcTime: 0,
  });
}

export function useExplanation(id: string) {
  return useQuery({
    queryKey: ["approvals", id, "explain"],
    queryFn: () => ok(api.GET("/api/v1/approvals/{id}/explain", { params: { path: { id } } })),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export type Reply = Omit<AnswerApproval, "by">;

export function useAnswer(approval: Approval) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (reply: Reply) =>
      ok(
        api.POST("/api/v1/approvals/{id}", {
          params: { path: { id: approval.id } },
          body: { ...reply, by: "dashboard" },
        }),
      ),
    onSettled: () => {
      void queries.invalidateQueries({ queryKey: PENDING });
      if (approval.task_id) void queries.invalidateQueries({ queryKey: ["task", approval.task_id] });
    },
  });
}

/** True when someone else (another window, the terminal) was quicker. */
export function answeredElsewhere(error: Error | null): boolean {
  return error instanceof ApiError && error.code === "already_resolved";
}
