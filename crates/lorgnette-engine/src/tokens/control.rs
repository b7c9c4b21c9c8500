//! The tokens of the chat format, which never come from text.

use super::{TokenId, TokenizerError};

/// The ids of the control tokens that the chat format uses, read from the tokenizer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ControlTokens {
    /// `<s>`: begins the sequence, once. Qwen's tokenizer has none.
    pub bos: Option<TokenId>,
    /// `</s>`, or `<|im_end|>`: ends an answer.
    pub eos: TokenId,
    /// `<|endoftext|>`: ends an answer of Qwen's decoder too.
    pub end_of_text: Option<TokenId>,
    /// What begins and ends a turn.
    pub turns: TurnTokens,
    /// `[IMG]`, or `<|image_pad|>`: stands where a row of the projector's output is put.
    pub img: Option<TokenId>,
    /// `[IMG_BREAK]`: ends a row of patches.
    pub img_break: Option<TokenId>,
    /// `[IMG_END]`: ends a picture.
    pub img_end: Option<TokenId>,
    /// `[SYSTEM_PROMPT]`: begins the instructions, in the format of version 7 and later.
    pub begin_system: Option<TokenId>,
    /// `[/SYSTEM_PROMPT]`: ends the instructions.
    pub end_system: Option<TokenId>,
    /// `[THINK]`: begins what a model thinks before it answers, in the format of version 13.
    pub begin_think: Option<TokenId>,
    /// `[/THINK]`: ends what it thinks.
    pub end_think: Option<TokenId>,
}

/// The tokens around a turn, which tell the two chat formats apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TurnTokens {
    /// Mistral's format: only what the person says stands between tokens.
    Mistral {
        /// `[INST]`: begins what the person says.
        begin: TokenId,
        /// `[/INST]`: ends what the person says.
        end: TokenId,
    },
    /// `ChatML`, the format of Qwen's decoder: each turn begins with the name of who says it, and ends
    /// with [`ControlTokens::eos`].
    ChatMl {
        /// `<|im_start|>`: begins a turn.
        begin: TokenId,
    },
}

impl ControlTokens {
    /// `[THINK]` and `[/THINK]`, of a tokenizer that has both.
    pub fn thinking(&self) -> Option<(TokenId, TokenId)> {
        self.begin_think.zip(self.end_think)
    }

    /// Looks the tokens up by name.
    pub(super) fn find(id_of: impl Fn(&str) -> Option<TokenId>) -> Result<Self, TokenizerError> {
        let needed = |name: &'static str| {
            id_of(name).ok_or_else(|| TokenizerError::MissingControl { name: name.to_owned() })
        };
        if id_of("[INST]").is_none()
            && let Some(begin) = id_of("<|im_start|>")
        {
            return Ok(Self {
                bos: None,
                eos: needed("<|im_end|>")?,
                end_of_text: id_of("<|endoftext|>"),
                turns: TurnTokens::ChatMl { begin },
                img: id_of("<|image_pad|>"),
                img_break: None,
                img_end: None,
                begin_system: None,
                end_system: None,
                begin_think: None,
                end_think: None,
            });
        }
        Ok(Self {
            bos: Some(needed("<s>")?),
            eos: needed("</s>")?,
            end_of_text: None,
            turns: TurnTokens::Mistral { begin: needed("[INST]")?, end: needed("[/INST]")? },
            img: id_of("[IMG]"),
            img_break: id_of("[IMG_BREAK]"),
            img_end: id_of("[IMG_END]"),
            begin_system: id_of("[SYSTEM_PROMPT]"),
            end_system: id_of("[/SYSTEM_PROMPT]"),
            begin_think: id_of("[THINK]"),
            end_think: id_of("[/THINK]"),
        })
    }

    /// `[/INST]`, of a tokenizer that has it.
    pub fn end_inst(&self) -> Option<TokenId> {
        match self.turns {
            TurnTokens::Mistral { end, .. } => Some(end),
            TurnTokens::ChatMl { .. } => None,
        }
    }

    /// Whether the token ends an answer.
    pub fn ends_answer(&self, id: TokenId) -> bool {
        id == self.eos || Some(id) == self.end_of_text
    }

    /// Finds `[THINK]` and `[/THINK]` in a vocabulary whose names do not say them, if no other tokens
    /// have their ids.
    pub(super) fn name_thinking(&mut self, names: &[Option<String>]) {
        let is_free = |id: &TokenId| {
            let name = names.get(*id as usize).and_then(Option::as_deref);
            name.is_some_and(|name| name == unused_name(*id as usize))
        };
        if THINKING.iter().all(is_free) {
            [self.begin_think, self.end_think] = THINKING.map(Some);
        }
    }
}

/// The ids of `[THINK]` and `[/THINK]` in version 13, which a file may have without their names.
const THINKING: [TokenId; 2] = [34, 35];

/// The names of the first control tokens where `tekken.json` does not list them, as in Pixtral's.
/// Source: mistral-common, `tokens/tokenizers/tekken.py`.
const NAMES: [&str; 20] = [
    "<unk>",
    "<s>",
    "</s>",
    "[INST]",
    "[/INST]",
    "[AVAILABLE_TOOLS]",
    "[/AVAILABLE_TOOLS]",
    "[TOOL_RESULTS]",
    "[/TOOL_RESULTS]",
    "[TOOL_CALLS]",
    "[IMG]",
    "<pad>",
    "[IMG_BREAK]",
    "[IMG_END]",
    "[PREFIX]",
    "[MIDDLE]",
    "[SUFFIX]",
    "[SYSTEM_PROMPT]",
    "[/SYSTEM_PROMPT]",
    "[TOOL_CONTENT]",
];

/// The names of `n` control tokens of a version. Version 7 brought `[SYSTEM_PROMPT]` and what is
/// behind it; before, these ids have no use, and Hugging Face's files call them `<SPECIAL_17>`.
pub(super) fn default_names(n: usize, version: u32) -> Vec<String> {
    let n_known = if version < 7 { 17 } else { NAMES.len() };
    let mut names = unused_names(n);
    for (name, known) in names.iter_mut().zip(&NAMES[..n_known]) {
        (*known).clone_into(name);
    }
    names
}

/// The names of `n` control tokens that have none of their own.
pub(super) fn unused_names(n: usize) -> Vec<String> {
    (0..n).map(unused_name).collect()
}

fn unused_name(id: usize) -> String {
    format!("<SPECIAL_{id}>")
}
