//! A chat about pictures, as the engine is asked to continue it.

use std::sync::Arc;

use lorgnette_image::Pixels;

use crate::prompt::{ChatMessage, Content, Role};

/// The pixels of a picture as a model takes them.
#[derive(Debug)]
pub struct PreparedPicture {
    /// Its name in messages to people: usually that of its file.
    pub name: String,
    pixels: Pixels,
    /// SHA-256 of size and pixels; pictures with the same hash are the same to the engine.
    hash: [u8; 32],
}

impl PreparedPicture {
    /// Names the pixels and hashes them, which happens here alone.
    pub fn new(name: impl Into<String>, pixels: Pixels) -> Arc<Self> {
        let hash = pixels.content_hash();
        Arc::new(Self { name: name.into(), pixels, hash })
    }

    /// The normalised pixels that the encoder takes, `(3, H, W)`.
    pub fn pixels(&self) -> &Pixels {
        &self.pixels
    }

    pub(crate) fn hash(&self) -> &[u8; 32] {
        &self.hash
    }
}

/// A text or a picture in a turn.
#[derive(Debug, Clone)]
pub enum TurnPart {
    /// A text, whose control tokens are ordinary text to the model.
    Text(String),
    /// A picture, which stands where it is among the texts.
    Picture(Arc<PreparedPicture>),
}

/// The words and pictures of one side of the chat.
#[derive(Debug, Clone)]
pub struct Turn {
    /// The side that says them.
    pub role: Role,
    /// Texts and pictures in the order in which the model reads them.
    pub parts: Vec<TurnPart>,
}

/// A chat, from its first turn to the one that is to be answered.
#[derive(Debug, Clone, Default)]
pub struct Chat {
    /// The turns in order; the last one is the person's, or an answer to be continued.
    pub turns: Vec<Turn>,
}

impl Chat {
    /// Adds a turn of the person: pictures, then words.
    pub fn ask(&mut self, pictures: impl IntoIterator<Item = Arc<PreparedPicture>>, text: &str) {
        let mut parts: Vec<TurnPart> = pictures.into_iter().map(TurnPart::Picture).collect();
        if !text.is_empty() {
            parts.push(TurnPart::Text(text.to_owned()));
        }
        self.turns.push(Turn { role: Role::User, parts });
    }

    /// Adds a turn of the model.
    pub fn answered(&mut self, text: &str) {
        let parts = vec![TurnPart::Text(text.to_owned())];
        self.turns.push(Turn { role: Role::Assistant, parts });
    }

    /// The turns for the chat format, and the pictures that its numbers stand for.
    pub(crate) fn messages(&self) -> (Vec<ChatMessage>, Vec<Arc<PreparedPicture>>) {
        let mut pictures = Vec::new();
        let mut messages = Vec::new();
        for turn in &self.turns {
            let content = turn.parts.iter().map(|part| match part {
                TurnPart::Text(text) => Content::Text(text.clone()),
                TurnPart::Picture(picture) => {
                    pictures.push(Arc::clone(picture));
                    let grid = picture.pixels.grid();
                    Content::Image { picture: pictures.len() - 1, rows: grid.rows, cols: grid.cols }
                }
            });
            messages.push(ChatMessage { role: turn.role, content: content.collect() });
        }
        (messages, pictures)
    }
}
