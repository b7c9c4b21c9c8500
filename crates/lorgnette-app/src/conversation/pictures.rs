//! Pictures as the model takes them. Those of the picture store are remembered, so that follow-ups
//! need not decode them again.

use std::fmt::Write as _;
use std::sync::Arc;

use lorgnette_engine::{Chat, PreparedPicture};
use lorgnette_image::{Note, Picture};

use super::{Conversation, lock};
use crate::chats::Attachment;
use crate::error::AppError;
use crate::picture_store::PictureStore;
use crate::pictures;
use crate::view::View;

/// How many pictures are remembered as the model takes them: 12 MiB each at full size.
const MAX_REMEMBERED: usize = 8;

/// A picture as the model takes it, and what a person should know about that.
#[derive(Debug, Clone, PartialEq)]
pub struct ViewedPicture {
    /// What the picture is called.
    pub name: String,
    /// All of it, or its parts in order.
    pub parts: Vec<Arc<PreparedPicture>>,
    /// What was left out, is missing or was changed.
    pub notes: Vec<Note>,
    is_tall: bool,
}

/// The pictures that are remembered, the latest last.
#[derive(Default)]
pub(super) struct ViewedPictures(Vec<(Attachment, Arc<ViewedPicture>)>);

impl ViewedPictures {
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

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
    ) -> Result<ViewedPicture, AppError> {
        let config = self.model.image_config(max_side)?;
        let size = (picture.width(), picture.height());
        let view = View::of(size, &config, max_side, self.model.context);
        let notes = picture.notes().iter().cloned().chain(view.notes()).collect();
        let n = view.regions.len();
        let part = |(i, region)| {
            if n == 1 {
                let prepared = pictures::prepare(name, picture, &config)?;
                self.remember(&prepared, picture);
                return Ok(prepared);
            }
            let name = format!("{name} (part {} of {n})", i + 1);
            let part = picture.part(region);
            let prepared = pictures::prepare(&name, &part, &config)?;
            self.remember(&prepared, &part);
            Ok(prepared)
        };
        Ok(ViewedPicture {
            name: name.to_owned(),
            parts: view
                .regions
                .into_iter()
                .enumerate()
                .map(part)
                .collect::<Result<_, AppError>>()?,
            notes,
            is_tall: size.1 >= size.0,
        })
    }

    /// A stored picture, as it is attached to a question.
    ///
    /// # Errors
    /// Those of [`PictureStore::view`] and of [`Self::picture`].
    pub(crate) fn attached(
        &self,
        attachment: &Attachment,
        store: &PictureStore,
    ) -> Result<Arc<ViewedPicture>, AppError> {
        // Held while it decodes: who asks for the same picture meanwhile waits for this one.
        let mut pictures = lock(&self.pictures);
        if let Some((_, picture)) = pictures.0.iter().find(|(known, _)| known == attachment) {
            return Ok(Arc::clone(picture));
        }
        let view = store.view(attachment)?;
        let picture = Arc::new(self.picture(&attachment.name, &view, attachment.max_side)?);
        if pictures.0.len() == MAX_REMEMBERED {
            pictures.0.remove(0);
        }
        pictures.0.push((attachment.clone(), Arc::clone(&picture)));
        Ok(picture)
    }

    /// Adds a question about pictures to a chat. Where one is looked at in parts the question says
    /// so, because the model cannot know; not to the built-in model, which reads short questions.
    pub fn add_question<'a>(
        &self,
        chat: &mut Chat,
        pictures: impl IntoIterator<Item = &'a ViewedPicture>,
        words: &str,
    ) {
        let (mut parts, mut about) = (Vec::new(), String::new());
        for picture in pictures {
            if picture.parts.len() > 1 {
                let (first, last) = (parts.len() + 1, parts.len() + picture.parts.len());
                let way = if picture.is_tall { "top to bottom" } else { "left to right" };
                let _ = writeln!(
                    about,
                    "Pictures {first} to {last} are overlapping parts of one picture, from {way}."
                );
            }
            parts.extend(picture.parts.iter().cloned());
        }
        // A question without words is only prepared: they come later, behind this.
        if about.is_empty() || words.is_empty() || self.model.built_in {
            chat.ask(parts, words);
        } else {
            chat.ask(parts, &format!("{about}{words}"));
        }
    }
}
