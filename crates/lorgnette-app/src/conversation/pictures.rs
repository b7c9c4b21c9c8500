//! Pictures as the model takes them. Those of the picture store are remembered, so that follow-ups
//! need not decode them again.

use std::path::Path;
use std::sync::Arc;

use lorgnette_engine::PreparedPicture;
use lorgnette_image::Picture;

use super::{Conversation, lock};
use crate::chats::Attachment;
use crate::error::AppError;
use crate::picture_store::PictureStore;
use crate::pictures;

/// How many prepared pictures are remembered: 12 MiB each at full size.
const MAX_REMEMBERED: usize = 8;

/// Prepared pictures, the latest last.
#[derive(Default)]
pub(super) struct PreparedPictures(Vec<(Attachment, Arc<PreparedPicture>)>);

impl Conversation {
    /// A decoded picture as the model takes it. `max_side` is the longest side that the person
    /// wants, in pixels.
    ///
    /// # Errors
    /// [`AppError::Engine`] for a model that reads no pictures, [`AppError::Picture`] under `name`.
    pub fn picture(
        &self,
        name: &str,
        picture: &Picture,
        max_side: Option<u32>,
    ) -> Result<Arc<PreparedPicture>, AppError> {
        pictures::prepare(name, picture, &self.model.image_config(max_side)?)
    }

    /// A picture file as the model takes it; `-` is standard input.
    ///
    /// # Errors
    /// Those of [`pictures::decode`] and of [`Self::picture`].
    pub fn picture_at(
        &self,
        path: &Path,
        max_side: Option<u32>,
    ) -> Result<Arc<PreparedPicture>, AppError> {
        pictures::prepare_at(path, &self.model.image_config(max_side)?)
    }

    /// A stored picture, as it is attached to a question.
    ///
    /// # Errors
    /// Those of [`PictureStore::view`] and of [`Self::picture`].
    pub(crate) fn attached(
        &self,
        attachment: &Attachment,
        store: &PictureStore,
    ) -> Result<Arc<PreparedPicture>, AppError> {
        // Held while it decodes: who asks for the same picture meanwhile waits for this one.
        let mut pictures = lock(&self.pictures);
        if let Some((_, picture)) = pictures.0.iter().find(|(known, _)| known == attachment) {
            return Ok(Arc::clone(picture));
        }
        let view = store.view(attachment)?;
        let picture = self.picture(&attachment.name, &view, attachment.max_side)?;
        if pictures.0.len() == MAX_REMEMBERED {
            pictures.0.remove(0);
        }
        pictures.0.push((attachment.clone(), Arc::clone(&picture)));
        Ok(picture)
    }
}
