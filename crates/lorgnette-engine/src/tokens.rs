//! Text to token ids and back: byte-level BPE over tekken's vocabulary.
//!
//! The `tokenizers` crate does the merging. It is given ordinary tokens only, so that no text can
//! become a control token; those are put in by [`crate::prompt`].

mod byte_level;
mod control;
mod sources;

use std::collections::HashMap;
use std::path::Path;

use tokenizers::models::bpe::BPE;
use tokenizers::pre_tokenizers::byte_level::ByteLevel as ByteLevelSplit;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::{PreTokenizerWrapper, SplitDelimiterBehavior};

use self::byte_level::ByteLevel;
pub use self::control::ControlTokens;
pub use self::sources::GgufVocab;

/// A token's number.
pub type TokenId = u32;

/// How tekken cuts text before it merges. Source: `tekken_240911.json`, `config.pattern`.
const PATTERN: &str = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// `assets/tokenizer/README.md` says what it is.
const SHIPPED: &[u8] = include_bytes!("../../../assets/tokenizer/pixtral.ranks.z");

/// A tokenizer that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TokenizerError {
    /// A file that cannot be read; the source names it.
    #[error(transparent)]
    Read(#[from] std::io::Error),
    /// A vocabulary that breaks its format or contradicts itself.
    #[error("{source_name} is malformed: {reason}")]
    Malformed {
        /// Which kind of file.
        source_name: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// A tokenizer of another kind.
    #[error("{source_name}: {what} is not supported")]
    Unsupported {
        /// Which kind of file.
        source_name: &'static str,
        /// What it asks for.
        what: String,
    },
    /// A control token that the chat format cannot do without.
    #[error("the tokenizer has no control token {name}")]
    MissingControl {
        /// Its name.
        name: String,
    },
}

impl TokenizerError {
    /// What to do now.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Read(_) => "check that you may read it",
            Self::Malformed { .. } => "fetch the model's tokenizer again; it is damaged",
            Self::Unsupported { .. } | Self::MissingControl { .. } => {
                "use a model of the Pixtral family; its tokenizer is tekken"
            }
        }
    }
}

/// What every source is brought to.
struct Vocabulary {
    /// The name of a control token, by id; `None` for an ordinary one.
    names: Vec<Option<String>>,
    /// The bytes of an ordinary token, by id.
    bytes: Vec<Vec<u8>>,
    /// Merges in order; `None`: they follow from the ranks.
    merges: Option<Vec<(String, String)>>,
    /// Instructions stand at the beginning (format of version 7 and later).
    system_at_start: bool,
}

impl Vocabulary {
    /// Control tokens first, then ranks. The first 256 ranks are the bytes.
    fn from_ranks(
        source_name: &'static str,
        names: Vec<String>,
        ranks: Vec<Vec<u8>>,
    ) -> Result<Self, TokenizerError> {
        let malformed = |reason| Err(TokenizerError::Malformed { source_name, reason });
        if ranks.len() < 256 || (0..=255_u8).any(|byte| ranks[usize::from(byte)] != [byte]) {
            return malformed("its first 256 ranks are not the bytes".into());
        }
        if let Some(rank) = ranks.iter().position(Vec::is_empty) {
            return malformed(format!("rank {rank} is empty"));
        }
        let mut bytes = vec![Vec::new(); names.len()];
        let mut names: Vec<Option<String>> = names.into_iter().map(Some).collect();
        bytes.extend(ranks);
        names.resize(bytes.len(), None);
        Ok(Self { names, bytes, merges: None, system_at_start: false })
    }
}

/// Text to ids and back.
pub struct Tokenizer {
    bpe: tokenizers::Tokenizer,
    names: Vec<Option<String>>,
    bytes: Vec<Vec<u8>>,
    merges: Vec<(String, String)>,
    control: ControlTokens,
    system_at_start: bool,
}

impl Tokenizer {
    /// The tokenizer of Pixtral 12B, which ships with the program.
    ///
    /// # Errors
    /// None in a program that was built from whole sources.
    pub fn pixtral() -> Result<Self, TokenizerError> {
        Self::new(sources::shipped(SHIPPED)?)
    }

    /// `tekken.json`, else `tokenizer.json` of a folder; `None` when it has neither.
    ///
    /// # Errors
    /// [`TokenizerError`] when there is one that cannot be used.
    pub fn from_folder(dir: &Path) -> Result<Option<Self>, TokenizerError> {
        let (tekken, tokenizer) = (dir.join("tekken.json"), dir.join("tokenizer.json"));
        if tekken.is_file() {
            Self::from_tekken_json(&fs_err::read(tekken)?).map(Some)
        } else if tokenizer.is_file() {
            Self::from_tokenizer_json(&fs_err::read(tokenizer)?).map(Some)
        } else {
            Ok(None)
        }
    }

    /// Mistral's own form.
    ///
    /// # Errors
    /// [`TokenizerError`] says what is wrong with it.
    pub fn from_tekken_json(json: &[u8]) -> Result<Self, TokenizerError> {
        Self::new(sources::tekken_json(json)?)
    }

    /// Hugging Face's form.
    ///
    /// # Errors
    /// [`TokenizerError`] says what is wrong with it.
    pub fn from_tokenizer_json(json: &[u8]) -> Result<Self, TokenizerError> {
        Self::new(sources::tokenizer_json(json)?)
    }

    /// llama.cpp's form.
    ///
    /// # Errors
    /// [`TokenizerError`] says what is wrong with it.
    pub fn from_gguf(vocab: GgufVocab) -> Result<Self, TokenizerError> {
        Self::new(sources::gguf(vocab)?)
    }

    /// The first `vocab_size` tokens of this one: a prefix of the ranks is a tokenizer, too.
    ///
    /// # Errors
    /// [`TokenizerError::Malformed`] when not even the bytes are left.
    pub fn truncated(&self, vocab_size: usize) -> Result<Self, TokenizerError> {
        let n = vocab_size.min(self.bytes.len());
        let n_control = self.names.iter().take_while(|name| name.is_some()).count().min(n);
        let names = self.names[..n_control].iter().flatten().cloned().collect();
        let ranks = self.bytes[n_control..n].to_vec();
        let mut vocabulary = Vocabulary::from_ranks("the shortened tokenizer", names, ranks)?;
        vocabulary.system_at_start = self.system_at_start;
        Self::new(vocabulary)
    }

    fn new(vocabulary: Vocabulary) -> Result<Self, TokenizerError> {
        let Vocabulary { names, bytes, merges, system_at_start } = vocabulary;
        let named: HashMap<&str, TokenId> = names
            .iter()
            .enumerate()
            .filter_map(|(id, name)| Some((name.as_deref()?, id as TokenId)))
            .collect();
        let control = ControlTokens::find(|name| named.get(name).copied())?;

        let byte_level = ByteLevel::new();
        let merges = merges.unwrap_or_else(|| merges_of_ranks(&bytes, &byte_level));
        let ids = 0..bytes.len() as TokenId;
        let ordinary = ids.zip(&bytes).filter(|(_, bytes)| !bytes.is_empty());
        let vocab: HashMap<String, TokenId> =
            ordinary.map(|(id, bytes)| (byte_level.write(bytes), id)).collect();
        let malformed = |error: tokenizers::Error| TokenizerError::Malformed {
            source_name: "the vocabulary",
            reason: error.to_string(),
        };
        let vocab: Vec<(String, TokenId)> = vocab.into_iter().collect();
        let bpe = BPE::builder()
            .vocab_and_merges(vocab.into_iter().collect::<ahash::AHashMap<_, _>>(), merges.clone())
            .ignore_merges(true)
            .build()
            .map_err(malformed)?;
        let mut bpe = tokenizers::Tokenizer::new(bpe);
        let pattern = SplitPattern::Regex(PATTERN.into());
        let split =
            Split::new(pattern, SplitDelimiterBehavior::Isolated, false).map_err(malformed)?;
        bpe.with_pre_tokenizer(Some(PreTokenizerWrapper::Sequence(Sequence::new(vec![
            split.into(),
            ByteLevelSplit::new(false, false, false).into(),
        ]))));
        Ok(Self { bpe, names, bytes, merges, control, system_at_start })
    }

    /// Tokens, control tokens included.
    pub fn vocab_size(&self) -> usize {
        self.bytes.len()
    }

    /// The control tokens of the chat format.
    pub fn control(&self) -> &ControlTokens {
        &self.control
    }

    /// Whether instructions stand at the beginning of a chat, and not in its last turn.
    pub fn system_at_start(&self) -> bool {
        self.system_at_start
            && self.control.begin_system.is_some()
            && self.control.end_system.is_some()
    }

    /// Whether the id is no text: a control token, or outside the vocabulary.
    pub fn is_unprintable(&self, id: TokenId) -> bool {
        self.token_bytes(id).is_empty()
    }

    /// Ids of a text, never a control token's.
    pub fn encode_text(&self, text: &str) -> Vec<TokenId> {
        match self.bpe.encode_fast(text, false) {
            Ok(encoding) => encoding.get_ids().to_vec(),
            // The pattern gave up (it may, on pathological text): the bytes are tokens, too.
            Err(_) => text.bytes().filter_map(|byte| self.byte_token(byte)).collect(),
        }
    }

    fn byte_token(&self, byte: u8) -> Option<TokenId> {
        self.bytes.iter().position(|bytes| *bytes == [byte]).map(|id| id as TokenId)
    }

    /// A token's bytes; none for a control token and for an id outside the vocabulary.
    pub fn token_bytes(&self, id: TokenId) -> &[u8] {
        self.bytes.get(id as usize).map_or(&[], Vec::as_slice)
    }

    /// The bytes of all, which may end inside a character.
    pub fn decode(&self, ids: &[TokenId]) -> Vec<u8> {
        ids.iter().flat_map(|id| self.token_bytes(*id)).copied().collect()
    }

    /// The vocabulary for a GGUF file.
    pub fn to_gguf_vocab(&self) -> GgufVocab {
        let byte_level = ByteLevel::new();
        let tokens = self.names.iter().zip(&self.bytes).map(|(name, bytes)| match name {
            Some(name) => name.clone(),
            None => byte_level.write(bytes),
        });
        let types = self.names.iter().map(|name| if name.is_some() { 3 } else { 1 });
        GgufVocab {
            model: "gpt2".into(),
            pre: Some("tekken".into()),
            tokens: tokens.collect(),
            token_types: Some(types.collect()),
            merges: self.merges.iter().map(|(left, right)| format!("{left} {right}")).collect(),
            bos: Some(self.control.bos),
            eos: Some(self.control.eos),
        }
    }
}

/// The merges that a rank order stands for: every way to make a token of two earlier ones, tokens
/// in the order of rank, ways in the order of their parts' ranks.
/// Source: transformers' `convert_slow_tokenizer.py`, `TikTokenConverter`.
fn merges_of_ranks(bytes: &[Vec<u8>], byte_level: &ByteLevel) -> Vec<(String, String)> {
    let ranks: HashMap<&[u8], usize> = bytes
        .iter()
        .enumerate()
        .filter(|(_, bytes)| !bytes.is_empty())
        .map(|(rank, bytes)| (bytes.as_slice(), rank))
        .collect();
    let mut merges = Vec::new();
    for token in bytes.iter().filter(|token| token.len() > 1) {
        let mut ways: Vec<(usize, usize, usize)> = (1..token.len())
            .filter_map(|at| {
                let (left, right) = token.split_at(at);
                Some((*ranks.get(left)?, *ranks.get(right)?, at))
            })
            .collect();
        ways.sort_unstable();
        for (_, _, at) in ways {
            let (left, right) = token.split_at(at);
            merges.push((byte_level.write(left), byte_level.write(right)));
        }
    }
    merges
}

#[cfg(test)]
mod tests;
