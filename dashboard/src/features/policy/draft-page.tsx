import { Link } from "@tanstack/react-router";
import { FilePen } from "lucide-react";
import { useState } from "react";
import { Button, buttonClass } from "@/ui/button";
import { Confirm } from "@/ui/confirm";
import { Page } from "@/ui/page";
import { Empty } from "@/ui/states";
import { type Draft, edit, hasTests, isChanged, textOf } from "./draft";
import { DraftFiles } from "./draft-files";
import styles from "./draft-page.module.css";
import { marksOf } from "./marks";
import { Reports } from "./reports";
import { SourceEditor, type Target } from "./source-editor";
import { useDraft } from "./use-draft";
import { type Report, useReports } from "./use-reports";

/** Where other rules are written, looked at from all sides, and put in force. */
export function DraftPage() {
  const [draft, setDraft] = useDraft();
  return (
    <Page
      title="Draft"
      lead={
        draft ? "Kept in this window. Nothing here decides anything until it is put in force." : undefined
      }
      wide
    >
      {draft ? (
        <Editor draft={draft} setDraft={setDraft} />
      ) : (
        <Empty icon={FilePen} title="There is no draft">
          It begins as a copy of the files in force, <Link to="/policy">on the policy page</Link>.
        </Empty>
      )}
    </Page>
  );
}

const ACTIONS: { report: Report; label: string }[] = [
  { report: "check", label: "Check" },
  { report: "test", label: "Test" },
  { report: "diff", label: "Compare" },
  { report: "replay", label: "Replay" },
  { report: "activate", label: "Put in force" },
];

function Editor({ draft, setDraft }: { draft: Draft; setDraft: (next: Draft | null) => void }) {
  const [path, setPath] = useState(draft.files[0]?.path ?? "");
  const [target, setTarget] = useState<Target | null>(null);
  const reports = useReports(draft);
  const text = textOf(draft, path);
  const goTo = (file: string, line: number) => {
    setPath(file);
    setTarget({ line: Math.max(1, line) });
  };
  return (
    <div className={styles.page}>
      <div className={styles.split}>
        <DraftFiles
          draft={draft}
          path={path}
          choose={(next) => {
            setTarget(null);
            setPath(next);
          }}
          change={setDraft}
        />
        {text === undefined ? (
          <Empty icon={FilePen} title="Choose a file" />
        ) : (
          <SourceEditor
            key={path}
            text={text}
            label={`Rules of ${path}`}
            marks={marksOf(path, reports)}
            target={target}
            onChange={(next) => setDraft(edit(draft, path, next))}
          />
        )}
      </div>
      <div className={styles.actions} role="toolbar" aria-label="What to do with the draft">
        {ACTIONS.map(({ report, label }) => (
          <Button
            key={report}
            variant={report === "activate" ? "primary" : "default"}
            aria-pressed={reports.shown === report}
            isDisabled={reports.busy || (report === "activate" && !isChanged(draft))}
            onPress={() => reports.show(report)}
          >
            {label}
          </Button>
        ))}
        <span className={styles.apart}>
          <Link to="/policy" className={buttonClass({ variant: "ghost" })}>
            Files in force
          </Link>
          <Confirm
            trigger={<Button variant="danger">Throw away</Button>}
            title="Throw the draft away?"
            action="Throw it away"
            onConfirm={() => setDraft(null)}
          >
            What was changed in it is gone for good. The files in force stay as they are.
          </Confirm>
        </span>
      </div>
      {hasTests(draft) ? null : (
        <p className={styles.hint}>
          The draft has no tests, and without any it cannot be put in force. Add a file whose name ends in
          _test.rego.
        </p>
      )}
      <Reports draft={draft} reports={reports} goTo={goTo} done={() => setDraft(null)} />
    </div>
  );
}
