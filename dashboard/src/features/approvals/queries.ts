import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ApiError, get, send } from "@/api/http";
import type { Answer, Approval, Explanation } from "@/api/types";

const PENDING = ["approvals", "pending"];

/** Every question that waits for the person, oldest first. */
export function usePendingApprovals() {
  return useQuery({
    queryKey: PENDING,
    queryFn: () => get<{ approvals: Approval[] }>("/approvals", { status: "pending" }),
    select: (data) => data.approvals,
    refetchInterval: 3_000,
    refetchIntervalInBackground: true,
  });
}

export function useExplanation(id: string, wanted: boolean) {
  return useQuery({
    queryKey: ["approvals", id, "explain"],
    queryFn: () => get<Explanation>(`/approvals/${id}/explain`),
    enabled: wanted,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export interface Reply {
  answer: Answer;
  always?: boolean;
  note?: string;
}

export function useAnswer(approval: Approval) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (reply: Reply) =>
      send<Approval>("POST", `/approvals/${approval.id}`, { ...reply, by: "dashboard" }),
    onSettled: () => {
      void queries.invalidateQueries({ queryKey: PENDING });
      void queries.invalidateQueries({ queryKey: ["task", approval.task_id] });
    },
  });
}

/** True when someone else (another window, the terminal) was quicker. */
export function answeredElsewhere(error: Error | null): boolean {
  return error instanceof ApiError && error.code === "already_resolved";
}
