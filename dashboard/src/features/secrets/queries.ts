import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, ok } from "@/api/client";
import type { NewSecret } from "@/api/types";

const KEY = ["secrets"];

/** Names and who uses them; values never come out. */
export function useSecrets() {
  return useQuery({
    queryKey: KEY,
    queryFn: () => ok(api.GET("/api/v1/secrets")),
    select: (data) => data.secrets,
  });
}

export function useSetSecret() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ name, ...body }: NewSecret & { name: string }) =>
      ok(api.PUT("/api/v1/secrets/{name}", { params: { path: { name } }, body })),
    onSuccess: () => queries.invalidateQueries({ queryKey: KEY }),
    // The value must not stay in the memory of the page.
    gcTime: 0,
  });
}

export function useRemoveSecret() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (name: string) => ok(api.DELETE("/api/v1/secrets/{name}", { params: { path: { name } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: KEY }),
  });
}
