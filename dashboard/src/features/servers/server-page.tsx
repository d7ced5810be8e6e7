import { Link, useParams } from "@tanstack/react-router";
import type { ServerDetail } from "@/api/types";
import { visible } from "@/lib/visible";
import { Code, CopyableCode } from "@/ui/code";
import { More } from "@/ui/more";
import { Page } from "@/ui/page";
import { ErrorNotice, Skeleton } from "@/ui/states";
import { useServer } from "./queries";
import { ServerActions } from "./server-actions";
import { ServerFacts } from "./server-facts";
import styles from "./server-page.module.css";
import { Tools } from "./tools";

/** One server: how it fares, what it may touch, and its tools. */
export function ServerPage() {
  const { name } = useParams({ from: "/servers/$name" });
  const server = useServer(name);
  return (
    <Page title={name} lead={<Link to="/servers">All servers</Link>}>
      {server.error ? <ErrorNotice error={server.error} retry={() => void server.refetch()} /> : null}
      {server.isPending ? <Skeleton rows={6} label="Connecting to the server" /> : null}
      {server.data ? <Server key={name} server={server.data} /> : null}
    </Page>
  );
}

function Server({ server }: { server: ServerDetail }) {
  return (
    <div className={styles.page}>
      <ServerFacts server={server} />
      <ServerActions server={server} />
      <Tools server={server} />
      {server.collisions.length > 0 ? (
        <section className={styles.section}>
          <h2>Names that another server offers too</h2>
          <p>They are told apart by the server’s name in front.</p>
          <ul className={styles.names}>
            {server.collisions.map((name) => (
              <li key={name}>{visible(name)}</li>
            ))}
          </ul>
        </section>
      ) : null}
      {server.grants.length > 0 ? (
        <section className={styles.section}>
          <h2>What it may touch</h2>
          <ul className={styles.sentences}>
            {server.grants.map((sentence) => (
              <li key={sentence}>{visible(sentence)}</li>
            ))}
          </ul>
        </section>
      ) : null}
      <section className={styles.section}>
        <h2>What it says</h2>
        {server.stderr ? (
          <More summary="The last lines of its standard error" open={server.state === "failed"}>
            <Code label="Standard error">{visible(server.stderr)}</Code>
          </More>
        ) : null}
        <More summary="What it says of itself (server/discover)">
          <CopyableCode text={JSON.stringify(server.discovery, null, 2)} label="discovery" />
        </More>
      </section>
    </div>
  );
}
