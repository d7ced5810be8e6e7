import type { Limits, NewLimits } from "@/api/types";
import { TextField } from "@/ui/text-field";
import styles from "./start-form.module.css";

/** What stands in the fields, in the units a person thinks in; empty means: leave as it is. */
export type LimitTexts = Record<keyof Limits, string>;

export const NO_LIMITS: LimitTexts = { steps_max: "", tokens_max: "", cost_max: "", wall_seconds_max: "" };

/** How many of the API's units are one of the person's. */
const FIELDS: { name: keyof Limits; label: string; factor: number }[] = [
  { name: "steps_max", label: "Steps", factor: 1 },
  { name: "tokens_max", label: "Tokens", factor: 1 },
  { name: "cost_max", label: "Cost, US dollars", factor: 1_000_000 },
  { name: "wall_seconds_max", label: "Time, minutes", factor: 60 },
];

interface Props {
  value: LimitTexts;
  onChange: (value: LimitTexts) => void;
  error: string | undefined;
}

export function LimitFields({ value, onChange, error }: Props) {
  return (
    <div className={styles.grid}>
      {FIELDS.map(({ name, label }) => (
        <TextField
          key={name}
          label={label}
          inputMode="decimal"
          placeholder="as configured"
          value={value[name]}
          onChange={(text) => onChange({ ...value, [name]: text })}
        />
      ))}
      {error ? (
        <p className={styles.wrong} role="alert">
          {error}
        </p>
      ) : null}
    </div>
  );
}

/** The change that the fields ask for, or what is wrong with them. */
export function limitsFrom(texts: LimitTexts): { limits: NewLimits; error?: string } {
  const limits: NewLimits = {};
  for (const { name, label, factor } of FIELDS) {
    const text = texts[name].trim().replace(",", ".");
    if (text === "") continue;
    const value = Math.round(Number(text) * factor);
    if (!Number.isSafeInteger(value) || value <= 0)
      return { limits, error: `${label}: enter a number above 0.` };
    limits[name] = value;
  }
  return { limits };
}

/** Limits as they stand in the fields. */
export function limitTexts(limits: Limits): LimitTexts {
  const entries = FIELDS.map(({ name, factor }) => [name, String(limits[name] / factor)]);
  return Object.fromEntries(entries) as LimitTexts;
}
