//! Pictures as the model takes them. Those of the picture store are remembered, so that follow-ups
//! need not decode them again.

use std::fmt::Write as _;
use std::sync::Arc;

use lorgnette_chats::Attachment;
use lorgnette_engine::{Chat, PreparedPicture};
use lorgnette_image::{Note, Picture};
use lorgnette_pictures::file::prepare;
use lorgnette_pictures::store::PictureStore;
use lorgnette_pictures::view::View;

use crate::conversation::{Conversation, lock};
use crate::error::ConversationError;

/// How many pictures are remembered as the model takes them: 12 MiB each at full size.
const MAX_REMEMBERED: usize = 8;

/// A picture as the model takes it, and what a person should know about that.
#[derive(Debug, Clone, PartialEq)]
pub struct ViewedPicture {
    /// What the picture is called.
    pub name: String,
    /// All of it, or its parts in order.
    pub parts: Vec<Arc<PreparedPicture>>,
    /// Tokens that it takes; `None` where a server counts them.
    pub n_tokens: Option<usize>,
    /// What was left out, is missing or was changed.
    pub notes: Vec<Note>,
    is_tall: bool,
}

/// The pictures that are remembered, the latest last.
#[derive(Default)]
pub(crate) struct ViewedPictures(Vec<(Attachment, Arc<ViewedPicture>)>);

impl ViewedPictures {
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}

impl Conversation {
    /// A decoded picture as the model takes it. `max_side` is the longest side that the person
    /// wants, in pixels.
    ///
    /// # Errors
    /// [`ConversationError::Models`] for a model that reads no pictures, [`ConversationError::Picture`]
    /// under `name`.
    pub fn picture(
        &self,
        name: &str,
        picture: &Picture,
        max_side: Option<u32>,
    ) -> Result<ViewedPicture, ConversationError> {
        let config = self.model.image_config(max_side)?;
        let size = (picture.width(), picture.height());
        let pixels = self.model.pixel_config(max_side)?;
        let view = View::of(size, &config, max_side, self.model.context());
        let notes = picture.notes().iter().cloned().chain(view.notes()).collect();
        let n = view.regions.len();
        let part = |(i, region)| {
            if n == 1 {
                let prepared = prepare(name, picture, &pixels)?;
                self.remember(&prepared, picture);
                return Ok(prepared);
            }
            let name = format!("{name} (part {} of {n})", i + 1);
            let part = picture.part(region);
            let prepared = prepare(&name, &part, &pixels)?;
            self.remember(&prepared, &part);
            Ok(prepared)
        };
        Ok(ViewedPicture {
            name: name.to_owned(),
            n_tokens: self.model.local().map(|_| view.n_tokens),
            parts: view
                .regions
                .into_iter()
                .enumerate()
                .map(part)
                .collect::<Result<_, ConversationError>>()?,
            notes,
            is_tall: size.1 >= size.0,
        })
    }

    /// A stored picture, as it is attached to a question.
    ///
    /// # Errors
    /// Those of [`PictureStore::view`] and of [`Self::picture`].
    pub fn attached(
        &self,
        attachment: &Attachment,
        store: &PictureStore,
    ) -> Result<Arc<ViewedPicture>, ConversationError> {
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
        if about.is_empty() || words.is_empty() || self.model.is_built_in() {
            chat.ask(parts, words);
        } else {
            chat.ask(parts, &format!("{about}{words}"));
        }
    }
}
