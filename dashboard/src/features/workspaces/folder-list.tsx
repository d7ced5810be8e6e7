import { Link } from "@tanstack/react-router";
import { CornerLeftUp, File, FileSymlink, Folder, FolderOpen } from "lucide-react";
import type { ReactNode } from "react";
import type { FileEntry } from "@/api/types";
import { bytes } from "@/lib/format";
import { Empty, ErrorNotice, Skeleton } from "@/ui/states";
import styles from "./browser-page.module.css";
import { join, parentOf } from "./paths";
import { useFolder } from "./queries";

interface Props {
  workspaceId: string;
  path: string;
  /** The file that is shown beside the list. */
  open: string | undefined;
}

export function FolderList({ workspaceId, path, open }: Props) {
  const folder = useFolder(workspaceId, path);
  const entries = [...(folder.data?.entries ?? [])].sort(foldersFirst);
  return (
    <section className={styles.folder} aria-label="Folder">
      {folder.error ? <ErrorNotice error={folder.error} retry={() => void folder.refetch()} /> : null}
      {folder.isPending ? <Skeleton rows={6} label="Loading the folder" /> : null}
      <ul>
        {path ? (
          <Row workspaceId={workspaceId} search={parentOf(path) ? { path: parentOf(path) } : {}}>
            <CornerLeftUp size={15} aria-hidden />
            <span>..</span>
            <span className="visually-hidden">up one folder</span>
          </Row>
        ) : null}
        {entries.map((entry) => {
          const full = join(path, entry.name);
          const search =
            entry.kind === "directory" ? { path: full } : { ...(path ? { path } : {}), file: full };
          return (
            <Row key={entry.name} workspaceId={workspaceId} search={search} current={full === open}>
              <EntryIcon entry={entry} />
              <span className={styles.name}>{entry.name}</span>
              <span className={styles.size}>{entry.kind === "file" ? bytes(entry.size_bytes) : ""}</span>
            </Row>
          );
        })}
      </ul>
      {folder.data && entries.length === 0 ? <Empty icon={FolderOpen} title="This folder is empty" /> : null}
      {folder.data?.truncated ? (
        <p className={styles.remark}>There are more entries than are listed here.</p>
      ) : null}
    </section>
  );
}

interface RowProps {
  workspaceId: string;
  search: { path?: string; file?: string };
  current?: boolean;
  children: ReactNode;
}

function Row({ workspaceId, search, current = false, children }: RowProps) {
  return (
    <li>
      <Link
        to="/workspaces/$workspaceId"
        params={{ workspaceId }}
        search={search}
        className={styles.row}
        data-current={current ? "" : undefined}
      >
        {children}
      </Link>
    </li>
  );
}

function EntryIcon({ entry }: { entry: FileEntry }) {
  if (entry.kind === "directory")
    return <Folder size={15} fill="currentColor" fillOpacity={0.18} aria-label="Folder" />;
  if (entry.kind === "symlink") return <FileSymlink size={15} aria-label="Link" />;
  return <File size={15} aria-hidden />;
}

function foldersFirst(a: FileEntry, b: FileEntry): number {
  const rank = (entry: FileEntry) => (entry.kind === "directory" ? 0 : 1);
  return rank(a) - rank(b) || a.name.localeCompare(b.name);
}
