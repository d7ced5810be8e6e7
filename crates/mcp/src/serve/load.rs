//! How many requests run for whom.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::Options;
use super::modern::code;
use crate::message::RpcError;

#[derive(Clone, Default)]
pub(super) struct Load(Arc<Mutex<HashMap<String, usize>>>);

/// A place taken until it is dropped.
pub(super) struct Slot {
    load: Load,
    conversation: String,
}

impl Load {
    pub(super) fn enter(&self, conversation: &str, options: &Options) -> Result<Slot, RpcError> {
        let max = options.requests_at_once_max;
        let mut all = self.lock();
        let running = all.entry(conversation.to_owned()).or_default();
        if *running >= max {
            let text = format!(
                "{max} requests of this client are running; `[clients] requests_at_once_max` raises it"
            );
            return Err(RpcError::new(code::LIMIT, text));
        }
        *running += 1;
        Ok(Slot { load: self.clone(), conversation: conversation.to_owned() })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut all = self.load.lock();
        if let Some(running) = all.get_mut(&self.conversation) {
            *running -= 1;
            if *running == 0 {
                all.remove(&self.conversation);
            }
        }
    }
}
