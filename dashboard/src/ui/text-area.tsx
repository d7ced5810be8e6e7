import type { ReactNode } from "react";
import {
  TextArea as AriaTextArea,
  TextField as AriaTextField,
  FieldError,
  Label,
  Text,
  type TextFieldProps,
} from "react-aria-components";
import styles from "./field.module.css";

interface Props extends Omit<TextFieldProps, "className" | "style" | "children"> {
  label: string;
  hint?: ReactNode;
  error?: string | undefined;
  placeholder?: string;
  rows?: number;
}

/** Lines that a machine reads: names, paths, settings. */
export function TextArea({ label, hint, error, placeholder, rows = 2, ...props }: Props) {
  return (
    <AriaTextField {...props} className={styles.field} isInvalid={Boolean(error)}>
      <Label className={styles.label}>{label}</Label>
      <AriaTextArea
        className={`${styles.input} ${styles.area} mono`}
        rows={rows}
        placeholder={placeholder}
        spellCheck={false}
      />
      {hint && !error ? (
        <Text slot="description" className={styles.hint}>
          {hint}
        </Text>
      ) : null}
      <FieldError className={styles.error}>{error}</FieldError>
    </AriaTextField>
  );
}
