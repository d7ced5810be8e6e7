import { Search, X } from "lucide-react";
import { useEffect, useState } from "react";
import { Input, SearchField } from "react-aria-components";
import type { TaskStatus } from "@/api/types";
import { Button } from "@/ui/button";
import field from "@/ui/field.module.css";
import { Select } from "@/ui/select";
import { STATUSES, statusName } from "./status";
import styles from "./tasks-page.module.css";

/** The search waits this long for the next letter. */
const TYPING_MS = 200;

const CHOICES = [
  { id: "all", label: "Any status" },
  ...STATUSES.map((id) => ({ id, label: statusName(id) })),
];

interface Filter {
  search: string;
  status: TaskStatus | undefined;
}

export function Filters({ search, status, onChange }: Filter & { onChange: (filter: Filter) => void }) {
  const [typed, setTyped] = useState(search);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only typing starts the wait
  useEffect(() => {
    if (typed === search) return;
    const timer = setTimeout(() => onChange({ search: typed.trim(), status }), TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  return (
    <search className={styles.filters}>
      <SearchField className={styles.search} aria-label="Search the tasks" value={typed} onChange={setTyped}>
        <Search size={15} aria-hidden />
        <Input className={field.input} placeholder="Search titles and prompts" />
        <Button variant="ghost" size="small" icon>
          <X size={14} aria-hidden />
        </Button>
      </SearchField>
      <Select
        label="Status"
        hideLabel
        options={CHOICES}
        value={status ?? "all"}
        onChange={(id) => onChange({ search: typed.trim(), status: STATUSES.find((known) => known === id) })}
      />
    </search>
  );
}
