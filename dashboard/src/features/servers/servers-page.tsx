import { Link } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useState } from "react";
import type { Server } from "@/api/types";
import { visible } from "@/lib/visible";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Page } from "@/ui/page";
import { ErrorNotice, Skeleton } from "@/ui/states";
import { AddServer } from "./add-server";
import { useServers } from "./queries";
import styles from "./servers-page.module.css";
import { address, ORIGINS } from "./spec";
import { ServerStateBadge } from "./state";

/** The MCP servers behind the gateway. */
export function ServersPage() {
  const servers = useServers();
  const [adding, setAdding] = useState(false);
  return (
    <Page title="Servers" lead="Tools that agents and MCP clients reach through this gateway.">
      {adding ? (
        <AddServer close={() => setAdding(false)} />
      ) : (
        <Button onPress={() => setAdding(true)}>
          <Plus size={15} aria-hidden />
          Add a server
        </Button>
      )}
      {servers.error ? <ErrorNotice error={servers.error} retry={() => void servers.refetch()} /> : null}
      {servers.isPending ? <Skeleton rows={3} label="Loading the servers" /> : null}
      <ul className={styles.list} aria-label="Servers">
        {servers.data?.map((server) => (
          <Row key={server.name} server={server} />
        ))}
      </ul>
    </Page>
  );
}

function Row({ server }: { server: Server }) {
  const { tools_pinned: pinned, tools_waiting: waiting } = server;
  return (
    <li>
      <Link to="/servers/$name" params={{ name: server.name }}>
        <span className={styles.name}>{server.name}</span>
        <span className={styles.badges}>
          {waiting > 0 ? (
            <Badge tone="amber">
              {waiting} {waiting === 1 ? "tool waits" : "tools wait"} for you
            </Badge>
          ) : null}
          <ServerStateBadge state={server.state} />
        </span>
        <span className={styles.address}>
          {server.origin === "builtin" ? "the tools of this program" : address(server.spec)}
        </span>
        {server.problem ? <span className={styles.problem}>{visible(server.problem)}</span> : null}
        <span className={styles.facts}>
          <span>{ORIGINS[server.origin]}</span>
          <span>
            {pinned} {pinned === 1 ? "tool" : "tools"} approved
          </span>
          {server.version ? <span>speaks {server.version}</span> : null}
          {server.restarts > 0 ? <span>restarted {server.restarts}×</span> : null}
        </span>
      </Link>
    </li>
  );
}
