import { Outlet, useLocation } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { ApiError } from "@/api/client";
import { Announcer } from "./announcer";
import { Navigation } from "./navigation";
import { useStatus } from "./queries";
import styles from "./shell.module.css";
import { SignedOut } from "./signed-out";

/** The frame around every page. Without a session there is nothing to frame. */
export function Shell() {
  const status = useStatus();
  const main = useFocusOfNewPages();
  const error = status.error instanceof ApiError ? status.error : null;
  if (error?.status === 401) return <SignedOut again={() => void status.refetch()} />;
  return (
    <div className={styles.shell}>
      <a className={styles.skip} href="#main">
        Skip to the content
      </a>
      <Navigation status={status.data} />
      <main ref={main} id="main" className={styles.main} tabIndex={-1}>
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

/** Another page begins with its content, for keyboards and screen readers alike. */
function useFocusOfNewPages() {
  const main = useRef<HTMLElement>(null);
  const path = useLocation({ select: (location) => location.pathname });
  const before = useRef(path);
  useEffect(() => {
    if (before.current === path) return;
    before.current = path;
    main.current?.focus({ preventScroll: true });
  }, [path]);
  return main;
}
