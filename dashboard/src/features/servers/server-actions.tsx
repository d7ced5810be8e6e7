import { useNavigate } from "@tanstack/react-router";
import { ExternalLink, RotateCw } from "lucide-react";
import type { ServerDetail } from "@/api/types";
import { remark } from "@/app/announcer";
import { Button } from "@/ui/button";
import { Confirm } from "@/ui/confirm";
import { ErrorNotice } from "@/ui/states";
import { useRemoveServer, useRestartServer, useSignInToServer } from "./queries";
import styles from "./server-page.module.css";

/** Sign in, restart, remove: as far as each applies. */
export function ServerActions({ server }: { server: ServerDetail }) {
  const restart = useRestartServer(server.name);
  const remove = useRemoveServer(server.name);
  const signIn = useSignInToServer(server.name);
  const navigate = useNavigate();
  const error = restart.error ?? remove.error ?? signIn.error;
  if (server.origin === "builtin") return null;
  return (
    <div className={styles.actions}>
      {server.spec.transport === "stdio" ? null : (
        <Button
          variant={server.state === "sign_in_needed" ? "primary" : "default"}
          isDisabled={signIn.isPending}
          onPress={() => signIn.mutate(undefined, { onSuccess: ({ url }) => leaveFor(url) })}
        >
          <ExternalLink size={14} aria-hidden />
          Sign in
        </Button>
      )}
      <Button
        isDisabled={restart.isPending}
        onPress={() =>
          restart.mutate(undefined, { onSuccess: () => remark(`${server.name} was connected anew.`) })
        }
      >
        <RotateCw size={14} aria-hidden />
        {restart.isPending ? "Restarting…" : "Restart"}
      </Button>
      {server.origin === "added" ? (
        <Confirm
          trigger={
            <Button variant="danger" isDisabled={remove.isPending}>
              Remove
            </Button>
          }
          title={`Remove ${server.name}?`}
          action="Remove the server"
          onConfirm={() =>
            remove.mutate(undefined, {
              onSuccess: () => {
                remark(`${server.name} was removed.`);
                void navigate({ to: "/servers" });
              },
            })
          }
        >
          Its processes end, and which of its tools were approved is forgotten. The record keeps what it did.
        </Confirm>
      ) : null}
      {error ? <ErrorNotice error={error} /> : null}
    </div>
  );
}

/** The sign-in page of somebody else, who must not be able to run a script here by way of an address. */
function leaveFor(url: string) {
  if (/^https?:\/\//i.test(url)) window.location.assign(url);
  else remark("The server names no usable page to sign in on.");
}
