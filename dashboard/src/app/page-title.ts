import { useEffect } from "react";
import { usePendingApprovals } from "@/features/approvals/queries";

/** Names the page in the browser's tab, with the number of questions that wait for the person. */
export function usePageTitle(title: string) {
  const waiting = usePendingApprovals().data?.length ?? 0;
  useEffect(() => {
    document.title = `${waiting > 0 ? `(${waiting}) ` : ""}${title} · Bailiwick`;
  }, [title, waiting]);
}
