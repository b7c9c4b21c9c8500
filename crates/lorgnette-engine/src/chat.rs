//! A chat about pictures, as the engine is asked to continue it.

use std::sync::Arc;

use lorgnette_image::{Grid, Pixels};

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

/// Two pictures are the same when their pixels are, whatever they are called.
impl PartialEq for PreparedPicture {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash
    }
}

/// A text, a picture or thoughts in a turn.
#[derive(Debug, Clone, PartialEq)]
pub enum TurnPart {
    /// A text. What looks like a control token in it is ordinary text to the model.
    Text(String),
    /// A picture, which stands where it is among the texts.
    Picture(Arc<PreparedPicture>),
    /// What the model thought so far, of an answer that is to go on. A model that does not think is not
    /// told it.
    Thoughts {
        /// The text of it.
        text: String,
        /// Whether it has thought to the end, and answers now.
        are_closed: bool,
    },
}

/// The words and pictures of one side of the chat.
#[derive(Debug, Clone, PartialEq)]
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
    /// Nothing of it goes to the disk: the encoder cache keeps its pictures in memory alone.
    pub is_private: bool,
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

    /// Adds a turn of the model. What it thought before is not part of it: it would fill the chat, and the
    /// answer says what came of it. A follow-up reads the answer anew, for in the KV cache it stands
    /// behind the thoughts; all before is still there.
    pub fn answered(&mut self, text: &str) {
        let parts = vec![TurnPart::Text(text.to_owned())];
        self.turns.push(Turn { role: Role::Assistant, parts });
    }

    /// Adds what there is of an answer that is to go on, if there is anything. Its thoughts are part of it:
    /// it goes on thinking unless they are closed, or there is text behind them.
    pub fn begun(&mut self, thoughts: &str, are_closed: bool, text: &str) {
        let mut parts = Vec::new();
        if !thoughts.is_empty() {
            let are_closed = are_closed || !text.is_empty();
            parts.push(TurnPart::Thoughts { text: thoughts.to_owned(), are_closed });
        }
        if !text.is_empty() {
            parts.push(TurnPart::Text(text.to_owned()));
        }
        if !parts.is_empty() {
            self.turns.push(Turn { role: Role::Assistant, parts });
        }
    }

    /// Whether this chat, whose last question has pictures and no words yet, becomes `asked` when
    /// the words come: what was prepared for the one then serves the other.
    pub fn becomes(&self, asked: &Self) -> bool {
        let (Some((last, before)), Some((last_asked, before_asked))) =
            (self.turns.split_last(), asked.turns.split_last())
        else {
            return false;
        };
        let is_picture = |part: &&TurnPart| matches!(part, TurnPart::Picture(_));
        before == before_asked
            && last.role == last_asked.role
            && last.parts.iter().eq(last_asked.parts.iter().filter(is_picture))
    }

    /// The pictures of the last turn.
    pub fn last_pictures(&self) -> Vec<&Arc<PreparedPicture>> {
        let parts = self.turns.last().map_or(&[][..], |turn| &turn.parts);
        parts
            .iter()
            .filter_map(|part| match part {
                TurnPart::Picture(picture) => Some(picture),
                TurnPart::Text(_) | TurnPart::Thoughts { .. } => None,
            })
            .collect()
    }

    /// The turns for the chat format of a model that thinks or does not, and the pictures that its numbers
    /// stand for.
    pub(crate) fn messages(&self, thinks: bool) -> (Vec<ChatMessage>, Vec<Arc<PreparedPicture>>) {
        let mut pictures = Vec::new();
        let mut messages = Vec::new();
        for turn in &self.turns {
            let content = turn.parts.iter().filter_map(|part| match part {
                TurnPart::Text(text) => Some(Content::Text(text.clone())),
                TurnPart::Picture(picture) => {
                    pictures.push(Arc::clone(picture));
                    let Grid { rows, cols, .. } = picture.pixels.grid();
                    Some(Content::Image { picture: pictures.len() - 1, rows, cols })
                }
                TurnPart::Thoughts { text, are_closed } => {
                    thinks.then(|| Content::Thinking { text: text.clone(), is_closed: *are_closed })
                }
            });
            messages.push(ChatMessage { role: turn.role, content: content.collect() });
        }
        (messages, pictures)
    }
}

#[cfg(test)]
mod tests {
    use lorgnette_image::{ImageConfig, Picture};

    use super::*;

    fn picture(name: &str, shade: u8) -> Arc<PreparedPicture> {
        let picture = Picture::from_rgb(32, 32, vec![shade; 3 * 32 * 32]).unwrap();
        PreparedPicture::new(name, picture.prepare(&ImageConfig::PIXTRAL_12B).unwrap())
    }

    #[test]
    fn a_preparation_serves_the_question_about_the_same_pictures_and_no_other() {
        let asked = |pictures: Vec<Arc<PreparedPicture>>, text: &str| {
            let mut chat = Chat::default();
            chat.ask([], "Hello");
            chat.answered("Hello.");
            chat.ask(pictures, text);
            chat
        };
        let prepared = asked(vec![picture("a", 1)], "");
        assert!(prepared.becomes(&asked(vec![picture("by another name", 1)], "What is it?")));
        assert!(!prepared.becomes(&asked(vec![picture("a", 2)], "What is it?")));
        assert!(!prepared.becomes(&asked(vec![picture("a", 1), picture("b", 2)], "What?")));
        assert!(!prepared.becomes(&asked(vec![], "What is it?")));
        let mut another = Chat::default();
        another.ask([picture("a", 1)], "What is it?");
        assert!(!prepared.becomes(&another));
        assert!(!Chat::default().becomes(&another));
        assert_eq!(prepared.last_pictures().len(), 1);
    }
}
