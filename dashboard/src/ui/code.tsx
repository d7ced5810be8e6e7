import { Check, Copy } from "lucide-react";
import { type ReactNode, useState } from "react";
import { visible } from "@/lib/visible";
import { Button } from "./button";
import styles from "./code.module.css";

/** Text as it is, scrolling in itself when long. */
export function Code({ children, label }: { children: ReactNode; label: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard
    <pre className={styles.code} role="group" tabIndex={0} aria-label={label}>
      {children}
    </pre>
  );
}

export function CopyableCode({ text, label }: { text: string; label: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 1_500);
  };
  return (
    <div className={styles.copyable}>
      <Code label={label}>{visible(text)}</Code>
      <Button size="small" icon aria-label={copied ? "Copied" : `Copy ${label}`} onPress={() => void copy()}>
        {copied ? <Check size={14} aria-hidden /> : <Copy size={14} aria-hidden />}
      </Button>
    </div>
  );
}
