import { Plug } from "lucide-react";
import type { McpClient } from "@/api/types";
import { remark } from "@/app/announcer";
import { fullTime } from "@/lib/format";
import { Button } from "@/ui/button";
import { CopyableCode } from "@/ui/code";
import { Confirm } from "@/ui/confirm";
import { Page } from "@/ui/page";
import { Empty, ErrorNotice, Skeleton } from "@/ui/states";
import { Ago } from "@/ui/time";
import styles from "./clients-page.module.css";
import { NewToken } from "./new-token";
import { useMcpClients, useRemoveMcpClient } from "./queries";

/** Programs that use the gateway, each with a token of its own. */
export function ClientsPage() {
  const clients = useMcpClients();
  return (
    <Page title="Clients" lead="Editors and agents that reach their tools through this gateway.">
      <section className={styles.connect} aria-labelledby="connect">
        <h2 id="connect">Connect one</h2>
        <p>
          In a terminal, this writes Bailiwick into the file of the client, with a copy of the old one. Put
          claude-desktop, claude-code or vscode in place of cursor for the others, and add --dry-run to see
          what it would change.
        </p>
        <CopyableCode text="bailiwick gateway connect cursor" label="command" />
        <p>Any other client takes this address and a token:</p>
        <CopyableCode text={`${window.location.origin}/mcp`} label="address" />
        <NewToken />
      </section>
      <h2 className={styles.heading}>With a token</h2>
      {clients.error ? <ErrorNotice error={clients.error} retry={() => void clients.refetch()} /> : null}
      {clients.isPending ? <Skeleton rows={2} label="Loading the clients" /> : null}
      {clients.data?.length === 0 ? (
        <Empty icon={Plug} title="No client has a token">
          Clients that were connected by the command need none: they start Bailiwick themselves.
        </Empty>
      ) : null}
      <ul className={styles.list} aria-label="Clients">
        {clients.data?.map((client) => (
          <Row key={client.name} client={client} />
        ))}
      </ul>
    </Page>
  );
}

function Row({ client }: { client: McpClient }) {
  const remove = useRemoveMcpClient();
  return (
    <li>
      <h3>{client.name}</h3>
      <Confirm
        trigger={
          <Button
            size="small"
            variant="danger"
            isDisabled={remove.isPending}
            aria-label={`Remove ${client.name}`}
          >
            Remove
          </Button>
        }
        title={`Withdraw the token of ${client.name}?`}
        action="Withdraw the token"
        onConfirm={() =>
          remove.mutate(client.name, { onSuccess: () => remark(`${client.name} is let in no longer.`) })
        }
      >
        Its next request is refused. It needs a new token to come back.
      </Confirm>
      <p>
        <span>
          Made <Ago time={client.created_at} />
        </span>
        <span>Good until {fullTime(client.expires_at)}</span>
      </p>
      {remove.error ? <ErrorNotice error={remove.error} /> : null}
    </li>
  );
}
