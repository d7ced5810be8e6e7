import { useState } from "react";
import { Form } from "react-aria-components";
import type { ProviderView } from "@/api/types";
import { Button } from "@/ui/button";
import { Select } from "@/ui/select";
import { ErrorNotice } from "@/ui/states";
import { TextField } from "@/ui/text-field";
import { APIS } from "./apis";
import { usePutProvider } from "./queries";
import styles from "./settings.module.css";

/** Where a provider is reached: a new one, or another address for a known one. */
export function ProviderForm({ provider, close }: { provider?: ProviderView; close: () => void }) {
  const put = usePutProvider();
  const [name, setName] = useState(provider?.name ?? "");
  const [api, setApi] = useState(provider?.api ?? "openai_chat");
  const [address, setAddress] = useState(provider?.base_url ?? "");
  const [variable, setVariable] = useState(provider?.key_env ?? "");
  return (
    <Form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        const change = {
          name: name.trim(),
          api,
          ...(address.trim() ? { base_url: address.trim() } : {}),
          ...(variable.trim() ? { key_env: variable.trim() } : {}),
        };
        put.mutate(change, { onSuccess: close });
      }}
    >
      <div className={styles.fields}>
        {provider ? null : (
          <TextField
            label="Name"
            placeholder="workshop"
            mono
            value={name}
            onChange={setName}
            hint="Models are then called name/model."
          />
        )}
        <Select
          label="Speaks"
          options={APIS}
          value={api}
          onChange={(id) => setApi(APIS.find((known) => known.id === id)?.id ?? api)}
        />
        <TextField
          label="Address"
          placeholder="http://127.0.0.1:11434/v1"
          mono
          value={address}
          onChange={setAddress}
          hint={provider ? "Empty for the vendor's own." : undefined}
        />
        <TextField
          label="Key from the environment variable"
          placeholder="none"
          mono
          value={variable}
          onChange={setVariable}
        />
      </div>
      <div className={styles.buttons}>
        <Button type="submit" variant="primary" isDisabled={name.trim() === "" || put.isPending}>
          Save
        </Button>
        <Button variant="ghost" onPress={close}>
          Close
        </Button>
      </div>
      {put.error ? <ErrorNotice error={put.error} /> : null}
    </Form>
  );
}
