import { Page } from "@/ui/page";
import { About } from "./about";
import { Appearance } from "./appearance";
import { Models } from "./models";
import styles from "./settings.module.css";

export function SettingsPage() {
  return (
    <Page title="Settings">
      <div className={styles.sections}>
        <Models />
        <Appearance />
        <About />
      </div>
    </Page>
  );
}
