//! Speculative decoding by prompt lookup: drafts what comes next from what stands in the chat, for
//! answers about texts quote them.
//!
//! The network reads a draft together with the token before it. That costs little more than the token
//! alone, since its matrices are fetched from memory once. The sampler then chooses from the logits
//! of each position as ever, and a drafted token that it would not have chosen is dropped, so that no
//! answer is another than without drafts.

use std::time::Duration;

use crate::tokens::TokenId;

/// Tokens that must have stood in this order before.
const MATCHED_TOKENS: usize = 3;
/// The longest draft.
const MAX_DRAFT_TOKENS: usize = 5;
/// Drafts after which their time is compared with that of single tokens.
const DRAFTS_TO_JUDGE: u32 = 4;
/// Tokens for which nothing is drafted when it did not pay.
const PAUSE_TOKENS: u32 = 48;

/// The tokens so far, and whether drafts paid.
pub(crate) struct PromptLookup {
    tokens: Vec<TokenId>,
    /// Seconds to read one token alone, smoothed.
    plain_s: Option<f64>,
    /// Seconds and accepted tokens of the drafts since the last judgement.
    drafts_s: f64,
    accepted_tokens: u32,
    n_drafts: u32,
    pause_tokens: u32,
    is_on: bool,
}

impl PromptLookup {
    /// Begins with the tokens that were read.
    pub(crate) fn new(tokens: Vec<TokenId>, is_on: bool) -> Self {
        Self {
            tokens,
            plain_s: None,
            drafts_s: 0.0,
            accepted_tokens: 0,
            n_drafts: 0,
            pause_tokens: 0,
            is_on,
        }
    }

    /// Adds the token that was chosen, and drafts at most `room` tokens that may follow it.
    pub(crate) fn draft(&mut self, id: TokenId, room: usize) -> Vec<TokenId> {
        self.tokens.push(id);
        self.pause_tokens = self.pause_tokens.saturating_sub(1);
        // What a token costs alone has to be known first.
        if !self.is_on || self.pause_tokens > 0 || self.plain_s.is_none() || room == 0 {
            return Vec::new();
        }
        let Some(end) = self.tokens.len().checked_sub(MATCHED_TOKENS) else { return Vec::new() };
        let (before, last) = self.tokens.split_at(end);
        // The latest place: it is the likeliest to go on the same way. One that reaches into the
        // last tokens themselves is a repetition.
        let found =
            (0..before.len()).rev().find(|at| self.tokens[*at..][..MATCHED_TOKENS] == *last);
        found.map_or_else(Vec::new, |at| {
            let next = &self.tokens[at + MATCHED_TOKENS..];
            next[..next.len().min(MAX_DRAFT_TOKENS).min(room)].to_vec()
        })
    }

    /// Adds a drafted token that the sampler chose too.
    pub(crate) fn accept(&mut self, id: TokenId) {
        self.tokens.push(id);
        self.accepted_tokens += 1;
        self.pause_tokens = self.pause_tokens.saturating_sub(1);
    }

    /// Learns how long it took to read a token with a draft of `n_drafted` tokens behind it.
    pub(crate) fn learn(&mut self, n_drafted: usize, time: Duration) {
        let seconds = time.as_secs_f64();
        if n_drafted == 0 {
            self.plain_s = Some(self.plain_s.map_or(seconds, |plain| 0.8 * plain + 0.2 * seconds));
            return;
        }
        if self.n_drafts == DRAFTS_TO_JUDGE {
            let plain_s = self.plain_s.unwrap_or(0.0) * f64::from(self.accepted_tokens);
            if self.drafts_s > plain_s {
                self.pause_tokens = PAUSE_TOKENS;
            }
            (self.n_drafts, self.accepted_tokens, self.drafts_s) = (0, 0, 0.0);
        }
        self.n_drafts += 1;
        self.accepted_tokens += 1; // the one before the draft
        self.drafts_s += seconds;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lookup(tokens: &[TokenId]) -> PromptLookup {
        let mut lookup = PromptLookup::new(tokens.to_vec(), true);
        lookup.learn(0, Duration::from_millis(100));
        lookup
    }

    #[test]
    fn what_followed_the_latest_three_is_drafted() {
        let mut of = lookup(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 40, 1, 2]);
        assert_eq!(of.draft(3, 9), [40, 1, 2, 3]);
        assert_eq!(lookup(&[1, 2, 3, 4, 5, 1, 2]).draft(3, 1), [4]);
        assert!(lookup(&[1, 2, 3, 4, 5, 1, 2]).draft(3, 0).is_empty());
        assert!(lookup(&[1, 2, 3, 4, 5, 1, 2]).draft(7, 9).is_empty());
        assert!(lookup(&[]).draft(7, 9).is_empty());
        // A repetition goes on.
        assert_eq!(lookup(&[5, 5, 5]).draft(5, 9), [5]);
    }

    #[test]
    fn nothing_is_drafted_before_a_token_was_timed_or_when_it_is_off() {
        assert!(PromptLookup::new(vec![1, 2, 3, 4, 1, 2], true).draft(3, 9).is_empty());
        let mut off = PromptLookup::new(vec![1, 2, 3, 4, 1, 2], false);
        off.learn(0, Duration::from_millis(1));
        assert!(off.draft(3, 9).is_empty());
    }

    #[test]
    fn drafting_pauses_when_it_does_not_pay_and_is_tried_again() {
        let mut of = lookup(&[1, 2, 3, 4, 1, 2]);
        for _ in 0..=DRAFTS_TO_JUDGE {
            of.learn(3, Duration::from_millis(150));
        }
        assert!(of.draft(3, 9).is_empty());
        let tokens: Vec<TokenId> = (100..100 + PAUSE_TOKENS).collect();
        for id in tokens {
            of.draft(id, 9);
        }
        for id in [1, 2] {
            of.draft(id, 9);
        }
        assert!(!of.draft(3, 9).is_empty());
    }

    #[test]
    fn drafting_goes_on_while_it_pays() {
        let mut of = lookup(&[1, 2, 3, 4, 1, 2]);
        for _ in 0..10 {
            of.learn(1, Duration::from_millis(150));
            of.accept(9);
        }
        for id in [1, 2] {
            of.draft(id, 9);
        }
        assert!(!of.draft(3, 9).is_empty());
    }
}
