import { Code, CopyableCode } from "@/ui/code";
import styles from "./arguments.module.css";
import { commandLine, isWords } from "./tools";

interface Props {
  value: unknown;
  tool: string;
  /** Leave out long texts, because what they did is shown as a diff. */
  brief?: boolean;
}

/** The whole arguments of a call, exactly: commands as command lines, long texts as texts, the rest as JSON. */
export function Arguments({ value, tool, brief = false }: Props) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return <Code label={`Arguments of ${tool}`}>{JSON.stringify(value, null, 2)}</Code>;
  }
  const entries = Object.entries(value);
  const long = entries.filter(([, said]) => isLong(said));
  const short = entries.filter(
    ([name, said]) => !isLong(said) && name !== "command" && !isCommand(name, said),
  );
  const command = entries.find(
    ([name, said]) => (name === "command" && typeof said === "string") || isCommand(name, said),
  );
  return (
    <div className={styles.arguments}>
      {command ? <Command said={command[1]} /> : null}
      {short.length > 0 ? (
        <dl className={styles.short}>
          {short.map(([name, said]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{typeof said === "string" ? said : JSON.stringify(said)}</dd>
            </div>
          ))}
        </dl>
      ) : null}
      {brief
        ? null
        : long
            .filter(([name]) => name !== command?.[0])
            .map(([name, said]) => (
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

const isCommand = (name: string, said: unknown) => (name === "argv" || name === "command") && isWords(said);

function isLong(said: unknown): boolean {
  return typeof said === "string"
    ? said.length > 120 || said.includes("\n")
    : JSON.stringify(said).length > 120;
}
