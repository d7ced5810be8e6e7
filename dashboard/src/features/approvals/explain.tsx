import type { Approval } from "@/api/types";
import { Code } from "@/ui/code";
import { ErrorNotice, Spinner } from "@/ui/states";
import styles from "./approval-question.module.css";
import { useExplanation } from "./queries";

/** Which rules spoke and why, in sentences, and the whole question that was put to them. */
export function Explain({ approval }: { approval: Approval }) {
  const explanation = useExplanation(approval.id);
  if (explanation.error)
    return <ErrorNotice error={explanation.error} retry={() => void explanation.refetch()} />;
  return (
    <div className={styles.explanation} aria-live="polite">
      {explanation.data ? (
        <>
          <p>{explanation.data.text}</p>
          <Code label="The question that was put to the policy">
            {JSON.stringify(explanation.data.question, null, 2)}
          </Code>
        </>
      ) : (
        <Spinner />
      )}
    </div>
  );
}
