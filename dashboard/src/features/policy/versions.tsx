import type { PolicyVersion } from "@/api/types";
import { remark } from "@/app/announcer";
import { visible } from "@/lib/visible";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Confirm } from "@/ui/confirm";
import { ErrorNotice, Skeleton } from "@/ui/states";
import { Ago } from "@/ui/time";
import styles from "./policy-page.module.css";
import { usePolicyStatus, usePolicyVersions, useReinstate } from "./queries";

/** The id of the rules that come with the program. */
const SHIPPED = "shipped";

/** What was in force, each to be put in force again. */
export function Versions() {
  const versions = usePolicyVersions();
  const status = usePolicyStatus();
  const reinstate = useReinstate();
  const source = status.data?.source;
  const here = source === "shipped" || source === "version";
  const put = (id: string) =>
    reinstate.mutate(id, { onSuccess: () => remark("The version is in force for the next call.") });
  return (
    <section className={styles.section} aria-labelledby="versions">
      <header>
        <h2 id="versions">Versions</h2>
      </header>
      {versions.error ? <ErrorNotice error={versions.error} retry={() => void versions.refetch()} /> : null}
      {reinstate.error ? <ErrorNotice error={reinstate.error} /> : null}
      {versions.isPending ? <Skeleton rows={2} label="Loading the versions" /> : null}
      <ul className={styles.versions} aria-label="Versions">
        {versions.data?.map((version) => (
          <li key={version.id}>
            <Note version={version} />
            {version.active ? (
              <Badge tone="green">in force</Badge>
            ) : (
              <Put
                name={visible(version.note || version.id)}
                isDisabled={!here}
                put={() => put(version.id)}
              />
            )}
            <p>
              By {visible(version.created_by)}, <Ago time={version.created_at} />{" "}
              <span className="mono">{visible(version.id)}</span>
            </p>
          </li>
        ))}
        {versions.data ? (
          <li>
            <span>The rules that come with the program</span>
            {source === "shipped" ? (
              <Badge tone="green">in force</Badge>
            ) : (
              <Put name="the shipped rules" isDisabled={!here} put={() => put(SHIPPED)} />
            )}
          </li>
        ) : null}
      </ul>
    </section>
  );
}

function Note({ version }: { version: PolicyVersion }) {
  return <span>{version.note ? visible(version.note) : <em>Without a note</em>}</span>;
}

function Put({ name, isDisabled, put }: { name: string; isDisabled: boolean; put: () => void }) {
  return (
    <Confirm
      trigger={
        <Button size="small" isDisabled={isDisabled} aria-label={`Put in force again: ${name}`}>
          Put in force again
        </Button>
      }
      title="Put this version in force again?"
      action="Put in force"
      variant="primary"
      onConfirm={put}
    >
      “{name}” decides from the next call on. Questions that wait for an answer become void, because they were
      put by other rules.
    </Confirm>
  );
}
