import { useNavigate } from "@tanstack/react-router";
import { SlidersHorizontal } from "lucide-react";
import { type KeyboardEvent, useState } from "react";
import { Disclosure, DisclosurePanel, Form, Label, TextArea, TextField } from "react-aria-components";
import { useStatus } from "@/app/queries";
import { WorkspaceField } from "@/features/workspaces/workspace-field";
import { Button } from "@/ui/button";
import { ErrorNotice } from "@/ui/states";
import { LimitFields, type LimitTexts, limitsFrom, NO_LIMITS } from "./limit-fields";
import { ModelField } from "./model-field";
import { useStartTask } from "./queries";
import styles from "./start-form.module.css";

/** Model that needs no workspace: it works in a fresh sample. */
const DEMO = "demo";

/** Says what should be done, where, by which model and how far it may go. */
export function StartForm({ workspace: given }: { workspace?: string | undefined }) {
  const status = useStatus().data;
  const navigate = useNavigate();
  const start = useStartTask();
  const [prompt, setPrompt] = useState("");
  const [chosenModel, setModel] = useState<string>();
  const [chosenWorkspace, setWorkspace] = useState(given);
  const [limits, setLimits] = useState<LimitTexts>(NO_LIMITS);

  const model = chosenModel ?? status?.model_default ?? "";
  const workspace = chosenWorkspace ?? (model === DEMO ? "" : (status?.default_workspace?.root ?? ""));
  const changed = limitsFrom(limits);
  const ready = prompt.trim() !== "" && changed.error === undefined && !start.isPending;

  const submit = () => {
    if (!ready) return;
    const task = {
      prompt: prompt.trim(),
      ...(workspace ? { workspace } : {}),
      ...(model ? { model } : {}),
      ...(Object.keys(changed.limits).length ? { limits: changed.limits } : {}),
    };
    start.mutate(task, {
      onSuccess: ({ id }) => void navigate({ to: "/tasks/$taskId", params: { taskId: id } }),
    });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submit();
  };

  return (
    <Form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <TextField className={styles.prompt} value={prompt} onChange={setPrompt}>
        <Label className="visually-hidden">What should be done?</Label>
        <TextArea rows={3} placeholder="What should be done?" onKeyDown={onKeyDown} />
      </TextField>
      <Disclosure className={styles.more}>
        <div className={styles.controls}>
          <div className={styles.wide}>
            <WorkspaceField
              value={workspace}
              onChange={setWorkspace}
              placeholder={model === DEMO ? "A fresh sample folder" : "/path/to/a/folder"}
            />
          </div>
          <div className={styles.wide}>
            <ModelField models={status?.models ?? []} value={model} onChange={setModel} />
          </div>
          <Button slot="trigger">
            <SlidersHorizontal size={14} aria-hidden />
            Limits
          </Button>
          <Button type="submit" variant="primary" isDisabled={!ready}>
            {start.isPending ? "Starting…" : "Start"}
          </Button>
        </div>
        <DisclosurePanel className={styles.limits}>
          <LimitFields value={limits} onChange={setLimits} error={changed.error} />
        </DisclosurePanel>
      </Disclosure>
      {start.error ? <ErrorNotice error={start.error} /> : null}
    </Form>
  );
}
