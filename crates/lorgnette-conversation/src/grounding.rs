//! Answers of the built-in model are held against the text of the picture before anybody sees them:
//! it reads few fonts and knows few words, and the reader spells better.

use std::sync::{Arc, OnceLock};

use lorgnette_claims::{Grounded, ground, has_words, is_own};
use lorgnette_engine::{
    Answer, AnswerEvent, AnswerOptions, Chat, PreparedPicture, StopReason, TurnPart,
};
use lorgnette_image::Picture;
use lorgnette_interrupt::Cancel;
use lorgnette_models::{REFUSAL, own_words};
use lorgnette_pictures::file::prepare;
use lorgnette_reader::{Reader, Reading};

use crate::conversation::{Conversation, lock};
use crate::error::ConversationError;
use crate::pictures::ViewedPicture;

/// Pixels of all pictures that are remembered as they are, unless the last alone has more: 72 MB.
const MAX_PIXELS: u64 = 24_000_000;
/// Longest side of a picture without text, as it is looked at, in pixels.
const SMALL_SIDE: u32 = 128;
/// Bytes of an answer that is cut short and still shown as it is.
const MAX_CUT: usize = 80;
/// What is in each refusal, also in one that the model began in mid-answer.
const OF_REFUSALS: &str = "model cannot answer this";

/// Pictures that the built-in model is asked about, as they are, and what was read of them.
#[derive(Default)]
pub(crate) struct AskedPictures {
    pictures: Vec<Arc<AskedPicture>>,
}

struct AskedPicture {
    prepared: Arc<PreparedPicture>,
    picture: Picture,
    lines: OnceLock<Vec<String>>,
}

impl AskedPictures {
    pub(crate) fn clear(&mut self) {
        self.pictures.clear();
    }

    fn of(&self, prepared: &PreparedPicture) -> Option<Arc<AskedPicture>> {
        self.pictures.iter().find(|one| *one.prepared == *prepared).cloned()
    }
}

impl Conversation {
    /// Remembers a picture that may have to be read, where answers are held against its text.
    pub(crate) fn remember(&self, prepared: &Arc<PreparedPicture>, picture: &Picture) {
        let mut asked = lock(&self.asked);
        if !self.is_grounded || asked.of(prepared).is_some() {
            return;
        }
        let mut left = MAX_PIXELS.saturating_sub(n_pixels(picture));
        let mut of_latest = |one: &Arc<AskedPicture>| {
            left = left.saturating_sub(n_pixels(&one.picture));
            left > 0
        };
        let n = asked.pictures.iter().rev().take_while(|one| of_latest(one)).count();
        let outdated = asked.pictures.len() - n;
        asked.pictures.drain(..outdated);
        let (prepared, picture) = (Arc::clone(prepared), picture.clone());
        asked.pictures.push(Arc::new(AskedPicture { prepared, picture, lines: OnceLock::new() }));
    }

    /// Takes over the text of a picture that was read already, so that it is not read twice.
    pub fn knows_text(&self, picture: &ViewedPicture, reading: impl FnOnce() -> Option<Reading>) {
        // The text of a part is not known by itself.
        let [prepared] = &picture.parts[..] else { return };
        let asked = lock(&self.asked).of(prepared).filter(|asked| asked.lines.get().is_none());
        if let Some((asked, reading)) = asked.and_then(|asked| Some((asked, reading()?))) {
            asked.lines.get_or_init(|| lines(reading));
        }
    }

    /// Answers as [`Self::answer`] does. The words come when they are known to stand: in the model's own
    /// words or in the picture. Where something is made up, the answer is the refusal.
    pub(crate) fn grounded_answer(
        &self,
        chat: &Chat,
        options: AnswerOptions,
        cancel: &Cancel,
        on_event: &mut dyn FnMut(Option<AnswerEvent>),
    ) -> Result<Answer, ConversationError> {
        let smaller = self.smaller(chat, cancel, &mut || on_event(None));
        let asked = smaller.unwrap_or_else(|| chat.clone());
        let mut answer =
            self.streamed_answer(asked, options, cancel, &mut |event| match event {
                Some(AnswerEvent::Text(_)) => on_event(None),
                event => on_event(event),
            })?;
        if answer.stop != StopReason::Cancelled {
            let held = self.hold_against_text(chat, &answer.text, cancel, &mut || on_event(None));
            answer.text = match (held, answer.stop == StopReason::EndOfText) {
                (Grounded::Stands(text), true) => text,
                (Grounded::MadeUp, true) => REFUSAL.to_owned(),
                // What was cut short ends anywhere, and what went on and on is no answer.
                (Grounded::MadeUp, false) if answer.text.len() > MAX_CUT => REFUSAL.to_owned(),
                (_, false) => answer.text,
            };
        }
        if !answer.text.is_empty() {
            on_event(Some(AnswerEvent::Text(answer.text.clone())));
        }
        Ok(answer)
    }

    /// The chat about smaller pictures, if its pictures are large and have no text. The network was
    /// taught shapes on small pictures: it tells and counts them better there.
    fn smaller(&self, chat: &Chat, cancel: &Cancel, on_tick: &mut dyn FnMut()) -> Option<Chat> {
        let mut smaller = chat.clone();
        let config = self.model.pixel_config(Some(SMALL_SIDE)).ok()?;
        let mut n_smaller = 0;
        for part in smaller.turns.iter_mut().flat_map(|turn| &mut turn.parts) {
            let TurnPart::Picture(prepared) = part else { continue };
            let asked = lock(&self.asked).of(prepared)?;
            if asked.picture.width().max(asked.picture.height()) <= SMALL_SIDE {
                continue;
            }
            let lines = self.lines_of(&asked, cancel, on_tick)?;
            if has_words(&lines.iter().map(String::as_str).collect::<Vec<_>>()) {
                return None;
            }
            *part = TurnPart::Picture(prepare("", &asked.picture, &config).ok()?);
            n_smaller += 1;
        }
        (n_smaller > 0).then_some(smaller)
    }

    fn hold_against_text(
        &self,
        chat: &Chat,
        text: &str,
        cancel: &Cancel,
        on_tick: &mut dyn FnMut(),
    ) -> Grounded {
        let own_words = own_words();
        if text.contains(OF_REFUSALS) {
            return Grounded::MadeUp;
        }
        let as_it_is = || Grounded::Stands(text.to_owned());
        if text.is_empty() || is_own(text, &own_words) {
            return as_it_is();
        }
        let parts = chat.turns.iter().flat_map(|turn| &turn.parts);
        let mut lines = Vec::new();
        for part in parts {
            let TurnPart::Picture(prepared) = part else { continue };
            let Some(asked) = lock(&self.asked).of(prepared) else {
                // Nobody has the picture any more; what the model says of it has to do.
                return as_it_is();
            };
            match self.lines_of(&asked, cancel, on_tick) {
                Some(more) => lines.extend(more),
                None => return as_it_is(),
            }
        }
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        ground(text, &own_words, &lines)
    }

    /// The lines of a picture; `None` where it cannot be read, or reading was cancelled.
    fn lines_of(
        &self,
        asked: &AskedPicture,
        cancel: &Cancel,
        on_tick: &mut dyn FnMut(),
    ) -> Option<Vec<String>> {
        if let Some(lines) = asked.lines.get() {
            return Some(lines.clone());
        }
        let reader = self.reader.get_or_init(|| Reader::new(self.threads));
        let reading = reader.read(&asked.picture, cancel, &mut |_| on_tick()).ok()?;
        Some(asked.lines.get_or_init(|| lines(reading)).clone())
    }
}

fn n_pixels(picture: &Picture) -> u64 {
    u64::from(picture.width()) * u64::from(picture.height())
}

fn lines(reading: Reading) -> Vec<String> {
    reading.lines.into_iter().map(|line| line.text).collect()
}
