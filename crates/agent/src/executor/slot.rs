//! Waiting for a place among the tasks that run at the same time.

use std::sync::Arc;

use domain::journal::Event;

use super::{Executor, Outcome};

impl Executor {
    /// `true`: this task may work now. `false`: something happened while it waited; look again.
    pub(super) async fn take_slot(&mut self) -> Outcome<bool> {
        if self.slot.is_some() {
            return Ok(true);
        }
        let slots = self.shared.slots.clone();
        if let Ok(slot) = slots.clone().try_acquire_owned() {
            self.slot = Some(slot);
            self.queue_noted = false;
            return Ok(true);
        }
        if !self.queue_noted {
            self.note_queue().await?;
        }
        let draining = self.shared.draining.clone();
        tokio::select! {
            biased;
            () = self.journal.changed() => self.journal.catch_up().await?,
            () = draining.cancelled() => {}
            // The places are never closed.
            Ok(slot) = Arc::clone(&slots).acquire_owned() => {
                self.slot = Some(slot);
                self.queue_noted = false;
                // The list must not say any longer that it waits, and what follows may take a while.
                let begun = vec![Event::Note { text: "The task's turn has come.".to_owned() }];
                self.journal.record(begun).await?;
            }
        }
        Ok(false)
    }

    async fn note_queue(&mut self) -> Outcome {
        let text = format!(
            "Queued: {} tasks run already, and this one starts when one of them ends or waits for a person \
             (`concurrent_tasks_max` in `[agent]` allows more).",
            self.shared.config.concurrent_tasks_max
        );
        let note = vec![Event::Note { text: text.clone() }];
        let mut projection = self.journal.projection_after(&note);
        projection.status_text = Some(text);
        self.journal.record_as(note, projection).await?;
        self.queue_noted = true;
        Ok(())
    }
}
