//! Reads vocabularies from files, none of which is trusted.

use std::collections::HashMap;
use std::io::Read as _;
use std::path::Path;

use ahash::AHashMap;
use base64::Engine as _;
use serde::Deserialize;
use serde_json::Value;
use serde_json::error::Category;

use super::byte_level::ByteLevel;
use super::control::{default_names, unused_names};
use super::splitting::Splitting;
use super::{Pair, TokenId, TokenizerError, Vocabulary};

/// More tokens than any model of the family has.
const MAX_TOKENS: usize = 1 << 20;

fn malformed<T>(source: &'static str, reason: impl Into<String>) -> Result<T, TokenizerError> {
    Err(TokenizerError::Malformed { source_name: source, reason: reason.into() })
}

/// What is wrong with a tokenizer's JSON, in our words; those of the library are in the log.
fn json_fault<T>(source: &'static str, error: &serde_json::Error) -> Result<T, TokenizerError> {
    tracing::info!("{source}: {error}");
    malformed(
        source,
        match error.classify() {
            Category::Data => "a value is missing, or not of the kind that it should be",
            Category::Eof => "it ends too early",
            Category::Syntax | Category::Io => "it is no JSON",
        },
    )
}

/// Unpacks the ranks that ship with the program.
pub(super) fn shipped(compressed: &[u8]) -> Result<Vocabulary, TokenizerError> {
    const SOURCE: &str = "the shipped tokenizer";
    let mut raw = Vec::new();
    let mut decoder = flate2::read::ZlibDecoder::new(compressed).take(16 << 20);
    if let Err(error) = decoder.read_to_end(&mut raw) {
        return malformed(SOURCE, error.to_string());
    }
    let mut ranks = Vec::new();
    let mut rest = raw.as_slice();
    while let Some((n, tail)) = rest.split_first() {
        let Some((token, tail)) = tail.split_at_checked(usize::from(*n)) else {
            return malformed(SOURCE, "it ends inside a token");
        };
        ranks.push(token.to_vec());
        rest = tail;
    }
    Vocabulary::from_ranks(SOURCE, default_names(1000, 3), ranks)
}

#[derive(Deserialize)]
struct Tekken {
    config: TekkenConfig,
    vocab: Vec<TekkenToken>,
    #[serde(default)]
    special_tokens: Option<Vec<TekkenSpecial>>,
}

#[derive(Deserialize)]
struct TekkenConfig {
    default_vocab_size: usize,
    default_num_special_tokens: usize,
    version: Option<String>,
}

#[derive(Deserialize)]
struct TekkenToken {
    rank: usize,
    token_bytes: String,
}

#[derive(Deserialize)]
struct TekkenSpecial {
    rank: usize,
    token_str: String,
}

/// Reads `tekken.json`, Mistral's own form.
pub(super) fn tekken_json(json: &[u8]) -> Result<Vocabulary, TokenizerError> {
    const SOURCE: &str = "tekken.json";
    let tekken: Tekken = match serde_json::from_slice(json) {
        Ok(tekken) => tekken,
        Err(error) => return json_fault(SOURCE, &error),
    };
    let TekkenConfig { default_vocab_size, default_num_special_tokens: n_control, version } =
        tekken.config;
    let Some(n_ranks) = default_vocab_size.checked_sub(n_control).filter(|n| *n <= MAX_TOKENS)
    else {
        return malformed(
            SOURCE,
            format!("{default_vocab_size} tokens, {n_control} of them control"),
        );
    };
    if n_ranks > tekken.vocab.len() || n_control > MAX_TOKENS {
        let n = tekken.vocab.len();
        return malformed(SOURCE, format!("{n} ranks where {n_ranks} are promised"));
    }
    let version = version_number(version.as_deref().unwrap_or_default());
    let names = match tekken.special_tokens {
        None => default_names(n_control, version),
        Some(listed) => {
            let mut names = unused_names(n_control);
            for special in listed {
                match names.get_mut(special.rank) {
                    Some(name) => *name = special.token_str,
                    None => return malformed(SOURCE, format!("control token {}", special.rank)),
                }
            }
            names
        }
    };
    let mut ranks = Vec::new();
    for (rank, token) in tekken.vocab.into_iter().take(n_ranks).enumerate() {
        if token.rank != rank {
            return malformed(SOURCE, format!("rank {} where {rank} should be", token.rank));
        }
        match base64::engine::general_purpose::STANDARD.decode(&token.token_bytes) {
            Ok(bytes) => ranks.push(bytes),
            Err(error) => {
                tracing::info!("{SOURCE}: rank {rank}: {error}");
                return malformed(SOURCE, format!("the bytes of rank {rank} are no base64"));
            }
        }
    }
    let mut vocabulary = Vocabulary::from_ranks(SOURCE, names, ranks)?;
    vocabulary.system_at_start = version >= 7;
    Ok(vocabulary)
}

/// The number in `v3` or `v7m1`; 3, which Pixtral has, for anything else.
fn version_number(version: &str) -> u32 {
    let digits = version.trim_start_matches('v').split(|c: char| !c.is_ascii_digit()).next();
    digits.and_then(|digits| digits.parse().ok()).unwrap_or(3)
}

#[derive(Deserialize)]
struct TokenizerJson {
    model: BpeModel,
    #[serde(default)]
    added_tokens: Vec<AddedToken>,
}

#[derive(Deserialize)]
struct BpeModel {
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    byte_fallback: bool,
    vocab: HashMap<String, TokenId>,
    merges: Vec<Merge>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Merge {
    Pair(String, String),
    Text(String),
}

#[derive(Deserialize)]
struct AddedToken {
    id: TokenId,
    content: String,
}

/// The part of a `tokenizer.json` that names its type.
#[derive(Deserialize)]
struct AnyTokenizerJson {
    model: AnyModel,
}

#[derive(Deserialize)]
struct AnyModel {
    #[serde(rename = "type")]
    kind: String,
}

/// Reads `tokenizer.json` of Hugging Face's tokenizers: its vocabulary, merges and added tokens. The
/// rest of it (normalising, adding `<s>`) is not the chat format's, and left out.
pub(super) fn tokenizer_json(json: &[u8]) -> Result<Vocabulary, TokenizerError> {
    const SOURCE: &str = "tokenizer.json";
    let unsupported = |kind: &str| {
        let what = format!("a tokenizer of type {kind:?}");
        Err(TokenizerError::Unsupported { source_name: SOURCE, what })
    };
    let file: TokenizerJson = match serde_json::from_slice(json) {
        Ok(file) => file,
        // Other types have vocabularies of other shapes.
        Err(error) => match serde_json::from_slice::<AnyTokenizerJson>(json) {
            Ok(other) if other.model.kind != "BPE" => return unsupported(&other.model.kind),
            _ => return json_fault(SOURCE, &error),
        },
    };
    match file.model.kind.as_deref() {
        // SentencePiece's vocabularies come as this, too; their tokens are not written as bytes.
        _ if file.model.byte_fallback => return unsupported("SentencePiece"),
        None | Some("BPE") => {}
        Some(kind) => return unsupported(kind),
    }
    let merges = file.model.merges.into_iter().map(|merge| match merge {
        Merge::Pair(left, right) => Some((left, right)),
        Merge::Text(text) => split_merge(&text),
    });
    let Some(merges) = merges.collect() else {
        return malformed(SOURCE, "a merge that is no pair");
    };
    let control = file.added_tokens.into_iter().map(|token| (token.id, token.content)).collect();
    assemble(SOURCE, control, file.model.vocab.into_iter().collect(), merges)
}

/// The vocabulary of a GGUF file as plain data.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GgufVocab {
    /// `tokenizer.ggml.model`: `gpt2` is byte-level BPE.
    pub model: String,
    /// `tokenizer.ggml.pre`: the way in which text is split before it is merged.
    pub pre: Option<String>,
    /// Tokens by id, with bytes written as GPT-2 does.
    pub tokens: Vec<String>,
    /// A type for each token: 1 ordinary, 2 unknown, 3 control, 4 from the user, 5 unused.
    pub token_types: Option<Vec<i32>>,
    /// Pairs with a space between, in the order in which they are merged.
    pub merges: Vec<String>,
    /// The id that begins a sequence.
    pub bos: Option<TokenId>,
    /// The id that ends an answer.
    pub eos: Option<TokenId>,
}

impl GgufVocab {
    /// Adds tokens without use until there are `n`: a file has a token for each row of the embedding.
    /// Source: llama.cpp `conversion/base.py`, `get_vocab_base`.
    #[must_use]
    pub fn padded(mut self, n: usize) -> Self {
        const UNUSED: i32 = 5;
        for id in self.tokens.len()..n {
            self.tokens.push(format!("[PAD{id}]"));
            if let Some(types) = &mut self.token_types {
                types.push(UNUSED);
            }
        }
        self
    }
}

/// Takes the vocabulary of a GGUF file.
pub(super) fn gguf(vocab: GgufVocab) -> Result<Vocabulary, TokenizerError> {
    const SOURCE: &str = "the GGUF vocabulary";
    const NORMAL: i32 = 1;
    let unsupported = |what| Err(TokenizerError::Unsupported { source_name: SOURCE, what });
    if vocab.model != "gpt2" {
        return unsupported(format!("a tokenizer of type {:?}", vocab.model));
    }
    let splitting = match &vocab.pre {
        None => None,
        Some(pre) => match Splitting::named(pre) {
            None => return unsupported(format!("the text splitting {pre:?}")),
            known => known,
        },
    };
    if vocab.tokens.len() > MAX_TOKENS {
        return malformed(SOURCE, format!("{} tokens", vocab.tokens.len()));
    }
    let types = vocab.token_types.unwrap_or_default();
    if !types.is_empty() && types.len() != vocab.tokens.len() {
        let (types, tokens) = (types.len(), vocab.tokens.len());
        return malformed(SOURCE, format!("{types} types for {tokens} tokens"));
    }
    // Without types: control tokens are those before the first byte.
    let first_byte = ByteLevel::new().write(&[0]);
    let n_control = vocab.tokens.iter().position(|token| *token == first_byte).unwrap_or(0);
    let is_control = |id: usize| types.get(id).map_or(id < n_control, |kind| *kind != NORMAL);
    let (mut control, mut ordinary) = (Vec::new(), Vec::new());
    for (id, token) in vocab.tokens.into_iter().enumerate() {
        if is_control(id) {
            control.push((id as TokenId, token));
        } else {
            ordinary.push((token, id as TokenId));
        }
    }
    let merges: Option<Vec<_>> = vocab.merges.iter().map(|merge| split_merge(merge)).collect();
    let Some(merges) = merges else {
        return malformed(SOURCE, "a merge that is no pair");
    };
    let vocabulary = assemble(SOURCE, control, ordinary, merges)?;
    Ok(Vocabulary { splitting, ..vocabulary })
}

/// Splits a pair at its space: neither side holds one, for GPT-2 writes it as another character.
fn split_merge(text: &str) -> Option<(String, String)> {
    let (left, right) = text.split_once(' ')?;
    Some((left.to_owned(), right.to_owned()))
}

fn assemble(
    source: &'static str,
    control: Vec<(TokenId, String)>,
    ordinary: Vec<(String, TokenId)>,
    merges: Vec<(String, String)>,
) -> Result<Vocabulary, TokenizerError> {
    let n = control.len().saturating_add(ordinary.len());
    if n > MAX_TOKENS {
        return malformed(source, format!("{n} tokens"));
    }
    let merges = pairs(source, &control, &ordinary, merges)?;
    let has = |name: &str| control.iter().any(|(_, control)| control == name);
    let system_at_start = has("[SYSTEM_PROMPT]") && has("[/SYSTEM_PROMPT]");
    let mut names: Vec<Option<String>> = vec![None; n];
    let mut bytes: Vec<Option<Vec<u8>>> = vec![None; n];
    let byte_level = ByteLevel::new();
    for (id, name) in control {
        match names.get_mut(id as usize) {
            Some(slot @ None) => *slot = Some(name),
            _ => return malformed(source, format!("the id {id} of {name:?}")),
        }
    }
    for (text, id) in ordinary {
        // Added tokens are often in the vocabulary, too.
        if names.get(id as usize).is_some_and(Option::is_some) {
            continue;
        }
        let Some(token) = byte_level.read(&text).filter(|token| !token.is_empty()) else {
            return malformed(source, format!("the token {text:?}"));
        };
        match bytes.get_mut(id as usize) {
            Some(slot @ None) => *slot = Some(token),
            _ => return malformed(source, format!("the id {id} of {text:?}")),
        }
    }
    // A control token that is in the vocabulary, too, was counted twice: the ids end earlier.
    let n = (0..n).rfind(|i| names[*i].is_some() || bytes[*i].is_some()).map_or(0, |last| last + 1);
    for id in 0..n {
        if names[id].is_none() && bytes[id].is_none() {
            return malformed(source, format!("no token has the id {id}"));
        }
    }
    names.truncate(n);
    bytes.truncate(n);
    let bytes = bytes.into_iter().map(Option::unwrap_or_default).collect();
    // A file without merges has its tokens in the order of rank.
    let merges = (!merges.is_empty()).then_some(merges);
    Ok(Vocabulary { names, bytes, merges, system_at_start, splitting: None })
}

/// Looks up the ids of each merge's sides.
fn pairs(
    source: &'static str,
    control: &[(TokenId, String)],
    ordinary: &[(String, TokenId)],
    merges: Vec<(String, String)>,
) -> Result<Vec<Pair>, TokenizerError> {
    let mut ids: AHashMap<&str, TokenId> =
        ordinary.iter().map(|(text, id)| (text.as_str(), *id)).collect();
    for (_, name) in control {
        ids.remove(name.as_str());
    }
    let mut pairs = Vec::with_capacity(merges.len());
    for (left, right) in merges {
        match (ids.get(left.as_str()), ids.get(right.as_str())) {
            (Some(left), Some(right)) => pairs.push((*left, *right)),
            _ => return malformed(source, format!("the merge of {left:?} and {right:?}")),
        }
    }
    Ok(pairs)
}

/// The chat template of a Hugging Face folder, which has it in a file of its own or, before, among
/// the tokenizer's settings.
pub(super) fn chat_template(dir: &Path) -> Result<Option<String>, TokenizerError> {
    let jinja = dir.join("chat_template.jinja");
    if jinja.is_file() {
        return Ok(Some(fs_err::read_to_string(jinja)?));
    }
    for name in ["chat_template.json", "tokenizer_config.json"] {
        let path = dir.join(name);
        if !path.is_file() {
            continue;
        }
        // Only a hint is taken from it: one that is no JSON says nothing.
        let json: Value = serde_json::from_slice(&fs_err::read(path)?).unwrap_or_default();
        if let Some(template) = json["chat_template"].as_str() {
            return Ok(Some(template.to_owned()));
        }
    }
    Ok(None)
}
