import { useEffect } from "react";
import { Button } from "@/ui/button";
import { CopyableCode } from "@/ui/code";
import { Mark } from "./mark";
import styles from "./signed-out.module.css";

/** What a browser without a session sees. */
export function SignedOut({ again }: { again: () => void }) {
  useEffect(() => {
    document.title = "Signed out · Bailiwick";
  }, []);
  return (
    <main className={styles.page}>
      <div className={styles.card}>
        <Mark size={32} />
        <h1>This browser is not signed in</h1>
        <p>Bailiwick lets in whoever holds a fresh link. On the machine it runs on, ask for one:</p>
        <CopyableCode text="bailiwick sign-in" label="command" />
        <p>Open the link it prints. It works once, and this browser stays signed in.</p>
        <Button onPress={again}>I have signed in: look again</Button>
      </div>
    </main>
  );
}
