//! Pausing and ending.

use domain::journal::{Event, PauseReason, TaskEnd};

use super::{Executor, Outcome};

impl Executor {
    /// Pauses, unless something came in between; then the loop looks again.
    pub(super) async fn pause(&mut self, reason: PauseReason, text: String) -> Outcome {
        tracing::info!(task_id = %self.journal.task_id, text, "paused");
        self.journal.choose(vec![Event::Paused { reason, text }]).await?;
        Ok(())
    }

    /// Stops what runs and writes the end. The store makes questions void that nobody has answered.
    pub(super) async fn end(&mut self, end: TaskEnd, text: String) -> Outcome {
        self.stop_running().await?;
        self.journal.choose(vec![Event::TaskEnded { end, text }]).await?;
        Ok(())
    }
}
