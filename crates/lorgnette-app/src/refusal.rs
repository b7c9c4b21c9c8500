//! Answers by which the built-in model says that it has none.

use lorgnette_models::{BUILT_IN, REFUSAL, library};

use crate::chats::{AnswerBy, Message};

/// Whether the built-in model said that it cannot answer.
pub fn is_refusal(message: &Message) -> bool {
    let is_built_in = message.model.as_deref() == Some(library::name(BUILT_IN).as_str());
    message.is_model
        && message.by == AnswerBy::Model
        && is_built_in
        && message.text.trim().trim_end_matches('.') == REFUSAL.trim_end_matches('.')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chats::End;

    #[test]
    fn only_the_built_in_model_refuses_and_only_in_its_own_words() {
        let check = |model: Option<&str>, by, text: &str| {
            is_refusal(&Message {
                id: 2,
                parent: Some(1),
                is_model: true,
                by,
                thoughts: String::new(),
                text: text.into(),
                pictures: Vec::new(),
                created_ms: 0,
                siblings: vec![2],
                end: Some(End::Whole),
                model: model.map(str::to_owned),
                timings: None,
            })
        };
        let built_in = library::name(BUILT_IN);
        assert!(check(Some(&built_in), AnswerBy::Model, REFUSAL));
        assert!(check(Some(&built_in), AnswerBy::Model, &format!(" {REFUSAL}\n")));
        assert!(!check(Some("Pixtral"), AnswerBy::Model, REFUSAL));
        assert!(!check(None, AnswerBy::Reader, REFUSAL), "it stands in a picture");
        assert!(!check(Some(&built_in), AnswerBy::Reader, REFUSAL));
        assert!(!check(Some(&built_in), AnswerBy::Model, "It is red."));
        assert!(!check(Some(&built_in), AnswerBy::Model, &format!("It says: {REFUSAL}")));
    }
}
