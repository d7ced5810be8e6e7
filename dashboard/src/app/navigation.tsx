import { Link, type LinkProps } from "@tanstack/react-router";
import {
  Folder,
  Hand,
  KeyRound,
  ListChecks,
  type LucideIcon,
  Plug,
  Scale,
  ScrollText,
  Server,
  Settings,
} from "lucide-react";
import type { Status } from "@/api/types";
import { usePendingApprovals } from "@/features/approvals/queries";
import { useServers } from "@/features/servers/queries";
import { Mark } from "./mark";
import styles from "./navigation.module.css";

const FENCE = { namespaces: "Fence: full", landlock: "Fence: Landlock", limits: "Fence: limits only" };

export function Navigation({ status }: { status: Status | undefined }) {
  const waiting = usePendingApprovals().data?.length ?? 0;
  const tools = useServers().data?.reduce((sum, server) => sum + server.tools_waiting, 0) ?? 0;
  return (
    <nav className={styles.nav} aria-label="Main">
      <Link to="/" className={styles.brand}>
        <Mark />
        Bailiwick
      </Link>
      <ul>
        <Place to="/" icon={ListChecks} name="Tasks" />
        <Place to="/approvals" icon={Hand} name="Waiting for you" short="Waiting" count={waiting} />
        <Place to="/workspaces" icon={Folder} name="Workspaces" />
        <Place
          to="/servers"
          icon={Server}
          name="Servers"
          count={tools}
          noun={tools === 1 ? "tool waiting" : "tools waiting"}
        />
        <Place to="/clients" icon={Plug} name="Clients" />
        <Place to="/secrets" icon={KeyRound} name="Secrets" />
        <Place to="/policy" icon={Scale} name="Policy" />
        <Place to="/record" icon={ScrollText} name="Record" />
        <Place to="/settings" icon={Settings} name="Settings" />
      </ul>
      <footer className={styles.foot}>
        {status ? (
          <>
            <span>{status.fence.level ? FENCE[status.fence.level] : "No fence: commands are refused"}</span>
            <span>Version {status.version}</span>
          </>
        ) : null}
      </footer>
    </nav>
  );
}

interface PlaceProps {
  to: LinkProps["to"];
  icon: LucideIcon;
  name: string;
  /** For narrow screens. */
  short?: string;
  count?: number;
  /** What is counted, for screen readers. */
  noun?: string;
}

function Place({ to, icon: Icon, name, short, count = 0, noun = "waiting" }: PlaceProps) {
  return (
    <li>
      <Link to={to} className={styles.place} activeOptions={{ exact: to === "/", includeSearch: false }}>
        <Icon size={16} strokeWidth={1.8} aria-hidden />
        <span className={short && styles.long}>{name}</span>
        {short ? <span className={styles.short}>{short}</span> : null}
        {count > 0 ? (
          <span className={styles.count}>
            {count}
            <span className="visually-hidden"> {noun}</span>
          </span>
        ) : null}
      </Link>
    </li>
  );
}
