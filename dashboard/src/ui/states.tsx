import { LoaderCircle, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "./button";
import styles from "./states.module.css";

/** Nothing here, and what to do about it. */
export function Empty({
  icon: Icon,
  title,
  children,
}: {
  icon: LucideIcon;
  title: string;
  children?: ReactNode;
}) {
  return (
    <div className={styles.empty}>
      <Icon size={22} strokeWidth={1.6} aria-hidden />
      <h2>{title}</h2>
      {children ? <p>{children}</p> : null}
    </div>
  );
}

/** What went wrong in the words of the server, and a way to try again when there is one. */
export function ErrorNotice({ error, retry }: { error: Error; retry?: () => void }) {
  return (
    <div className={styles.error} role="alert">
      <p>{error.message}</p>
      {retry ? (
        <Button size="small" onPress={retry}>
          Try again
        </Button>
      ) : null}
    </div>
  );
}

/** Stands where rows will be, as high as they will be. */
export function Skeleton({ rows, label }: { rows: number; label: string }) {
  return (
    <div className={styles.skeleton} role="status">
      <span className="visually-hidden">{label}</span>
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className={styles.bone} />
      ))}
    </div>
  );
}

export function Spinner({ size = 14 }: { size?: number }) {
  return <LoaderCircle size={size} className={styles.spinner} aria-hidden />;
}
