import { Outlet } from "@tanstack/react-router";
import { ApiError } from "@/api/client";
import { Announcer } from "./announcer";
import { Navigation } from "./navigation";
import { useStatus } from "./queries";
import styles from "./shell.module.css";
import { SignedOut } from "./signed-out";

/** The frame around every page. Without a session there is nothing to frame. */
export function Shell() {
  const status = useStatus();
  const error = status.error instanceof ApiError ? status.error : null;
  if (error?.status === 401) return <SignedOut again={() => void status.refetch()} />;
  return (
    <div className={styles.shell}>
      <a className={styles.skip} href="#main">
        Skip to the content
      </a>
      <Navigation status={status.data} />
      <main id="main" className={styles.main} tabIndex={-1}>
        <Outlet />
      </main>
      {error?.code === "unreachable" ? (
        <p className={styles.offline} role="alert">
          {error.message}
        </p>
      ) : null}
      <Announcer />
    </div>
  );
}
