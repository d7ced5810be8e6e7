import { type KeyboardEvent, useEffect, useRef } from "react";
import { lineBreak, lineSpan, outdent } from "./editing";
import { type Marks, Source, showLine } from "./source";
import styles from "./source.module.css";

/** A line to go to; another object goes there again. */
export interface Target {
  line: number;
}

interface Props {
  text: string;
  label: string;
  marks: Marks;
  target: Target | null;
  onChange: (text: string) => void;
}

/**
 * A text area that lies, transparent, over the same text in colours: all that a browser knows about editing stays
 * (undo, selection, screen readers, spelling of other scripts). Tab leaves it, as it leaves every field.
 */
export function SourceEditor({ text, label, marks, target, onChange }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const area = useRef<HTMLTextAreaElement>(null);

  useEffect(() => {
    const input = area.current;
    if (!target || !input) return;
    const { from, to } = lineSpan(input.value, target.line);
    input.focus({ preventScroll: true });
    input.setSelectionRange(from, to);
    showLine(frame.current, target.line);
  }, [target]);

  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.nativeEvent.isComposing) return;
    const { selectionStart: at, selectionEnd: to, value } = event.currentTarget;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      type(lineBreak(value, at));
    } else if (/^[}\])]$/.test(event.key) && at === to) {
      const step = outdent(value, at);
      if (!step) return;
      event.preventDefault();
      event.currentTarget.setSelectionRange(step.from, at);
      type(event.key);
    }
  };

  return (
    <div className={styles.editor}>
      <Source frame={frame} text={text} marks={marks} exact>
        <textarea
          ref={area}
          className={styles.input}
          aria-label={label}
          value={text}
          wrap="off"
          spellCheck={false}
          autoComplete="off"
          autoCapitalize="off"
          onKeyDown={onKeyDown}
          onChange={(event) => onChange(event.target.value)}
        />
      </Source>
    </div>
  );
}

/** As if it were typed, so that undo knows of it. The command is old and the only one that does that. */
function type(text: string) {
  document.execCommand("insertText", false, text);
}
