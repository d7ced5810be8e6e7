import { visible } from "@/lib/visible";
import { Code, CopyableCode } from "@/ui/code";
import styles from "./arguments.module.css";
import { commandLine, isCommand, isWords } from "./tools";

interface Props {
  value: unknown;
  tool: string;
}

/**
 * The whole arguments of a call, exactly: commands as command lines, long texts as texts, the rest as JSON, and
 * nothing in them unseen.
 */
export function Arguments({ value, tool }: Props) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return <Code label={`Arguments of ${tool}`}>{JSON.stringify(value, null, 2)}</Code>;
  }
  const entries = Object.entries(value);
  const commands = entries.filter(isCommand);
  const rest = entries.filter((entry) => !isCommand(entry));
  const short = rest.filter(([, said]) => !isLong(said));
  const long = rest.filter(([, said]) => isLong(said));
  return (
    <div className={styles.arguments}>
      {commands.map(([name, said]) => (
        <Command key={name} said={said} />
      ))}
      {short.length > 0 ? (
        <dl className={styles.short}>
          {short.map(([name, said]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{typeof said === "string" && said !== "" ? visible(said) : JSON.stringify(said)}</dd>
            </div>
          ))}
        </dl>
      ) : null}
      {long.map(([name, said]) => (
        <div key={name} className={styles.long}>
          <span>{name}</span>
          <CopyableCode
            text={typeof said === "string" ? said : JSON.stringify(said, null, 2)}
            label={`${name} of ${tool}`}
          />
        </div>
      ))}
    </div>
  );
}

function Command({ said }: { said: unknown }) {
  const text = isWords(said) ? commandLine(said) : String(said);
  return (
    <div className={styles.command}>
      <CopyableCode text={text} label="command" />
    </div>
  );
}

function isLong(said: unknown): boolean {
  return typeof said === "string"
    ? said.length > 120 || said.includes("\n")
    : JSON.stringify(said).length > 120;
}
