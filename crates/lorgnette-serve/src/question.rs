//! What is asked, in one form for all interfaces.

use lorgnette_app::conversation::Conversation;
use lorgnette_app::pictures::{self, Picture};
use lorgnette_app::{AnswerOptions, AppError, Chat, Role, Turn, TurnPart};
use serde::Deserialize;

use crate::refusal::Refusal;

/// A question with all that was said before.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    /// The model that is to answer; `None`: the usual one.
    pub(crate) model: Option<String>,
    pub(crate) turns: Vec<AskedTurn>,
    pub(crate) options: AnswerOptions,
    /// How many answers are wanted.
    pub(crate) n_answers: usize,
}

/// What one side said.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct AskedTurn {
    pub(crate) role: Role,
    pub(crate) parts: Vec<AskedPart>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum AskedPart {
    Text(String),
    Picture(AskedPicture),
}

/// A picture that was sent, not yet decoded.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct AskedPicture {
    /// Its name in messages: where it stands in the request.
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    /// The longest side that is wanted, in pixels.
    pub(crate) max_side: Option<u32>,
}

/// Texts that end an answer: both interfaces take one, or a list.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(from = "OneOrMany")]
pub(crate) struct Stops(pub(crate) Vec<String>);

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl From<OneOrMany> for Stops {
    fn from(stops: OneOrMany) -> Self {
        match stops {
            OneOrMany::One(stop) => Self(vec![stop]),
            OneOrMany::Many(stops) => Self(stops),
        }
    }
}

/// Refuses the first of what would change an answer if it could be done: its parameter, whether it is
/// wanted, and why it cannot be done.
///
/// # Errors
/// [`Refusal::Parameter`]
pub(crate) fn refuse_first(cannot: &[(&str, bool, &str)]) -> Result<(), Refusal> {
    match cannot.iter().find(|(_, is_wanted, _)| *is_wanted) {
        Some((param, _, reason)) => Err(Refusal::parameter(*param, *reason, "leave it out")),
        None => Ok(()),
    }
}

/// Checks what every interface wants of a chat: that somebody asks, and not too many pictures.
///
/// # Errors
/// [`Refusal::Parameter`] says which part is wrong.
pub(crate) fn check_turns(turns: &[AskedTurn], max_pictures: usize) -> Result<(), Refusal> {
    let is_asked = |turn: &AskedTurn| turn.role == Role::User && !turn.parts.is_empty();
    if !turns.iter().any(is_asked) {
        let hint = "send a message of the role user, with a text or a picture";
        return Err(Refusal::parameter("messages", "nobody asks anything", hint));
    }
    let parts = turns.iter().flat_map(|turn| &turn.parts);
    let n_pictures = parts.filter(|part| matches!(part, AskedPart::Picture(_))).count();
    if n_pictures > max_pictures {
        let reason = format!("{n_pictures} pictures are more than {max_pictures}");
        return Err(Refusal::parameter("messages", reason, "send fewer pictures in one request"));
    }
    let is_elsewhere = |turn: &AskedTurn| {
        turn.role != Role::User
            && turn.parts.iter().any(|part| matches!(part, AskedPart::Picture(_)))
    };
    if turns.iter().any(is_elsewhere) {
        let hint = "send it in a message of the role user";
        return Err(Refusal::parameter("messages", "only a question can have pictures", hint));
    }
    Ok(())
}

/// The chat as the model takes it. Each picture is decoded and let go of before the next, so that the
/// memory of one is taken at a time.
///
/// # Errors
/// [`Refusal::Unanswerable`] for a picture that cannot be read, and for a model that reads none.
pub(crate) fn chat(conversation: &Conversation, turns: Vec<AskedTurn>) -> Result<Chat, Refusal> {
    // Nothing of what others ask goes to the disk, whosever model it is.
    let mut chat = Chat { is_private: true, ..Chat::default() };
    for turn in turns {
        match turn.role {
            Role::User if is_mixed(&turn.parts) => {
                let parts = mixed(conversation, turn.parts)?;
                chat.turns.push(Turn { role: Role::User, parts });
            }
            Role::User => {
                let mut viewed = Vec::new();
                let mut words: Vec<String> = Vec::new();
                for part in turn.parts {
                    match part {
                        AskedPart::Text(text) => words.push(text),
                        AskedPart::Picture(picture) => viewed.push(view(conversation, &picture)?),
                    }
                }
                conversation.add_question(&mut chat, &viewed, &words.join("\n"));
            }
            Role::Assistant => {
                let text = text_of(turn.parts);
                // One that was stopped before its first word says nothing.
                if !text.is_empty() {
                    chat.answered(&text);
                }
            }
            Role::System => {
                let parts = vec![TurnPart::Text(text_of(turn.parts))];
                chat.turns.push(Turn { role: Role::System, parts });
            }
        }
    }
    Ok(chat)
}

/// Whether words stand between pictures, so that they are about the one before or behind them. Where
/// they do not, pictures come first, as mistral-common has it and as the models are asked elsewhere.
fn is_mixed(parts: &[AskedPart]) -> bool {
    let is_text = |part: &AskedPart| matches!(part, AskedPart::Text(_));
    let trimmed = parts.iter().skip_while(|part| is_text(part));
    let inner: Vec<bool> = trimmed.map(is_text).collect();
    let end = inner.iter().rposition(|is_text| !is_text).unwrap_or(0);
    inner[..end.min(inner.len())].contains(&true)
}

/// The parts as they stand.
fn mixed(conversation: &Conversation, parts: Vec<AskedPart>) -> Result<Vec<TurnPart>, Refusal> {
    let mut mixed = Vec::new();
    for part in parts {
        match part {
            AskedPart::Text(text) => mixed.push(TurnPart::Text(text)),
            AskedPart::Picture(picture) => {
                let viewed = view(conversation, &picture)?;
                mixed.extend(viewed.parts.into_iter().map(TurnPart::Picture));
            }
        }
    }
    Ok(mixed)
}

fn view(
    conversation: &Conversation,
    asked: &AskedPicture,
) -> Result<lorgnette_app::conversation::ViewedPicture, Refusal> {
    let unanswerable = |error: AppError| Refusal::Unanswerable(error.into());
    let picture: Picture = pictures::decode_bytes(&asked.name, &asked.bytes, None)
        .map_err(|error| unanswerable(error.into()))?;
    conversation
        .picture(&asked.name, &picture, asked.max_side)
        .map_err(|error| unanswerable(error.into()))
}

fn text_of(parts: Vec<AskedPart>) -> String {
    let text = |part| match part {
        AskedPart::Text(text) => Some(text),
        AskedPart::Picture(_) => None,
    };
    parts.into_iter().filter_map(text).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text() -> AskedPart {
        AskedPart::Text("What is it?".into())
    }

    fn picture() -> AskedPart {
        let (name, bytes) = ("a picture".into(), Vec::new());
        AskedPart::Picture(AskedPicture { name, bytes, max_side: None })
    }

    #[test]
    fn words_between_pictures_keep_their_place() {
        assert!(is_mixed(&[picture(), text(), picture()]));
        assert!(is_mixed(&[text(), picture(), text(), picture(), text()]));
        assert!(!is_mixed(&[text(), picture()]));
        assert!(!is_mixed(&[picture(), picture(), text(), text()]));
        assert!(!is_mixed(&[text(), picture(), picture(), text()]));
        assert!(!is_mixed(&[text()]) && !is_mixed(&[picture()]) && !is_mixed(&[]));
    }

    #[test]
    fn somebody_has_to_ask_and_only_questions_have_pictures() {
        let turn = |role, parts: &[AskedPart]| AskedTurn { role, parts: parts.to_vec() };
        let check = |turns: &[AskedTurn]| check_turns(turns, 2).map_err(|error| error.to_string());
        assert!(check(&[turn(Role::User, &[picture()])]).is_ok());
        assert!(check(&[]).unwrap_err().contains("nobody asks"));
        assert!(check(&[turn(Role::System, &[text()])]).unwrap_err().contains("nobody asks"));
        assert!(check(&[turn(Role::User, &[])]).unwrap_err().contains("nobody asks"));
        let many = [turn(Role::User, &[picture(), picture()]), turn(Role::User, &[picture()])];
        assert!(check(&many).unwrap_err().contains("3 pictures are more than 2"));
        let elsewhere = [turn(Role::User, &[text()]), turn(Role::Assistant, &[picture()])];
        assert!(check(&elsewhere).unwrap_err().contains("only a question"));
    }
}
