import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { get, send } from "@/api/http";
import type { FileView, Folder, Workspace } from "@/api/types";

export function useWorkspaces() {
  return useQuery({
    queryKey: ["workspaces"],
    queryFn: () => get<{ workspaces: Workspace[] }>("/workspaces"),
    select: (data) => data.workspaces,
  });
}

export function useAddWorkspace() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (path: string) => send<Workspace>("POST", "/workspaces", { path }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["workspaces"] }),
  });
}

/** Entries of a folder; `path` is relative to the workspace, empty for its root. */
export function useFolder(workspaceId: string, path: string) {
  return useQuery({
    queryKey: ["workspaces", workspaceId, "files", path],
    queryFn: () => get<Folder>(`/workspaces/${workspaceId}/files`, { path }),
    placeholderData: (before) => before,
  });
}

export function useFile(workspaceId: string, path: string | undefined) {
  return useQuery({
    queryKey: ["workspaces", workspaceId, "file", path],
    queryFn: () => get<FileView>(`/workspaces/${workspaceId}/file`, { path }),
    enabled: path !== undefined,
  });
}
