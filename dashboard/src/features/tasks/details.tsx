import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { TaskDetail } from "@/api/types";
import { count, duration, money } from "@/lib/format";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Code } from "@/ui/code";
import { ModalDialog } from "@/ui/popup";
import { Ago } from "@/ui/time";
import styles from "./details.module.css";
import { Rules } from "./rules";
import type { Timeline } from "./timeline/model";

/** What the task has spent of its limits, where it works, and what it may do without asking. */
export function Details({ task, timeline }: { task: TaskDetail; timeline: Timeline }) {
  const { spent, limits, workspace } = task;
  return (
    <div className={styles.details}>
      <Section title="Spent so far">
        <Meter name="Cost" used={spent.cost} max={limits.cost_max} show={money} />
        <Meter name="Tokens" used={spent.tokens} max={limits.tokens_max} show={count} />
        <Meter name="Steps" used={spent.steps} max={limits.steps_max} show={String} />
        <Meter
          name="Time at work"
          used={spent.wall_ms}
          max={limits.wall_seconds_max * 1_000}
          show={duration}
        />
      </Section>
      <Section title="About">
        <dl className={styles.facts}>
          <dt>Workspace</dt>
          <dd>
            <Link
              to="/workspaces/$workspaceId"
              params={{ workspaceId: workspace.id }}
              search={{}}
              title={workspace.root}
            >
              {workspace.name}
            </Link>
          </dd>
          <dt>Model</dt>
          <dd>{task.model}</dd>
          <dt>Begun</dt>
          <dd>
            <Ago time={task.created_at} />
          </dd>
          {timeline.labels.length > 0 ? (
            <>
              <dt>Labels</dt>
              <dd className={styles.labels}>
                {timeline.labels.map((label) => (
                  <Badge key={label}>{label}</Badge>
                ))}
              </dd>
            </>
          ) : null}
        </dl>
        {timeline.systemPrompt ? (
          <ModalDialog title="System prompt" trigger={<Button size="small">Show the system prompt</Button>}>
            <Code label="System prompt">{timeline.systemPrompt}</Code>
          </ModalDialog>
        ) : null}
      </Section>
      <Section title="Always for this task">
        <Rules taskId={task.id} />
      </Section>
    </div>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section>
      <h2>{title}</h2>
      {children}
    </section>
  );
}

interface MeterProps {
  name: string;
  used: number;
  max: number;
  show: (value: number) => string;
}

function Meter({ name, used, max, show }: MeterProps) {
  const share = max > 0 ? Math.min(1, used / max) : 0;
  return (
    <div className={styles.meter}>
      <span>{name}</span>
      <span className="numbers">
        {show(used)} <span className={styles.of}>of {show(max)}</span>
      </span>
      <div
        className={styles.bar}
        role="meter"
        aria-label={name}
        aria-valuemin={0}
        aria-valuemax={max}
        aria-valuenow={Math.min(used, max)}
        aria-valuetext={`${show(used)} of ${show(max)}`}
        data-high={share > 0.8 ? "" : undefined}
      >
        <div style={{ width: `${share * 100}%` }} />
      </div>
    </div>
  );
}
