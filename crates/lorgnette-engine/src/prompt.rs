//! A chat as token ids, in Mistral's format or in `ChatML`.
//!
//! Mistral's, which all but `LightOnOCR` have:
//! `<s>[INST]` what the person says `[/INST]` the answer `</s>` and so on; a picture is
//! `[IMG]` for each column, `[IMG_BREAK]` behind each row and `[IMG_END]` behind the last.
//! What a model thinks before it answers is `[THINK]` the text `[/THINK]` (version 13).
//! Instructions go into the last turn of the person (version 3, Pixtral) or stay where they are, as
//! `[SYSTEM_PROMPT]` the text `[/SYSTEM_PROMPT]` (version 7 and later). Source: mistral-common
//! 1.13.1, `tokens/tokenizers/instruct.py` and `protocol/instruct/normalize.py`.

mod chat_ml;

use crate::tokens::{TokenId, Tokenizer, TurnTokens};

/// A text, a picture or a thought in a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A text. What looks like a control token in it is ordinary text to the model.
    Text(String),
    /// A picture, for which `[IMG]` stands once a row and column.
    Image {
        /// The caller's number for the picture.
        picture: usize,
        /// Rows of tokens.
        rows: u32,
        /// Columns of tokens, without the break at the end of a row.
        cols: u32,
    },
    /// What the model thinks before it answers, or how it should, in instructions.
    Thinking {
        /// The text. What looks like a control token in it is ordinary text.
        text: String,
        /// Whether it thought to the end.
        is_closed: bool,
    },
}

/// The side that says a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Neither: instructions for the whole chat.
    System,
    /// The person, who asks.
    User,
    /// The model, which answers.
    Assistant,
}

/// A message of a chat, as the chat format knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatMessage {
    /// The side that says it.
    pub role: Role,
    /// Texts and pictures in the order in which the model reads them.
    pub content: Vec<Content>,
}

/// A chat as the decoder reads it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EncodedChat {
    /// Token ids from `<s>` on.
    pub ids: Vec<TokenId>,
    /// The places of pictures in `ids`, in order.
    pub images: Vec<ImageSlot>,
    /// How many of the ids stand before the end of the last turn: words that are still to be said
    /// come behind them.
    pub n_open: usize,
}

/// The place of a picture: `n_ids` ids from `start` on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImageSlot {
    /// The caller's number for the picture.
    pub picture: usize,
    /// Index of its first `[IMG]` in the ids.
    pub start: usize,
    /// Rows of tokens.
    pub rows: u32,
    /// Columns of tokens, without the break at the end of a row.
    pub cols: u32,
    /// The number of its ids, with those at the ends of rows.
    pub n_ids: usize,
}

/// A chat that cannot be written in the model's format.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum PromptError {
    /// The chat has neither instructions nor a turn of the person.
    #[error("the chat has no question")]
    NoQuestion,
    /// Instructions stand behind an answer, where the format has no place for them.
    #[error("the instructions stand behind an answer")]
    SystemAfterAnswer,
    /// A picture stands where the format allows text only.
    #[error("only a question can have pictures")]
    PictureOutsideQuestion,
    /// A question thinks.
    #[error("only answers and instructions can have thoughts")]
    ThinkingInQuestion,
    /// The tokenizer lacks `[THINK]` or `[/THINK]`.
    #[error("this model's tokenizer has no tokens for thoughts")]
    NoThinkingTokens,
    /// A picture has no rows or no columns.
    #[error("picture {picture} has no patches")]
    EmptyPicture {
        /// The caller's number for the picture.
        picture: usize,
    },
    /// The tokenizer lacks `[IMG]`, `[IMG_BREAK]` or `[IMG_END]`.
    #[error("this model's tokenizer has no picture tokens")]
    NoPictureTokens,
}

impl PromptError {
    /// Says what a person can do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NoQuestion => "write a question, or add a picture",
            Self::SystemAfterAnswer => "put the instructions first, or behind a question",
            Self::PictureOutsideQuestion => "add the picture to a question",
            Self::ThinkingInQuestion => "leave the thoughts out of the question",
            Self::NoThinkingTokens => "leave the thoughts out, or use a model that thinks",
            Self::EmptyPicture { .. } => "use another picture; this one could not be read",
            Self::NoPictureTokens => "ask without a picture, or use a model that reads them",
        }
    }
}

/// Encodes a chat. A last message of the model's is left open, to be continued.
///
/// An answer without text is accepted, unlike in the reference: a cancelled one has none.
///
/// # Errors
/// [`PromptError`] if the format has no place for what the chat says.
pub fn encode_chat(
    tokenizer: &Tokenizer,
    messages: &[ChatMessage],
) -> Result<EncodedChat, PromptError> {
    if messages.iter().all(|message| message.role == Role::Assistant) {
        return Err(PromptError::NoQuestion);
    }
    match tokenizer.control().turns {
        TurnTokens::Mistral { begin, end } => mistral(tokenizer, messages, (begin, end)),
        TurnTokens::ChatMl { begin } => chat_ml::encode(tokenizer, messages, begin),
    }
}

fn mistral(
    tokenizer: &Tokenizer,
    messages: &[ChatMessage],
    (begin_inst, end_inst): (TokenId, TokenId),
) -> Result<EncodedChat, PromptError> {
    let mut turns = turns(messages)?;
    let system = if tokenizer.system_at_start() { None } else { take_system(&mut turns) };
    let last_user = turns.iter().rposition(|turn| turn.role == Role::User);
    let control = tokenizer.control();
    let mut prompt = EncodedChat { ids: control.bos.into_iter().collect(), ..Default::default() };
    let n_turns = turns.len();
    for (i, ChatMessage { role, content }) in turns.into_iter().enumerate() {
        match role {
            Role::System => {
                prompt.ids.extend(control.begin_system);
                encode_contents(tokenizer, content, &mut prompt)?;
                prompt.ids.extend(control.end_system);
            }
            Role::User => {
                let system = system.as_deref().filter(|_| Some(i) == last_user);
                prompt.ids.push(begin_inst);
                encode_user(tokenizer, content, system, &mut prompt)?;
                prompt.n_open = prompt.ids.len();
                prompt.ids.push(end_inst);
            }
            Role::Assistant => {
                let mut content = content;
                if let Some(Content::Text(text)) = content.last_mut() {
                    text.truncate(text.trim_end_matches(' ').len());
                }
                encode_contents(tokenizer, content, &mut prompt)?;
                prompt.n_open = prompt.ids.len();
                if i + 1 < n_turns {
                    prompt.ids.push(control.eos);
                }
            }
        }
    }
    Ok(prompt)
}

/// Joins neighbouring messages of one role, except for instructions, and neighbouring texts, except
/// for empty ones. Source: `_aggregate_messages`.
fn turns(messages: &[ChatMessage]) -> Result<Vec<ChatMessage>, PromptError> {
    let mut turns: Vec<ChatMessage> = Vec::new();
    for ChatMessage { role, content } in messages {
        let has_picture = content.iter().any(|part| matches!(part, Content::Image { .. }));
        if has_picture && *role != Role::User {
            return Err(PromptError::PictureOutsideQuestion);
        }
        let thinks = content.iter().any(|part| matches!(part, Content::Thinking { .. }));
        if thinks && *role == Role::User {
            return Err(PromptError::ThinkingInQuestion);
        }
        let mut turn = match turns.pop() {
            Some(turn) if turn.role == *role && *role != Role::System => turn,
            Some(turn) if turn.role == Role::Assistant && *role == Role::System => {
                return Err(PromptError::SystemAfterAnswer);
            }
            before => {
                turns.extend(before);
                ChatMessage { role: *role, content: Vec::new() }
            }
        };
        for part in content {
            match (turn.content.last_mut(), part) {
                (_, Content::Text(text)) if text.is_empty() => {}
                (Some(Content::Text(before)), Content::Text(text)) => {
                    before.push_str("\n\n");
                    before.push_str(text);
                }
                _ => turn.content.push(part.clone()),
            }
        }
        turns.push(turn);
    }
    Ok(turns)
}

/// Takes out the instructions, which version 3 has in the person's last turn, and adds an empty turn
/// of the person where the chat does not begin with one.
fn take_system(turns: &mut Vec<ChatMessage>) -> Option<String> {
    let system = turns.extract_if(.., |turn| turn.role == Role::System);
    let system: Vec<String> = system.map(|turn| text_of(&turn.content)).collect();
    let system: Vec<String> = system.into_iter().filter(|text| !text.is_empty()).collect();
    if turns.first().is_none_or(|turn| turn.role != Role::User) {
        turns.insert(0, ChatMessage { role: Role::User, content: Vec::new() });
    }
    (!system.is_empty()).then(|| system.join("\n\n"))
}

/// The text of a turn without pictures and thoughts.
fn text_of(content: &[Content]) -> String {
    let text = content.iter().map(|part| match part {
        Content::Text(text) => text.as_str(),
        Content::Image { .. } | Content::Thinking { .. } => "",
    });
    text.collect()
}

/// Encodes what stands between `[INST]` and `[/INST]`.
fn encode_user(
    tokenizer: &Tokenizer,
    mut content: Vec<Content>,
    system: Option<&str>,
    prompt: &mut EncodedChat,
) -> Result<(), PromptError> {
    // A single picture behind the text is put before it: `_maybe_put_image_first`.
    if matches!(content.as_slice(), [Content::Text(_), Content::Image { .. }]) {
        content.swap(0, 1);
    }
    if let Some(system) = system {
        match content.as_mut_slice() {
            // Text alone is tokenised together with the instructions, else they stand apart.
            [] => content.push(Content::Text(format!("{system}\n\n"))),
            [Content::Text(text)] => *text = format!("{system}\n\n{text}"),
            _ => prompt.ids.extend(tokenizer.encode_text(&format!("{system}\n\n"))),
        }
    }
    encode_contents(tokenizer, content, prompt)
}

fn encode_contents(
    tokenizer: &Tokenizer,
    content: Vec<Content>,
    prompt: &mut EncodedChat,
) -> Result<(), PromptError> {
    for part in content {
        match part {
            Content::Text(text) => prompt.ids.extend(tokenizer.encode_text(&text)),
            Content::Image { picture, rows, cols } => {
                let start = prompt.ids.len();
                prompt.ids.extend(image_ids(tokenizer, (picture, rows, cols))?);
                let n_ids = prompt.ids.len() - start;
                prompt.images.push(ImageSlot { picture, start, rows, cols, n_ids });
            }
            Content::Thinking { text, is_closed } => {
                let (begin, end) =
                    tokenizer.control().thinking().ok_or(PromptError::NoThinkingTokens)?;
                prompt.ids.push(begin);
                prompt.ids.extend(tokenizer.encode_text(&text));
                prompt.ids.extend(is_closed.then_some(end));
            }
        }
    }
    Ok(())
}

/// The `rows * (cols + 1)` ids of a picture.
fn image_ids(
    tokenizer: &Tokenizer,
    (picture, rows, cols): (usize, u32, u32),
) -> Result<impl Iterator<Item = TokenId> + use<>, PromptError> {
    if rows == 0 || cols == 0 {
        return Err(PromptError::EmptyPicture { picture });
    }
    let control = tokenizer.control();
    let (Some(img), Some(img_break), Some(img_end)) =
        (control.img, control.img_break, control.img_end)
    else {
        return Err(PromptError::NoPictureTokens);
    };
    Ok((1..=rows).flat_map(move |row| {
        let last = if row == rows { img_end } else { img_break };
        std::iter::repeat_n(img, cols as usize).chain([last])
    }))
}

#[cfg(test)]
mod tests;
