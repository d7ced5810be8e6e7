import {
  FilePen,
  FilePlus,
  FileText,
  Folder,
  type LucideIcon,
  Search,
  SquareTerminal,
  Trash2,
  Wrench,
} from "lucide-react";
import { visible } from "@/lib/visible";

const ICONS: Record<string, LucideIcon> = {
  list_directory: Folder,
  read_file: FileText,
  write_file: FilePlus,
  edit_file: FilePen,
  search_files: Search,
  delete_path: Trash2,
  run_command: SquareTerminal,
};

/** Only the look of a card: what a tool may do is never told from its name. */
export function toolIcon(name: string): LucideIcon {
  return ICONS[name] ?? Wrench;
}

/** Arguments that say most about a call, best first. */
const TELLING = ["argv", "shell", "command", "pattern", "query", "path", "url", "name"];

/** One line that tells this call from others. */
export function summary(value: unknown): string {
  if (typeof value === "string") return firstLine(value);
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "";
  const entries = Object.entries(value);
  const telling = TELLING.map((name) => entries.find(([key, said]) => key === name && said !== "")).find(
    Boolean,
  );
  const [, said] = telling ?? entries[0] ?? [];
  if (said === undefined) return "";
  return firstLine(
    isWords(said) ? commandLine(said) : typeof said === "string" ? said : JSON.stringify(said),
  );
}

const COMMANDS = ["argv", "shell", "command"];

/** Whether an argument is what is to be run, as words or as a line for a shell. */
export function isCommand([name, said]: [string, unknown]): boolean {
  return COMMANDS.includes(name) && (typeof said === "string" || isWords(said));
}

export function isCommandCall(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.entries(value).some(isCommand);
}

export function isWords(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((word) => typeof word === "string");
}

/** Words as they would be typed in a shell, so that no space is mistaken for another. */
export function commandLine(words: readonly string[]): string {
  return words
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(" ");
}

function firstLine(text: string): string {
  const end = text.indexOf("\n");
  return visible(end < 0 ? text : `${text.slice(0, end)} …`);
}
