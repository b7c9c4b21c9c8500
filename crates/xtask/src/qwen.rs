//! The tokenizer of Qwen 2 and 3, which `LightOnOCR` has and the program does not ship: a published
//! model brings its own.

use std::io::Read as _;

use anyhow::{Context as _, Result};
use lorgnette_engine::tokens::{GgufVocab, Tokenizer};

/// `crates/xtask/assets/README.md` gives its origin and form.
const MERGES: &[u8] = include_bytes!("../assets/qwen-merges.txt.z");

/// The control tokens behind the merged ones, as `tokenizer_config.json` of
/// `lightonai/LightOnOCR-2-1B-bbox-soup` names them.
const CONTROL: [&str; 13] = [
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|object_ref_start|>",
    "<|object_ref_end|>",
    "<|box_start|>",
    "<|box_end|>",
    "<|quad_start|>",
    "<|quad_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|vision_pad|>",
    "<|image_pad|>",
];

/// Makes the tokenizer from its merges: the bytes, what each merge makes, and the control tokens.
pub fn tokenizer() -> Result<Tokenizer> {
    let mut merges = String::new();
    flate2::read::ZlibDecoder::new(MERGES).read_to_string(&mut merges)?;
    // GPT-2 writes bytes that can be printed as what they are, and the others as what follows 255.
    let is_printed = |byte: &u32| matches!(byte, 0x21..=0x7e | 0xa1..=0xac | 0xae..=0xff);
    let n_others = (0..=255).filter(|byte| !is_printed(byte)).count() as u32;
    let bytes = (0..=255).filter(is_printed).chain(256..256 + n_others);
    let bytes = bytes.filter_map(char::from_u32).map(String::from);
    let made = merges.lines().map(|pair| pair.replacen(' ', "", 1));
    let control = CONTROL.map(String::from);
    let tokens: Vec<String> = bytes.chain(made).chain(control).collect();
    let n_text = tokens.len() - CONTROL.len();
    let types = (0..tokens.len()).map(|id| if id < n_text { 1 } else { 3 });
    let vocab = GgufVocab {
        model: "gpt2".into(),
        pre: Some("qwen2".into()),
        token_types: Some(types.collect()),
        merges: merges.lines().map(String::from).collect(),
        tokens,
        bos: None,
        eos: None,
    };
    Tokenizer::from_gguf(vocab).context("the merges of Qwen's tokenizer")
}
