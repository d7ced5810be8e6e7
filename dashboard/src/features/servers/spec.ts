import type { NewServer, ServerOrigin, ServerSpec } from "@/api/types";
import { commandLine } from "@/features/approvals/tools";
import { lines, pairs, type Read, words } from "@/lib/lines";
import { visible } from "@/lib/visible";

export const ORIGINS: Record<ServerOrigin, string> = {
  builtin: "built in",
  configuration: "from the configuration file",
  added: "added here",
};

/** How a server is reached, on one line. */
export function address(spec: ServerSpec): string {
  return visible(spec.transport === "stdio" ? commandLine(spec.command) : spec.url);
}

/** What a person writes into the form. */
export interface Draft {
  name: string;
  transport: ServerSpec["transport"];
  command: string;
  environment: string;
  read: string;
  write: string;
  network: boolean;
  url: string;
  headers: string;
  allowPrivate: boolean;
  sharing: "shared" | "per_client";
}

export const EMPTY: Draft = {
  name: "",
  transport: "stdio",
  command: "",
  environment: "",
  read: "",
  write: "",
  network: false,
  url: "",
  headers: "",
  allowPrivate: false,
  sharing: "shared",
};

export type Errors = Partial<Record<keyof Draft, string>>;

/** Reads the form; the errors are by field. */
export function read(draft: Draft): { server: NewServer; errors?: undefined } | { errors: Errors } {
  const errors: Errors = {};
  const take = <Value>(field: keyof Draft, read: Read<Value>, instead: Value): Value => {
    if (read.error !== undefined) errors[field] = read.error;
    return read.value ?? instead;
  };
  const name = draft.name.trim();
  if (!/^[a-z0-9-]{1,40}$/.test(name)) errors.name = "1 to 40 of a–z, 0–9 and -.";
  const shared = { name, enabled: true, sharing: draft.sharing };
  let server: NewServer;
  if (draft.transport === "stdio") {
    const command = take("command", words(draft.command), []);
    if (command.length === 0) errors.command ??= "Enter the program and its arguments.";
    const environment = take("environment", pairs(draft.environment, "="), {});
    const grants = { read: lines(draft.read), write: lines(draft.write), network: draft.network };
    for (const field of ["read", "write"] as const) {
      const odd = grants[field].find((path) => !path.startsWith("/"));
      if (odd) errors[field] = `${odd} is not an absolute path.`;
    }
    server = { ...shared, transport: "stdio", command, environment, grants };
  } else {
    const url = draft.url.trim();
    if (!/^https?:\/\/./.test(url)) errors.url = "An address begins with https:// or http://.";
    const headers = take("headers", pairs(draft.headers, ":"), {});
    server = { ...shared, transport: draft.transport, url, headers, allow_private: draft.allowPrivate };
  }
  return Object.keys(errors).length > 0 ? { errors } : { server };
}

/** What the child may touch, in the words of the server's own page. */
export function grantSentences(draft: Draft): string[] {
  const reads = lines(draft.read);
  const writes = lines(draft.write);
  return [
    "It runs in the fence, with a scratch folder of its own and nothing else of your files.",
    ...(reads.length > 0 ? [`It may read ${list(reads)}.`] : []),
    ...(writes.length > 0 ? [`It may read and change ${list(writes)}.`] : []),
    draft.network
      ? "It may use the network of this machine, whole: the policy does not see what it sends."
      : "It has no network.",
  ];
}

/** Names whose values look like secrets that stand there openly. */
export function openSecrets(text: string, separator: "=" | ":"): string[] {
  const found = pairs(text, separator).value ?? {};
  return Object.entries(found)
    .filter(([name, value]) => SECRET.test(name) && value !== "" && !value.includes("secret://"))
    .map(([name]) => name);
}

const SECRET = /key|token|secret|passw|authorization|cookie|credential/i;

function list(paths: readonly string[]): string {
  const shown = paths.map(visible);
  return shown.length < 2 ? (shown[0] ?? "") : `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}`;
}
