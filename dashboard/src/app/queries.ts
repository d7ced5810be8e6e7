import { useQuery } from "@tanstack/react-query";
import { api, ok } from "@/api/client";

/** Version, models that are ready, default workspace, fence. Also how the page learns that it is signed out. */
export function useStatus() {
  return useQuery({
    queryKey: ["status"],
    queryFn: () => ok(api.GET("/api/v1/status")),
    refetchInterval: (query) => (query.state.error ? 4_000 : 60_000),
  });
}
