import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { Form } from "react-aria-components";
import { ApiError } from "@/api/client";
import { remark } from "@/app/announcer";
import { Button } from "@/ui/button";
import { ErrorNotice } from "@/ui/states";
import { TextField } from "@/ui/text-field";
import { Failed } from "./coverage-view";
import type { Draft } from "./draft";
import { SOURCES } from "./facts";
import { usePolicyStatus } from "./queries";
import styles from "./reports.module.css";
import type { Reports } from "./use-reports";

interface Props {
  draft: Draft;
  reports: Reports;
  done: () => void;
}

/** Puts the draft in force, with a word why. A draft that fails its own tests is refused, and they are shown. */
export function ActivateForm({ draft, reports: { activate, test }, done }: Props) {
  const [note, setNote] = useState("");
  const navigate = useNavigate();
  const status = usePolicyStatus().data;
  const files = [...draft.files];
  if (status && status.source !== "shipped" && status.source !== "version") {
    return (
      <p className={styles.fine}>
        The rules in force come from elsewhere ({SOURCES[status.source].toLowerCase()}), so they are changed
        there. Everything else can be tried here all the same.
      </p>
    );
  }
  const moved = status && status.revision !== draft.revision;
  const refused = activate.error instanceof ApiError && activate.error.code === "policy_tests_failed";
  return (
    <>
      {moved ? (
        <p className={styles.bad}>
          Other rules are in force than those the draft began with. Compare before you put it in their place.
        </p>
      ) : null}
      <Form
        className={styles.activate}
        onSubmit={(event) => {
          event.preventDefault();
          activate.mutate(
            { files, note: note.trim() },
            {
              onSuccess: () => {
                remark("The draft is in force for the next call.");
                done();
                void navigate({ to: "/policy" });
              },
              // The refusal names the tests; the report has each on its own.
              onError: (error) => {
                if (error instanceof ApiError && error.code === "policy_tests_failed") test.mutate({ files });
              },
            },
          );
        }}
      >
        <TextField
          label="Why, for whoever reads the versions later"
          placeholder="Pushes to main need a person"
          value={note}
          onChange={setNote}
        />
        <Button type="submit" variant="primary" isDisabled={activate.isPending}>
          {activate.isPending ? "Testing…" : "Test it and put it in force"}
        </Button>
      </Form>
      {activate.error ? <ErrorNotice error={activate.error} /> : null}
      {refused ? <Failed tests={test.data?.tests.failed ?? []} /> : null}
    </>
  );
}
