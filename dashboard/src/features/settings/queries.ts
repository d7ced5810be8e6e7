import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { get, send } from "@/api/http";
import type { ModelSettings, ModelTest, ProviderApi } from "@/api/types";

const KEY = ["settings", "models"];

export function useModelSettings() {
  return useQuery({ queryKey: KEY, queryFn: () => get<ModelSettings>("/settings/models") });
}

export interface ProviderChange {
  name: string;
  api: ProviderApi;
  base_url?: string;
  key_env?: string;
}

const provider = (name: string) => `/settings/models/providers/${encodeURIComponent(name)}`;

export const useSetDefaultModel = () =>
  useChange((model: string) => send<ModelSettings>("PUT", "/settings/models/default", { model }));
export const usePutProvider = () =>
  useChange(({ name, ...change }: ProviderChange) => send<ModelSettings>("PUT", provider(name), change));
export const usePutKey = (name: string) =>
  useChange((key: string) => send<ModelSettings>("PUT", `${provider(name)}/key`, { key }));
export const useDeleteKey = (name: string) =>
  useChange<void>(() => send<ModelSettings | undefined>("DELETE", `${provider(name)}/key`));

export function useTestModel() {
  return useMutation({
    mutationFn: (model: string) => send<ModelTest>("POST", "/settings/models/test", { model }),
  });
}

/** A change answers with the settings as they are now; the list of ready models follows from them. */
function useChange<Input>(change: (input: Input) => Promise<ModelSettings | undefined>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: (settings) => {
      if (settings) queries.setQueryData(KEY, settings);
      else void queries.invalidateQueries({ queryKey: KEY });
      void queries.invalidateQueries({ queryKey: ["status"] });
    },
  });
}
