import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, ok } from "@/api/client";
import type { ApprovedTool, NewServer, ServerDetail } from "@/api/types";

const LIST = ["servers"];

/** Every server and how it fares, as far as it is known without asking it. */
export function useServers() {
  return useQuery({
    queryKey: LIST,
    queryFn: () => ok(api.GET("/api/v1/servers")),
    select: (data) => data.servers,
    refetchInterval: 10_000,
  });
}

/** One server with its tools. Asking connects to it. */
export function useServer(name: string) {
  return useQuery({
    queryKey: ["servers", name],
    queryFn: () => ok(api.GET("/api/v1/servers/{name}", { params: { path: { name } } })),
    refetchInterval: (query) => (query.state.data?.state === "connecting" ? 1_500 : 15_000),
  });
}

export function useAddServer() {
  return useChange((body: NewServer) => ok(api.POST("/api/v1/servers", { body })));
}

export function useApproveTools(name: string) {
  return useChange((tools: ApprovedTool[]) =>
    ok(api.POST("/api/v1/servers/{name}/approve", { params: { path: { name } }, body: { tools } })),
  );
}

export function useWithdrawTools(name: string) {
  return useChange((tools: string[]) =>
    ok(api.POST("/api/v1/servers/{name}/withdraw", { params: { path: { name } }, body: { tools } })),
  );
}

export function useRestartServer(name: string) {
  return useChange(() => ok(api.POST("/api/v1/servers/{name}/restart", { params: { path: { name } } })));
}

export function useRemoveServer(name: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => ok(api.DELETE("/api/v1/servers/{name}", { params: { path: { name } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: LIST, exact: true }),
  });
}

/** Where the person's browser goes to sign in. */
export function useSignInToServer(name: string) {
  return useMutation({
    mutationFn: () => ok(api.POST("/api/v1/servers/{name}/sign-in", { params: { path: { name } } })),
  });
}

/** A change answers with the server as it is now; how many tools wait follows from it. */
function useChange<Input = void>(change: (input: Input) => Promise<ServerDetail>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: (server) => {
      queries.setQueryData(["servers", server.name], server);
      void queries.invalidateQueries({ queryKey: LIST, exact: true });
    },
  });
}
