import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { ApiError } from "@/api/client";

/** One client for the whole page. A 401 from anywhere makes the shell ask again who we are. */
export const queryClient: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onError: noticeSignOut }),
  mutationCache: new MutationCache({ onError: noticeSignOut }),
  defaultOptions: {
    queries: {
      staleTime: 2_000,
      // What the server refused it will refuse again; only silence is worth another try.
      retry: (failures, error) => failures < 2 && error instanceof ApiError && error.status === 0,
      retryDelay: 800,
    },
    mutations: { retry: false },
  },
});

function noticeSignOut(error: Error, ...rest: unknown[]) {
  const query = rest[0] as { queryKey?: readonly unknown[] } | undefined;
  if (error instanceof ApiError && error.status === 401 && query?.queryKey?.[0] !== "status") {
    void queryClient.invalidateQueries({ queryKey: ["status"] });
  }
}
