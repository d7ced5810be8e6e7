import { Link } from "@tanstack/react-router";
import type { Approval } from "@/api/types";
import { visible } from "@/lib/visible";
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
          <p>{visible(explanation.data.text)}</p>
          <p>
            <Link to="/policy/explain" search={{ decision: explanation.data.decision.id }}>
              Rules, lines and values
            </Link>
          </p>
          <Code label="The question that was put to the policy">
            {visible(JSON.stringify(explanation.data.question, null, 2))}
          </Code>
        </>
      ) : (
        <Spinner />
      )}
    </div>
  );
}
