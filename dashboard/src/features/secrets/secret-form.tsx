import { useState } from "react";
import { Form } from "react-aria-components";
import type { Secret } from "@/api/types";
import { remark } from "@/app/announcer";
import { Button } from "@/ui/button";
import { ErrorNotice } from "@/ui/states";
import { TextField } from "@/ui/text-field";
import { useSetSecret } from "./queries";
import styles from "./secrets-page.module.css";

/** Takes a value and hands it over: a new one, or another for a known name. It is forgotten once it is stored. */
export function SecretForm({ secret, done }: { secret: Secret | undefined; done: () => void }) {
  const set = useSetSecret();
  const [name, setName] = useState(secret?.name ?? "");
  const [value, setValue] = useState("");
  const [hosts, setHosts] = useState(secret?.hosts.join(" ") ?? "");
  const ready = name.trim() !== "" && value !== "" && !set.isPending;
  return (
    <Form
      className={styles.form}
      aria-label={secret ? `Replace ${secret.name}` : "Store a secret"}
      autoComplete="off"
      onSubmit={(event) => {
        event.preventDefault();
        if (!ready) return;
        const body = { name: name.trim(), value, hosts: hosts.split(/[\s,]+/).filter(Boolean) };
        set.mutate(body, {
          onSuccess: () => {
            set.reset();
            setName("");
            setValue("");
            setHosts("");
            remark(`secret://${body.name} is stored.`);
            done();
          },
        });
      }}
    >
      <div className={styles.fields}>
        <TextField
          label="Name"
          placeholder="github-token"
          mono
          isReadOnly={Boolean(secret)}
          value={name}
          onChange={setName}
        />
        <TextField
          label="Value"
          type="password"
          autoComplete="off"
          mono
          autoFocus={Boolean(secret)}
          value={value}
          onChange={setValue}
        />
        <TextField
          label="Hosts it may be sent to"
          placeholder="api.github.com"
          hint="Empty: those of the servers that name it."
          mono
          value={hosts}
          onChange={setHosts}
        />
      </div>
      <div className={styles.buttons}>
        <Button type="submit" variant="primary" isDisabled={!ready}>
          {secret ? "Replace the value" : "Store"}
        </Button>
        {secret ? (
          <Button variant="ghost" onPress={done}>
            Leave it as it is
          </Button>
        ) : null}
      </div>
      {set.error ? <ErrorNotice error={set.error} /> : null}
    </Form>
  );
}
