//! The records of the chats: messages and the branches that they make, pictures, drafts.

use lorgnette_engine::Timings;
use lorgnette_image::{Note, Region};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{ChatId, MessageId};

/// A picture that was added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PictureInfo {
    /// SHA-256 of the file, in hex; behind it the page, where a person chose one.
    pub id: String,
    /// What it was called where it came from.
    pub name: String,
    /// Size in pixels, upright.
    pub width: u32,
    pub height: u32,
    pub format: String,
    pub n_bytes: u64,
    /// The file is an animation, and one of its frames is shown.
    pub is_animation: bool,
    /// What a person should know about how it is shown.
    pub notes: Vec<Note>,
}

impl PictureInfo {
    /// The number of the page or frame that is shown, of a file that has several.
    pub fn page(&self) -> Option<u32> {
        self.notes.iter().find_map(|note| match note {
            Note::Page { shown, .. } | Note::Frame { shown, .. } => Some(*shown),
            _ => None,
        })
    }

    /// The page that is shown, from 1, and how many its document has; `None` for any other picture.
    pub fn page_of(&self) -> Option<(u32, u32)> {
        self.notes.iter().find_map(|note| match note {
            Note::Page { shown, of } => Some((*shown, *of)),
            _ => None,
        })
    }

    /// The number of pages of a document; of any other picture 1.
    pub fn n_pages(&self) -> u32 {
        self.page_of().map_or(1, |(_, of)| of)
    }
}

/// A picture as it is asked about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// As in [`PictureInfo::id`].
    pub picture: String,
    /// What it is called in this question.
    pub name: String,
    /// The part that is asked about, in pixels of the upright picture before it is turned.
    #[serde(with = "region")]
    pub region: Option<Region>,
    /// Quarters that it is turned by, clockwise.
    pub turn: u8,
    /// Longest side that the model sees, in pixels; `None`: all that it takes.
    pub max_side: Option<u32>,
}

/// `lorgnette-image` knows no serde.
mod region {
    use lorgnette_image::Region;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[expect(clippy::ref_option, reason = "as serde calls it")]
    pub fn serialize<S: Serializer>(region: &Option<Region>, to: S) -> Result<S::Ok, S::Error> {
        region.map(|region| [region.x, region.y, region.width, region.height]).serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Region>, D::Error> {
        let numbers = Option::<[u32; 4]>::deserialize(from)?;
        Ok(numbers.map(|[x, y, width, height]| Region { x, y, width, height }))
    }
}

/// What is written and not yet sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    pub text: String,
    pub pictures: Vec<Attachment>,
}

/// Who answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ipc", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub enum AnswerBy {
    /// The model.
    #[default]
    Model,
    /// The reader, with the exact text of the pictures. Such an answer is plain text, no Markdown.
    Reader,
    /// The model, about each picture of the question by itself.
    Pages,
    /// The model, with a summary of what it said of each page.
    Summary,
}

impl AnswerBy {
    /// Whether it is the model, as is usual.
    pub fn is_model(&self) -> bool {
        *self == Self::Model
    }

    /// The number that is stored.
    pub(crate) fn stored(self) -> i64 {
        match self {
            Self::Model => 0,
            Self::Reader => 1,
            Self::Pages => 2,
            Self::Summary => 3,
        }
    }

    /// Who a stored number stands for. A number of a later version is of a model.
    pub(crate) fn from_stored(stored: i64) -> Self {
        match stored {
            1 => Self::Reader,
            2 => Self::Pages,
            3 => Self::Summary,
            _ => Self::Model,
        }
    }
}

/// How an answer ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum End {
    /// The model ended it.
    Whole,
    /// It has the length that was allowed.
    Length,
    /// The chat holds no more tokens.
    ContextFull,
    /// The person stopped it.
    Stopped,
    /// The program ended meanwhile.
    Cut,
    Failed(Failure),
}

/// Why an answer failed, in the form of the program that was told. Another version may know other
/// errors, so nothing here looks into it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Failure(serde_json::Value);

impl Failure {
    /// Keeps what was told. `told` is of a type whose JSON always can be made.
    pub fn new<T: Serialize>(told: &T) -> Self {
        Self(serde_json::to_value(told).unwrap_or_default())
    }

    /// What was told, if this version understands it.
    pub fn told<T: DeserializeOwned>(&self) -> Option<T> {
        T::deserialize(&self.0).ok()
    }
}

/// A question or an answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Message {
    pub id: MessageId,
    /// What it goes on from.
    pub parent: Option<MessageId>,
    /// Whether it is an answer, and not the person's.
    pub is_model: bool,
    /// Who answered.
    pub by: AnswerBy,
    /// What the model thought before it answered.
    pub thoughts: String,
    pub text: String,
    /// The pictures of a question.
    pub pictures: Vec<Attachment>,
    /// When it was begun, in milliseconds since 1970.
    pub created_ms: i64,
    /// All that go on from the same, itself too, in the order they were made.
    pub siblings: Vec<MessageId>,
    /// `None` while an answer is being written, and for questions.
    pub end: Option<End>,
    /// The model that answered.
    pub model: Option<String>,
    /// What the answer took.
    pub timings: Option<Timings>,
}

/// A chat as far as it is shown: one branch of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StoredChat {
    pub id: ChatId,
    /// Empty until somebody says something in it.
    pub title: String,
    pub is_pinned: bool,
    /// When it was begun, in milliseconds since 1970.
    pub created_ms: i64,
    /// The branch that is shown, oldest first.
    pub messages: Vec<Message>,
    /// The pictures of the branch.
    pub pictures: Vec<PictureInfo>,
}

/// A message of a chat that is added whole.
#[derive(Debug, Clone)]
pub struct NewMessage {
    /// Which of those before it goes on from.
    pub parent: Option<usize>,
    /// Whether it is an answer, and not the person's.
    pub is_model: bool,
    /// Who answered.
    pub by: AnswerBy,
    /// What the model thought before it answered.
    pub thoughts: String,
    pub text: String,
    /// Pictures, which were added already.
    pub pictures: Vec<Attachment>,
    /// When it was begun, in milliseconds since 1970.
    pub created_ms: i64,
    /// The model that answered.
    pub model: Option<String>,
}
