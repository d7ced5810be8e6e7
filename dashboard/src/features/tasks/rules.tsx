import type { TaskRule } from "@/api/types";
import { remark } from "@/app/announcer";
import { Button } from "@/ui/button";
import { ErrorNotice } from "@/ui/states";
import { Ago } from "@/ui/time";
import styles from "./details.module.css";
import { useRevokeRule, useTaskRules } from "./queries";

/** What a person said "always for this task" to, and how to take it back. */
export function Rules({ taskId }: { taskId: string }) {
  const rules = useTaskRules(taskId);
  if (rules.error) return <ErrorNotice error={rules.error} retry={() => void rules.refetch()} />;
  if (!rules.data?.length) return <p className={styles.none}>Nothing: every question comes to you.</p>;
  return (
    <ul className={styles.rules}>
      {rules.data.map((rule) => (
        <Rule key={rule.id} rule={rule} />
      ))}
    </ul>
  );
}

function Rule({ rule }: { rule: TaskRule }) {
  const revoke = useRevokeRule(rule.task_id);
  return (
    <li data-revoked={rule.revoked_at ? "" : undefined}>
      <span>{rule.scope.description}</span>
      {rule.revoked_at ? null : (
        <Button
          size="small"
          isDisabled={revoke.isPending}
          onPress={() => revoke.mutate(rule.id, { onError: (error) => remark(error.message) })}
        >
          Revoke
        </Button>
      )}
      <small>
        {rule.revoked_at ? "Revoked " : `By ${rule.created_by}, `}
        <Ago time={rule.revoked_at ?? rule.created_at} />
      </small>
    </li>
  );
}
