//! Text to token ids and back: byte-level BPE over tekken's vocabulary, or over Qwen's.
//!
//! The `tokenizers` crate does the merging. It is given ordinary tokens only, so that no text can
//! become a control token; those are put in by [`crate::prompt`].

mod byte_level;
mod control;
mod sources;
mod splitting;

use std::collections::HashMap;
use std::path::Path;

use ahash::AHashMap;
use tokenizers::models::bpe::BPE;

use self::byte_level::ByteLevel;
pub use self::control::{ControlTokens, TurnTokens};
pub use self::sources::GgufVocab;
use self::splitting::Splitting;

/// The number of a token in the vocabulary.
pub type TokenId = u32;

/// Made by `scripts/make-tokenizer-asset`; `assets/tokenizer/README.md` gives its origin and form.
const SHIPPED: &[u8] = include_bytes!("../../../assets/tokenizer/pixtral.ranks.z");

/// Why a tokenizer cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TokenizerError {
    /// A file could not be read; the source names it.
    #[error(transparent)]
    Read(#[from] std::io::Error),
    /// The vocabulary breaks its format or contradicts itself.
    #[error("{source_name} is malformed: {reason}")]
    Malformed {
        /// The kind of file, as messages call it.
        source_name: &'static str,
        /// The fault, as the second half of the message.
        reason: String,
    },
    /// The tokenizer is of another kind.
    #[error("{source_name}: {what} is not supported")]
    Unsupported {
        /// The kind of file, as messages call it.
        source_name: &'static str,
        /// The feature that is not supported.
        what: String,
    },
    /// The vocabulary lacks a control token that the chat format needs.
    #[error("the tokenizer has no control token {name}")]
    MissingControl {
        /// The token as it is written, such as `[INST]`.
        name: String,
    },
}

impl TokenizerError {
    /// Says what a person can do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Read(_) => "check that you may read it",
            Self::Malformed { .. } => "fetch the model's tokenizer again; it is damaged",
            Self::Unsupported { .. } | Self::MissingControl { .. } => {
                "use a model of the Pixtral family; its tokenizer is tekken, or Qwen's"
            }
        }
    }
}

/// Two tokens that are merged to a longer one.
type Pair = (TokenId, TokenId);

/// The common form of all sources.
struct Vocabulary {
    /// Names of control tokens by id; `None` for an ordinary one.
    names: Vec<Option<String>>,
    /// Bytes of ordinary tokens by id.
    bytes: Vec<Vec<u8>>,
    /// Pairs in the order in which they are merged; `None` when they follow from the ranks.
    merges: Option<Vec<Pair>>,
    /// Instructions stand where they are said, as in the format of version 7 and later.
    system_at_start: bool,
    /// How text is cut before it is merged; `None`: as the control tokens say.
    splitting: Option<Splitting>,
}

impl Vocabulary {
    /// Puts the control tokens before the ranks, of which the first 256 are the bytes.
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
        Ok(Self { names, bytes, merges: None, system_at_start: false, splitting: None })
    }
}

/// Turns text into token ids, and back.
pub struct Tokenizer {
    bpe: tokenizers::Tokenizer,
    names: Vec<Option<String>>,
    bytes: Vec<Vec<u8>>,
    byte_tokens: [TokenId; 256],
    merges: Vec<Pair>,
    control: ControlTokens,
    splitting: Splitting,
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

    /// Reads `tekken.json` of a folder, else `tokenizer.json`; `None` when it has neither.
    ///
    /// # Errors
    /// [`TokenizerError`] when there is one that cannot be used.
    pub fn from_folder(dir: &Path) -> Result<Option<Self>, TokenizerError> {
        let (tekken, tokenizer) = (dir.join("tekken.json"), dir.join("tokenizer.json"));
        if tekken.is_file() {
            Self::from_tekken_json(&fs_err::read(tekken)?).map(Some)
        } else if tokenizer.is_file() {
            let tokenizer = Self::from_tokenizer_json(&fs_err::read(tokenizer)?)?;
            Ok(Some(match sources::chat_template(dir)? {
                Some(template) => tokenizer.with_chat_template(&template),
                None => tokenizer,
            }))
        } else {
            Ok(None)
        }
    }

    /// Reads `tekken.json`, Mistral's own form.
    ///
    /// # Errors
    /// [`TokenizerError`] if it is malformed, not supported, or lacks a control token.
    pub fn from_tekken_json(json: &[u8]) -> Result<Self, TokenizerError> {
        Self::new(sources::tekken_json(json)?)
    }

    /// Reads `tokenizer.json`, Hugging Face's form.
    ///
    /// # Errors
    /// [`TokenizerError`] if it is malformed, not supported, or lacks a control token.
    pub fn from_tokenizer_json(json: &[u8]) -> Result<Self, TokenizerError> {
        Self::new(sources::tokenizer_json(json)?)
    }

    /// Takes the vocabulary of a GGUF file, llama.cpp's form.
    ///
    /// # Errors
    /// [`TokenizerError`] if it is malformed, not supported, or lacks a control token.
    pub fn from_gguf(vocab: GgufVocab) -> Result<Self, TokenizerError> {
        Self::new(sources::gguf(vocab)?)
    }

    /// Takes from a model's chat template where instructions stand and whether the model thinks, which
    /// `tokenizer.json` and GGUF files do not say otherwise. Without one, having `[SYSTEM_PROMPT]` and
    /// `[THINK]` decides.
    #[must_use]
    pub fn with_chat_template(mut self, template: &str) -> Self {
        self.system_at_start = template.contains("[SYSTEM_PROMPT]");
        if self.control.thinking().is_none() && template.contains("[THINK]") {
            self.control.name_thinking(&self.names);
        }
        self
    }

    /// A tokenizer of the first `vocab_size` tokens: a prefix of the ranks is a vocabulary too.
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
        let Vocabulary { names, bytes, merges, system_at_start, splitting } = vocabulary;
        let malformed =
            |reason: String| TokenizerError::Malformed { source_name: "the vocabulary", reason };
        let named: HashMap<&str, TokenId> =
            names.iter().zip(0..).filter_map(|(name, id)| Some((name.as_deref()?, id))).collect();
        let control = ControlTokens::find(|name| named.get(name).copied())?;
        let splitting = splitting.unwrap_or_else(|| Splitting::of(&control));

        let ids = IdOfBytes::new(&bytes)?;
        let merges = match merges {
            Some(merges) => ids.checked(&bytes, merges)?,
            None => merges_of_ranks(&bytes, &ids),
        };
        let byte_tokens = ids.byte_tokens()?;
        drop(ids);

        let byte_level = ByteLevel::new();
        let texts: Vec<String> = bytes.iter().map(|bytes| byte_level.write(bytes)).collect();
        let pairs = merges
            .iter()
            .map(|(left, right)| (texts[*left as usize].clone(), texts[*right as usize].clone()))
            .collect();
        let vocab: AHashMap<String, TokenId> =
            texts.into_iter().zip(0..).filter(|(text, _)| !text.is_empty()).collect();
        let bpe = BPE::builder()
            .vocab_and_merges(vocab, pairs)
            .ignore_merges(splitting.ignores_merges())
            .build()
            .map_err(|error| malformed(error.to_string()))?;
        let mut bpe = tokenizers::Tokenizer::new(bpe);
        splitting.prepare(&mut bpe).map_err(|error| malformed(error.to_string()))?;
        Ok(Self { bpe, names, bytes, byte_tokens, merges, control, splitting, system_at_start })
    }

    /// Number of tokens, control tokens included.
    pub fn vocab_size(&self) -> usize {
        self.bytes.len()
    }

    /// The control tokens of the chat format.
    pub fn control(&self) -> &ControlTokens {
        &self.control
    }

    /// Whether instructions have tokens of their own, and do not stand in the last question.
    pub fn system_at_start(&self) -> bool {
        self.system_at_start
            && self.control.begin_system.is_some()
            && self.control.end_system.is_some()
    }

    /// Whether the id stands for no text: it is a control token, or outside the vocabulary.
    pub fn is_unprintable(&self, id: TokenId) -> bool {
        self.token_bytes(id).is_empty()
    }

    /// Encodes a text. Its ids are never those of control tokens.
    pub fn encode_text(&self, text: &str) -> Vec<TokenId> {
        match self.bpe.encode_fast(text, false) {
            Ok(encoding) => encoding.get_ids().to_vec(),
            // The pattern gave up (it may, on pathological text): the bytes are tokens, too.
            Err(_) => text.bytes().map(|byte| self.byte_tokens[usize::from(byte)]).collect(),
        }
    }

    /// A token's bytes; none for a control token and for an id outside the vocabulary.
    pub fn token_bytes(&self, id: TokenId) -> &[u8] {
        self.bytes.get(id as usize).map_or(&[], Vec::as_slice)
    }

    /// The bytes of tokens in a row, which may end inside a character.
    pub fn decode(&self, ids: &[TokenId]) -> Vec<u8> {
        ids.iter().flat_map(|id| self.token_bytes(*id)).copied().collect()
    }

    /// The vocabulary as a GGUF file has it.
    pub fn to_gguf_vocab(&self) -> GgufVocab {
        const NORMAL: i32 = 1;
        const CONTROL: i32 = 3;
        let byte_level = ByteLevel::new();
        let token = |(name, bytes): (&Option<String>, &Vec<u8>)| match name {
            Some(name) => name.clone(),
            None => byte_level.write(bytes),
        };
        let tokens: Vec<String> = self.names.iter().zip(&self.bytes).map(token).collect();
        let types = self.names.iter().map(|name| if name.is_some() { CONTROL } else { NORMAL });
        let merges = self.merges.iter().map(|(left, right)| {
            let (left, right) = (&tokens[*left as usize], &tokens[*right as usize]);
            format!("{left} {right}")
        });
        GgufVocab {
            model: "gpt2".into(),
            pre: Some(self.splitting.gguf_name().into()),
            token_types: Some(types.collect()),
            merges: merges.collect(),
            tokens,
            bos: self.control.bos,
            eos: Some(self.control.eos),
        }
    }
}

/// Ordinary tokens by their bytes, which no two share.
struct IdOfBytes<'a>(AHashMap<&'a [u8], TokenId>);

impl<'a> IdOfBytes<'a> {
    /// Refuses two tokens of the same bytes: which one a text would get is undefined.
    fn new(bytes: &'a [Vec<u8>]) -> Result<Self, TokenizerError> {
        let mut ids = AHashMap::with_capacity(bytes.len());
        for (token, id) in bytes.iter().zip(0..) {
            if token.is_empty() {
                continue;
            }
            if let Some(before) = ids.insert(token.as_slice(), id) {
                return Err(TokenizerError::Malformed {
                    source_name: "the vocabulary",
                    reason: format!("tokens {before} and {id} are the same"),
                });
            }
        }
        Ok(Self(ids))
    }

    fn get(&self, bytes: &[u8]) -> Option<TokenId> {
        self.0.get(bytes).copied()
    }

    /// Checks that each merge makes a token: `tokenizers` panics over one that is longer than any.
    fn checked(&self, bytes: &[Vec<u8>], merges: Vec<Pair>) -> Result<Vec<Pair>, TokenizerError> {
        let mut made = Vec::new();
        for (left, right) in &merges {
            made.clear();
            made.extend_from_slice(&bytes[*left as usize]);
            made.extend_from_slice(&bytes[*right as usize]);
            if self.get(&made).is_none() {
                return Err(TokenizerError::Malformed {
                    source_name: "the vocabulary",
                    reason: format!("the merge of {left} and {right} makes no token"),
                });
            }
        }
        Ok(merges)
    }

    /// The token of each byte; without one of them some text would have no ids at all.
    fn byte_tokens(&self) -> Result<[TokenId; 256], TokenizerError> {
        let mut tokens = [0; 256];
        for (byte, token) in (0..=255_u8).zip(&mut tokens) {
            *token = self.get(&[byte]).ok_or_else(|| TokenizerError::Malformed {
                source_name: "the vocabulary",
                reason: format!("no token is the byte {byte}"),
            })?;
        }
        Ok(tokens)
    }
}

/// The merges that ranks stand for: every way to make a token of two others, in the order of the
/// token's rank and then of its parts' ranks.
/// Source: transformers' `convert_slow_tokenizer.py`, `TikTokenConverter`.
fn merges_of_ranks(bytes: &[Vec<u8>], ids: &IdOfBytes<'_>) -> Vec<Pair> {
    let mut merges = Vec::new();
    for token in bytes {
        let begin = merges.len();
        merges.extend((1..token.len()).filter_map(|at| {
            let (left, right) = token.split_at(at);
            Some((ids.get(left)?, ids.get(right)?))
        }));
        merges[begin..].sort_unstable();
    }
    merges
}

#[cfg(test)]
mod tests;
