import { useState } from "react";
import type { ProviderView } from "@/api/types";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { ErrorNotice } from "@/ui/states";
import { apiName } from "./apis";
import { KeyForm } from "./key-form";
import { ProviderForm } from "./provider-form";
import { useDeleteKey } from "./queries";
import styles from "./settings.module.css";
import { TestCall } from "./test-call";

/** One provider: how it is reached, whether there is a key, and a call to see that both are right. */
export function Provider({ provider }: { provider: ProviderView }) {
  const [open, setOpen] = useState<"key" | "address" | "test" | null>(null);
  const deleteKey = useDeleteKey(provider.name);
  const toggle = (what: "key" | "address" | "test") => setOpen(open === what ? null : what);
  const close = () => setOpen(null);
  return (
    <li className={styles.provider}>
      <div className={styles.head}>
        <h3>{provider.name}</h3>
        <KeyBadge provider={provider} />
        <div className={styles.actions}>
          <Button size="small" aria-expanded={open === "key"} onPress={() => toggle("key")}>
            {provider.key_source === "credentials" ? "Replace the key" : "Enter a key"}
          </Button>
          {provider.key_source === "credentials" ? (
            <Button
              size="small"
              variant="danger"
              isDisabled={deleteKey.isPending}
              onPress={() => deleteKey.mutate()}
            >
              Remove the key
            </Button>
          ) : null}
          <Button size="small" aria-expanded={open === "address"} onPress={() => toggle("address")}>
            Address
          </Button>
          <Button size="small" aria-expanded={open === "test"} onPress={() => toggle("test")}>
            Test
          </Button>
        </div>
      </div>
      <p className={styles.about}>
        {apiName(provider.api)}
        {provider.base_url ? <span className="mono"> · {provider.base_url}</span> : null}
      </p>
      {deleteKey.error ? <ErrorNotice error={deleteKey.error} /> : null}
      {open === "key" ? <KeyForm provider={provider} close={close} /> : null}
      {open === "address" ? <ProviderForm provider={provider} close={close} /> : null}
      {open === "test" ? <TestCall provider={provider} /> : null}
    </li>
  );
}

function KeyBadge({ provider }: { provider: ProviderView }) {
  if (provider.key_source === "credentials") return <Badge tone="green">key stored</Badge>;
  if (provider.key_source === "environment") return <Badge tone="green">key from ${provider.key_env}</Badge>;
  // Without a variable to look in, none is expected: a model on this machine.
  return provider.key_env ? <Badge>no key</Badge> : null;
}
