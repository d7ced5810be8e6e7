import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, ok } from "@/api/client";
import type {
  BundleStatus,
  CheckReport,
  Coverage,
  DecisionLogCounts,
  Difference,
  Explanation,
  Replay,
} from "@/api/policy-reports";
import type { DraftFile } from "@/api/types";

/** The rules in force, file by file. */
export function usePolicy() {
  return useQuery({ queryKey: ["policy", "files"], queryFn: () => ok(api.GET("/api/v1/policy")) });
}

/** Where the rules come from, and how it stands with bundle and decision log. */
export function usePolicyStatus() {
  return useQuery({
    queryKey: ["policy", "status"],
    queryFn: () => ok(api.GET("/api/v1/policy/status")),
    select: ({ bundle, decision_log, ...status }) => ({
      ...status,
      bundle: bundle as BundleStatus | null,
      log: decision_log as DecisionLogCounts | null,
    }),
    refetchInterval: 15_000,
  });
}

export function usePolicyVersions() {
  return useQuery({
    queryKey: ["policy", "versions"],
    queryFn: () => ok(api.GET("/api/v1/policy/versions")),
    select: (data) => data.versions,
  });
}

export interface Draft {
  files: DraftFile[];
}

export function useCheck() {
  return useMutation({
    mutationFn: (body: Draft) => report<CheckReport>(api.POST("/api/v1/policy/check", { body })),
  });
}

export function useTests() {
  return useMutation({
    mutationFn: (body: Draft) => report<Coverage>(api.POST("/api/v1/policy/test", { body })),
  });
}

export function useDiff() {
  return useMutation({
    mutationFn: (body: Draft) => report<Difference>(api.POST("/api/v1/policy/diff", { body })),
  });
}

export function useReplay() {
  return useMutation({
    mutationFn: (body: Draft & { last: number }) =>
      report<Replay>(api.POST("/api/v1/policy/replay", { body })),
  });
}

/** Puts a draft in force; refused when its tests fail. */
export function useActivate() {
  return useForce((body: Draft & { note: string }) => ok(api.POST("/api/v1/policy/activate", { body })));
}

export function useReinstate() {
  return useForce((id: string) =>
    ok(api.POST("/api/v1/policy/versions/{id}/activate", { params: { path: { id } } })),
  );
}

/** What the rules in force say of a recorded decision. */
export function useExplainDecision(id: string) {
  return useQuery({
    queryKey: ["policy", "explain", id],
    queryFn: () =>
      report<Explanation>(api.POST("/api/v1/policy/explain", { body: { decision_id: id, files: [] } })),
    enabled: id !== "",
  });
}

/** The description of the API knows reports as objects only; src/api/policy-reports.ts knows their members. */
async function report<Report>(
  call: Promise<{ data?: unknown; error?: unknown; response: Response }>,
): Promise<Report> {
  return (await ok(call)) as Report;
}

function useForce<Input, Output>(change: (input: Input) => Promise<Output>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ["policy"] });
      void queries.invalidateQueries({ queryKey: ["status"] });
    },
  });
}
