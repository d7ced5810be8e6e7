import { useRef, useState } from "react";
import type { Answer, Approval } from "@/api/types";
import { remark } from "@/app/announcer";
import { Button } from "@/ui/button";
import { ErrorNotice } from "@/ui/states";
import { TextField } from "@/ui/text-field";
import styles from "./approval-question.module.css";
import { Explain } from "./explain";
import { answeredElsewhere, useAnswer } from "./queries";
import { Reasons } from "./reasons";
import { useKeys } from "./use-keys";

interface Choice {
  answer: Answer;
  always?: boolean;
  label: string;
  key: string;
  variant?: "primary" | "danger";
  title?: string;
}

/** The question itself: why it is put, a note, and the answers, each with a key of its own. */
export function ApprovalQuestion({ approval }: { approval: Approval }) {
  const answer = useAnswer(approval);
  const [note, setNote] = useState("");
  const [explaining, setExplaining] = useState(false);
  const card = useRef<HTMLElement>(null);
  const choices = choicesFor(approval);
  const settled = answer.isPending || answer.isSuccess || answeredElsewhere(answer.error);

  const reply = ({ answer: said, always }: Choice) => {
    if (settled) return;
    const trimmed = note.trim();
    answer.mutate(
      { answer: said, ...(always ? { always } : {}), ...(trimmed ? { note: trimmed } : {}) },
      {
        onError: (error) => {
          if (answeredElsewhere(error))
            remark("This was answered already, in another window or in the terminal.");
        },
      },
    );
  };
  useKeys(card, [
    ...choices.map((choice) => ({ key: choice.key, run: () => reply(choice) })),
    { key: "e", run: () => setExplaining((open) => !open) },
  ]);

  return (
    <section
      ref={card}
      className={styles.question}
      tabIndex={-1}
      data-approval={approval.id}
      aria-label={`May ${approval.task_id ? "the agent" : "an MCP client"} call ${approval.tool}?`}
    >
      {approval.kind === "outcome_unknown" ? (
        <p>
          Bailiwick stopped while this ran, so nobody knows whether it took effect. Look at the workspace,
          then say how to go on.
        </p>
      ) : (
        <Reasons reasons={approval.reasons} />
      )}
      <TextField
        label="Note for the agent"
        hideLabel
        placeholder="Note for the agent, if you like"
        value={note}
        onChange={setNote}
        isDisabled={settled}
      />
      <div className={styles.answers}>
        {choices.map((choice) => (
          <Button
            key={choice.key}
            variant={choice.variant ?? "default"}
            shortcut={choice.key}
            isDisabled={settled}
            onPress={() => reply(choice)}
          >
            {choice.label}
            <kbd aria-hidden>{choice.key}</kbd>
          </Button>
        ))}
        <Button
          variant="ghost"
          shortcut="e"
          aria-expanded={explaining}
          onPress={() => setExplaining(!explaining)}
        >
          Explain
          <kbd aria-hidden>e</kbd>
        </Button>
      </div>
      {approval.always ? <p className={styles.scope}>Always: {approval.always.description}</p> : null}
      {answer.error && !answeredElsewhere(answer.error) ? <ErrorNotice error={answer.error} /> : null}
      {explaining ? <Explain approval={approval} /> : null}
    </section>
  );
}

function choicesFor(approval: Approval): Choice[] {
  if (approval.kind === "outcome_unknown") {
    return [
      { answer: "retry", label: "Run it again", key: "r" },
      { answer: "count_as_done", label: "Count as done", key: "c" },
      { answer: "stop", label: "Stop the task", key: "s", variant: "danger" },
    ];
  }
  return [
    { answer: "approve", label: "Approve", key: "y", variant: "primary" },
    { answer: "deny", label: "Deny", key: "n", variant: "danger" },
    ...(approval.always
      ? [{ answer: "approve" as const, always: true, label: "Always for this task", key: "a" }]
      : []),
  ];
}
