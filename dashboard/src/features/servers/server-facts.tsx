import type { ServerDetail } from "@/api/types";
import { visible } from "@/lib/visible";
import styles from "./server-page.module.css";
import { address, ORIGINS } from "./spec";
import { ServerStateBadge } from "./state";

export function ServerFacts({ server }: { server: ServerDetail }) {
  const { spec } = server;
  const settings = spec.transport === "stdio" ? spec.environment : spec.headers;
  const names = Object.entries(settings ?? {});
  return (
    <dl className={styles.facts}>
      <dt>State</dt>
      <dd>
        <ServerStateBadge state={server.state} />
      </dd>
      {server.problem ? (
        <>
          <dt>Problem</dt>
          <dd className={styles.problem}>{visible(server.problem)}</dd>
        </>
      ) : null}
      <dt>Comes</dt>
      <dd>{ORIGINS[server.origin]}</dd>
      {server.origin === "builtin" ? null : (
        <>
          <dt>{spec.transport === "stdio" ? "Command" : "Address"}</dt>
          <dd className="mono">{address(spec)}</dd>
        </>
      )}
      {names.length > 0 ? (
        <>
          <dt>{spec.transport === "stdio" ? "Environment" : "Headers"}</dt>
          <dd className="mono">
            {names.map(([name, value]) => (
              <div key={name}>
                {visible(spec.transport === "stdio" ? `${name}=${value}` : `${name}: ${value}`)}
              </div>
            ))}
          </dd>
        </>
      ) : null}
      <dt>Calls itself</dt>
      <dd>{server.server_name ? visible(`${server.server_name} ${server.server_version ?? ""}`) : "—"}</dd>
      <dt>Speaks</dt>
      <dd>{server.version ? `MCP ${server.version}` : "—"}</dd>
      <dt>Counts</dt>
      <dd className="numbers">
        {count(server.sessions, "session")}, {count(server.restarts, "restart")},{" "}
        {count(server.failures, "failure")} in a row
      </dd>
    </dl>
  );
}

function count(value: number, noun: string): string {
  return `${value} ${noun}${value === 1 ? "" : "s"}`;
}
