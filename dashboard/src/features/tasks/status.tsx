import { Ban, CircleCheck, CircleDashed, CircleX, Hand, type LucideIcon, Pause } from "lucide-react";
import type { TaskStatus } from "@/api/types";
import { Badge, type Tone } from "@/ui/badge";
import { Spinner } from "@/ui/states";

const LOOKS: Record<TaskStatus, { name: string; tone: Tone; icon: LucideIcon }> = {
  running: { name: "Running", tone: "blue", icon: CircleDashed },
  waiting: { name: "Waiting for you", tone: "amber", icon: Hand },
  paused: { name: "Paused", tone: "amber", icon: Pause },
  completed: { name: "Completed", tone: "green", icon: CircleCheck },
  failed: { name: "Failed", tone: "red", icon: CircleX },
  cancelled: { name: "Cancelled", tone: "plain", icon: Ban },
};

export const STATUSES = Object.keys(LOOKS) as TaskStatus[];

export const statusName = (status: TaskStatus) => LOOKS[status].name;

export const hasEnded = (status: TaskStatus) =>
  status === "completed" || status === "failed" || status === "cancelled";

export function StatusBadge({ status }: { status: TaskStatus }) {
  const { name, tone, icon: Icon } = LOOKS[status];
  return (
    <Badge tone={tone}>
      {status === "running" ? <Spinner size={12} /> : <Icon size={12} strokeWidth={2.2} aria-hidden />}
      {name}
    </Badge>
  );
}
