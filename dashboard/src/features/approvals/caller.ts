import type { Approval } from "@/api/types";
import { visible } from "@/lib/visible";

/**
 * Who asks when no task does. The name is what the client calls itself, so it is only a name; the binding holds what
 * the approval is bound to.
 */
export function caller(approval: Approval, question?: unknown): string {
  const session = members(members(question).session);
  if (typeof session.client === "string" && session.client !== "") return visible(session.client);
  return approval.binding.caller.startsWith("client:") ? "an MCP client" : "somebody with access";
}

/** How long is left to answer, like "4 min 10 s left"; null when there is no end. */
export function timeLeft(expiresAt: string | null | undefined, now: number): string | null {
  if (!expiresAt) return null;
  const seconds = Math.ceil((Date.parse(expiresAt) - now) / 1_000);
  if (seconds <= 0) return "expired";
  if (seconds < 60) return `${seconds} s left`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return `${minutes} min ${seconds % 60} s left`;
  if (minutes < 120) return `${minutes} min left`;
  return `${Math.floor(minutes / 60)} h left`;
}

function members(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
