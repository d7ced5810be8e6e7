import { useInfiniteQuery, useMutation } from "@tanstack/react-query";
import { api, ok } from "@/api/client";

/** Entries on one page of the record. */
const PAGE_ROWS = 50;

/** The record, newest first, page after page. */
export function useRecord() {
  return useInfiniteQuery({
    queryKey: ["record"],
    queryFn: ({ pageParam }) =>
      ok(
        api.GET("/api/v1/record", {
          params: { query: { before: pageParam ?? undefined, limit: PAGE_ROWS } },
        }),
      ),
    initialPageParam: null as number | null,
    // The first entry has the number 1: nothing is older.
    getNextPageParam: (page) => {
      const last = page.entries.at(-1);
      return last && last.seq > 1 ? last.seq : null;
    },
    select: (data) => data.pages.flatMap((page) => page.entries),
  });
}

/** Reads the whole chain. */
export function useVerify() {
  return useMutation({ mutationFn: () => ok(api.POST("/api/v1/record/verify")) });
}
