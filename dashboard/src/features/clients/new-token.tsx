import { useState } from "react";
import { Form } from "react-aria-components";
import { fullTime } from "@/lib/format";
import { Button } from "@/ui/button";
import { CopyableCode } from "@/ui/code";
import { ErrorNotice } from "@/ui/states";
import { TextField } from "@/ui/text-field";
import styles from "./clients-page.module.css";
import { useMakeToken } from "./queries";

/** Makes a token and shows it, this once. */
export function NewToken() {
  const make = useMakeToken();
  const [name, setName] = useState("");
  return (
    <>
      <Form
        className={styles.form}
        aria-label="Make a token"
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim() !== "") make.mutate(name.trim());
        }}
      >
        <TextField label="Name of the client" placeholder="cursor" mono value={name} onChange={setName} />
        <Button type="submit" isDisabled={name.trim() === "" || make.isPending}>
          Make a token
        </Button>
      </Form>
      {make.error ? <ErrorNotice error={make.error} /> : null}
      {make.data ? (
        <div className={styles.token}>
          <p role="status">
            The token of {make.variables}. It is shown this once; an earlier one of {make.variables} no longer
            works. Good until {fullTime(make.data.expires_at)}.
          </p>
          <CopyableCode text={make.data.token} label="token" />
          <p>The client sends it with every request, as the header:</p>
          <CopyableCode text={`Authorization: Bearer ${make.data.token}`} label="header" />
          <Button
            size="small"
            onPress={() => {
              make.reset();
              setName("");
            }}
          >
            I have stored it: hide it
          </Button>
        </div>
      ) : null}
    </>
  );
}
