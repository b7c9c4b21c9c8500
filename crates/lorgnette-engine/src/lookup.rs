//! Guesses what comes next from what stands in the chat: answers about texts quote them.
//!
//! The network reads the guesses together with the token before them, which costs little more than
//! that token alone, for its matrices are fetched from memory once. The sampler then chooses from the
//! logits of each position as ever: a guess that it would not have chosen is forgotten, so that no
//! answer is another than without.

use std::time::Duration;

use crate::tokens::TokenId;

/// Tokens that must have stood in this order before.
const MATCHED: usize = 3;
/// Guesses at a time.
const MOST: usize = 5;
/// Rounds of guesses after which it is seen whether they pay.
const TRIALS: u32 = 4;
/// Tokens for which nothing is guessed when it did not pay.
const PAUSE: u32 = 48;

/// The tokens so far, and how guessing went.
pub(crate) struct Lookup {
    tokens: Vec<TokenId>,
    /// Reading one token alone, smoothed.
    plain_s: Option<f64>,
    /// Seconds and tokens of the rounds since the last pause.
    guessed_s: f64,
    guessed_tokens: u32,
    n_rounds: u32,
    pause: u32,
    is_on: bool,
}

impl Lookup {
    /// Begins with the tokens that were read.
    pub(crate) fn new(tokens: Vec<TokenId>, is_on: bool) -> Self {
        Self {
            tokens,
            plain_s: None,
            guessed_s: 0.0,
            guessed_tokens: 0,
            n_rounds: 0,
            pause: 0,
            is_on,
        }
    }

    /// Adds the token that was chosen, and guesses what follows it: at most `room` tokens.
    pub(crate) fn push(&mut self, id: TokenId, room: usize) -> Vec<TokenId> {
        self.tokens.push(id);
        self.pause = self.pause.saturating_sub(1);
        // What a token costs alone has to be known first.
        if !self.is_on || self.pause > 0 || self.plain_s.is_none() || room == 0 {
            return Vec::new();
        }
        let Some(end) = self.tokens.len().checked_sub(MATCHED) else { return Vec::new() };
        let (before, last) = self.tokens.split_at(end);
        // The latest place: it is the likeliest to go on the same way. One that reaches into the
        // last tokens themselves is a repetition.
        let found = (0..before.len()).rev().find(|at| self.tokens[*at..][..MATCHED] == *last);
        found.map_or_else(Vec::new, |at| {
            let next = &self.tokens[at + MATCHED..];
            next[..next.len().min(MOST).min(room)].to_vec()
        })
    }

    /// A token that had been guessed was chosen.
    pub(crate) fn hit(&mut self, id: TokenId) {
        self.tokens.push(id);
        self.guessed_tokens += 1;
        self.pause = self.pause.saturating_sub(1);
    }

    /// What it took to read a token and so many guesses behind it.
    pub(crate) fn took(&mut self, n_guesses: usize, time: Duration) {
        let seconds = time.as_secs_f64();
        if n_guesses == 0 {
            self.plain_s = Some(self.plain_s.map_or(seconds, |plain| 0.8 * plain + 0.2 * seconds));
            return;
        }
        if self.n_rounds == TRIALS {
            let plain_s = self.plain_s.unwrap_or(0.0) * f64::from(self.guessed_tokens);
            if self.guessed_s > plain_s {
                self.pause = PAUSE;
            }
            (self.n_rounds, self.guessed_tokens, self.guessed_s) = (0, 0, 0.0);
        }
        self.n_rounds += 1;
        self.guessed_tokens += 1; // the one before the guesses
        self.guessed_s += seconds;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lookup(tokens: &[TokenId]) -> Lookup {
        let mut lookup = Lookup::new(tokens.to_vec(), true);
        lookup.took(0, Duration::from_millis(100));
        lookup
    }

    #[test]
    fn what_followed_the_latest_three_is_guessed() {
        let mut of = lookup(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 40, 1, 2]);
        assert_eq!(of.push(3, 9), [40, 1, 2, 3]);
        assert_eq!(lookup(&[1, 2, 3, 4, 5, 1, 2]).push(3, 1), [4]);
        assert!(lookup(&[1, 2, 3, 4, 5, 1, 2]).push(3, 0).is_empty());
        assert!(lookup(&[1, 2, 3, 4, 5, 1, 2]).push(7, 9).is_empty());
        assert!(lookup(&[]).push(7, 9).is_empty());
        // A repetition goes on.
        assert_eq!(lookup(&[5, 5, 5]).push(5, 9), [5]);
    }

    #[test]
    fn nothing_is_guessed_before_a_token_was_timed_or_when_it_is_off() {
        assert!(Lookup::new(vec![1, 2, 3, 4, 1, 2], true).push(3, 9).is_empty());
        let mut off = Lookup::new(vec![1, 2, 3, 4, 1, 2], false);
        off.took(0, Duration::from_millis(1));
        assert!(off.push(3, 9).is_empty());
    }

    #[test]
    fn guessing_pauses_when_it_does_not_pay_and_is_tried_again() {
        let mut of = lookup(&[1, 2, 3, 4, 1, 2]);
        for _ in 0..=TRIALS {
            of.took(3, Duration::from_millis(150));
        }
        assert!(of.push(3, 9).is_empty());
        let tokens: Vec<TokenId> = (100..100 + PAUSE).collect();
        for id in tokens {
            of.push(id, 9);
        }
        for id in [1, 2] {
            of.push(id, 9);
        }
        assert!(!of.push(3, 9).is_empty());
    }

    #[test]
    fn guessing_goes_on_while_it_pays() {
        let mut of = lookup(&[1, 2, 3, 4, 1, 2]);
        for _ in 0..10 {
            of.took(1, Duration::from_millis(150));
            of.hit(9);
        }
        for id in [1, 2] {
            of.push(id, 9);
        }
        assert!(!of.push(3, 9).is_empty());
    }
}
