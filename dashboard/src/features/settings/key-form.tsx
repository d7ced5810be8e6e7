import { useState } from "react";
import { Form } from "react-aria-components";
import type { ProviderView } from "@/api/types";
import { remark } from "@/app/announcer";
import { Button } from "@/ui/button";
import { ErrorNotice } from "@/ui/states";
import { TextField } from "@/ui/text-field";
import { usePutKey } from "./queries";
import styles from "./settings.module.css";

/** Takes a key and hands it over. What was typed is forgotten as soon as it is stored. */
export function KeyForm({ provider, close }: { provider: ProviderView; close: () => void }) {
  const put = usePutKey(provider.name);
  const [key, setKey] = useState("");
  return (
    <Form
      className={styles.form}
      autoComplete="off"
      onSubmit={(event) => {
        event.preventDefault();
        put.mutate(key.trim(), {
          onSuccess: () => {
            setKey("");
            remark(`The key of ${provider.name} is stored.`);
            close();
          },
        });
      }}
    >
      <TextField
        label={`Key of ${provider.name}`}
        type="password"
        autoComplete="off"
        autoFocus
        mono
        value={key}
        onChange={setKey}
        hint={provider.key_env ? `It is used instead of $${provider.key_env}.` : undefined}
      />
      <div className={styles.buttons}>
        <Button type="submit" variant="primary" isDisabled={key.trim() === "" || put.isPending}>
          Store the key
        </Button>
        <Button variant="ghost" onPress={close}>
          Close
        </Button>
      </div>
      {put.error ? <ErrorNotice error={put.error} /> : null}
    </Form>
  );
}
