//! "Check this answer": the same question is answered again and again from one reading of the picture,
//! with more chance in each.

pub use lorgnette_claims::{Checked, compare};

use lorgnette_engine::{AnswerOptions, Sampling};

/// Answers that are compared when nobody says otherwise.
pub const N_SAMPLES: usize = 5;
/// Chance enough to show what the model wavers between.
const TEMPERATURE: f64 = 0.8;

/// How the other answers are sampled, each with a seed of its own, and without thinking first: what a
/// model sees is compared, and thoughts would take minutes for each.
pub(crate) fn samples(n: usize, max_tokens: usize) -> impl Iterator<Item = AnswerOptions> {
    (1..=n as u64).map(move |seed| AnswerOptions {
        max_tokens,
        may_think: false,
        sampling: Sampling { temperature: TEMPERATURE, seed, ..Sampling::default() },
        ..AnswerOptions::default()
    })
}
