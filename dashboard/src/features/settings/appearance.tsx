import { Label, Radio, RadioGroup, Switch } from "react-aria-components";
import { usePreference } from "@/app/preferences";
import field from "@/ui/field.module.css";
import { Section } from "./section";
import styles from "./settings.module.css";

const THEMES = [
  { id: "system", name: "As the system" },
  { id: "light", name: "Light" },
  { id: "dark", name: "Dark" },
] as const;

/** What this browser remembers for itself. */
export function Appearance() {
  const [theme, setTheme] = usePreference("theme");
  const [shortcuts, setShortcuts] = usePreference("shortcuts");
  return (
    <Section title="This browser">
      <RadioGroup
        className={styles.themes}
        value={theme}
        onChange={(id) => setTheme(THEMES.find((known) => known.id === id)?.id ?? "system")}
        orientation="horizontal"
      >
        <Label className={field.label}>Colours</Label>
        <div>
          {THEMES.map(({ id, name }) => (
            <Radio key={id} value={id}>
              {name}
            </Radio>
          ))}
        </div>
      </RadioGroup>
      <Switch
        className={styles.switch}
        isSelected={shortcuts === "on"}
        onChange={(on) => setShortcuts(on ? "on" : "off")}
      >
        <span className={styles.track} />
        Answer questions with single keys (y, n, a, e)
      </Switch>
    </Section>
  );
}
