/** A piece of Rego as it is coloured; `plain` for all that has no colour. */
export interface Token {
  kind: "comment" | "string" | "keyword" | "number" | "plain";
  text: string;
}

/** Comments, strings (raw ones too), words and numbers; what is between them stays plain. */
const TOKENS =
  /(?<comment>#[^\n]*)|(?<string>"(?:\\.|[^"\\\n])*"?|`[^`]*`?)|(?<word>[A-Za-z_]\w*)|(?<number>\d+(?:\.\d+)?)/g;

const KEYWORDS = new Set(
  "package import as default if else contains in every some with not true false null".split(" "),
);

/** Divides a text for its colours. Every character is in exactly one token, whether it is Rego or not. */
export function tokens(text: string): Token[] {
  const found: Token[] = [];
  let from = 0;
  for (const match of text.matchAll(TOKENS)) {
    const kind = kindOf(match);
    if (kind === "plain") continue;
    if (match.index > from) found.push({ kind: "plain", text: text.slice(from, match.index) });
    found.push({ kind, text: match[0] });
    from = match.index + match[0].length;
  }
  if (from < text.length) found.push({ kind: "plain", text: text.slice(from) });
  return found;
}

function kindOf(match: RegExpMatchArray): Token["kind"] {
  const { comment, string, word } = match.groups ?? {};
  if (comment !== undefined) return "comment";
  if (string !== undefined) return "string";
  if (word === undefined) return "number";
  // `input.default` is a member, not a keyword.
  const member = match.input?.[(match.index ?? 0) - 1] === ".";
  return KEYWORDS.has(word) && !member ? "keyword" : "plain";
}
