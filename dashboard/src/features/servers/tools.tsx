import { useState } from "react";
import { ApiError } from "@/api/client";
import type { ServerDetail } from "@/api/types";
import { remark } from "@/app/announcer";
import { Button } from "@/ui/button";
import { ErrorNotice } from "@/ui/states";
import { useApproveTools, useServer, useWithdrawTools } from "./queries";
import { approvable, overtaken, type Selection, toggle, waits } from "./selection";
import { ToolRow } from "./tool-row";
import styles from "./tools.module.css";

/** The tools of a server: those that wait for a person first, to be read and ticked. */
export function Tools({ server }: { server: ServerDetail }) {
  const [ticked, setTicked] = useState<Selection>(new Map());
  const approve = useApproveTools(server.name);
  const withdraw = useWithdrawTools(server.name);
  const again = useServer(server.name);
  const waiting = server.tools.filter(waits);
  const others = server.tools.filter((tool) => !waits(tool));
  const ready = approvable(ticked, server.tools);
  const changed = overtaken(ticked, server.tools);
  const plain = waiting.filter((tool) => tool.flags.length === 0);

  const send = () =>
    approve.mutate(ready, {
      onSuccess: () => {
        setTicked(new Map());
        remark(ready.length === 1 ? "The tool may be used now." : `${ready.length} tools may be used now.`);
      },
      onError: (error) => {
        if (isOvertaken(error)) void again.refetch();
      },
    });

  return (
    <section className={styles.tools} aria-labelledby="tools">
      <h2 id="tools">Tools</h2>
      {waiting.length > 0 ? (
        <>
          <p className={styles.lead}>
            Nobody sees or calls these until you approve them as they are described here. Read them: a
            description is an instruction to every agent that sees it.
          </p>
          <ul className={styles.list} aria-label="Tools that wait for you">
            {waiting.map((tool) => (
              <ToolRow
                key={tool.name}
                tool={tool}
                ticked={ticked.get(tool.name) === tool.digest}
                onTick={(on) => setTicked(toggle(ticked, tool, on))}
              />
            ))}
          </ul>
          <div className={styles.bar}>
            <Button variant="primary" isDisabled={ready.length === 0 || approve.isPending} onPress={send}>
              {ready.length > 0 ? `Approve ${ready.length} of ${waiting.length}` : "Approve"}
            </Button>
            {plain.length > 1 ? (
              <Button
                onPress={() =>
                  setTicked(plain.reduce<Selection>((all, tool) => toggle(all, tool, true), ticked))
                }
              >
                Tick the {plain.length} without a remark
              </Button>
            ) : null}
          </div>
        </>
      ) : null}
      <div role="status">
        {changed.length > 0 ? (
          <p className={styles.changed}>
            {changed.join(", ")} changed while you read. The tick is gone; look again.
          </p>
        ) : null}
      </div>
      {approve.error ? (
        isOvertaken(approve.error) ? (
          <p className={styles.changed} role="alert">
            Nothing was approved: {approve.error.message} What stands here now was loaded anew.
          </p>
        ) : (
          <ErrorNotice error={approve.error} />
        )
      ) : null}
      {withdraw.error ? <ErrorNotice error={withdraw.error} /> : null}
      {others.length > 0 ? (
        <ul className={styles.list} aria-label="Other tools">
          {others.map((tool) => (
            <ToolRow
              key={tool.name}
              tool={tool}
              {...(server.origin === "builtin" ? {} : { onWithdraw: () => withdraw.mutate([tool.name]) })}
              busy={withdraw.isPending}
            />
          ))}
        </ul>
      ) : null}
      {server.tools.length === 0 ? (
        <p className={styles.lead}>
          {server.state === "ready" ? "It offers none." : "They are known once the server answers."}
        </p>
      ) : null}
    </section>
  );
}

/** The server refuses a digest that is no longer the tool's: the person read something else. */
function isOvertaken(error: Error): boolean {
  return error instanceof ApiError && error.status === 422;
}
