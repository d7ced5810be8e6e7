import { CircleCheck, CircleX } from "lucide-react";
import { useState } from "react";
import { Form } from "react-aria-components";
import type { ProviderView } from "@/api/types";
import { duration } from "@/lib/format";
import { Button } from "@/ui/button";
import { ErrorNotice, Spinner } from "@/ui/states";
import { TextField } from "@/ui/text-field";
import { useTestModel } from "./queries";
import styles from "./settings.module.css";

/** One tiny call that shows whether key, address and model name are right. */
export function TestCall({ provider }: { provider: ProviderView }) {
  const test = useTestModel();
  const [model, setModel] = useState(provider.models[0]?.name ?? `${provider.name}/`);
  return (
    <Form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        test.mutate(model.trim());
      }}
    >
      <div className={styles.test}>
        <TextField label="Model" mono value={model} onChange={setModel} />
        <Button type="submit" isDisabled={test.isPending || model.trim() === ""}>
          {test.isPending ? <Spinner /> : null}
          Call it
        </Button>
      </div>
      <div role="status">
        {test.data ? (
          <p className={test.data.ok ? styles.good : styles.bad}>
            {test.data.ok ? <CircleCheck size={15} aria-hidden /> : <CircleX size={15} aria-hidden />}
            <span>
              {test.data.message} ({duration(test.data.took_ms)})
            </span>
          </p>
        ) : null}
      </div>
      {test.error ? <ErrorNotice error={test.error} /> : null}
    </Form>
  );
}
