//! The catalogue of models, replaceable while tasks run: a key entered in the dashboard counts from the next turn.

use std::sync::{Arc, RwLock};

use domain::model::{ModelError, ModelSource, OpenModel};
use models::Catalogue;

/// Cheap to clone; all clones see the same catalogue.
#[derive(Clone)]
pub struct Models {
    current: Arc<RwLock<Catalogue>>,
}

impl Models {
    pub fn new(catalogue: Catalogue) -> Self {
        Self { current: Arc::new(RwLock::new(catalogue)) }
    }

    pub fn current(&self) -> Catalogue {
        self.current.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    pub fn replace(&self, catalogue: Catalogue) {
        *self.current.write().unwrap_or_else(std::sync::PoisonError::into_inner) = catalogue;
    }
}

impl ModelSource for Models {
    fn open(&self, name: &str) -> Result<OpenModel, ModelError> {
        self.current().open(name)
    }
}
