import type { ReactNode } from "react";
import {
  TextField as AriaTextField,
  FieldError,
  Input,
  Label,
  Text,
  type TextFieldProps,
} from "react-aria-components";
import styles from "./field.module.css";

interface Props extends Omit<TextFieldProps, "className" | "style" | "children"> {
  label: string;
  hideLabel?: boolean;
  hint?: ReactNode;
  error?: string | undefined;
  placeholder?: string;
  mono?: boolean;
}

export function TextField({ label, hideLabel, hint, error, placeholder, mono, ...props }: Props) {
  return (
    <AriaTextField {...props} className={styles.field} isInvalid={Boolean(error)}>
      <Label className={hideLabel ? "visually-hidden" : styles.label}>{label}</Label>
      <Input
        className={mono ? `${styles.input} mono` : styles.input}
        placeholder={placeholder}
        spellCheck={!mono}
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
