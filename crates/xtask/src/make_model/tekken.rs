//! `tekken.json`, Mistral's form of a tokenizer.
//!
//! Source: `mistral_common/tokens/tokenizers/tekken.py` and the file in its package.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lorgnette_engine::tokens::Tokenizer;
use serde_json::{Value, json};

const PATTERN: &str = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// The tokenizer as `tekken.json` has it: control tokens by name, the others in their order.
pub fn json(tokenizer: &Tokenizer) -> String {
    const CONTROL: i32 = 3; // a token type of GGUF
    let vocab = tokenizer.to_gguf_vocab();
    let types = vocab.token_types.unwrap_or_default();
    let n_control = types.iter().take_while(|kind| **kind == CONTROL).count();
    let special: Vec<Value> = vocab.tokens[..n_control]
        .iter()
        .enumerate()
        .map(|(rank, name)| json!({ "rank": rank, "token_str": name, "is_control": true }))
        .collect();
    let ranks: Vec<Value> = (n_control..vocab.tokens.len())
        .map(|id| {
            let bytes = tokenizer.token_bytes(id as u32);
            json!({
                "rank": id - n_control,
                "token_bytes": STANDARD.encode(bytes),
                "token_str": std::str::from_utf8(bytes).ok(),
            })
        })
        .collect();
    let json = json!({
        "config": {
            "pattern": PATTERN,
            "num_vocab_tokens": ranks.len(),
            "default_vocab_size": vocab.tokens.len(),
            "default_num_special_tokens": n_control,
            "version": "v3",
        },
        "vocab": ranks,
        "special_tokens": special,
    });
    json.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_comes_back_as_it_was() {
        let tokenizer = Tokenizer::pixtral().and_then(|all| all.truncated(4096)).expect("shipped");
        let back = Tokenizer::from_tekken_json(json(&tokenizer).as_bytes()).expect("read");
        assert_eq!(back.to_gguf_vocab(), tokenizer.to_gguf_vocab());
    }
}
