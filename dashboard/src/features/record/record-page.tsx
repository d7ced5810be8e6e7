import { Download, ScrollText } from "lucide-react";
import { Button, buttonClass } from "@/ui/button";
import { Page } from "@/ui/page";
import { Empty, ErrorNotice, Skeleton } from "@/ui/states";
import { EntryRow } from "./entry-row";
import { useRecord } from "./queries";
import styles from "./record-page.module.css";
import { Verify } from "./verify";

/** Every decision and every act, in one chain that cannot be changed unseen. */
export function RecordPage() {
  const record = useRecord();
  return (
    <Page title="Record" lead="Every decision and every act, each entry sealed with the one before.">
      <div className={styles.actions}>
        <Verify />
        <a href="/api/v1/record/export" download className={buttonClass({})}>
          <Download size={14} aria-hidden />
          Export
        </a>
        <Button isDisabled={record.isFetching} onPress={() => void record.refetch()}>
          Show the newest
        </Button>
      </div>
      {record.error ? <ErrorNotice error={record.error} retry={() => void record.refetch()} /> : null}
      {record.isPending ? <Skeleton rows={8} label="Loading the record" /> : null}
      {record.data?.length === 0 ? (
        <Empty icon={ScrollText} title="Nothing is on record yet">
          The first decision of the policy will be the first entry.
        </Empty>
      ) : null}
      <ul className={styles.list} aria-label="Entries">
        {record.data?.map((entry) => (
          <EntryRow key={entry.seq} entry={entry} />
        ))}
      </ul>
      {record.hasNextPage ? (
        <Button isDisabled={record.isFetchingNextPage} onPress={() => void record.fetchNextPage()}>
          {record.isFetchingNextPage ? "Loading…" : "Show older entries"}
        </Button>
      ) : null}
    </Page>
  );
}
