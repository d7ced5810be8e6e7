import { Ban, Check, CircleSlash, Clock, Hand, type LucideIcon, ShieldX, X } from "lucide-react";
import { Spinner } from "@/ui/states";
import styles from "./call-status.module.css";
import type { Call, CallState } from "./model";

const LOOKS: Record<
  CallState,
  { name: string; icon: LucideIcon | null; tone: "quiet" | "good" | "bad" | "wait" }
> = {
  proposed: { name: "About to run", icon: Clock, tone: "quiet" },
  asked: { name: "Waiting for you", icon: Hand, tone: "wait" },
  running: { name: "Running", icon: null, tone: "quiet" },
  done: { name: "Done", icon: Check, tone: "good" },
  error: { name: "The tool answered with an error", icon: X, tone: "bad" },
  denied: { name: "Denied", icon: ShieldX, tone: "bad" },
  cancelled: { name: "Cancelled", icon: Ban, tone: "quiet" },
  failed: { name: "Failed", icon: X, tone: "bad" },
  blocked: { name: "The policy withheld the result", icon: ShieldX, tone: "bad" },
  counted_as_done: { name: "Counted as done", icon: Check, tone: "quiet" },
  not_run: { name: "Did not run", icon: CircleSlash, tone: "quiet" },
};

/** How a call stands, as a sign with a name. */
export function CallStatus({ call }: { call: Call }) {
  const { name, icon: Icon, tone } = LOOKS[call.state];
  return (
    <span className={`${styles.status} ${styles[tone]}`} title={name}>
      {Icon ? <Icon size={14} strokeWidth={2.2} aria-hidden /> : <Spinner />}
      <span className="visually-hidden">{name}</span>
    </span>
  );
}
