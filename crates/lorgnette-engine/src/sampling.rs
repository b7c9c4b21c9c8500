//! Choosing the next token by its logits.

use candle_core::{Device, Tensor};
use candle_transformers::generation::{LogitsProcessor, Sampling as Processing};

use crate::tokens::TokenId;

/// The way in which tokens are chosen. The limits are applied one after the other.
#[derive(Debug, Clone, PartialEq)]
pub struct Sampling {
    /// Divides the logits; at 0 the likeliest token is chosen always. Mistral advises 0.15 for models
    /// with this tokenizer.
    pub temperature: f64,
    /// Leaves this many of the likeliest tokens; `None` leaves all.
    pub top_k: Option<usize>,
    /// Leaves the likeliest tokens that together have this probability; 1 leaves all.
    pub top_p: f64,
    /// Leaves the tokens that are at least this part as likely as the likeliest; 0 leaves all.
    pub min_p: f32,
    /// Divides the logits of tokens that are in the answer already; 1 changes nothing. It spoils
    /// reading text, which repeats.
    pub repetition_penalty: f32,
    /// Begins the random numbers: the same seed gives the same answer.
    pub seed: u64,
}

impl Default for Sampling {
    fn default() -> Self {
        Self {
            temperature: 0.15,
            top_k: Some(64),
            top_p: 1.0,
            min_p: 0.0,
            repetition_penalty: 1.0,
            seed: 0,
        }
    }
}

impl Sampling {
    /// Takes the likeliest token always.
    pub const GREEDY: Self = Self {
        temperature: 0.0,
        top_k: None,
        top_p: 1.0,
        min_p: 0.0,
        repetition_penalty: 1.0,
        seed: 0,
    };
}

/// Chooses the tokens of one answer.
pub(crate) struct Sampler {
    processor: LogitsProcessor,
    sampling: Sampling,
    chosen: Vec<TokenId>,
}

impl Sampler {
    pub(crate) fn new(sampling: &Sampling) -> Self {
        let temperature = sampling.temperature;
        // Written so that a NaN is greedy too.
        let processing = if temperature > 1e-7 {
            match sampling.top_k {
                Some(k) => Processing::TopKThenTopP { k: k.max(1), p: sampling.top_p, temperature },
                None => Processing::TopP { p: sampling.top_p, temperature },
            }
        } else {
            Processing::ArgMax
        };
        let processor = LogitsProcessor::from_sampling(sampling.seed, processing);
        Self { processor, sampling: sampling.clone(), chosen: Vec::new() }
    }

    /// Chooses the next token by `logits` `(vocab_size)`; `None` when none of them is a number.
    /// Forbidden tokens are never chosen.
    pub(crate) fn next(
        &mut self,
        mut logits: Vec<f32>,
        is_forbidden: impl Fn(TokenId) -> bool,
    ) -> candle_core::Result<Option<TokenId>> {
        self.penalise(&mut logits);
        for (id, logit) in logits.iter_mut().enumerate() {
            if logit.is_nan() || is_forbidden(id as TokenId) {
                *logit = f32::NEG_INFINITY;
            }
        }
        if !logits.iter().any(|logit| logit.is_finite()) {
            return Ok(None);
        }
        let n = logits.len();
        let logits = Tensor::from_vec(logits, n, &Device::Cpu)?;
        let min_p = self.sampling.min_p;
        let id = self.processor.sample_f(&logits, |probabilities| {
            let likeliest = probabilities.iter().fold(0.0_f32, |a, b| a.max(*b));
            for probability in probabilities {
                if *probability < min_p * likeliest {
                    *probability = 0.0;
                }
            }
        })?;
        self.chosen.push(id);
        Ok(Some(id))
    }

    fn penalise(&self, logits: &mut [f32]) {
        let penalty = self.sampling.repetition_penalty;
        if penalty <= 0.0 || (penalty - 1.0).abs() < f32::EPSILON {
            return;
        }
        let mut ids = self.chosen.clone();
        ids.sort_unstable();
        ids.dedup();
        for id in ids {
            if let Some(logit) = logits.get_mut(id as usize) {
                *logit = if *logit > 0.0 { *logit / penalty } else { *logit * penalty };
            }
        }
    }
}

#[cfg(test)]
mod tests;
