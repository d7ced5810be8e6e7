//! The script of the guide. Each step looks at what came of the one before and says so as it was.

use domain::model::{Message, ModelCall, ModelRequest};
use domain::tool::ToolOutcome;
use serde_json::{Value, json};

use super::sample::TITLE;

/// What the guide says next.
pub(super) struct Turn {
    pub text: String,
    pub calls: Vec<ModelCall>,
}

/// The mistake of the sample project, and how it reads when it is mended.
pub(super) const MENDING: (&str, &str) = ("heights in mm", "heights in cm");

/// Ids of the guide's calls begin with this; the number of the step follows.
const ID: &str = "tour-";

/// The test of the sample project, in programs that the shipped policy knows.
const TEST: &str = "grep -v '^#' table.txt | diff - tests/expected.txt";

const NOTES: &str = "\
# Notes of the tour

- The table said millimetres; the gauge measures centimetres. Mended in `table.txt`.
- `tests/expected.txt` is what the harbour master has checked.
";

/// What is done with a tour that is over, or was never wanted.
const HOW_TO_GET_A_MODEL: &str = "To work with a real model, run `bailiwick setup`, or choose one in the settings \
    of the dashboard: OpenAI, Anthropic and Gemini with a key of yours, or a local one such as Ollama without \
    any. For the tour, start a new task with the model `demo` and the words \"show me around\".";

const STEPS: [fn(&Story<'_>) -> Turn; 9] =
    [welcome, look_around, read_and_test, mend, test_again, take_notes, try_the_secret, tidy_up, sum_up];

/// The next turn, from the conversation alone.
pub(super) fn next(request: &ModelRequest) -> Turn {
    let story = Story { messages: &request.messages };
    match story.last_step() {
        Some(last) if last + 1 < STEPS.len() && !story.is_over() => {
            let mut turn = STEPS[last + 1](&story);
            if story.interrupted() {
                turn.text = format!(
                    "You wrote something. I am a script and cannot make sense of it, so I go on with the tour.\n\n{}",
                    turn.text
                );
            }
            turn
        }
        Some(_) => {
            say("The tour is over. I am a script, not an AI, and cannot answer that. ", HOW_TO_GET_A_MODEL)
        }
        None if story.wants_tour() => STEPS[0](&story),
        None => say(
            "I am `demo`, a scripted guide and not an AI: I cannot do what you ask, I can only show you around. ",
            HOW_TO_GET_A_MODEL,
        ),
    }
}

fn welcome(_: &Story<'_>) -> Turn {
    ask(
        0,
        "Hello. I am `demo`, a scripted guide: not an AI, everything I say was written beforehand. But what I do is \
         real. Each of my tool calls is decided on by the policy, runs in the fence and is recorded, as those of a \
         model would be.\n\nFirst I look at the folder and its README, both at once.",
        &[
            ("list", "list_directory", json!({"path": "."})),
            ("readme", "read_file", json!({"path": "README.md"})),
        ],
    )
}

fn look_around(story: &Story<'_>) -> Turn {
    let readme = story.result("readme");
    if !matches!(&readme, Seen::Done(text) if text.contains(TITLE)) {
        return say(
            "This folder is not my sample project, so I change nothing in it; I have only looked. Here the tour ends. ",
            HOW_TO_GET_A_MODEL,
        );
    }
    let list = story.result("list").told("The folder is listed.", "I could not list the folder");
    ask(
        1,
        &format!(
            "{list} The README says that this is a small tide table with a test. Reading inside the workspace is \
             allowed without asking.\n\nIs there something left to do? I search for it."
        ),
        &[("search", "search_files", json!({"pattern": "TODO"}))],
    )
}

fn read_and_test(story: &Story<'_>) -> Turn {
    let search = story.result("search").told("There is a TODO in `table.txt`.", "The search did not work");
    ask(
        2,
        &format!(
            "{search} I read that file, and run the test: a pipe of two programs that the policy knows. The command \
             has no network and sees nothing of your home folder."
        ),
        &[
            ("table", "read_file", json!({"path": "table.txt"})),
            ("test", "run_command", json!({"shell": TEST})),
        ],
    )
}

fn mend(story: &Story<'_>) -> Turn {
    let test = match story.result("test") {
        Seen::Denied(why) => {
            format!("The test was not run: {why}. I know the mistake beforehand, so I go on.")
        }
        Seen::Failed(_) | Seen::Done(_) if story.differs("test") => {
            "The test fails, as it should: the table says mm where the harbour master says cm.".to_owned()
        }
        Seen::Done(_) => "The test passes already, which I did not expect.".to_owned(),
        Seen::Failed(why) => format!("The test could not be run: {why}. I go on without it."),
    };
    let (before, after) = MENDING;
    ask(
        3,
        &format!(
            "{test}\n\nI mend it. Writing inside the workspace is allowed, and the change is shown as a diff."
        ),
        &[("edit", "edit_file", json!({"path": "table.txt", "old_text": before, "new_text": after}))],
    )
}

fn test_again(story: &Story<'_>) -> Turn {
    let edit = story.result("edit").told("It is mended.", "I could not change the file");
    ask(4, &format!("{edit} Now the test again."), &[("retest", "run_command", json!({"shell": TEST}))])
}

fn take_notes(story: &Story<'_>) -> Turn {
    let test = match story.result("retest") {
        Seen::Denied(why) => format!("The test was not run: {why}."),
        _ if story.differs("retest") => "The test still fails.".to_owned(),
        Seen::Done(_) => "The test passes: there is no difference left.".to_owned(),
        Seen::Failed(why) => format!("The test could not be run: {why}."),
    };
    ask(
        5,
        &format!("{test}\n\nI write down what was done."),
        &[("notes", "write_file", json!({"path": "NOTES.md", "content": NOTES}))],
    )
}

fn try_the_secret(story: &Story<'_>) -> Turn {
    let notes = story.result("notes").told("The notes are in `NOTES.md`.", "I could not write the notes");
    ask(
        6,
        &format!(
            "{notes}\n\nNow something I should not do: I try to read `.env`, where projects keep their secrets. (This \
             one holds none.)"
        ),
        &[("secret", "read_file", json!({"path": ".env"}))],
    )
}

fn tidy_up(story: &Story<'_>) -> Turn {
    let secret = match story.result("secret") {
        Seen::Denied(why) => format!("Denied, as it should be: {why}. I never saw the file."),
        Seen::Done(_) => {
            "That was allowed: your policy differs from the shipped one, which denies it.".to_owned()
        }
        Seen::Failed(why) => format!("That did not work, though not because it was denied: {why}."),
    };
    ask(
        7,
        &format!(
            "{secret}\n\nLast, something that needs your word: I want to delete the folder `build` with last year's \
             table. The shipped policy asks a person before anything is deleted."
        ),
        &[("delete", "delete_path", json!({"path": "build", "recursive": true}))],
    )
}

fn sum_up(story: &Story<'_>) -> Turn {
    let delete = match story.result("delete") {
        Seen::Done(_) => "You (or whoever answers for you) approved: `build` is gone.".to_owned(),
        Seen::Denied(why) => format!("It was denied, so `build` is still there: {why}."),
        Seen::Failed(why) => format!("The folder could not be deleted: {why}."),
    };
    let mut lines =
        vec![delete, String::new(), "That was the tour. What I asked for, and what came of it:".to_owned()];
    for (name, what) in [
        ("list", "list the folder"),
        ("readme", "read the README"),
        ("search", "search for TODO"),
        ("table", "read `table.txt`"),
        ("test", "run the test"),
        ("edit", "mend `table.txt`"),
        ("retest", "run the test again"),
        ("notes", "write `NOTES.md`"),
        ("secret", "read `.env`"),
        ("delete", "delete `build`"),
    ] {
        let came = match story.result(name) {
            Seen::Denied(_) => "denied",
            _ if story.differs(name) => "done, and the test failed",
            Seen::Done(_) => "done",
            Seen::Failed(_) => "did not work",
        };
        lines.push(format!("- {what}: {came}"));
    }
    lines.push(String::new());
    lines.push(
        "Every decision with its reasons is in the record: `bailiwick task show` prints it, the dashboard shows it \
         beside each call. I used no model, so this cost no tokens and no money."
            .to_owned(),
    );
    Turn { text: lines.join("\n"), calls: Vec::new() }
}

/// A turn that calls tools.
fn ask(step: usize, text: &str, calls: &[(&str, &str, Value)]) -> Turn {
    let calls = calls.iter().map(|(name, tool, arguments)| ModelCall {
        provider_call_id: format!("{ID}{step}-{name}"),
        name: (*tool).to_owned(),
        arguments: arguments.clone(),
        repaired: None,
    });
    Turn { text: text.to_owned(), calls: calls.collect() }
}

/// A turn that ends the task.
fn say(text: &str, more: &str) -> Turn {
    Turn { text: format!("{text}{more}"), calls: Vec::new() }
}

/// What came of a call.
enum Seen {
    Done(String),
    /// With the reason.
    Denied(String),
    /// With the first line of the error.
    Failed(String),
}

impl Seen {
    fn told(&self, done: &str, not: &str) -> String {
        match self {
            Self::Done(_) => done.to_owned(),
            Self::Denied(why) | Self::Failed(why) => format!("{not}: {why}."),
        }
    }
}

/// The conversation, as the guide needs it.
struct Story<'a> {
    messages: &'a [Message],
}

impl Story<'_> {
    /// The last step whose calls are in the conversation.
    fn last_step(&self) -> Option<usize> {
        self.calls().filter_map(|call| step_of(&call.provider_call_id)).max()
    }

    fn calls(&self) -> impl Iterator<Item = &ModelCall> {
        self.messages.iter().flat_map(|message| match message {
            Message::Assistant { calls, .. } => calls.as_slice(),
            _ => &[],
        })
    }

    /// Whether the guide has already spoken without calling anything after its last step.
    fn is_over(&self) -> bool {
        let last = self.messages.iter().rfind(|message| matches!(message, Message::Assistant { .. }));
        matches!(last, Some(Message::Assistant { calls, .. }) if calls.is_empty())
    }

    /// Whether the person has written since the last call.
    fn interrupted(&self) -> bool {
        matches!(self.messages.last(), Some(Message::User { .. }))
    }

    fn wants_tour(&self) -> bool {
        let Some(Message::User { text }) = self.messages.last() else { return false };
        let text = text.to_lowercase();
        ["show me", "around", "tour", "demo", "guide"].iter().any(|word| text.contains(word))
    }

    fn outcome(&self, name: &str) -> Option<&ToolOutcome> {
        let end = format!("-{name}");
        self.messages.iter().rev().find_map(|message| match message {
            Message::ToolResult { provider_call_id, outcome, .. } => {
                (step_of(provider_call_id).is_some() && provider_call_id.ends_with(&end)).then_some(outcome)
            }
            _ => None,
        })
    }

    fn result(&self, name: &str) -> Seen {
        let Some(outcome) = self.outcome(name) else {
            return Seen::Failed("it has not been tried".to_owned());
        };
        let text = outcome.joined_text();
        if !outcome.is_error {
            return Seen::Done(text);
        }
        match text.strip_prefix("Denied") {
            Some(rest) => Seen::Denied(reason(rest)),
            None => Seen::Failed(first_line(&text).to_owned()),
        }
    }

    /// Whether the test ran and found a difference: `diff` marks the lines of its two sides.
    fn differs(&self, name: &str) -> bool {
        self.outcome(name).is_some_and(|outcome| {
            outcome.joined_text().lines().any(|line| line.trim_start().starts_with("< Tides"))
        })
    }
}

fn step_of(id: &str) -> Option<usize> {
    id.strip_prefix(ID)?.split_once('-')?.0.parse().ok()
}

/// The reasons of a denial, which stand in a list, or what follows the word itself.
fn reason(text: &str) -> String {
    let listed: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("- ")).collect();
    if listed.is_empty() { first_line(text).to_owned() } else { listed.join("; ") }
}

fn first_line(text: &str) -> &str {
    let line = text.trim().lines().next().unwrap_or_default();
    line.trim_end_matches(['.', ':'])
}
