//! What can go wrong between a question and its answer.

use lorgnette_engine::EngineError;
use lorgnette_models::{ModelsError, RemoteError};
use lorgnette_pictures::PictureError;

/// A model that cannot be opened, or a question that was not answered. The next one may be.
#[derive(Debug, thiserror::Error)]
pub enum ConversationError {
    /// A picture that cannot be prepared.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// A model that cannot be opened, or takes no pictures; a server that does not answer.
    #[error(transparent)]
    Models(#[from] ModelsError),
    /// A request to the engine that failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl From<RemoteError> for ConversationError {
    fn from(error: RemoteError) -> Self {
        Self::Models(error.into())
    }
}
