import { Link, useSearch } from "@tanstack/react-router";
import { FileQuestion } from "lucide-react";
import type { Condition, Explanation, Place, Silent, Spoke } from "@/api/policy-reports";
import { Reasons, Sentence } from "@/features/approvals/reasons";
import { visible } from "@/lib/visible";
import { Code } from "@/ui/code";
import { More } from "@/ui/more";
import { Page } from "@/ui/page";
import { Empty, ErrorNotice, Skeleton } from "@/ui/states";
import styles from "./explain-page.module.css";
import { useExplainDecision } from "./queries";
import { VerdictBadge } from "./verdict";

/** Rules that did not speak and are shown at once: those that came nearest. */
const NEAREST = 5;

/** Which rules speak about a recorded call, with their lines and what they looked at. */
export function ExplainPage() {
  const { decision = "" } = useSearch({ from: "/policy/explain" });
  const explanation = useExplainDecision(decision);
  return (
    <Page title="Explain a decision" lead={<span className="mono">{visible(decision)}</span>}>
      {decision === "" ? (
        <Empty icon={FileQuestion} title="No decision was named">
          Decisions are in the <Link to="/record">record</Link> and in the timelines of tasks; each leads
          here.
        </Empty>
      ) : null}
      {explanation.error ? (
        <ErrorNotice error={explanation.error} retry={() => void explanation.refetch()} />
      ) : null}
      {explanation.isLoading ? <Skeleton rows={6} label="Asking the rules" /> : null}
      {explanation.data ? <Told explanation={explanation.data} /> : null}
    </Page>
  );
}

function Told({ explanation }: { explanation: Explanation }) {
  const { verdict, reasons, obligations, spoke, silent, sentences } = explanation;
  return (
    <div className={styles.page}>
      <p className={styles.note}>
        The rules in force are asked anew: about an older call they may say something else than they said
        then. The record keeps what was said.
      </p>
      <section className={styles.section} aria-label="Verdict">
        <h2>
          The verdict is <VerdictBadge verdict={verdict} />
        </h2>
        <Reasons reasons={reasons} />
        {Object.keys(obligations).length > 0 ? (
          <>
            <p className={styles.note}>With the obligations:</p>
            <Code label="Obligations">{visible(JSON.stringify(obligations, null, 2))}</Code>
          </>
        ) : null}
        <ul className={styles.sentences}>
          {sentences.map((sentence) => (
            <li key={sentence}>
              <Sentence text={sentence} />
            </li>
          ))}
        </ul>
      </section>
      <section className={styles.section} aria-labelledby="spoke">
        <h2 id="spoke">Rules that spoke</h2>
        {spoke.length === 0 ? <p className={styles.note}>None: what no rule allows is denied.</p> : null}
        {spoke.map((rule) => (
          <SpokeRule key={key(rule)} rule={rule} />
        ))}
      </section>
      {silent.length > 0 ? (
        <section className={styles.section} aria-labelledby="silent">
          <h2 id="silent">Rules that did not, the nearest first</h2>
          {silent.slice(0, NEAREST).map((rule) => (
            <SilentRule key={key(rule)} rule={rule} />
          ))}
          {silent.length > NEAREST ? (
            <More summary={`Show the other ${silent.length - NEAREST}`}>
              {silent.slice(NEAREST).map((rule) => (
                <SilentRule key={key(rule)} rule={rule} />
              ))}
            </More>
          ) : null}
        </section>
      ) : null}
    </div>
  );
}

function SpokeRule({ rule }: { rule: Spoke }) {
  return (
    <article className={styles.rule}>
      <Heading rule={rule} />
      <ul className={styles.conditions}>
        {rule.conditions.map((condition, index) => (
          <ConditionRow key={index} condition={condition} />
        ))}
      </ul>
      <Found values={rule.found} />
      <More summary="What it added">
        <Code label="Added">{pretty(rule.said)}</Code>
      </More>
    </article>
  );
}

function SilentRule({ rule }: { rule: Silent }) {
  return (
    <article className={styles.rule}>
      <Heading rule={rule} />
      <p className={styles.note}>
        {rule.held} of {rule.of} conditions held. The first that did not:
      </p>
      <ul className={styles.conditions}>
        <ConditionRow condition={rule.failed} />
      </ul>
      <Found values={rule.found} />
    </article>
  );
}

/** The variables of a rule, for each way in which its conditions held. */
function Found({ values }: { values: unknown[] }) {
  if (values.length === 0) return null;
  return (
    <More summary="Its variables">
      <Code label="Variables">{pretty(values)}</Code>
    </More>
  );
}

function Heading({ rule }: { rule: Place }) {
  return (
    <header>
      <h3>{rule.rule ? visible(rule.rule) : "a rule without a name"}</h3>
      <span>adds to {rule.set}</span>
      <Link to="/policy" search={{ file: rule.file, line: rule.line }}>
        {rule.file}:{rule.line}
      </Link>
    </header>
  );
}

function ConditionRow({ condition }: { condition: Condition }) {
  return (
    <li>
      <code>{visible(condition.text)}</code>
      <small>line {condition.line}</small>
      {condition.values.length > 0 ? (
        <dl>
          {condition.values.map(({ name, value }) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{visible(JSON.stringify(value) ?? "null")}</dd>
            </div>
          ))}
        </dl>
      ) : null}
    </li>
  );
}

function key({ file, line, set }: Place): string {
  return `${file}:${line}:${set}`;
}

function pretty(values: unknown[]): string {
  return visible(values.map((value) => JSON.stringify(value, null, 2)).join("\n"));
}
