import { useState } from "react";
import { remark } from "@/app/announcer";
import { Button } from "@/ui/button";
import { Select } from "@/ui/select";
import { ErrorNotice, Skeleton } from "@/ui/states";
import { Provider } from "./provider";
import { ProviderForm } from "./provider-form";
import { useModelSettings, useSetDefaultModel } from "./queries";
import { Section } from "./section";
import styles from "./settings.module.css";

/** Which models there are, who serves them, and which one a task gets that names none. */
export function Models() {
  const settings = useModelSettings();
  const setDefault = useSetDefaultModel();
  const [adding, setAdding] = useState(false);
  return (
    <Section
      title="Models"
      lead="Keys stay on this machine, in a file that only you can read, and are never shown again."
    >
      {settings.error ? <ErrorNotice error={settings.error} retry={() => void settings.refetch()} /> : null}
      {settings.isPending ? <Skeleton rows={4} label="Loading the models" /> : null}
      {settings.data ? (
        <>
          <div className={styles.default}>
            <Select
              label="Default model"
              options={withDefault(
                settings.data.offered.map(({ name }) => name),
                settings.data.default_model,
              )}
              value={settings.data.default_model}
              isDisabled={setDefault.isPending}
              onChange={(model) =>
                setDefault.mutate(model, {
                  onSuccess: () => remark(`New tasks use ${model} unless they name another.`),
                })
              }
            />
          </div>
          {setDefault.error ? <ErrorNotice error={setDefault.error} /> : null}
          <ul className={styles.providers} aria-label="Providers">
            {settings.data.providers.map((provider) => (
              <Provider key={provider.name} provider={provider} />
            ))}
          </ul>
          {adding ? (
            <ProviderForm close={() => setAdding(false)} />
          ) : (
            <Button onPress={() => setAdding(true)}>Add a provider</Button>
          )}
        </>
      ) : null}
    </Section>
  );
}

function withDefault(names: string[], chosen: string) {
  return (names.includes(chosen) || !chosen ? names : [chosen, ...names]).map((name) => ({
    id: name,
    label: name,
  }));
}
