//! A chat as token ids, in Mistral's format.
//!
//! `<s>[INST]` what the person says `[/INST]` the answer `</s>` and so on; a picture is
//! `[IMG]` for each column, `[IMG_BREAK]` behind each row and `[IMG_END]` behind the last.
//! Instructions go into the last turn of the person (version 3, Pixtral) or to the beginning
//! (version 7 and later). Source: mistral-common 1.13.1, `tokens/tokenizers/instruct.py`.

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
pub struct Message {
    /// Who says it.
    pub role: Role,
    /// What, in order.
    pub content: Vec<Content>,
}

/// A chat as ids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Prompt {
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
    /// Nobody asks anything.
    #[error("the chat has no question")]
    NoQuestion,
    /// An answer to nothing.
    #[error("the chat begins with an answer")]
    AnswerFirst,
    /// A picture where the format allows text only.
    #[error("only what the person says can have pictures")]
    PictureOutsideQuestion,
    /// A tokenizer without `[IMG]`, `[IMG_BREAK]` and `[IMG_END]`.
    #[error("this model's tokenizer has no picture tokens")]
    NoPictureTokens,
}

impl PromptError {
    /// What to do now.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NoQuestion => "write a question, or add a picture",
            Self::AnswerFirst => "begin with a question",
            Self::PictureOutsideQuestion => "add the picture to a question",
            Self::NoPictureTokens => "ask without a picture, or use a model that reads them",
        }
    }
}

/// Encodes a chat. When its last message is the model's, that is left open, to be continued.
///
/// # Errors
/// [`PromptError`] for a chat that the format has no form for.
pub fn encode_chat(tokenizer: &Tokenizer, messages: &[Message]) -> Result<Prompt, PromptError> {
    let (system, turns) = turns(messages)?;
    let control = tokenizer.control();
    let last_user = turns.iter().rposition(|turn| turn.role == Role::User);
    let last_user = last_user.ok_or(PromptError::NoQuestion)?;
    let mut prompt = Prompt { ids: vec![control.bos], images: Vec::new() };
    let system_at_start = tokenizer.system_at_start();
    if let (Some(system), true) = (&system, system_at_start) {
        prompt.ids.extend(control.begin_system);
        prompt.ids.extend(tokenizer.encode_text(system));
        prompt.ids.extend(control.end_system);
    }
    let n_turns = turns.len();
    for (i, turn) in turns.into_iter().enumerate() {
        if turn.role == Role::User {
            let system = system.as_deref().filter(|_| i == last_user && !system_at_start);
            prompt.ids.push(control.begin_inst);
            encode_user(tokenizer, turn.content, system, &mut prompt)?;
            prompt.ids.push(control.end_inst);
        } else {
            for content in &turn.content {
                let Content::Text(text) = content else {
                    return Err(PromptError::PictureOutsideQuestion);
                };
                prompt.ids.extend(tokenizer.encode_text(text.trim_end_matches(' ')));
            }
            if i + 1 < n_turns {
                prompt.ids.push(control.eos);
            }
        }
    }
    Ok(prompt)
}

/// The instructions, and the turns with neighbours of one role made one.
fn turns(messages: &[Message]) -> Result<(Option<String>, Vec<Message>), PromptError> {
    let mut system: Option<String> = None;
    let mut turns: Vec<Message> = Vec::new();
    for message in messages {
        if message.role == Role::System {
            for content in &message.content {
                let Content::Text(text) = content else {
                    return Err(PromptError::PictureOutsideQuestion);
                };
                match &mut system {
                    None => system = Some(text.clone()),
                    Some(system) => *system = format!("{system}\n\n{text}"),
                }
            }
            continue;
        }
        if turns.is_empty() && message.role == Role::Assistant {
            return Err(PromptError::AnswerFirst);
        }
        let turn = match turns.last_mut() {
            Some(turn) if turn.role == message.role => turn,
            _ => {
                turns.push(Message { role: message.role, content: Vec::new() });
                let last = turns.len() - 1;
                &mut turns[last]
            }
        };
        for content in &message.content {
            match (turn.content.last_mut(), content) {
                (Some(Content::Text(before)), Content::Text(text)) => {
                    *before = format!("{before}\n\n{text}");
                }
                _ => turn.content.push(content.clone()),
            }
        }
    }
    Ok((system, turns))
}

/// What stands between `[INST]` and `[/INST]`.
fn encode_user(
    tokenizer: &Tokenizer,
    mut content: Vec<Content>,
    system: Option<&str>,
    prompt: &mut Prompt,
) -> Result<(), PromptError> {
    // A single picture behind the text is put before it: `_maybe_put_image_first`.
    if matches!(content.as_slice(), [Content::Text(_), Content::Image { .. }]) {
        content.swap(0, 1);
    }
    if let Some(system) = system {
        match content.as_mut_slice() {
            // Text alone is tokenised together with the instructions, else they stand apart.
            [Content::Text(text)] => *text = format!("{system}\n\n{text}"),
            _ => prompt.ids.extend(tokenizer.encode_text(&format!("{system}\n\n"))),
        }
    }
    for content in content {
        match content {
            Content::Text(text) => prompt.ids.extend(tokenizer.encode_text(&text)),
            Content::Image { picture, rows, cols } => {
                let slot = ImageSlot { picture, start: prompt.ids.len(), rows, cols };
                prompt.ids.extend(image_ids(tokenizer, rows, cols)?);
                prompt.images.push(slot);
            }
        }
    }
    Ok(())
}

fn image_ids(
    tokenizer: &Tokenizer,
    rows: u32,
    cols: u32,
) -> Result<impl Iterator<Item = TokenId>, PromptError> {
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
