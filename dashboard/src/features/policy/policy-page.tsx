import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Button, buttonClass } from "@/ui/button";
import { Page } from "@/ui/page";
import { ErrorNotice, Skeleton } from "@/ui/states";
import { begin } from "./draft";
import { Facts } from "./facts";
import { FileList } from "./file-list";
import styles from "./policy-page.module.css";
import { usePolicy } from "./queries";
import { SourceView } from "./source";
import { useDraft } from "./use-draft";
import { Versions } from "./versions";

/** The policy in force: how it stands, its files to read, and what was in force before. */
export function PolicyPage() {
  const policy = usePolicy();
  const search = useSearch({ from: "/policy" });
  const [draft, setDraft] = useDraft();
  const navigate = useNavigate();
  const files = policy.data?.files ?? [];
  const shown = files.find((file) => file.path === search.file) ?? files[0];
  return (
    <Page title="Policy" lead="What every call is put to before it happens." wide>
      <div className={styles.page}>
        <Facts />
        <section className={styles.section} aria-labelledby="files">
          <header>
            <h2 id="files">Files in force</h2>
            {draft ? (
              <Link to="/policy/draft" className={buttonClass({ variant: "primary" })}>
                Go on with the draft
              </Link>
            ) : (
              <Button
                variant="primary"
                isDisabled={!policy.data}
                onPress={() => {
                  if (!policy.data) return;
                  setDraft(begin(policy.data.revision, policy.data.files));
                  void navigate({ to: "/policy/draft" });
                }}
              >
                Write a draft
              </Button>
            )}
          </header>
          {policy.error ? <ErrorNotice error={policy.error} retry={() => void policy.refetch()} /> : null}
          {policy.isPending ? <Skeleton rows={9} label="Loading the files" /> : null}
          {shown ? (
            <div className={styles.split}>
              <FileList label="Files in force">
                {files.map((file) => (
                  <li key={file.path}>
                    <Link
                      to="/policy"
                      search={{ file: file.path }}
                      aria-current={file === shown ? "true" : undefined}
                      resetScroll={false}
                    >
                      {file.path}
                    </Link>
                  </li>
                ))}
              </FileList>
              <SourceView
                key={shown.path}
                text={shown.text}
                label={`Rules of ${shown.path}`}
                line={shown.path === search.file ? search.line : undefined}
              />
            </div>
          ) : null}
        </section>
        <Versions />
      </div>
    </Page>
  );
}
