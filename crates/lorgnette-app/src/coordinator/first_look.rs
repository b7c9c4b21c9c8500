//! A first look: where the pictures of a question take long, a short answer about small ones comes first.
//!
//! It is shown and spoken until the answer itself begins, and is not kept; but where the answer never
//! begins it is what there is of it.

use super::Inner;
use super::answer::Work;
use super::notice::Progress;
use crate::chats::{Attachment, Message};
use crate::error::AppError;
use crate::settings::{FirstLook, Settings};
use crate::{AnswerEvent, StopReason};

/// An answer that takes longer than so many seconds to begin has a first look.
const LONG_WAIT_S: f64 = 8.0;
/// Longest side of the pictures of a first look, in pixels, unless half of what the model takes is less.
const MAX_SIDE: u32 = 512;
/// It has to be that much sooner than the answer itself to be worth its time.
const MIN_GAIN: f64 = 2.0;
/// One short sentence.
const MAX_TOKENS: usize = 48;

/// Whether the person wants a first look; `aloud`: the answer is for the desktop's keys.
fn is_wanted(settings: &Settings, aloud: bool) -> bool {
    match settings.first_look {
        FirstLook::Never => false,
        FirstLook::Keys => aloud,
        FirstLook::Always => true,
    }
}

/// What is asked of a first look beyond the question.
fn briefly(language: &str) -> &'static str {
    match language {
        "fr" => "Réponds en une seule phrase courte.",
        _ => "Answer in one short sentence.",
    }
}

impl Inner {
    /// Answers a question briefly about small pictures, where the whole of them takes `wait_s`. Returns
    /// what was written, empty where there is no first look.
    ///
    /// # Errors
    /// Those of preparing the pictures, and of the engine.
    pub(super) fn look_first(
        &self,
        work: &Work,
        question: &Message,
        wait_s: Option<f64>,
    ) -> Result<String, AppError> {
        let &Work { id, conversation, cancel, ref wanted, .. } = work;
        let Some(wait_s) = wait_s.filter(|wait_s| *wait_s > LONG_WAIT_S) else {
            return Ok(String::new());
        };
        let settings = super::lock(&self.settings).clone();
        // The built-in model does as it was taught, and is quick wherever it runs.
        if !is_wanted(&settings, wanted.aloud) || conversation.model().is_built_in() {
            return Ok(String::new());
        }
        let side = MAX_SIDE.min(conversation.model().image_config(None)?.max_side / 2);
        let small = |picture: &Attachment| {
            let max_side = Some(picture.max_side.unwrap_or(side).min(side));
            self.viewed(&Attachment { max_side, ..picture.clone() }, conversation)
        };
        let small = question.pictures.iter().map(small).collect::<Result<Vec<_>, _>>()?;
        let small_s = conversation.wait_s(small.iter().flat_map(|picture| &picture.parts));
        if small_s.is_none_or(|small_s| small_s * MIN_GAIN > wait_s) {
            return Ok(String::new());
        }
        self.jobs.tell(id, Progress::FirstLook { text: String::new() });
        let mut chat = self.chat_for_engine(&[], conversation)?;
        let words = format!("{}\n\n{}", question.text, briefly(&self.language()));
        conversation.add_question(&mut chat, small.iter().map(AsRef::as_ref), &words);
        chat.is_private = crate::chats::is_private(id);
        let mut options = settings.answer_options();
        options.max_tokens = options.max_tokens.min(MAX_TOKENS);
        options.may_think = false;
        let mut text = String::new();
        let answer = conversation.answer(chat, options, cancel, &mut |event| {
            if let Some(AnswerEvent::Text(piece)) = event {
                text.push_str(&piece);
                self.jobs.tell(id, Progress::FirstLook { text: text.clone() });
            }
        })?;
        if answer.stop != StopReason::Cancelled && !text.trim().is_empty() {
            self.say_before(id, format!("{}: {}", self.phrases().first_look, text.trim()));
        }
        Ok(text)
    }

    /// A first look as what there is of an answer that never began.
    pub(super) fn first_look_alone(&self, text: &str) -> String {
        format!("**{}:** {}", self.phrases().first_look, text.trim())
    }
}
