import { Link as LinkIcon } from "lucide-react";
import { useEffect, useState } from "react";
import type { Approval } from "@/api/types";
import { remark } from "@/app/announcer";
import { fullTime } from "@/lib/format";
import { visible } from "@/lib/visible";
import { Button } from "@/ui/button";
import { CopyableCode } from "@/ui/code";
import { ErrorNotice } from "@/ui/states";
import styles from "./approvals-page.module.css";
import { timeLeft } from "./caller";
import { useMakeLink } from "./queries";

/** Until when a question can be answered, by whom, and a link for someone who is elsewhere. */
export function Terms({ approval }: { approval: Approval }) {
  const link = useMakeLink(approval.id);
  const left = useTimeLeft(approval.expires_at);
  const make = () =>
    link.mutate(undefined, {
      onSuccess: async ({ url }) => {
        // A browser may forbid it; the link stands below in any case.
        const copied = await navigator.clipboard?.writeText(url).then(
          () => true,
          () => false,
        );
        if (copied) remark("The link is copied. Whoever opens it may answer, once.");
      },
    });
  return (
    <div className={styles.terms}>
      {left ? (
        <span className="numbers" title={approval.expires_at ? fullTime(approval.expires_at) : undefined}>
          {left}
        </span>
      ) : null}
      {approval.roles.length > 0 ? (
        <span>Only {approval.roles.map(visible).join(" or ")} may approve</span>
      ) : null}
      {approval.kind === "tool_call" ? (
        <Button size="small" variant="ghost" isDisabled={link.isPending} onPress={make}>
          <LinkIcon size={13} aria-hidden />
          Make a link
        </Button>
      ) : null}
      {link.data ? (
        <div className={styles.link}>
          <CopyableCode text={link.data.url} label="link" />
          <p>Whoever opens it may answer this one question, once, until {fullTime(link.data.expires_at)}.</p>
        </div>
      ) : null}
      {link.error ? <ErrorNotice error={link.error} /> : null}
    </div>
  );
}

/** Counted down while it is looked at. */
function useTimeLeft(expiresAt: string | null | undefined): string | null {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!expiresAt) return;
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, [expiresAt]);
  return timeLeft(expiresAt, now);
}
