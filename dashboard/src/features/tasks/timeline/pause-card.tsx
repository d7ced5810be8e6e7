import { Link } from "@tanstack/react-router";
import { Pause as PauseIcon } from "lucide-react";
import { useState } from "react";
import { Form } from "react-aria-components";
import type { Limits, PauseReason, TaskDetail } from "@/api/types";
import { Reasons } from "@/features/approvals/reasons";
import { Button, buttonClass } from "@/ui/button";
import { ErrorNotice } from "@/ui/states";
import { LimitFields, limitsFrom, limitTexts } from "../limit-fields";
import { useResumeTask } from "../queries";
import type { Pause } from "./model";
import styles from "./pause-card.module.css";

/** Why the task stands still and how it goes on. */
export function PauseCard({ pause, task }: { pause: Pause; task: TaskDetail }) {
  const { reason } = pause;
  return (
    <section className={styles.card} data-open={pause.open ? "" : undefined} aria-label="Paused">
      <header>
        <PauseIcon size={14} aria-hidden />
        Paused
      </header>
      <p>{pause.text}</p>
      {reason.kind === "policy" ? <Reasons reasons={reason.decision.reasons} /> : null}
      {pause.open ? <Resume task={task} reason={reason} /> : null}
    </section>
  );
}

const LIMIT_FIELDS: Record<string, keyof Limits> = {
  steps: "steps_max",
  tokens: "tokens_max",
  cost: "cost_max",
  wall_time: "wall_seconds_max",
};

function Resume({ task, reason }: { task: TaskDetail; reason: PauseReason }) {
  const resume = useResumeTask(task.id);
  const [texts, setTexts] = useState(() => limitTexts(raised(task.limits, reason)));
  const changed = limitsFrom(texts);
  const limited = reason.kind === "limit";
  return (
    <Form
      className={styles.resume}
      onSubmit={(event) => {
        event.preventDefault();
        if (!changed.error) resume.mutate(limited ? changed.limits : {});
      }}
    >
      {limited ? <LimitFields value={texts} onChange={setTexts} error={changed.error} /> : null}
      <div className={styles.actions}>
        <Button type="submit" variant="primary" isDisabled={resume.isPending || Boolean(changed.error)}>
          {limited ? "Resume with these limits" : "Resume"}
        </Button>
        {reason.kind === "model" ? (
          <Link to="/settings" className={buttonClass({})}>
            Model settings
          </Link>
        ) : null}
      </div>
      {resume.error ? <ErrorNotice error={resume.error} /> : null}
    </Form>
  );
}

/** The limits with the one that was reached doubled, as a proposal. */
function raised(limits: Limits, reason: PauseReason): Limits {
  if (reason.kind !== "limit") return limits;
  const name = LIMIT_FIELDS[reason.limit];
  return name ? { ...limits, [name]: limits[name] * 2 } : limits;
}
