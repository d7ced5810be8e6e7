import type { ServerState, ToolState } from "@/api/types";
import { Badge, type Tone } from "@/ui/badge";

const STATES: Record<ServerState, { text: string; tone: Tone }> = {
  idle: { text: "idle", tone: "plain" },
  connecting: { text: "connecting", tone: "blue" },
  ready: { text: "ready", tone: "green" },
  failed: { text: "failed", tone: "red" },
  sign_in_needed: { text: "sign-in needed", tone: "amber" },
  off: { text: "off", tone: "plain" },
};

export function ServerStateBadge({ state }: { state: ServerState }) {
  const { text, tone } = STATES[state];
  return <Badge tone={tone}>{text}</Badge>;
}

const TOOL_STATES: Record<ToolState, { text: string; tone: Tone }> = {
  pinned: { text: "approved", tone: "green" },
  new: { text: "new", tone: "amber" },
  changed: { text: "changed", tone: "amber" },
  gone: { text: "no longer offered", tone: "plain" },
};

export function ToolStateBadge({ state }: { state: ToolState }) {
  const { text, tone } = TOOL_STATES[state];
  return <Badge tone={tone}>{text}</Badge>;
}
