import { FilePlus, Trash2 } from "lucide-react";
import { useState } from "react";
import { Form } from "react-aria-components";
import { Button } from "@/ui/button";
import { TextField } from "@/ui/text-field";
import { add, type Draft, nameError, remove, removed, stateOf, template } from "./draft";
import styles from "./draft-page.module.css";
import { FileList } from "./file-list";

interface Props {
  draft: Draft;
  path: string;
  choose: (path: string) => void;
  change: (draft: Draft) => void;
}

/** The files of the draft: what is new in them, what is gone, and how another is added. */
export function DraftFiles({ draft, path, choose, change }: Props) {
  const [name, setName] = useState("");
  const [tried, setTried] = useState(false);
  const error = nameError(draft, name.trim());
  return (
    <div className={styles.files}>
      <FileList label="Files of the draft">
        {draft.files.map((file) => {
          const state = stateOf(draft, file.path);
          return (
            <li key={file.path}>
              <button
                type="button"
                aria-current={file.path === path ? "true" : undefined}
                onClick={() => choose(file.path)}
              >
                {file.path}
                {state === "same" ? null : <small>{state}</small>}
              </button>
            </li>
          );
        })}
        {removed(draft).map((gone) => (
          <li key={gone}>
            <button
              type="button"
              className={styles.gone}
              aria-label={`Bring back ${gone}`}
              onClick={() => {
                change(add(draft, gone, draft.base.find((file) => file.path === gone)?.text ?? ""));
                choose(gone);
              }}
            >
              <s>{gone}</s>
              <small>bring back</small>
            </button>
          </li>
        ))}
      </FileList>
      {draft.files.length > 1 && draft.files.some((file) => file.path === path) ? (
        <Button
          size="small"
          variant="ghost"
          onPress={() => {
            const rest = remove(draft, path);
            change(rest);
            choose(rest.files[0]?.path ?? "");
          }}
        >
          <Trash2 size={13} aria-hidden />
          Remove {path}
        </Button>
      ) : null}
      <Form
        className={styles.add}
        validationBehavior="aria"
        onSubmit={(event) => {
          event.preventDefault();
          setTried(true);
          if (error) return;
          change(add(draft, name.trim(), template(name.trim())));
          choose(name.trim());
          setName("");
          setTried(false);
        }}
      >
        <TextField
          label="New file"
          placeholder="network_test.rego"
          mono
          value={name}
          onChange={setName}
          error={tried && name !== "" ? error : undefined}
        />
        <Button type="submit" icon aria-label="Add the file" isDisabled={name.trim() === ""}>
          <FilePlus size={15} aria-hidden />
        </Button>
      </Form>
    </div>
  );
}
