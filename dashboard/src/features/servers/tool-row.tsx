import { TriangleAlert } from "lucide-react";
import type { ServerTool } from "@/api/types";
import { visible } from "@/lib/visible";
import { Button } from "@/ui/button";
import { Checkbox } from "@/ui/checkbox";
import { Code, CopyableCode } from "@/ui/code";
import { DiffStat, DiffView } from "@/ui/diff-view";
import { More } from "@/ui/more";
import { Ago } from "@/ui/time";
import { ToolStateBadge } from "./state";
import styles from "./tools.module.css";

/** Longer descriptions scroll in themselves, so that the next tool is not pages away. */
const SCROLLS_FROM_CHARS = 1_500;

interface Props {
  tool: ServerTool;
  ticked?: boolean;
  onTick?: (on: boolean) => void;
  onWithdraw?: () => void;
  busy?: boolean;
}

/** A tool as its server describes it: whole, with what hides in it written out, and what to look at twice. */
export function ToolRow({ tool, ticked = false, onTick, onWithdraw, busy = false }: Props) {
  const definition = tool.definition as { description?: unknown } | null;
  const description = typeof definition?.description === "string" ? definition.description : "";
  return (
    <li className={styles.tool}>
      <div className={styles.head}>
        {onTick ? (
          <Checkbox isSelected={ticked} onChange={onTick}>
            <span className={styles.name}>{visible(tool.name)}</span>
          </Checkbox>
        ) : (
          <span className={styles.name}>{visible(tool.name)}</span>
        )}
        <ToolStateBadge state={tool.state} />
        {tool.exposed && tool.exposed !== tool.name ? (
          <span className={styles.exposed}>called as {visible(tool.exposed)}</span>
        ) : null}
        {onWithdraw ? (
          <Button size="small" isDisabled={busy} aria-label={`Withdraw ${tool.name}`} onPress={onWithdraw}>
            {tool.state === "gone" ? "Forget" : "Withdraw"}
          </Button>
        ) : null}
      </div>
      {tool.flags.length > 0 ? (
        <ul className={styles.flags} aria-label={`Look twice at ${tool.name}`}>
          {tool.flags.map((flag) => (
            <li key={flag}>
              <TriangleAlert size={14} aria-hidden />
              {visible(flag)}
            </li>
          ))}
        </ul>
      ) : null}
      {description.length > SCROLLS_FROM_CHARS ? (
        <Code label={`Description of ${tool.name}`}>{visible(description)}</Code>
      ) : description ? (
        <p className={styles.description}>{visible(description)}</p>
      ) : null}
      {tool.diff ? (
        <div className={styles.diff}>
          <p>
            What changed since it was approved <DiffStat text={tool.diff} />
          </p>
          <DiffView text={visible(tool.diff)} label={`Changes of ${tool.name}`} />
        </div>
      ) : null}
      <More summary="Whole description">
        <CopyableCode text={JSON.stringify(tool.definition, null, 2)} label={`definition of ${tool.name}`} />
        <p className={styles.fine}>
          {tool.approved_at ? (
            <>
              Approved by {tool.approved_by ?? "somebody"}, <Ago time={tool.approved_at} />.{" "}
            </>
          ) : null}
          <span className="mono">{tool.digest}</span>
        </p>
      </More>
    </li>
  );
}
