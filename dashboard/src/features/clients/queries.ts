import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, ok } from "@/api/client";

const KEY = ["mcp-clients"];

/** Clients with a token that is good. */
export function useMcpClients() {
  return useQuery({
    queryKey: KEY,
    queryFn: () => ok(api.GET("/api/v1/mcp-clients")),
    select: (data) => data.clients,
  });
}

/** Makes a token; an earlier one of the same name ends. */
export function useMakeToken() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (name: string) => ok(api.POST("/api/v1/mcp-clients", { body: { name } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: KEY }),
    // The token is shown by whoever asked for it and kept by nobody.
    gcTime: 0,
  });
}

export function useRemoveMcpClient() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (name: string) =>
      ok(api.DELETE("/api/v1/mcp-clients/{name}", { params: { path: { name } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: KEY }),
  });
}
