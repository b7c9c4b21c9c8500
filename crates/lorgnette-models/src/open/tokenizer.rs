//! The tokenizer that goes with a model.

use std::io::Read as _;
use std::path::Path;

use lorgnette_engine::tokens::{GgufVocab, Tokenizer};
use lorgnette_gguf::reader::Value;
use lorgnette_gguf::{GgufError, GgufFile, is_lfs_pointer};
use lorgnette_pixtral::{Checkpoint, LoadError};

use crate::error::ModelsError;

/// The tokenizer in the model's folder or file; else the shipped one, if the vocabulary is its.
pub(super) fn tokenizer(checkpoint: &Checkpoint) -> Result<Tokenizer, ModelsError> {
    if let Some(gguf) = checkpoint.gguf() {
        if let Some(vocab) = gguf_vocab(gguf) {
            let tokenizer = Tokenizer::from_gguf(vocab)?;
            return Ok(match gguf.string("tokenizer.chat_template") {
                Some(template) => tokenizer.with_chat_template(template),
                None => tokenizer,
            });
        }
    } else {
        no_pointers(checkpoint.path())?;
        if let Some(tokenizer) = Tokenizer::from_folder(checkpoint.path())? {
            return Ok(tokenizer);
        }
    }
    let vocab_size = checkpoint.config().text.vocab_size;
    let shipped = Tokenizer::pixtral()?;
    if shipped.vocab_size() == vocab_size {
        return Ok(shipped);
    }
    Err(ModelsError::NoTokenizer { model: checkpoint.path().to_owned(), vocab_size })
}

/// Refuses a folder whose tokenizer Git LFS has elsewhere.
fn no_pointers(dir: &Path) -> Result<(), LoadError> {
    for name in ["tekken.json", "tokenizer.json"] {
        let file = dir.join(name);
        let mut start = Vec::new();
        let read =
            fs_err::File::open(&file).and_then(|file| file.take(100).read_to_end(&mut start));
        // Files that are not there, or cannot be read, are told of by the tokenizer.
        if read.is_ok() && is_lfs_pointer(&start) {
            return Err(GgufError::LfsPointer { file }.into());
        }
    }
    Ok(())
}

/// The `tokenizer.ggml.*` metadata; `None` when there is no vocabulary.
fn gguf_vocab(file: &GgufFile) -> Option<GgufVocab> {
    let strings = |key: &str| match file.get(key) {
        Some(Value::Strings(strings)) => Some(strings.clone()),
        _ => None,
    };
    let id = |key: &str| match file.get(key) {
        Some(Value::Int(id)) => u32::try_from(*id).ok(),
        _ => None,
    };
    let types = match file.get("tokenizer.ggml.token_type") {
        Some(Value::Ints(types)) => {
            Some(types.iter().map(|kind| i32::try_from(*kind).unwrap_or(0)).collect())
        }
        _ => None,
    };
    Some(GgufVocab {
        model: file.string("tokenizer.ggml.model")?.to_owned(),
        pre: file.string("tokenizer.ggml.pre").map(ToOwned::to_owned),
        tokens: strings("tokenizer.ggml.tokens")?,
        token_types: types,
        merges: strings("tokenizer.ggml.merges").unwrap_or_default(),
        bos: id("tokenizer.ggml.bos_token_id"),
        eos: id("tokenizer.ggml.eos_token_id"),
    })
}
