//! The private chat: nothing of it is on the disk, and it is gone when it is left. An id tells whether
//! a chat or message is private; a picture is where its bytes are.

use std::ops::Deref;
use std::sync::{Arc, Mutex};

use lorgnette_pictures::PictureError;

use super::notice::AloudDo;
use super::{App, Inner, lock};
use crate::chats::{Attachment, ChatId, Chats, ChatsError, PictureInfo, StoredChat, is_private};
use crate::error::AppError;
use crate::picture_store::PictureStore;

/// The private chat, while there is one.
#[derive(Default)]
pub(super) struct PrivateChat(Mutex<Option<Arc<Private>>>);

struct Private {
    chats: Chats,
    pictures: PictureStore,
}

/// The chats in which a chat or message is: those that are kept, or the private one. What is held here
/// stays for as long as it is held.
pub struct ChatsOf<'a>(Of<'a>);

enum Of<'a> {
    Stored(&'a Chats),
    Private(Arc<Private>),
}

impl Deref for ChatsOf<'_> {
    type Target = Chats;

    fn deref(&self) -> &Chats {
        match &self.0 {
            Of::Stored(chats) => chats,
            Of::Private(private) => &private.chats,
        }
    }
}

impl App {
    /// Begins a private chat, and ends the one before. Pictures that are added from now on are its
    /// own.
    ///
    /// # Errors
    /// [`AppError::Chats`] where there is no memory for it.
    pub fn begin_private(&self) -> Result<StoredChat, AppError> {
        self.end_private();
        let (chats, id) = Chats::private()?;
        let chat = chats.chat(id)?;
        let private = Private { chats, pictures: PictureStore::in_memory() };
        *lock(&self.0.private.0) = Some(Arc::new(private));
        Ok(chat)
    }

    /// Ends the private chat and forgets all of it. Whether there was one.
    pub fn end_private(&self) -> bool {
        let Some(private) = lock(&self.0.private.0).take() else { return false };
        self.0.texts.stop(|what| private.pictures.has(&what.picture));
        // An answer that is being made holds it until it has ended, which is at its next step.
        drop(private);
        for answer in self.0.jobs.all().into_iter().filter(|answer| is_private(*answer)) {
            self.stop(answer);
        }
        self.prepare(None, Vec::new());
        self.stop_check();
        self.0.checks.forget(is_private);
        if self.0.reads(is_private) {
            self.aloud(AloudDo::Stop);
        }
        if let Some(conversation) = self.0.conversation() {
            conversation.forget();
        }
        true
    }

    /// Whether there is a private chat.
    pub fn has_private(&self) -> bool {
        self.0.private().is_some()
    }

    /// The chats in which a chat or message of this id is.
    ///
    /// # Errors
    /// [`AppError::NotFound`] for a private one that was left.
    pub fn chats_of(&self, id: i64) -> Result<ChatsOf<'_>, AppError> {
        self.0.chats_of(id)
    }

    /// A picture that was added.
    ///
    /// # Errors
    /// [`AppError::NotFound`] if it is not there.
    pub fn picture(&self, id: &str) -> Result<PictureInfo, AppError> {
        self.0.picture(id)
    }

    /// The store that has a picture.
    pub fn pictures_with(&self, id: &str) -> PictureStore {
        self.0.pictures_with(id)
    }
}

impl Inner {
    fn private(&self) -> Option<Arc<Private>> {
        lock(&self.private.0).clone()
    }

    pub(super) fn chats_of(&self, id: i64) -> Result<ChatsOf<'_>, AppError> {
        if !is_private(id) {
            return Ok(ChatsOf(Of::Stored(&self.chats)));
        }
        // Never the kept ones: nothing private may come into them.
        let private = self.private().ok_or(AppError::NotFound { what: "that private chat" })?;
        Ok(ChatsOf(Of::Private(private)))
    }

    /// The private chat, while there is one.
    pub(super) fn private_chats(&self) -> Option<ChatsOf<'_>> {
        self.private().map(|private| ChatsOf(Of::Private(private)))
    }

    /// The chats that are kept.
    pub(super) fn stored_chats(&self) -> ChatsOf<'_> {
        ChatsOf(Of::Stored(&self.chats))
    }

    pub(super) fn picture(&self, id: &str) -> Result<PictureInfo, AppError> {
        let private = self.private().and_then(|private| private.chats.picture(id).ok());
        private.map_or_else(|| Ok(self.chats.picture(id)?), Ok)
    }

    pub(super) fn pictures_with(&self, id: &str) -> PictureStore {
        let private = self.private().map(|private| private.pictures.clone());
        private.filter(|pictures| pictures.has(id)).unwrap_or_else(|| self.pictures.clone())
    }

    /// Adds a picture to what the window shows: to the private chat, while there is one.
    pub(super) fn add_to_shown(
        &self,
        add: impl FnOnce(&PictureStore) -> Result<PictureInfo, PictureError>,
    ) -> Result<PictureInfo, AppError> {
        match self.private() {
            Some(private) => {
                let picture = add(&private.pictures)?;
                private.chats.add_picture(&picture)?;
                Ok(picture)
            }
            None => self.add_to_stored(add),
        }
    }

    /// Adds a picture to those that are kept.
    pub(super) fn add_to_stored(
        &self,
        add: impl FnOnce(&PictureStore) -> Result<PictureInfo, PictureError>,
    ) -> Result<PictureInfo, AppError> {
        let picture = add(&self.pictures)?;
        self.chats.add_picture(&picture)?;
        Ok(picture)
    }

    /// Before anything is written: every picture is known where the question goes. A private chat may
    /// ask about a picture that is kept, and no other chat about one that is private.
    pub(super) fn check_pictures(
        &self,
        chat: Option<ChatId>,
        chats: &Chats,
        pictures: &[Attachment],
    ) -> Result<(), AppError> {
        for Attachment { picture, .. } in pictures {
            match chats.picture(picture) {
                Err(ChatsError::NotFound { .. }) if chat.is_some_and(is_private) => {
                    chats.add_picture(&self.chats.picture(picture)?)?;
                }
                known => drop(known?),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
pub(super) mod tests;
