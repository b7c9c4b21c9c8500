//! The files that a vocabulary is read from. None of them is trusted.

use std::collections::HashMap;
use std::io::Read as _;

use base64::Engine as _;
use serde::Deserialize;

use super::byte_level::ByteLevel;
use super::control::default_names;
use super::{TokenId, TokenizerError, Vocabulary};

/// More tokens than any model of the family has.
const MAX_TOKENS: usize = 1 << 20;

fn malformed<T>(source: &'static str, reason: impl Into<String>) -> Result<T, TokenizerError> {
    Err(TokenizerError::Malformed { source_name: source, reason: reason.into() })
}

/// The ranks that ship with the program.
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
    Vocabulary::from_ranks(SOURCE, default_names(1000), ranks)
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

/// `tekken.json`, Mistral's own form.
pub(super) fn tekken_json(json: &[u8]) -> Result<Vocabulary, TokenizerError> {
    const SOURCE: &str = "tekken.json";
    let tekken: Tekken = match serde_json::from_slice(json) {
        Ok(tekken) => tekken,
        Err(error) => return malformed(SOURCE, error.to_string()),
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
    let mut names = default_names(n_control);
    for special in tekken.special_tokens.unwrap_or_default() {
        match names.get_mut(special.rank) {
            Some(name) => *name = special.token_str,
            None => return malformed(SOURCE, format!("control token {}", special.rank)),
        }
    }
    let mut ranks = Vec::new();
    for (rank, token) in tekken.vocab.into_iter().take(n_ranks).enumerate() {
        if token.rank != rank {
            return malformed(SOURCE, format!("rank {} where {rank} should be", token.rank));
        }
        match base64::engine::general_purpose::STANDARD.decode(&token.token_bytes) {
            Ok(bytes) => ranks.push(bytes),
            Err(error) => return malformed(SOURCE, format!("rank {rank}: {error}")),
        }
    }
    let mut vocabulary = Vocabulary::from_ranks(SOURCE, names, ranks)?;
    let version = version.unwrap_or_default();
    let number = version.trim_start_matches('v').split(|c: char| !c.is_ascii_digit()).next();
    let number: u32 = number.and_then(|number| number.parse().ok()).unwrap_or(3);
    vocabulary.system_at_start = number >= 7;
    Ok(vocabulary)
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

/// `tokenizer.json` of Hugging Face's tokenizers. Its vocabulary, merges and added tokens are
/// taken; what it would do beside (normalise, add `<s>`) is not the format's.
pub(super) fn tokenizer_json(json: &[u8]) -> Result<Vocabulary, TokenizerError> {
    const SOURCE: &str = "tokenizer.json";
    let file: TokenizerJson = match serde_json::from_slice(json) {
        Ok(file) => file,
        Err(error) => return malformed(SOURCE, error.to_string()),
    };
    if file.model.kind.as_deref().is_some_and(|kind| kind != "BPE") {
        let what = format!("a tokenizer of type {:?}", file.model.kind.unwrap_or_default());
        return Err(TokenizerError::Unsupported { source_name: SOURCE, what });
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

/// A vocabulary as GGUF files hold it, as plain data.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GgufVocab {
    /// `tokenizer.ggml.model`: `gpt2` is byte-level BPE.
    pub model: String,
    /// `tokenizer.ggml.pre`: how text is split first.
    pub pre: Option<String>,
    /// Tokens by id, bytes written as GPT-2 does.
    pub tokens: Vec<String>,
    /// 1 ordinary, 2 unknown, 3 control, 4 from the user, 5 unused.
    pub token_types: Option<Vec<i32>>,
    /// Pairs with a space between, first ones first.
    pub merges: Vec<String>,
    /// The id that begins a sequence.
    pub bos: Option<TokenId>,
    /// The id that ends an answer.
    pub eos: Option<TokenId>,
}

/// The vocabulary of a GGUF file. llama.cpp names the splitting `tekken` or `pixtral`; both mean
/// tekken's own pattern (llama.cpp takes Llama 3's for the second, which splits Hindi otherwise).
pub(super) fn gguf(vocab: GgufVocab) -> Result<Vocabulary, TokenizerError> {
    const SOURCE: &str = "the GGUF vocabulary";
    let unsupported = |what| Err(TokenizerError::Unsupported { source_name: SOURCE, what });
    if vocab.model != "gpt2" {
        return unsupported(format!("a tokenizer of type {:?}", vocab.model));
    }
    if let Some(pre) = vocab.pre.filter(|pre| !matches!(pre.as_str(), "tekken" | "pixtral")) {
        return unsupported(format!("the text splitting {pre:?}"));
    }
    if vocab.tokens.len() > MAX_TOKENS {
        return malformed(SOURCE, format!("{} tokens", vocab.tokens.len()));
    }
    let types = vocab.token_types.unwrap_or_default();
    if !types.is_empty() && types.len() != vocab.tokens.len() {
        let (types, tokens) = (types.len(), vocab.tokens.len());
        return malformed(SOURCE, format!("{types} types for {tokens} tokens"));
    }
    let names = default_names(20);
    let is_control = |id: usize, token: &String| match types.get(id) {
        Some(kind) => *kind != 1,
        None => names.contains(token) || token.starts_with("<SPECIAL_"),
    };
    let (mut control, mut ordinary) = (Vec::new(), Vec::new());
    for (id, token) in vocab.tokens.into_iter().enumerate() {
        let is_control = is_control(id, &token);
        if is_control {
            control.push((id as TokenId, token));
        } else {
            ordinary.push((token, id as TokenId));
        }
    }
    let merges: Option<Vec<_>> = vocab.merges.iter().map(|merge| split_merge(merge)).collect();
    let Some(merges) = merges else {
        return malformed(SOURCE, "a merge that is no pair");
    };
    assemble(SOURCE, control, ordinary, merges)
}

/// Neither side of a pair holds a space: GPT-2 writes it as another character.
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
        let Some(token) = byte_level.read(&text) else {
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
    Ok(Vocabulary { names, bytes, merges: Some(merges), system_at_start: false })
}
