//! A chat as token ids, in Mistral's format.
//!
//! `<s>[INST]` what the person says `[/INST]` the answer `</s>` and so on; a picture is
//! `[IMG]` for each column, `[IMG_BREAK]` behind each row and `[IMG_END]` behind the last.
//! Instructions go into the last turn of the person (version 3, Pixtral) or stay where they are, as
//! `[SYSTEM_PROMPT]` the text `[/SYSTEM_PROMPT]` (version 7 and later). Source: mistral-common
//! 1.13.1, `tokens/tokenizers/instruct.py` and `protocol/instruct/normalize.py`.

use crate::tokens::{TokenId, Tokenizer};

/// A part of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Text; nothing in it is a command.
    Text(String),
    /// A picture of so many rows and columns of `[IMG]`.
    Image {
        /// The caller's number for it.
        picture: usize,
        /// Rows.
        rows: u32,
        /// Columns.
        cols: u32,
    },
}

/// Who says a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Instructions for the whole chat.
    System,
    /// The person.
    User,
    /// The model.
    Assistant,
}

/// A message of a chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatMessage {
    /// Who says it.
    pub role: Role,
    /// What, in order.
    pub content: Vec<Content>,
}

/// A chat as ids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EncodedChat {
    /// The ids.
    pub ids: Vec<TokenId>,
    /// Where the pictures are, in order.
    pub images: Vec<ImageSlot>,
}

/// Where a picture is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImageSlot {
    /// The caller's number for it.
    pub picture: usize,
    /// Position of its first `[IMG]`.
    pub start: usize,
    /// Rows.
    pub rows: u32,
    /// Columns.
    pub cols: u32,
}

/// A chat that the format has no form for.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum PromptError {
    /// Nothing to answer: neither instructions nor anything from the person.
    #[error("the chat has no question")]
    NoQuestion,
    /// Instructions behind an answer, where the format has no place for them.
    #[error("instructions follow an answer")]
    SystemAfterAnswer,
    /// A picture where the format allows text only.
    #[error("only what the person says can have pictures")]
    PictureOutsideQuestion,
    /// A picture of no rows or no columns.
    #[error("picture {picture} has no patches")]
    EmptyPicture {
        /// The caller's number for it.
        picture: usize,
    },
    /// A tokenizer without `[IMG]`, `[IMG_BREAK]` and `[IMG_END]`.
    #[error("this model's tokenizer has no picture tokens")]
    NoPictureTokens,
}

impl PromptError {
    /// What to do now.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NoQuestion => "write a question, or add a picture",
            Self::SystemAfterAnswer => "put the instructions first, or behind a question",
            Self::PictureOutsideQuestion => "add the picture to a question",
            Self::EmptyPicture { .. } => "use another picture; this one could not be read",
            Self::NoPictureTokens => "ask without a picture, or use a model that reads them",
        }
    }
}

/// Encodes a chat. When its last message is the model's, that is left open, to be continued.
///
/// An answer of no text is accepted, unlike in the reference: one that was cancelled is such.
///
/// # Errors
/// [`PromptError`] for a chat that the format has no form for.
pub fn encode_chat(
    tokenizer: &Tokenizer,
    messages: &[ChatMessage],
) -> Result<EncodedChat, PromptError> {
    if messages.iter().all(|message| message.role == Role::Assistant) {
        return Err(PromptError::NoQuestion);
    }
    let mut turns = turns(messages)?;
    let system = if tokenizer.system_at_start() { None } else { take_system(&mut turns) };
    let last_user = turns.iter().rposition(|turn| turn.role == Role::User);
    let control = tokenizer.control();
    let mut prompt = EncodedChat { ids: vec![control.bos], images: Vec::new() };
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
                prompt.ids.push(control.begin_inst);
                encode_user(tokenizer, content, system, &mut prompt)?;
                prompt.ids.push(control.end_inst);
            }
            Role::Assistant => {
                let text = text_of(&content);
                prompt.ids.extend(tokenizer.encode_text(text.trim_end_matches(' ')));
                if i + 1 < n_turns {
                    prompt.ids.push(control.eos);
                }
            }
        }
    }
    Ok(prompt)
}

/// The messages with neighbours of one role made one, but for instructions, and neighbouring texts
/// made one, without empty ones: `_aggregate_messages`.
fn turns(messages: &[ChatMessage]) -> Result<Vec<ChatMessage>, PromptError> {
    let mut turns: Vec<ChatMessage> = Vec::new();
    for ChatMessage { role, content } in messages {
        let has_picture = content.iter().any(|part| matches!(part, Content::Image { .. }));
        if has_picture && *role != Role::User {
            return Err(PromptError::PictureOutsideQuestion);
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

/// Version 3: takes the instructions out, to stand in the person's last turn, and sees to it that
/// there is one and that it comes first.
fn take_system(turns: &mut Vec<ChatMessage>) -> Option<String> {
    let system = turns.extract_if(.., |turn| turn.role == Role::System);
    let system: Vec<String> = system.map(|turn| text_of(&turn.content)).collect();
    let system: Vec<String> = system.into_iter().filter(|text| !text.is_empty()).collect();
    if turns.first().is_none_or(|turn| turn.role != Role::User) {
        turns.insert(0, ChatMessage { role: Role::User, content: Vec::new() });
    }
    (!system.is_empty()).then(|| system.join("\n\n"))
}

/// The text of a turn that has no pictures.
fn text_of(content: &[Content]) -> String {
    let text = content.iter().map(|part| match part {
        Content::Text(text) => text.as_str(),
        Content::Image { .. } => "",
    });
    text.collect()
}

/// What stands between `[INST]` and `[/INST]`.
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
                let slot = ImageSlot { picture, start: prompt.ids.len(), rows, cols };
                prompt.ids.extend(image_ids(tokenizer, &slot)?);
                prompt.images.push(slot);
            }
        }
    }
    Ok(())
}

/// A picture's ids: `rows * (cols + 1)` of them.
fn image_ids(
    tokenizer: &Tokenizer,
    slot: &ImageSlot,
) -> Result<impl Iterator<Item = TokenId> + use<>, PromptError> {
    let ImageSlot { picture, rows, cols, .. } = *slot;
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
