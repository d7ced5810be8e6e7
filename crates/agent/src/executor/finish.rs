//! Pausing and ending.

use domain::journal::{Event, PauseReason, TaskEnd};
use store::StoreError;

use super::{Executor, Outcome};

impl Executor {
    /// Pauses, unless something came in between; then the loop looks again.
    pub(super) async fn pause(&mut self, reason: PauseReason, text: String) -> Outcome {
        tracing::info!(task_id = %self.journal.task_id, text, "paused");
        self.journal.choose(vec![Event::Paused { reason, text }]).await?;
        Ok(())
    }

    /// Stops what runs, takes back what is asked, and writes the end.
    pub(super) async fn end(&mut self, end: TaskEnd, text: String) -> Outcome {
        self.stop_running().await?;
        let questions: Vec<_> = self.journal.state.ledger.pending.keys().copied().collect();
        for id in questions {
            match self.shared.tenant.void_approval(id, "the task ended").await {
                // Answered at this very moment, or of a journal that was mended by hand: void either way.
                Ok(()) | Err(StoreError::AlreadyResolved { .. } | StoreError::NotFound { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        self.journal.catch_up_if_told().await?;
        self.journal.choose(vec![Event::TaskEnded { end, text }]).await?;
        Ok(())
    }
}
