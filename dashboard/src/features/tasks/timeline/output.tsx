import { useLayoutEffect, useRef } from "react";
import type { ToolProgress } from "@/api/types";
import styles from "./call-result.module.css";

const CLASSES = { stdout: undefined, stderr: styles.stderr, message: styles.note };

/** Escape sequences that colour and move: this is text, not a terminal. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what is looked for
const ESCAPES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g;

/** Output of a command. While it runs, its end stays in view unless the reader scrolled up. */
export function Output({ parts, live = false }: { parts: readonly ToolProgress[]; live?: boolean }) {
  const box = useRef<HTMLPreElement>(null);
  const atEnd = useRef(true);
  // biome-ignore lint/correctness/useExhaustiveDependencies: new parts are what moves the end
  useLayoutEffect(() => {
    if (live && atEnd.current && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [parts, live]);
  return (
    <pre
      ref={box}
      className={styles.output}
      role="group"
      aria-label="Output"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard
      tabIndex={0}
      onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
        atEnd.current = scrollHeight - scrollTop - clientHeight < 24;
      }}
    >
      {parts.map((part, index) => (
        <span key={index} className={CLASSES[part.kind]}>
          {part.text.replace(ESCAPES, "")}
        </span>
      ))}
    </pre>
  );
}
