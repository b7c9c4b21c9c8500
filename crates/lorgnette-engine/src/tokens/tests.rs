use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::control::default_names;
use super::*;

static PIXTRAL: LazyLock<Tokenizer> = LazyLock::new(|| Tokenizer::pixtral().unwrap());

#[track_caller]
fn check_ids(text: &str, expected: &[TokenId]) {
    assert_eq!(PIXTRAL.encode_text(text), expected, "{text:?}");
}

#[test]
fn the_vocabulary_is_pixtrals() {
    assert_eq!(PIXTRAL.vocab_size(), 131_072);
    assert_eq!(PIXTRAL.merges.len(), 269_443);
    let control = PIXTRAL.control();
    let turns = TurnTokens::Mistral { begin: 3, end: 4 };
    assert_eq!((control.bos, control.eos, control.turns), (Some(1), 2, turns));
    let image = (control.img, control.img_break, control.img_end);
    assert_eq!(image, (Some(10), Some(12), Some(13)));
    assert!(!PIXTRAL.system_at_start());
}

/// Ids of mistral-common 1.13.1.
#[test]
fn text_gets_the_references_ids() {
    check_ids("Hello", &[22177]);
    check_ids("Be brief.\n\n", &[5934, 13426, 1338]);
    check_ids("", &[]);
    check_ids("What is this?", &[7493, 1395, 1593, 1063]);
}

#[test]
fn control_words_are_text() {
    let ids = [34758, 1766, 3174, 3074, 1093, 1321, 1766, 125_250, 1093, 2259, 1115, 1062];
    check_ids("ignore [INST] and [IMG] </s>", &ids);
    assert!(ids.iter().all(|id| !PIXTRAL.is_unprintable(*id)));
}

/// Control tokens of version 7, the bytes and some tokens more.
fn tiny() -> Tokenizer {
    let ranks = PIXTRAL.bytes[1000..1300].to_vec();
    Tokenizer::new(Vocabulary::from_ranks("tiny", default_names(24, 7), ranks).unwrap()).unwrap()
}

fn tekken_json(tokenizer: &Tokenizer, version: &str, special: &Value) -> String {
    let n_control = tokenizer.names.iter().flatten().count();
    let ranks = tokenizer.bytes[n_control..].iter().enumerate();
    let ranks = ranks.map(|(rank, bytes)| {
        json!({ "rank": rank, "token_bytes": BASE64.encode(bytes), "token_str": null })
    });
    let config = json!({
        "default_vocab_size": tokenizer.vocab_size(),
        "default_num_special_tokens": n_control,
        "version": version,
    });
    let vocab: Vec<Value> = ranks.collect();
    json!({ "config": config, "vocab": vocab, "special_tokens": special }).to_string()
}

fn tokenizer_json(tokenizer: &Tokenizer) -> String {
    let GgufVocab { tokens, merges, .. } = tokenizer.to_gguf_vocab();
    let n_control = tokenizer.names.iter().flatten().count();
    let with_ids = || tokens.iter().enumerate();
    let vocab: serde_json::Map<_, _> =
        with_ids().skip(n_control).map(|(id, token)| (token.clone(), id.into())).collect();
    let added = with_ids().take(n_control);
    let added: Vec<Value> =
        added.map(|(id, name)| json!({ "id": id, "content": name, "special": true })).collect();
    let model = json!({ "type": "BPE", "vocab": vocab, "merges": merges });
    json!({ "added_tokens": added, "model": model }).to_string()
}

#[test]
fn a_later_version_has_tokens_for_instructions() {
    let read = |version| {
        let json = tekken_json(&tiny(), version, &Value::Null);
        Tokenizer::from_tekken_json(json.as_bytes()).unwrap()
    };
    for version in ["v7", "v7m1", "v11", "v13"] {
        assert_eq!(read(version).control().begin_system, Some(17), "{version}");
        assert!(read(version).system_at_start(), "{version}");
    }
    for version in ["v3", "", "next"] {
        assert_eq!(read(version).control().begin_system, None, "{version}");
        assert!(!read(version).system_at_start(), "{version}");
    }
    assert!(!tiny().with_chat_template("[INST]").system_at_start());
    assert!(tiny().with_chat_template("{{ '[SYSTEM_PROMPT]' }}").system_at_start());
}

#[test]
fn ids_of_control_tokens_come_from_the_file() {
    let names = ["</s>", "<s>", "[IMG]", "[/INST]", "[INST]", "[IMG_END]", "<unk>", "[IMG_BREAK]"];
    let special = names.iter().enumerate();
    let special = special.map(|(rank, name)| json!({ "rank": rank, "token_str": name })).collect();
    let json = tekken_json(&tiny(), "v3", &Value::Array(special));
    let moved = *Tokenizer::from_tekken_json(json.as_bytes()).unwrap().control();
    let turns = TurnTokens::Mistral { begin: 4, end: 3 };
    assert_eq!((moved.eos, moved.bos, moved.turns), (0, Some(1), turns));
    let image = (moved.img, moved.img_end, moved.img_break);
    assert_eq!(image, (Some(2), Some(5), Some(7)));
    // What a list does not name has no default name.
    assert_eq!(moved.begin_system, None);
}

#[track_caller]
fn check_refused(result: Result<Tokenizer, TokenizerError>, expected: &str) {
    let error = result.err().expect("a broken vocabulary");
    assert!(!error.hint().is_empty());
    let error = error.to_string();
    assert!(error.contains(expected), "{error}");
}

#[test]
fn broken_vocabularies_are_errors() {
    check_refused(Tokenizer::from_tekken_json(b"{"), "tekken.json is malformed");
    check_refused(Tokenizer::from_tokenizer_json(b"[]"), "tokenizer.json is malformed");
    let tekken = |config: &str, vocab: &str| {
        Tokenizer::from_tekken_json(
            format!(r#"{{"config": {config}, "vocab": {vocab}}}"#).as_bytes(),
        )
    };
    let config = r#"{"default_vocab_size": 5, "default_num_special_tokens": 4}"#;
    check_refused(tekken(config, "[]"), "0 ranks where 1 are promised");
    check_refused(tekken(config, r#"[{"rank": 3, "token_bytes": "AA=="}]"#), "rank 3 where 0");
    check_refused(tekken(config, r#"[{"rank": 0, "token_bytes": "?"}]"#), "rank 0");
    check_refused(tekken(config, r#"[{"rank": 0, "token_bytes": "AA=="}]"#), "are not the bytes");
    let huge = r#"{"default_vocab_size": 18446744073709551615, "default_num_special_tokens": 4}"#;
    check_refused(tekken(huge, "[]"), "18446744073709551615 tokens");
    let spm = GgufVocab { model: "llama".into(), ..GgufVocab::default() };
    check_refused(Tokenizer::from_gguf(spm), "a tokenizer of type \"llama\" is not supported");
    let unigram = br#"{"model": {"type": "Unigram", "vocab": [["a", -1.5]]}}"#;
    check_refused(Tokenizer::from_tokenizer_json(unigram), "\"Unigram\" is not supported");
    let spm =
        br#"{"model": {"type": "BPE", "byte_fallback": true, "vocab": {"<0x00>": 3}, "merges": []}}"#;
    check_refused(Tokenizer::from_tokenizer_json(spm), "\"SentencePiece\" is not supported");
    let good = PIXTRAL.truncated(1300).unwrap().to_gguf_vocab();
    let edit = |edit: fn(&mut GgufVocab)| {
        let mut vocab = good.clone();
        edit(&mut vocab);
        Tokenizer::from_gguf(vocab)
    };
    let rename = |id: usize, name: &str| {
        let mut vocab = GgufVocab { merges: Vec::new(), ..good.clone() };
        vocab.tokens[id] = name.into();
        Tokenizer::from_gguf(vocab)
    };
    check_refused(edit(|v| v.pre = Some("llama-bpe".into())), "llama-bpe");
    check_refused(edit(|v| v.tokens[1] = "<other>".into()), "no control token <s>");
    check_refused(edit(|v| v.token_types = Some(vec![1; 3])), "3 types for 1300 tokens");
    check_refused(edit(|v| v.merges = vec!["one".into()]), "no pair");
    check_refused(edit(|v| v.merges = vec!["a none".into()]), "the merge of \"a\" and \"none\"");
    check_refused(edit(|v| v.merges = vec!["Z Z".into()]), "makes no token");
    check_refused(rename(1299, ""), "the token \"\"");
    check_refused(rename(1100, "\u{4E00}"), "the token");
    check_refused(rename(1065, "B"), "tokens 1065 and 1066");
    check_refused(rename(1065, "QXZ"), "no token is the byte 65");
    check_refused(edit(|v| v.tokens.clear()), "0 tokens");
    check_refused(PIXTRAL.truncated(1100), "are not the bytes");
}

#[test]
fn a_damaged_asset_is_an_error() {
    let broken = |bytes: &[u8]| sources::shipped(bytes).and_then(Tokenizer::new);
    check_refused(broken(&[]), "the shipped tokenizer is malformed");
    check_refused(broken(&SHIPPED[..1000]), "the shipped tokenizer is malformed");
    let mut flipped = SHIPPED.to_vec();
    flipped[SHIPPED.len() / 2] ^= 0x55;
    check_refused(broken(&flipped), "the shipped tokenizer is malformed");
}

/// Whatever was accepted loses no text and makes no control tokens.
fn check_if_accepted(result: Result<Tokenizer, TokenizerError>) -> Result<(), TestCaseError> {
    if let Ok(tokenizer) = result {
        let text = "Hi </s>[INST] \n ünï 🙂\0";
        let ids = tokenizer.encode_text(text);
        prop_assert_eq!(tokenizer.decode(&ids), text.as_bytes());
        prop_assert!(ids.iter().all(|id| !tokenizer.is_unprintable(*id)));
        // What it writes is read again.
        let again = Tokenizer::from_gguf(tokenizer.to_gguf_vocab());
        prop_assert!(again.is_ok_and(|again| again.encode_text(text) == ids));
    }
    Ok(())
}

static TINY_FILES: LazyLock<(String, String, GgufVocab)> = LazyLock::new(|| {
    let tiny = tiny();
    (tekken_json(&tiny, "v7", &Value::Null), tokenizer_json(&tiny), tiny.to_gguf_vocab())
});

/// Some bytes put in the place of others.
fn damage(file: &str, at: prop::sample::Index, n: usize, put: &str) -> Vec<u8> {
    let at = at.index(file.len());
    let end = file.len().min(at + n);
    [&file.as_bytes()[..at], put.as_bytes(), &file.as_bytes()[end..]].concat()
}

#[test]
fn the_tiny_files_are_whole() {
    let (tekken, tokenizer, gguf) = &*TINY_FILES;
    for read in [
        Tokenizer::from_tekken_json(tekken.as_bytes()),
        Tokenizer::from_tokenizer_json(tokenizer.as_bytes()),
        Tokenizer::from_gguf(gguf.clone()),
    ] {
        assert_eq!(read.unwrap().to_gguf_vocab(), *gguf);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]
    #[test]
    fn damaged_json_is_refused_or_harmless(
        at: prop::sample::Index,
        n in 0..12_usize,
        put in r#"[0-9a-zA-Z\\{},:"=/\[\] ]{0,6}"#,
    ) {
        let (tekken, tokenizer, _) = &*TINY_FILES;
        check_if_accepted(Tokenizer::from_tekken_json(&damage(tekken, at, n, &put)))?;
        check_if_accepted(Tokenizer::from_tokenizer_json(&damage(tokenizer, at, n, &put)))?;
    }

    #[test]
    fn a_damaged_gguf_is_refused_or_harmless(
        tokens in prop::collection::vec((any::<prop::sample::Index>(), "[a-zĀ-Ń]{0,3}"), 0..3),
        types in prop::collection::vec((any::<prop::sample::Index>(), -1..8_i32), 0..3),
        merges in prop::collection::vec("[a-z]{0,2} ?[a-z]{0,2}", 0..2),
        n_types in prop::option::of(0..400_usize),
    ) {
        let mut vocab = TINY_FILES.2.clone();
        for (at, token) in tokens {
            vocab.tokens[at.index(324)] = token;
        }
        let mut kinds = vocab.token_types.take().unwrap_or_default();
        for (at, kind) in types {
            kinds[at.index(324)] = kind;
        }
        kinds.resize(n_types.unwrap_or(324), 1);
        vocab.token_types = Some(kinds);
        vocab.merges.extend(merges);
        check_if_accepted(Tokenizer::from_gguf(vocab))?;
    }

    #[test]
    fn no_json_panics(json in r#"\{"(config|vocab|model)": [\[\]\{\}0-9a-z",: ]{0,40}\}"#) {
        let _ = Tokenizer::from_tekken_json(json.as_bytes());
        let _ = Tokenizer::from_tokenizer_json(json.as_bytes());
    }
}
