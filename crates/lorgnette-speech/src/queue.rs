//! What is spoken next, as a pure step: events in, effects out. The reader's thread carries the
//! effects out.

use crate::text::Sentence;

/// The sentences of a text in order, and where the voice is.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    sentences: Vec<Sentence>,
    at: usize,
    /// Byte of the current sentence at which the voice goes on.
    from: usize,
    state: State,
    /// Where the sentences begin in the text that the voice has: the current one when it took it, and
    /// those that are said in the same breath.
    breath: Vec<usize>,
    /// The first of them.
    first: usize,
    /// No more sentences come.
    is_whole: bool,
    /// Number of the utterance that is spoken now.
    utterance: Option<u64>,
}

/// Bytes of text that are said in one breath at most: a voice that tells of no words can be paused only
/// where it ends.
const MAX_BREATH: usize = 600;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum State {
    /// Speaks the sentences that there are, or waits for more of them.
    #[default]
    Playing,
    /// Waits until the person resumes.
    Paused,
    /// Was spoken to its end, or stopped.
    Ended,
}

/// What the person, the text or the voice did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    /// The text has more sentences.
    Sentences(Vec<Sentence>),
    /// The text has no more sentences.
    Whole,
    /// Stop speaking and remember the current word, so that `Resume` continues there.
    Pause,
    /// Continue at the word where `Pause` stopped.
    Resume,
    /// Stop speaking and forget the text.
    Stop,
    /// Move by so many sentences, forwards or backwards.
    Skip(isize),
    /// The voice took the current sentence under this number.
    Taken(u64),
    /// The voice reached this byte of the utterance with this number.
    Word(u64, usize),
    /// The voice finished the utterance with this number.
    Said(u64),
    /// The voice has other settings: say the rest of the current sentence with them.
    Anew,
}

/// What the reader does to the voice, or tells its listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Silence the voice.
    Silence,
    /// Have the current sentence said from this byte on, and what goes on from it.
    Speak(usize),
    /// Tell that the sentence with this index is spoken now.
    Sentence(usize),
    /// Tell that the voice waits.
    Paused,
    /// Tell that the voice goes on.
    Resumed,
    /// Tell that the text ended: spoken whole if true, stopped if false.
    Ended(bool),
}

impl Queue {
    /// The sentence with this index, if it has come.
    pub(crate) fn sentence(&self, index: usize) -> Option<&Sentence> {
        self.sentences.get(index)
    }

    /// The sentence where the voice is, if it has come.
    pub(crate) fn current(&self) -> Option<&Sentence> {
        self.sentence(self.at)
    }

    /// The text that the voice says in one breath: the current sentence, and those that go on from it.
    pub(crate) fn breath(&self) -> Option<String> {
        let sentences = self.sentences.get(self.first..self.first + self.breath.len())?;
        let parts: Vec<&str> = sentences.iter().map(|one| one.spoken.as_str()).collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    }

    /// Whether the voice is to say something now.
    pub(crate) fn is_speaking(&self) -> bool {
        self.utterance.is_some()
    }

    /// Whether the voice is to say this utterance now.
    pub(crate) fn is_saying(&self, utterance: u64) -> bool {
        self.utterance == Some(utterance)
    }

    /// Takes an event and returns what to do about it. Events of utterances that were silenced
    /// change nothing.
    pub(crate) fn step(&mut self, event: Event) -> Vec<Effect> {
        if self.state == State::Ended {
            return Vec::new();
        }
        match event {
            Event::Sentences(sentences) => {
                self.sentences.extend(sentences);
                if self.utterance.is_none() && self.state == State::Playing {
                    self.play()
                } else {
                    Vec::new()
                }
            }
            Event::Whole => {
                self.is_whole = true;
                let waits = self.utterance.is_none() && self.state == State::Playing;
                if waits { self.play() } else { Vec::new() }
            }
            Event::Pause if self.state == State::Playing => {
                self.state = State::Paused;
                let mut effects = self.silence();
                effects.push(Effect::Paused);
                effects
            }
            Event::Resume if self.state == State::Paused => {
                self.state = State::Playing;
                let mut effects = vec![Effect::Resumed];
                effects.extend(self.play());
                effects
            }
            Event::Stop => {
                let mut effects = self.silence();
                self.state = State::Ended;
                effects.push(Effect::Ended(false));
                effects
            }
            Event::Skip(by) => {
                let last = self.sentences.len().saturating_sub(usize::from(self.is_whole));
                let at = self.at.saturating_add_signed(by).min(last);
                let mut effects = self.silence();
                (self.at, self.from) = (at, 0);
                match self.state {
                    State::Playing => effects.extend(self.play()),
                    State::Paused if self.current().is_some() => effects.push(Effect::Sentence(at)),
                    State::Paused | State::Ended => {}
                }
                effects
            }
            Event::Taken(utterance) => {
                self.utterance = Some(utterance);
                Vec::new()
            }
            Event::Word(utterance, from) if self.utterance == Some(utterance) => {
                let nth = self.breath.partition_point(|start| *start <= from).saturating_sub(1);
                self.from = from - self.breath.get(nth).copied().unwrap_or_default();
                let before = std::mem::replace(&mut self.at, self.first + nth);
                if before == self.at { Vec::new() } else { vec![Effect::Sentence(self.at)] }
            }
            Event::Said(utterance) if self.utterance == Some(utterance) => {
                self.utterance = None;
                self.at = self.first + self.breath.len();
                self.from = 0;
                self.play()
            }
            Event::Anew if self.utterance.is_some() => {
                let mut effects = self.silence();
                effects.extend(self.play());
                effects
            }
            Event::Pause | Event::Resume | Event::Word(..) | Event::Said(_) | Event::Anew => {
                Vec::new()
            }
        }
    }

    fn silence(&mut self) -> Vec<Effect> {
        if self.utterance.take().is_some() { vec![Effect::Silence] } else { Vec::new() }
    }

    /// Finds the sentences that are said in one breath from the current one on.
    fn begin_breath(&mut self) {
        self.first = self.at;
        self.breath.clear();
        let mut start = 0;
        for sentence in &self.sentences[self.at..] {
            self.breath.push(start);
            // A space stands between two of them.
            start += sentence.spoken.len() + 1;
            if !sentence.goes_on || start > MAX_BREATH {
                break;
            }
        }
    }

    /// Speaks the current sentence, waits for it, or ends.
    fn play(&mut self) -> Vec<Effect> {
        if self.current().is_some() {
            self.begin_breath();
            return vec![Effect::Sentence(self.at), Effect::Speak(self.from)];
        }
        if self.is_whole {
            self.state = State::Ended;
            return vec![Effect::Ended(true)];
        }
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::Effect::{Ended, Paused, Resumed, Silence, Speak};
    use super::*;

    fn sentences(n: usize) -> Event {
        let one = |i: usize| Sentence {
            spoken: format!("Sentence {i}."),
            shown: format!("Sentence {i}."),
            source: i..i + 1,
            goes_on: false,
        };
        Event::Sentences((0..n).map(one).collect())
    }

    /// Lines of which each that ends in a comma goes on.
    fn lines(lines: &[&str]) -> Event {
        let one = |line: &&str| Sentence {
            spoken: (*line).into(),
            shown: (*line).into(),
            source: 0..0,
            goes_on: line.ends_with(','),
        };
        Event::Sentences(lines.iter().map(one).collect())
    }

    /// A queue that speaks the first of so many sentences as utterance 1.
    fn speaking(n: usize) -> Queue {
        let mut queue = Queue::default();
        assert_eq!(queue.step(sentences(n)), [Effect::Sentence(0), Speak(0)]);
        queue.step(Event::Taken(1));
        queue
    }

    #[test]
    fn sentences_are_said_one_after_the_other_while_more_come() {
        let mut queue = speaking(1);
        assert_eq!(queue.step(Event::Said(1)), [], "the next one is still written");
        assert_eq!(queue.step(sentences(2)), [Effect::Sentence(1), Speak(0)]);
        queue.step(Event::Taken(2));
        assert_eq!(queue.step(Event::Whole), []);
        assert_eq!(queue.step(Event::Said(2)), [Effect::Sentence(2), Speak(0)]);
        queue.step(Event::Taken(3));
        assert_eq!(queue.step(Event::Said(3)), [Ended(true)]);
        assert_eq!(queue.step(Event::Skip(-1)), [], "it has ended");
    }

    #[test]
    fn a_pause_goes_on_at_the_word_where_it_was() {
        let mut queue = speaking(2);
        queue.step(Event::Word(1, 9));
        assert_eq!(queue.step(Event::Pause), [Silence, Paused]);
        assert_eq!(queue.step(Event::Said(1)), [], "what was silenced has not been said");
        assert_eq!(queue.step(Event::Pause), []);
        assert_eq!(queue.step(Event::Resume), [Resumed, Effect::Sentence(0), Speak(9)]);
        queue.step(Event::Taken(2));
        assert_eq!(queue.step(Event::Said(2)), [Effect::Sentence(1), Speak(0)]);
    }

    #[test]
    fn on_and_back_stay_within_the_text() {
        let mut queue = speaking(2);
        assert_eq!(queue.step(Event::Skip(-1)), [Silence, Effect::Sentence(0), Speak(0)]);
        queue.step(Event::Taken(2));
        assert_eq!(queue.step(Event::Skip(1)), [Silence, Effect::Sentence(1), Speak(0)]);
        queue.step(Event::Taken(3));
        assert_eq!(queue.step(Event::Skip(1)), [Silence], "the next one is still written");
        assert_eq!(queue.step(sentences(1)), [Effect::Sentence(2), Speak(0)]);
        queue.step(Event::Taken(4));
        queue.step(Event::Whole);
        assert_eq!(queue.step(Event::Skip(9)), [Silence, Effect::Sentence(2), Speak(0)]);
        queue.step(Event::Pause);
        assert_eq!(queue.step(Event::Skip(-1)), [Effect::Sentence(1)], "paused, it stays silent");
        assert_eq!(queue.step(Event::Resume), [Resumed, Effect::Sentence(1), Speak(0)]);
    }

    #[test]
    fn lines_that_go_on_are_said_in_one_breath_and_passed_one_by_one() {
        let mut queue = Queue::default();
        let text = lines(&["It was,", "as ever,", "late.", "Then"]);
        assert_eq!(queue.step(text), [Effect::Sentence(0), Speak(0)]);
        assert_eq!(queue.breath().as_deref(), Some("It was, as ever, late."));
        queue.step(Event::Taken(1));
        assert_eq!(queue.step(Event::Word(1, 3)), []);
        assert_eq!(queue.step(Event::Word(1, 8)), [Effect::Sentence(1)], "the voice is in it now");
        assert_eq!(queue.step(Event::Word(1, 11)), []);
        assert_eq!(queue.step(Event::Pause), [Silence, Paused]);
        assert_eq!(queue.step(Event::Resume), [Resumed, Effect::Sentence(1), Speak(3)]);
        assert_eq!(queue.breath().as_deref(), Some("as ever, late."));
        queue.step(Event::Taken(2));
        assert_eq!(queue.step(Event::Skip(-1)), [Silence, Effect::Sentence(0), Speak(0)]);
        queue.step(Event::Taken(3));
        assert_eq!(queue.step(Event::Skip(2)), [Silence, Effect::Sentence(2), Speak(0)]);
        assert_eq!(queue.breath().as_deref(), Some("late."));
        queue.step(Event::Taken(4));
        assert_eq!(queue.step(Event::Word(3, 0)), [], "that one was silenced");
        assert_eq!(queue.step(Event::Said(4)), [Effect::Sentence(3), Speak(0)]);
        queue.step(Event::Taken(5));
        queue.step(Event::Whole);
        assert_eq!(queue.step(Event::Said(5)), [Ended(true)]);
    }

    #[test]
    fn a_breath_has_an_end() {
        let mut queue = Queue::default();
        let long = format!("{},", "word ".repeat(60));
        queue.step(lines(&[&long, &long, &long]));
        assert_eq!(queue.breath().map(|text| text.len()), Some(2 * long.len() + 1));
        queue.step(Event::Taken(1));
        assert_eq!(queue.step(Event::Said(1)), [Effect::Sentence(2), Speak(0)]);
    }

    #[test]
    fn a_stop_is_the_end() {
        let mut queue = speaking(3);
        assert_eq!(queue.step(Event::Stop), [Silence, Ended(false)]);
        assert_eq!(queue.step(sentences(1)), []);
        assert_eq!(queue.step(Event::Said(1)), []);
        let mut nothing = Queue::default();
        assert_eq!(nothing.step(Event::Whole), [Ended(true)]);
    }

    #[test]
    fn another_voice_goes_on_where_the_first_one_was() {
        let mut queue = speaking(1);
        queue.step(Event::Word(1, 4));
        assert_eq!(queue.step(Event::Anew), [Silence, Effect::Sentence(0), Speak(4)]);
        assert_eq!(Queue::default().step(Event::Anew), []);
    }
}
