import type { ReactNode } from "react";
import { Button } from "react-aria-components";
import styles from "./badge.module.css";

export type Tone = "plain" | "blue" | "green" | "amber" | "red";

export function Badge({ tone = "plain", children }: { tone?: Tone; children: ReactNode }) {
  return <span className={badgeClass(tone)}>{children}</span>;
}

/** A badge that opens something. */
export function BadgeButton({
  tone = "plain",
  children,
  label,
}: {
  tone?: Tone;
  children: ReactNode;
  label: string;
}) {
  return (
    <Button className={badgeClass(tone)} aria-label={label}>
      {children}
    </Button>
  );
}

function badgeClass(tone: Tone): string {
  return [styles.badge, tone === "plain" ? "" : styles[tone]].join(" ").trim();
}
