import { Link, useParams, useSearch } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { Fragment } from "react";
import { usePageTitle } from "@/app/page-title";
import { buttonClass } from "@/ui/button";
import styles from "./browser-page.module.css";
import { FileViewer } from "./file-viewer";
import { FolderList } from "./folder-list";
import { parents } from "./paths";
import { useWorkspaces } from "./queries";

/** One workspace: a folder on the left, a file on the right. */
export function BrowserPage() {
  const { workspaceId } = useParams({ from: "/workspaces/$workspaceId" });
  const { path = "", file } = useSearch({ from: "/workspaces/$workspaceId" });
  const workspace = useWorkspaces().data?.find((known) => known.id === workspaceId);
  usePageTitle(file ?? workspace?.name ?? "Workspace");
  return (
    <div className={styles.page} data-fills data-file={file ? "" : undefined}>
      <header className={styles.header}>
        <h1 className="visually-hidden">{workspace?.name ?? "Workspace"}</h1>
        <nav className={styles.trail} aria-label="Folders">
          <Link to="/workspaces">Workspaces</Link>
          {parents(path).map((folder) => (
            <Fragment key={folder.path}>
              <span aria-hidden>/</span>
              <Link
                to="/workspaces/$workspaceId"
                params={{ workspaceId }}
                search={folder.path ? { path: folder.path } : {}}
                title={folder.path || workspace?.root}
              >
                {folder.name || (workspace?.name ?? "…")}
              </Link>
            </Fragment>
          ))}
        </nav>
        {workspace ? (
          <Link to="/" search={{ workspace: workspace.root }} className={buttonClass({ size: "small" })}>
            <Plus size={14} aria-hidden />
            Task here
          </Link>
        ) : null}
      </header>
      <FolderList workspaceId={workspaceId} path={path} open={file} />
      <FileViewer workspaceId={workspaceId} path={file} />
    </div>
  );
}
