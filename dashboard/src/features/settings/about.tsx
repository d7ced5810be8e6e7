import { CircleCheck, CircleX } from "lucide-react";
import { useStatus } from "@/app/queries";
import { Button } from "@/ui/button";
import { ErrorNotice, Skeleton } from "@/ui/states";
import { useSignOut } from "./queries";
import { Section } from "./section";
import styles from "./settings.module.css";

/** Version, policy and the layers of the fence, as `bailiwick doctor` shows them. */
export function About() {
  const status = useStatus();
  return (
    <Section title="This Bailiwick">
      {status.error ? <ErrorNotice error={status.error} retry={() => void status.refetch()} /> : null}
      {status.isPending ? <Skeleton rows={3} label="Loading" /> : null}
      {status.data ? (
        <>
          <dl className={styles.facts}>
            <dt>Version</dt>
            <dd>{status.data.version}</dd>
            <dt>Policy</dt>
            <dd className="mono">{status.data.policy.revision}</dd>
            <dt>Fence</dt>
            <dd>
              {status.data.fence.level ?? "none"}, at least {status.data.fence.floor} is asked for
            </dd>
          </dl>
          <ul className={styles.layers} aria-label="Layers of the fence">
            {status.data.fence.layers.map((layer) => (
              <li key={layer.name}>
                {layer.holds ? (
                  <CircleCheck size={15} className={styles.good} aria-label="holds" />
                ) : (
                  <CircleX size={15} className={styles.bad} aria-label="does not hold" />
                )}
                <span>{layer.name}</span>
                <span className={styles.detail}>
                  {layer.detail}
                  {layer.advice ? `. ${layer.advice}` : ""}
                </span>
              </li>
            ))}
          </ul>
          <SignOut />
        </>
      ) : null}
    </Section>
  );
}

function SignOut() {
  const signOut = useSignOut();
  return (
    <div>
      <Button isDisabled={signOut.isPending} onPress={() => signOut.mutate()}>
        Sign out this browser
      </Button>
      {signOut.error ? <ErrorNotice error={signOut.error} /> : null}
    </div>
  );
}
