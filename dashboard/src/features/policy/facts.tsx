import type { BundleStatus, LogDestination } from "@/api/policy-reports";
import { visible } from "@/lib/visible";
import { ErrorNotice, Skeleton } from "@/ui/states";
import { Ago } from "@/ui/time";
import styles from "./policy-page.module.css";
import { usePolicyStatus } from "./queries";

const ENGINES = { embedded: "In this process", opa: "A real OPA server" };

export const SOURCES = {
  shipped: "The rules that come with the program",
  version: "A version that was put in force here",
  folder: "A folder, named in the configuration",
  bundle: "A bundle, named in the configuration",
  server: "The OPA server itself",
};

/** Who evaluates, where the rules come from, and how it stands with what is fetched and sent. */
export function Facts() {
  const status = usePolicyStatus();
  if (status.error) return <ErrorNotice error={status.error} retry={() => void status.refetch()} />;
  if (!status.data) return <Skeleton rows={2} label="Loading the state of the policy" />;
  const { engine, source, revision, bundle, log } = status.data;
  return (
    <dl className={styles.facts}>
      <dt>Rules</dt>
      <dd>{SOURCES[source]}</dd>
      <dt>Evaluated</dt>
      <dd>{ENGINES[engine]}</dd>
      <dt>Revision</dt>
      <dd className="mono">{visible(revision)}</dd>
      {bundle ? <Bundle bundle={bundle} /> : null}
      {log?.upload ? <Log name="Decision log, sent" log={log.upload} /> : null}
      {log?.file ? <Log name="Decision log, file" log={log.file} /> : null}
    </dl>
  );
}

function Bundle({ bundle }: { bundle: BundleStatus }) {
  return (
    <>
      <dt>Bundle</dt>
      <dd>
        <span className="mono">{visible(bundle.name)}</span>
        {bundle.active_revision ? `, revision ${visible(bundle.active_revision)}` : ""}
        {bundle.signed_by ? `, signed by ${visible(bundle.signed_by)}` : ""}
        {bundle.last_success ? (
          <>
            , looked at <Ago time={bundle.last_success} />
          </>
        ) : null}
        {bundle.last_error ? (
          <p className={styles.problem}>
            The last look failed ({bundle.failures} in a row), so the last good rules stay in force:{" "}
            {visible(bundle.last_error)}
          </p>
        ) : null}
      </dd>
    </>
  );
}

function Log({ name, log }: { name: string; log: LogDestination }) {
  const lost = log.dropped + log.refused;
  return (
    <>
      <dt>{name}</dt>
      <dd className="numbers">
        {log.sent} arrived, {log.waiting} waiting
        {lost > 0 ? (
          <span className={styles.problem}>
            , {log.dropped} dropped, {log.refused} refused
          </span>
        ) : null}
        {log.last_error ? <p className={styles.problem}>{visible(log.last_error)}</p> : null}
      </dd>
    </>
  );
}
