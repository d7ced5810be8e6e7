/**
 * Characters that are not seen but change what is: control and format characters (the bidirectional ones can make
 * a command read as another) and odd line ends. Tab and newline are as they should be.
 */
const INVISIBLE = /(?![\t\n]|\r\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** The text with every invisible character written out, like `\u{202e}`. */
export function visible(text: string): string {
  return text.replace(INVISIBLE, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}
