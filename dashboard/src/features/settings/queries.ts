import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, ok } from "@/api/client";
import type { ModelSettings, NewProvider } from "@/api/types";

const KEY = ["settings", "models"];

export function useModelSettings() {
  return useQuery({ queryKey: KEY, queryFn: () => ok(api.GET("/api/v1/settings/models")) });
}

export function useSetDefaultModel() {
  return useChange((model: string) => ok(api.PUT("/api/v1/settings/models/default", { body: { model } })));
}

export function usePutProvider() {
  return useChange(({ name, ...body }: NewProvider & { name: string }) =>
    ok(api.PUT("/api/v1/settings/models/providers/{name}", { params: { path: { name } }, body })),
  );
}

export function usePutKey(name: string) {
  return useChange((key: string) =>
    ok(
      api.PUT("/api/v1/settings/models/providers/{name}/key", { params: { path: { name } }, body: { key } }),
    ),
  );
}

export function useDeleteKey(name: string) {
  return useChange(() =>
    ok(api.DELETE("/api/v1/settings/models/providers/{name}/key", { params: { path: { name } } })),
  );
}

export function useTestModel() {
  return useMutation({
    mutationFn: (model: string) => ok(api.POST("/api/v1/settings/models/test", { body: { model } })),
  });
}

export function useSignOut() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => ok(api.POST("/api/v1/sign-out")),
    // The answer to everything from now on: the shell shows how to sign in again.
    onSuccess: () => queries.invalidateQueries({ queryKey: ["status"] }),
  });
}

/** A change answers with the settings as they are now; the list of ready models follows from them. */
function useChange<Input = void>(change: (input: Input) => Promise<ModelSettings>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: (settings) => {
      queries.setQueryData(KEY, settings);
      void queries.invalidateQueries({ queryKey: ["status"] });
    },
  });
}
