import { Link } from "@tanstack/react-router";
import { KeyRound } from "lucide-react";
import { useState } from "react";
import type { Secret } from "@/api/types";
import { remark } from "@/app/announcer";
import { Button } from "@/ui/button";
import { Confirm } from "@/ui/confirm";
import { Page } from "@/ui/page";
import { Empty, ErrorNotice, Skeleton } from "@/ui/states";
import { Ago } from "@/ui/time";
import { useRemoveSecret, useSecrets } from "./queries";
import { SecretForm } from "./secret-form";
import styles from "./secrets-page.module.css";

/** Values that servers use and nobody reads. */
export function SecretsPage() {
  const secrets = useSecrets();
  const [replacing, setReplacing] = useState<Secret>();
  return (
    <Page title="Secrets" lead="Values that servers use and nobody reads: they go in and never come out.">
      <SecretForm key={replacing?.name ?? ""} secret={replacing} done={() => setReplacing(undefined)} />
      {secrets.error ? <ErrorNotice error={secrets.error} retry={() => void secrets.refetch()} /> : null}
      {secrets.isPending ? <Skeleton rows={3} label="Loading the secrets" /> : null}
      {secrets.data?.length === 0 ? (
        <Empty icon={KeyRound} title="No secrets yet">
          Store one above and write secret://name where a server needs its value.
        </Empty>
      ) : null}
      <ul className={styles.list} aria-label="Secrets">
        {secrets.data?.map((secret) => (
          <Row key={secret.name} secret={secret} replace={() => setReplacing(secret)} />
        ))}
      </ul>
    </Page>
  );
}

function Row({ secret, replace }: { secret: Secret; replace: () => void }) {
  const remove = useRemoveSecret();
  const { name, hosts, used_by: users } = secret;
  return (
    <li>
      <h2>secret://{name}</h2>
      <div className={styles.actions}>
        <Button size="small" aria-label={`Replace ${name}`} onPress={replace}>
          Replace
        </Button>
        <Confirm
          trigger={
            <Button size="small" variant="danger" isDisabled={remove.isPending} aria-label={`Remove ${name}`}>
              Remove
            </Button>
          }
          title={`Remove ${name}?`}
          action="Remove the secret"
          onConfirm={() => remove.mutate(name, { onSuccess: () => remark(`${name} was removed.`) })}
        >
          {users.length > 0
            ? `${users.join(", ")} will fail at the next start or request, and say why.`
            : "No server uses it."}{" "}
          The value is gone for good.
        </Confirm>
      </div>
      <p className={styles.facts}>
        <span>
          {users.length === 0 ? (
            "Used by no server"
          ) : (
            <>
              Used by{" "}
              {users.map((user, index) => (
                <span key={user}>
                  {index > 0 ? ", " : ""}
                  <Link to="/servers/$name" params={{ name: user }}>
                    {user}
                  </Link>
                </span>
              ))}
            </>
          )}
        </span>
        <span>
          {hosts.length > 0 ? `Sent to ${hosts.join(", ")} only` : "Sent to the hosts of its servers only"}
        </span>
        <span>
          Set <Ago time={secret.updated_at} />
        </span>
      </p>
      {remove.error ? <ErrorNotice error={remove.error} /> : null}
    </li>
  );
}
