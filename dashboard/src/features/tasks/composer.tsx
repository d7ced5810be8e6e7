import { SendHorizontal } from "lucide-react";
import { type KeyboardEvent, useState } from "react";
import { Label, TextArea, TextField } from "react-aria-components";
import type { TaskDetail, TaskStatus } from "@/api/types";
import { Button } from "@/ui/button";
import { ErrorNotice } from "@/ui/states";
import styles from "./composer.module.css";
import { useMessageTask } from "./queries";
import { hasEnded } from "./status";

/** The message box: Enter sends, Shift+Enter begins a new line. */
export function Composer({ taskId, task }: { taskId: string; task: TaskDetail | undefined }) {
  const message = useMessageTask(taskId);
  const [text, setText] = useState("");
  const ready = text.trim() !== "" && !message.isPending && task !== undefined;

  const send = () => {
    if (!ready) return;
    message.mutate(text.trim(), { onSuccess: () => setText("") });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };

  return (
    <div className={styles.frame}>
      <div className={styles.composer}>
        {message.error ? <ErrorNotice error={message.error} /> : null}
        <div className={styles.box}>
          <TextField className={styles.field} value={text} onChange={setText}>
            <Label className="visually-hidden">Message to the agent</Label>
            <TextArea rows={1} placeholder={placeholder(task?.status)} onKeyDown={onKeyDown} />
          </TextField>
          <Button variant="primary" icon aria-label="Send" isDisabled={!ready} onPress={send}>
            <SendHorizontal size={15} aria-hidden />
          </Button>
        </div>
      </div>
    </div>
  );
}

function placeholder(status: TaskStatus | undefined): string {
  if (!status) return "Message";
  return hasEnded(status) ? "Message, to go on" : "Message to the agent";
}
