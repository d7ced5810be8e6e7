import { Link, useSearch } from "@tanstack/react-router";
import { ArrowLeft, Binary, FileText } from "lucide-react";
import type { FileView } from "@/api/types";
import { bytes } from "@/lib/format";
import { buttonClass } from "@/ui/button";
import { Empty, ErrorNotice, Skeleton } from "@/ui/states";
import styles from "./browser-page.module.css";
import { useFile } from "./queries";

/** A file as text with line numbers, as a picture, or as a remark that it is neither. */
export function FileViewer({ workspaceId, path }: { workspaceId: string; path: string | undefined }) {
  const file = useFile(workspaceId, path);
  const { path: folder } = useSearch({ from: "/workspaces/$workspaceId" });
  if (path === undefined) {
    return (
      <section className={styles.file} aria-label="File">
        <Empty icon={FileText} title="Choose a file">
          Its content appears here.
        </Empty>
      </section>
    );
  }
  return (
    <section className={styles.file} aria-label="File">
      <header>
        <Link
          to="/workspaces/$workspaceId"
          params={{ workspaceId }}
          search={folder ? { path: folder } : {}}
          className={`${buttonClass({ variant: "ghost", size: "small", icon: true })} ${styles.back}`}
          aria-label="Back to the folder"
        >
          <ArrowLeft size={15} aria-hidden />
        </Link>
        <h2>{path}</h2>
        {file.data ? <span>{bytes(file.data.size_bytes)}</span> : null}
      </header>
      {file.isPending ? <Skeleton rows={4} label="Loading the file" /> : null}
      {file.error ? <ErrorNotice error={file.error} retry={() => void file.refetch()} /> : null}
      {file.data ? <Content file={file.data} /> : null}
      {file.data?.truncated ? (
        <p className={styles.remark}>The file is longer than what is shown here.</p>
      ) : null}
    </section>
  );
}

function Content({ file }: { file: FileView }) {
  if (file.kind === "text") return <Lines text={file.text ?? ""} path={file.path} />;
  if (file.kind === "image" && file.data_base64) {
    return (
      <img
        className={styles.image}
        src={`data:${file.mime_type};base64,${file.data_base64}`}
        alt={file.path}
      />
    );
  }
  return (
    <Empty icon={Binary} title="Not a text">
      This file is binary{file.mime_type ? ` (${file.mime_type})` : ""}, so there is nothing to read.
    </Empty>
  );
}

function Lines({ text, path }: { text: string; path: string }) {
  const count = text === "" ? 0 : text.replace(/\n$/, "").split("\n").length;
  const numbers = Array.from({ length: count }, (_, index) => index + 1).join("\n");
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard
    <div className={styles.lines} role="group" aria-label={`Content of ${path}`} tabIndex={0}>
      <pre aria-hidden className={styles.numbers}>
        {numbers}
      </pre>
      <pre>{text}</pre>
    </div>
  );
}
