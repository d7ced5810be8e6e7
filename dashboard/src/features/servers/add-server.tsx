import { Link, useNavigate } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { Form } from "react-aria-components";
import { Button } from "@/ui/button";
import { Checkbox } from "@/ui/checkbox";
import { Select } from "@/ui/select";
import { ErrorNotice } from "@/ui/states";
import { TextArea } from "@/ui/text-area";
import { TextField } from "@/ui/text-field";
import styles from "./add-server.module.css";
import { useAddServer } from "./queries";
import { type Draft, EMPTY, type Errors, grantSentences, openSecrets, read } from "./spec";

const TRANSPORTS = [
  { id: "stdio", label: "A command", detail: "Started here, in the fence" },
  { id: "http", label: "An address", detail: "Streamable HTTP" },
  { id: "sse", label: "An older address", detail: "HTTP with server-sent events, of 2024-11-05" },
] as const;

const SHARINGS = [
  { id: "shared", label: "One for all clients" },
  { id: "per_client", label: "One for each client", detail: "For servers that remember who spoke last" },
] as const;

type Set = <Field extends keyof Draft>(field: Field, value: Draft[Field]) => void;
interface Part {
  draft: Draft;
  errors: Errors;
  set: Set;
}

/** How a new server is reached and what it may do. Its tools wait for a person all the same. */
export function AddServer({ close }: { close: () => void }) {
  const add = useAddServer();
  const navigate = useNavigate();
  const [draft, setDraft] = useState(EMPTY);
  const [tried, setTried] = useState(false);
  const made = read(draft);
  const errors = tried ? (made.errors ?? {}) : {};
  const set: Set = (field, value) => setDraft((old) => ({ ...old, [field]: value }));
  const part = { draft, errors, set };
  return (
    <Form
      className={styles.form}
      aria-label="Add a server"
      autoComplete="off"
      validationBehavior="aria"
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (made.errors) return;
        add.mutate(made.server, {
          onSuccess: ({ name }) => void navigate({ to: "/servers/$name", params: { name } }),
        });
      }}
    >
      <div className={styles.row}>
        <TextField
          label="Name"
          placeholder="github"
          mono
          autoFocus
          value={draft.name}
          onChange={(value) => set("name", value)}
          error={errors.name}
          hint="The first part of its tools’ names: github__search."
        />
        <Select
          label="Reached by"
          options={TRANSPORTS}
          value={draft.transport}
          onChange={(id) => set("transport", TRANSPORTS.find((one) => one.id === id)?.id ?? "stdio")}
        />
      </div>
      {draft.transport === "stdio" ? <CommandFields {...part} /> : <AddressFields {...part} />}
      <div className={styles.row}>
        <Select
          label="Connections"
          options={SHARINGS}
          value={draft.sharing}
          onChange={(id) => set("sharing", SHARINGS.find((one) => one.id === id)?.id ?? "shared")}
        />
      </div>
      <div className={styles.buttons}>
        <Button type="submit" variant="primary" isDisabled={add.isPending}>
          {add.isPending ? "Connecting…" : "Add"}
        </Button>
        <Button variant="ghost" onPress={close}>
          Close
        </Button>
      </div>
      {add.error ? <ErrorNotice error={add.error} /> : null}
    </Form>
  );
}

function CommandFields({ draft, errors, set }: Part) {
  return (
    <>
      <TextField
        label="Command"
        placeholder="npx -y @modelcontextprotocol/server-github"
        mono
        value={draft.command}
        onChange={(value) => set("command", value)}
        error={errors.command}
        hint="Run as it stands, without a shell. Quote words with spaces."
      />
      <TextArea
        label="Environment"
        placeholder="GITHUB_TOKEN=secret://github-token"
        value={draft.environment}
        onChange={(value) => set("environment", value)}
        error={errors.environment}
        hint={<SecretsHint names={openSecrets(draft.environment, "=")} form="NAME=value" />}
      />
      <fieldset className={styles.grants}>
        <legend>What it may touch</legend>
        <div className={styles.row}>
          <TextArea
            label="Paths it may read"
            placeholder="/home/ada/projects"
            value={draft.read}
            onChange={(value) => set("read", value)}
            error={errors.read}
          />
          <TextArea
            label="Paths it may read and change"
            value={draft.write}
            onChange={(value) => set("write", value)}
            error={errors.write}
          />
        </div>
        <Checkbox isSelected={draft.network} onChange={(on) => set("network", on)}>
          <span>It may use the network</span>
        </Checkbox>
        <ul className={styles.sentences} aria-label="In words">
          {grantSentences(draft).map((sentence) => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ul>
      </fieldset>
    </>
  );
}

function AddressFields({ draft, errors, set }: Part) {
  return (
    <>
      <TextField
        label="Address"
        placeholder="https://mcp.example.com/mcp"
        mono
        value={draft.url}
        onChange={(value) => set("url", value)}
        error={errors.url}
      />
      <TextArea
        label="Headers"
        placeholder="Authorization: Bearer secret://example-token"
        value={draft.headers}
        onChange={(value) => set("headers", value)}
        error={errors.headers}
        hint={<SecretsHint names={openSecrets(draft.headers, ":")} form="Name: value" />}
      />
      <Checkbox isSelected={draft.allowPrivate} onChange={(on) => set("allowPrivate", on)}>
        <span>
          It may be on this machine or in a private network
          <small>Otherwise every such address is refused, whatever the name resolves to.</small>
        </span>
      </Checkbox>
    </>
  );
}

function SecretsHint({ names, form }: { names: string[]; form: string }): ReactNode {
  if (names.length > 0) {
    return (
      <span className={styles.warning} role="status">
        {names.join(", ")}: what stands here can be read by everyone who opens the server’s page. Store the
        value under <Link to="/secrets">Secrets</Link> and write secret://name.
      </span>
    );
  }
  return (
    <>
      {form}, one a line. Values may be secret://name; the names are under <Link to="/secrets">Secrets</Link>.
    </>
  );
}
