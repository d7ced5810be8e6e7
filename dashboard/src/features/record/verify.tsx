import { ShieldCheck, ShieldX } from "lucide-react";
import type { Verification } from "@/api/types";
import { visible } from "@/lib/visible";
import { Button } from "@/ui/button";
import { ErrorNotice, Spinner } from "@/ui/states";
import { useVerify } from "./queries";
import styles from "./record-page.module.css";

/** Reads the whole chain and says whether it is as it was written, and if not, from where on. */
export function Verify() {
  const verify = useVerify();
  return (
    <>
      <Button variant="primary" isDisabled={verify.isPending} onPress={() => verify.mutate()}>
        {verify.isPending ? <Spinner /> : <ShieldCheck size={14} aria-hidden />}
        Verify
      </Button>
      <div className={styles.found} role="status">
        {verify.data ? <Found found={verify.data} /> : null}
      </div>
      {verify.error ? <ErrorNotice error={verify.error} /> : null}
    </>
  );
}

function Found({ found }: { found: Verification }) {
  if (found.whole) {
    return (
      <p className={styles.whole}>
        <ShieldCheck size={16} aria-hidden />
        <span>
          Whole: {found.entries === 1 ? "one entry is" : `all ${found.entries} entries are`} as written. Head{" "}
          <span className="mono">{found.head}</span>
        </span>
      </p>
    );
  }
  return (
    <p className={styles.broken}>
      <ShieldX size={16} aria-hidden />
      <span>
        {found.first_bad === null || found.first_bad === undefined
          ? "The record is not as it was written."
          : `Entry ${found.first_bad} is the first that is wrong.`}{" "}
        {visible(found.why ?? "")} What comes after it proves nothing.
      </span>
    </p>
  );
}
