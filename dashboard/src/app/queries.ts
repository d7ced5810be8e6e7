import { useQuery } from "@tanstack/react-query";
import { get } from "@/api/http";
import type { Status } from "@/api/types";

/** Version, models that are ready, default workspace, fence. Also how the page learns that it is signed out. */
export function useStatus() {
  return useQuery({
    queryKey: ["status"],
    queryFn: () => get<Status>("/status"),
    refetchInterval: (query) => (query.state.error ? 4_000 : 60_000),
  });
}
