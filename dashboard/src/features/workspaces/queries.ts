import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, ok } from "@/api/client";

export function useWorkspaces() {
  return useQuery({
    queryKey: ["workspaces"],
    queryFn: () => ok(api.GET("/api/v1/workspaces")),
    select: (data) => data.workspaces,
  });
}

export function useAddWorkspace() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (path: string) => ok(api.POST("/api/v1/workspaces", { body: { path } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["workspaces"] }),
  });
}

/** Entries of a folder; `path` is relative to the workspace, empty for its root. */
export function useFolder(workspaceId: string, path: string) {
  return useQuery({
    queryKey: ["workspaces", workspaceId, "files", path],
    queryFn: () =>
      ok(
        api.GET("/api/v1/workspaces/{id}/files", { params: { path: { id: workspaceId }, query: { path } } }),
      ),
    placeholderData: (before) => before,
  });
}

export function useFile(workspaceId: string, path: string | undefined) {
  return useQuery({
    queryKey: ["workspaces", workspaceId, "file", path],
    queryFn: () =>
      ok(
        api.GET("/api/v1/workspaces/{id}/file", {
          params: { path: { id: workspaceId }, query: { path: path ?? "" } },
        }),
      ),
    enabled: path !== undefined,
  });
}
