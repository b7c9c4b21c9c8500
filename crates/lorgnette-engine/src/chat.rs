//! A chat about pictures, as the engine is asked to go on with it.

use std::sync::Arc;

use lorgnette_image::Pixels;

use crate::prompt::{ChatMessage, Content, Role};

/// A picture that was prepared for a model.
#[derive(Debug)]
pub struct PreparedPicture {
    /// What people call it, for messages: usually its file name.
    pub name: String,
    pixels: Pixels,
    /// SHA-256 of size and pixels: what makes it the same picture.
    hash: [u8; 32],
}

impl PreparedPicture {
    /// Takes the prepared pixels; their hash is made here, once.
    pub fn new(name: impl Into<String>, pixels: Pixels) -> Arc<Self> {
        let hash = pixels.content_hash();
        Arc::new(Self { name: name.into(), pixels, hash })
    }

    /// What the model sees.
    pub fn pixels(&self) -> &Pixels {
        &self.pixels
    }

    pub(crate) fn hash(&self) -> &[u8; 32] {
        &self.hash
    }
}

/// A part of a turn.
#[derive(Debug, Clone)]
pub enum TurnPart {
    /// Text. Nothing in it is a command to the model's format.
    Text(String),
    /// A picture.
    Picture(Arc<PreparedPicture>),
}

/// What one side said.
#[derive(Debug, Clone)]
pub struct Turn {
    /// Who.
    pub role: Role,
    /// What, in order.
    pub parts: Vec<TurnPart>,
}

/// Turns in order.
#[derive(Debug, Clone, Default)]
pub struct Chat {
    /// The turns; the last one is the person's, or an answer to be continued.
    pub turns: Vec<Turn>,
}

impl Chat {
    /// Adds the person's pictures and words.
    pub fn ask(&mut self, pictures: impl IntoIterator<Item = Arc<PreparedPicture>>, text: &str) {
        let mut parts: Vec<TurnPart> = pictures.into_iter().map(TurnPart::Picture).collect();
        if !text.is_empty() {
            parts.push(TurnPart::Text(text.to_owned()));
        }
        self.turns.push(Turn { role: Role::User, parts });
    }

    /// Adds what was answered.
    pub fn answered(&mut self, text: &str) {
        let parts = vec![TurnPart::Text(text.to_owned())];
        self.turns.push(Turn { role: Role::Assistant, parts });
    }

    /// The turns for the prompt format, and the pictures that they count.
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
