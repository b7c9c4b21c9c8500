//! A network that says one text, thoughts and all, whatever it is asked: for tests of what is made of
//! an answer.
//!
//! The decoder's blocks add nothing. Each token that is said has a number of its own in the hidden state,
//! and the output matrix has, at that number, the token that follows. So the text stands in the weights,
//! and the engine runs them as those of any other network.

use std::collections::HashSet;
use std::ops::Range;

use anyhow::{Result, ensure};
use lorgnette_engine::tokens::{TokenId, Tokenizer};
use lorgnette_pixtral::ModelConfig;
use lorgnette_pixtral::checkpoint::{BlockPart, Naming, Part};

/// Control tokens that came after Pixtral: versions 7 and 13.
const LATER_NAMES: [(usize, &str); 4] =
    [(17, "[SYSTEM_PROMPT]"), (18, "[/SYSTEM_PROMPT]"), (34, "[THINK]"), (35, "[/THINK]")];

/// The text, as the weights that say it.
pub struct Script {
    /// `[/INST]`, the tokens of the text, `</s>`.
    tokens: Vec<TokenId>,
    /// The index of the first token of the answer.
    answer_idx: usize,
    /// The thoughts begin again when they are at their end.
    is_endless: bool,
    /// The names of the matrices that would add to the hidden state.
    zeros: HashSet<String>,
}

impl Script {
    /// Returns an error for a text of too many tokens, and for one in which a token comes twice.
    pub fn new(
        tokenizer: &Tokenizer,
        (thoughts, answer): (Option<&str>, &str),
        is_endless: bool,
        config: &ModelConfig,
    ) -> Result<Self> {
        let text = &config.text;
        ensure!(!text.tied_embeddings, "a text needs a shape with an output matrix of its own");
        let control = tokenizer.control();
        let mut tokens: Vec<_> = control.end_inst().into_iter().collect();
        if let (Some(thoughts), Some((begin, end))) = (thoughts, control.thinking()) {
            tokens.push(begin);
            tokens.extend(tokenizer.encode_text(thoughts));
            tokens.push(end);
        }
        let answer_idx = tokens.len();
        tokens.extend(tokenizer.encode_text(answer));
        tokens.push(control.eos);
        ensure!(tokens.len() <= text.hidden_size, "the text has {} tokens", tokens.len());
        let mut known = HashSet::new();
        if let Some(twice) = tokens.iter().find(|id| !known.insert(**id)) {
            let piece = String::from_utf8_lossy(tokenizer.token_bytes(*twice)).into_owned();
            anyhow::bail!("{piece:?} comes twice, and what follows a token is always the same");
        }
        let zeros = (0..text.n_layers)
            .flat_map(|layer| [BlockPart::O, BlockPart::Down].map(|part| Part::Text(layer, part)))
            .map(|part| Naming::Llava.name(part))
            .collect();
        Ok(Self { tokens, answer_idx, is_endless, zeros })
    }

    /// Returns some rows of a tensor; nothing for one that has no part in it.
    pub fn rows(&self, name: &str, rows: Range<usize>, row_len: usize) -> Option<Vec<f32>> {
        let mut numbers = vec![0.0; rows.len() * row_len];
        let mut set = |id: TokenId, place: usize, number: f32| {
            if let Some(row) = (id as usize).checked_sub(rows.start).filter(|row| *row < rows.len())
            {
                numbers[row * row_len + place] = number;
            }
        };
        if name == Naming::Llava.name(Part::TokenEmbedding) {
            self.tokens.iter().enumerate().for_each(|(place, id)| set(*id, place, 1.0));
        } else if name == Naming::Llava.name(Part::Output) {
            self.tokens[1..].iter().enumerate().for_each(|(place, id)| set(*id, place, 1.0));
            if self.answer_idx > 1 {
                // Where it may not think, it answers at once.
                set(self.tokens[self.answer_idx], 0, 0.5);
            }
            // Behind `[/INST]` and `[THINK]` stands the first thought, before `[/THINK]` the last.
            if let Some(last) = self.answer_idx.checked_sub(2).filter(|_| self.is_endless) {
                set(self.tokens[last + 1], last, 0.5);
                set(self.tokens[2], last, 1.0);
            }
        } else if !self.zeros.contains(name) {
            return None;
        }
        Some(numbers)
    }
}

/// The same tokenizer with the control tokens that a model which thinks has.
pub fn tokenizer(of: &Tokenizer) -> Result<Tokenizer> {
    let mut vocab = of.to_gguf_vocab();
    for (id, name) in LATER_NAMES {
        vocab.tokens[id] = name.into();
    }
    Ok(Tokenizer::from_gguf(vocab)?)
}

#[cfg(test)]
mod tests;
