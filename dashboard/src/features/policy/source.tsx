import { type ReactNode, type Ref, useEffect, useRef } from "react";
import { visible } from "@/lib/visible";
import { tokens } from "./rego";
import styles from "./source.module.css";

/** What there is to say of a line: an error, a warning, that no test reached it, or that it is the one asked for. */
export type Mark = "error" | "warning" | "missed" | "here";
export type Marks = ReadonlyMap<number, Mark>;

interface Props {
  text: string;
  marks?: Marks;
  /** Where a line is typed over, what is shown must be character for character the same. */
  exact?: boolean;
  frame?: Ref<HTMLDivElement>;
  children?: ReactNode;
}

/** Rego in colours, with line numbers. `children` lie over it. */
export function Source({ text, marks = NONE, exact = false, frame, children }: Props) {
  const count = text.replace(/\n$/, "").split("\n").length + (exact && text.endsWith("\n") ? 1 : 0);
  return (
    <div className={styles.frame} ref={frame}>
      <pre className={styles.gutter} aria-hidden>
        {Array.from({ length: count }, (_, index) => (
          <span key={index} data-mark={marks.get(index + 1)}>
            {index + 1}
          </span>
        ))}
      </pre>
      <div className={styles.code}>
        {[...marks].map(([line, mark]) => (
          <div
            key={line}
            className={styles.row}
            data-mark={mark}
            style={{ top: `calc(${line - 1} * var(--line-height))` }}
          />
        ))}
        <pre className={styles.text} aria-hidden={exact}>
          {tokens(text).map((token, index) =>
            token.kind === "plain" ? (
              shown(token.text, exact)
            ) : (
              <span key={index} className={styles[token.kind]}>
                {shown(token.text, exact)}
              </span>
            ),
          )}
          {"\n"}
        </pre>
        {children}
      </div>
    </div>
  );
}

const NONE: Marks = new Map();

function shown(text: string, exact: boolean): string {
  return exact ? text : visible(text);
}

/** A file to be read; scrolls to `line` when one is asked for. */
export function SourceView({
  text,
  label,
  line,
}: {
  text: string;
  label: string;
  line?: number | undefined;
}) {
  const frame = useRef<HTMLDivElement>(null);
  useEffect(() => showLine(frame.current, line), [line]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard
    <div className={styles.view} role="region" aria-label={label} tabIndex={0}>
      <Source frame={frame} text={text} marks={line ? new Map([[line, "here"]]) : NONE} />
    </div>
  );
}

/** Brings a line to where it is seen, with some of what is above it. */
export function showLine(frame: HTMLElement | null, line: number | undefined) {
  if (!frame || !line) return;
  const height = Number.parseFloat(getComputedStyle(frame).getPropertyValue("line-height"));
  const scroller = frame.parentElement;
  scroller?.scrollTo({ top: Math.max(0, (line - 6) * height), left: 0 });
}
