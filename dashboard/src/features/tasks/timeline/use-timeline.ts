import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState, useSyncExternalStore } from "react";
import type { Envelope } from "@/api/types";
import { useMergeTask } from "../queries";
import { EMPTY } from "./model";
import { type Snapshot, TaskStream } from "./stream";

const CONNECTING: Snapshot = { timeline: EMPTY, connected: "not yet" };

/** Watches a task for as long as the page shows it, and keeps the queries beside the timeline current. */
export function useTimeline(taskId: string): Snapshot {
  const queries = useQueryClient();
  const merge = useMergeTask();
  const [stream, setStream] = useState<TaskStream | null>(null);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new stream for a new task only
  useEffect(() => {
    const made = new TaskStream(taskId, merge, (envelopes) => {
      for (const key of touched(envelopes, taskId)) void queries.invalidateQueries({ queryKey: key });
    });
    setStream(made);
    return () => {
      made.close();
      setStream(null);
    };
  }, [taskId]);

  return useSyncExternalStore(stream?.subscribe ?? nothing, stream?.read ?? connecting);
}

/** The queries that these events made stale. */
function touched(envelopes: readonly Envelope[], taskId: string): string[][] {
  const keys: string[][] = [];
  const types = new Set(envelopes.map(({ event }) => event.type));
  if (types.has("approval_requested") || types.has("approval_resolved") || types.has("approval_voided")) {
    keys.push(["approvals", "pending"]);
  }
  if (envelopes.some(({ event }) => event.type === "approval_resolved" && event.rule_id)) {
    keys.push(["task", taskId, "rules"]);
  }
  return keys;
}

const nothing = () => () => {};
const connecting = () => CONNECTING;
