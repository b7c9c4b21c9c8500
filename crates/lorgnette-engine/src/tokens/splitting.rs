//! How text is cut into pieces before they are merged.

use tokenizers::normalizers::unicode::NFC;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::{PreTokenizerWrapper, SplitDelimiterBehavior, Tokenizer};

use super::{ControlTokens, TurnTokens};

/// Source: `tekken_240911.json`, `config.pattern`.
const TEKKEN: &str = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// Source: the `tokenizer.json` of Qwen 2 and 3; llama.cpp `llama-vocab.cpp`, `QWEN2`.
const QWEN: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// How a tokenizer cuts text, and whether it composes its characters first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Splitting {
    /// Mistral's tekken.
    Tekken,
    /// Qwen 2 and 3, whose texts are in normal form C.
    Qwen,
}

impl Splitting {
    /// The one that goes with a chat format, where a file names none.
    pub(super) fn of(control: &ControlTokens) -> Self {
        match control.turns {
            TurnTokens::Mistral { .. } => Self::Tekken,
            TurnTokens::ChatMl { .. } => Self::Qwen,
        }
    }

    /// The one that `tokenizer.ggml.pre` names. llama.cpp writes `pixtral` for tekken too, and then
    /// takes Llama 3's pattern, which splits Hindi otherwise.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "tekken" | "pixtral" => Some(Self::Tekken),
            "qwen2" => Some(Self::Qwen),
            _ => None,
        }
    }

    /// Its name in `tokenizer.ggml.pre`.
    pub(super) fn gguf_name(self) -> &'static str {
        match self {
            Self::Tekken => "tekken",
            Self::Qwen => "qwen2",
        }
    }

    /// Whether a piece that is a token is taken whole. Tekken's merges follow from the ranks, among
    /// which each token is; Qwen lists its own.
    pub(super) fn ignores_merges(self) -> bool {
        self == Self::Tekken
    }

    /// Makes the tokenizer compose and cut text before it merges.
    pub(super) fn prepare(self, bpe: &mut Tokenizer) -> tokenizers::Result<()> {
        let pattern = match self {
            Self::Tekken => TEKKEN,
            Self::Qwen => QWEN,
        };
        let pattern = SplitPattern::Regex(pattern.into());
        let split = Split::new(pattern, SplitDelimiterBehavior::Isolated, false)?;
        bpe.with_pre_tokenizer(Some(PreTokenizerWrapper::Sequence(Sequence::new(vec![
            split.into(),
            ByteLevel::new(false, false, false).into(),
        ]))));
        if self == Self::Qwen {
            bpe.with_normalizer(Some(NFC))?;
        }
        Ok(())
    }
}
