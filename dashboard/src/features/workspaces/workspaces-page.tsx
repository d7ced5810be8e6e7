import { Link, useNavigate } from "@tanstack/react-router";
import { Folder, FolderPlus } from "lucide-react";
import { useState } from "react";
import { Form } from "react-aria-components";
import { Button } from "@/ui/button";
import { Page } from "@/ui/page";
import { Empty, ErrorNotice, Skeleton } from "@/ui/states";
import { TextField } from "@/ui/text-field";
import { useAddWorkspace, useWorkspaces } from "./queries";
import styles from "./workspaces-page.module.css";

/** The folders that tasks have worked in. */
export function WorkspacesPage() {
  const workspaces = useWorkspaces();
  return (
    <Page title="Workspaces" lead="Folders that tasks work in. A task sees its own and nothing else.">
      <AddForm />
      {workspaces.error ? (
        <ErrorNotice error={workspaces.error} retry={() => void workspaces.refetch()} />
      ) : null}
      {workspaces.isPending ? <Skeleton rows={3} label="Loading the workspaces" /> : null}
      {workspaces.data?.length === 0 ? (
        <Empty icon={Folder} title="No workspaces yet">
          A folder becomes one when a task is started in it, or when you add it above.
        </Empty>
      ) : null}
      <ul className={styles.list} aria-label="Workspaces">
        {workspaces.data?.map((workspace) => (
          <li key={workspace.id}>
            <Link to="/workspaces/$workspaceId" params={{ workspaceId: workspace.id }} search={{}}>
              <Folder size={16} aria-hidden />
              <span className={styles.name}>{workspace.name}</span>
              <span className={styles.root}>{workspace.root}</span>
            </Link>
          </li>
        ))}
      </ul>
    </Page>
  );
}

function AddForm() {
  const add = useAddWorkspace();
  const navigate = useNavigate();
  const [path, setPath] = useState("");
  return (
    <Form
      className={styles.add}
      onSubmit={(event) => {
        event.preventDefault();
        add.mutate(path.trim(), {
          onSuccess: ({ id }) =>
            void navigate({ to: "/workspaces/$workspaceId", params: { workspaceId: id }, search: {} }),
        });
      }}
    >
      <TextField
        label="Add a folder"
        hideLabel
        placeholder="/path/to/a/folder"
        mono
        value={path}
        onChange={setPath}
      />
      <Button type="submit" isDisabled={path.trim() === "" || add.isPending}>
        <FolderPlus size={15} aria-hidden />
        Add
      </Button>
      {add.error ? <ErrorNotice error={add.error} /> : null}
    </Form>
  );
}
