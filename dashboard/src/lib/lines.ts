/** The lines of a text that say something, without the space around them. */
export function lines(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

export type Read<Value> = { value: Value; error?: undefined } | { value?: undefined; error: string };

/** `NAME=value` or `Name: value`, one a line; the error says which line is none. */
export function pairs(text: string, separator: "=" | ":"): Read<Record<string, string>> {
  const value: Record<string, string> = {};
  for (const line of lines(text)) {
    const at = line.indexOf(separator);
    const name = line.slice(0, Math.max(at, 0)).trim();
    if (name === "" || /\s/.test(name)) {
      const form = separator === "=" ? "NAME=value" : "Name: value";
      return { error: `“${line}” is not of the form ${form}.` };
    }
    if (Object.hasOwn(value, name)) return { error: `${name} stands there twice.` };
    value[name] = line.slice(at + 1).trim();
  }
  return { value };
}

/** Words of a command line: space divides, quotes and backslashes keep together. Nothing else means anything. */
export function words(text: string): Read<string[]> {
  const value: string[] = [];
  let word: string | null = null;
  let quote = "";
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (quote) {
      if (character === quote) quote = "";
      else if (character === "\\" && quote === '"' && /["\\]/.test(text.charAt(at + 1)))
        word += text.charAt(++at);
      else word += character;
    } else if (character === "'" || character === '"') {
      quote = character;
      word ??= "";
    } else if (character === "\\" && at + 1 < text.length) {
      word = (word ?? "") + text.charAt(++at);
    } else if (/\s/.test(character)) {
      if (word !== null) value.push(word);
      word = null;
    } else {
      word = (word ?? "") + character;
    }
  }
  if (quote) return { error: `A ${quote} is opened and not closed.` };
  if (word !== null) value.push(word);
  return { value };
}
