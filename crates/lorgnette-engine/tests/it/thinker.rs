//! A network that says a fixed text, thoughts and all, whatever it is asked.
//!
//! Its blocks add nothing, each token that it says has a number of its own in the hidden state, and the
//! output matrix has at each of these numbers the token that follows. So it is a network as others are, and
//! the engine that runs it knows nothing of the text.

use std::path::Path;
use std::sync::LazyLock;

use lorgnette_engine::Generator;
use lorgnette_engine::tokens::{TokenId, Tokenizer};
use lorgnette_pixtral::checkpoint::{Naming, Part, inventory, read_config};
use lorgnette_pixtral::{Checkpoint, Device, KvFormat, Pixtral};
use safetensors::tensor::{Dtype, TensorView};

pub const BEGIN_THINK: TokenId = 34;
pub const END_THINK: TokenId = 35;
const EOS: TokenId = 2;
const END_INST: TokenId = 4;

const PARAMS: &str = r#"{"dim": 64, "n_layers": 1, "head_dim": 16, "hidden_dim": 32, "n_heads": 2,
    "n_kv_heads": 1, "norm_eps": 1e-5, "vocab_size": 1300, "rope_theta": 1e6, "max_seq_len": 4096}"#;
const HIDDEN_SIZE: usize = 64;

/// The first tokens of the shipped vocabulary, and the control tokens of version 13.
static TOKENIZER: LazyLock<Tokenizer> = LazyLock::new(|| named("[THINK]", "[/THINK]"));

/// The same with other names of the two tokens.
pub fn named(begin: &str, end: &str) -> Tokenizer {
    let mut vocab = crate::tiny::tokenizer().truncated(1300).unwrap().to_gguf_vocab();
    for (id, name) in [(17, "[SYSTEM_PROMPT]"), (18, "[/SYSTEM_PROMPT]"), (34, begin), (35, end)] {
        vocab.tokens[id] = name.into();
    }
    Tokenizer::from_gguf(vocab).unwrap()
}

pub fn tokenizer() -> &'static Tokenizer {
    &TOKENIZER
}

/// The tokens of a text.
pub fn ids(text: &str) -> Vec<TokenId> {
    TOKENIZER.encode_text(text)
}

/// A network that thinks the one and answers with the other. Where it may not think, it answers at once.
pub fn generator(thoughts: &str, answer: &str) -> Generator {
    saying(&[&[BEGIN_THINK][..], &*ids(thoughts), &[END_THINK], &ids(answer)].concat(), &TOKENIZER)
}

/// A network that says these tokens, of which no two are the same.
pub fn saying(tokens: &[TokenId], tokenizer: &Tokenizer) -> Generator {
    let dir = tempfile::TempDir::new().unwrap();
    write(dir.path(), tokens);
    let checkpoint = Checkpoint::open(dir.path()).unwrap();
    let model = Pixtral::load(&checkpoint, &Device::Cpu, &mut |_| {}).unwrap();
    let tokenizer = Tokenizer::from_gguf(tokenizer.to_gguf_vocab()).unwrap();
    Generator::new(model, tokenizer, 1024, KvFormat::F32).unwrap()
}

fn write(dir: &Path, tokens: &[TokenId]) {
    fs_err::write(dir.join("params.json"), PARAMS).unwrap();
    let chain = [&[END_INST][..], tokens, &[EOS]].concat();
    assert!(chain.len() <= HIDDEN_SIZE, "{} tokens", chain.len());
    for (i, id) in chain.iter().enumerate() {
        assert!(!chain[..i].contains(id), "{id} comes twice");
    }
    // The second choice behind the question is the answer.
    let answer = chain.iter().position(|id| *id == END_THINK).map_or(0, |end| end + 1);
    let config = read_config(dir).unwrap();
    let mut tensors = Vec::new();
    for (part, shape) in inventory(&config) {
        let n: usize = shape.iter().product();
        // Norms of one row; all else adds nothing.
        let mut values = vec![if shape.len() == 1 { 1.0_f32 } else { 0.0 }; n];
        let place = |id: TokenId, number: usize| id as usize * HIDDEN_SIZE + number;
        for (i, id) in chain.iter().enumerate() {
            match part {
                Part::TokenEmbedding => values[place(*id, i)] = 1.0,
                Part::Output if i > 0 => values[place(*id, i - 1)] = 1.0,
                _ => {}
            }
        }
        if part == Part::Output && answer > 0 {
            values[place(chain[answer], 0)] = 0.5;
        }
        let bytes: Vec<u8> = values.into_iter().flat_map(f32::to_le_bytes).collect();
        tensors.push((Naming::Native.name(part), shape, bytes));
    }
    let views = tensors.iter().map(|(name, shape, bytes)| {
        (name, TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap())
    });
    let file = safetensors::serialize(views, None).unwrap();
    fs_err::write(dir.join("consolidated.safetensors"), file).unwrap();
}
