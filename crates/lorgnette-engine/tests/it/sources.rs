//! The shipped vocabulary in each form that models come with.

use ahash::AHashMap;
use base64::Engine as _;
use lorgnette_engine::tokens::{GgufVocab, Tokenizer, TokenizerError};
use serde_json::json;
use tokenizers::models::bpe::BPE;
use tokenizers::normalizers::Lowercase;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::processors::template::TemplateProcessing;
use tokenizers::{AddedToken, Tokenizer as HuggingFace};

use crate::tiny::tokenizer;

/// A `tekken.json`; `names` are its control tokens, or it lists none.
pub fn tekken_json(ranks_of: &Tokenizer, version: &str, names: Option<&[String]>) -> Vec<u8> {
    let n_control = 1000;
    let vocab: Vec<_> = (n_control..ranks_of.vocab_size())
        .map(|id| {
            let bytes = ranks_of.token_bytes(id as u32);
            let base64 = base64::engine::general_purpose::STANDARD.encode(bytes);
            json!({ "rank": id - n_control, "token_bytes": base64, "token_str": null })
        })
        .collect();
    let listed = |names: &[String]| -> Vec<_> {
        let rank = |(rank, name)| json!({ "rank": rank, "token_str": name, "is_control": true });
        names.iter().enumerate().map(rank).collect()
    };
    let tekken = json!({
        "config": {
            "default_vocab_size": ranks_of.vocab_size(),
            "default_num_special_tokens": n_control,
            "version": version,
        },
        "vocab": vocab,
        "special_tokens": names.map(listed),
    });
    tekken.to_string().into_bytes()
}

/// A `tokenizer.json`, written by Hugging Face's own code, that would do all that ours must not:
/// change the text, find control tokens in it and begin it with `<s>`.
pub fn tokenizer_json(tokenizer: &Tokenizer) -> Vec<u8> {
    let vocab = tokenizer.to_gguf_vocab();
    let ids: AHashMap<String, u32> = vocab.tokens.iter().cloned().zip(0..).collect();
    let merges = vocab.merges.iter().map(|merge| merge.split_once(' ').unwrap());
    let merges = merges.map(|(left, right)| (left.into(), right.into())).collect();
    let bpe = BPE::builder().vocab_and_merges(ids, merges).ignore_merges(true).build().unwrap();
    let mut json = HuggingFace::new(bpe);
    let control = vocab.tokens[..1000].iter().map(|name| AddedToken::from(name.as_str(), true));
    json.add_special_tokens(control).unwrap();
    json.with_normalizer(Some(Lowercase)).unwrap();
    json.with_pre_tokenizer(Some(ByteLevel::new(true, true, true)));
    let begins = TemplateProcessing::builder()
        .try_single("<s> $A")
        .unwrap()
        .special_tokens(vec![("<s>", 1)])
        .build();
    json.with_post_processor(Some(begins.unwrap()));
    json.to_string(false).unwrap().into_bytes()
}

#[test]
fn every_source_gives_the_same_ids() {
    let small = tokenizer().truncated(20_000).unwrap();
    let names = &small.to_gguf_vocab().tokens[..1000];
    let without_types = GgufVocab { token_types: None, ..small.to_gguf_vocab() };
    let without_merges =
        GgufVocab { merges: Vec::new(), pre: Some("pixtral".into()), ..small.to_gguf_vocab() };
    let sources = [
        ("tekken.json", Tokenizer::from_tekken_json(&tekken_json(&small, "v3", None))),
        ("tekken.json, listed", {
            Tokenizer::from_tekken_json(&tekken_json(&small, "v3", Some(names)))
        }),
        ("tokenizer.json", Tokenizer::from_tokenizer_json(&tokenizer_json(&small))),
        ("GGUF", Tokenizer::from_gguf(small.to_gguf_vocab())),
        ("GGUF without types", Tokenizer::from_gguf(without_types)),
        ("GGUF without merges", Tokenizer::from_gguf(without_merges)),
    ];
    for (name, tokenizer) in sources {
        let tokenizer = tokenizer.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(tokenizer.control(), small.control(), "{name}");
        assert_eq!(tokenizer.system_at_start(), small.system_at_start(), "{name}");
        assert!(tokenizer.to_gguf_vocab() == small.to_gguf_vocab(), "{name}");
        for case in crate::texts::cases() {
            let ids = tokenizer.encode_text(&case.text);
            assert_eq!(ids, small.encode_text(&case.text), "{name}: {:?}", case.text);
        }
    }
}

#[test]
fn a_folders_own_tokenizer_is_used_and_its_template_says_where_instructions_stand() {
    let dir = tempfile::TempDir::new().unwrap();
    let small = tokenizer().truncated(1300).unwrap();
    assert!(Tokenizer::from_folder(dir.path()).unwrap().is_none());

    fs_err::write(dir.path().join("tokenizer.json"), tokenizer_json(&small)).unwrap();
    let read = || Tokenizer::from_folder(dir.path()).unwrap().unwrap();
    assert!(!read().system_at_start());
    // This vocabulary has no `[SYSTEM_PROMPT]`, whatever the template says.
    let template = json!({ "chat_template": "{{ bos }}[SYSTEM_PROMPT]" }).to_string();
    fs_err::write(dir.path().join("tokenizer_config.json"), template).unwrap();
    assert!(!read().system_at_start());
    let v7 = Tokenizer::from_tekken_json(&tekken_json(&small, "v7", None)).unwrap();
    fs_err::write(dir.path().join("tokenizer.json"), tokenizer_json(&v7)).unwrap();
    assert!(read().system_at_start());
    fs_err::write(dir.path().join("chat_template.jinja"), "{{ bos }}[INST]").unwrap();
    assert!(!read().system_at_start());

    // Mistral's own file comes first, and an unusable one is not passed over.
    fs_err::write(dir.path().join("tekken.json"), tekken_json(&small, "v7", None)).unwrap();
    assert!(read().system_at_start());
    fs_err::write(dir.path().join("tekken.json"), "{").unwrap();
    let refused = Tokenizer::from_folder(dir.path()).err().unwrap();
    assert!(matches!(refused, TokenizerError::Malformed { .. }));
}
