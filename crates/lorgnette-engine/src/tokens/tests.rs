use std::sync::LazyLock;

use proptest::prelude::*;

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
    assert_eq!((control.bos, control.eos, control.begin_inst, control.end_inst), (1, 2, 3, 4));
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

/// The same ids from every form that a vocabulary comes in.
#[test]
fn all_sources_agree() {
    let small = PIXTRAL.truncated(8000).unwrap();
    let gguf = small.to_gguf_vocab();
    let without_types = GgufVocab { token_types: None, ..gguf.clone() };
    let vocab: serde_json::Map<_, _> = gguf
        .tokens
        .iter()
        .enumerate()
        .skip(1000)
        .map(|(id, token)| (token.clone(), id.into()))
        .collect();
    let added: Vec<_> = gguf
        .tokens
        .iter()
        .enumerate()
        .take(1000)
        .map(|(id, content)| serde_json::json!({"id": id, "content": content, "special": true}))
        .collect();
    let tokenizer_json = serde_json::json!({
        "added_tokens": added,
        "model": {"type": "BPE", "vocab": vocab, "merges": gguf.merges},
    });
    let encode =
        |bytes: &[u8]| base64::Engine::encode(&base64::engine::general_purpose::STANDARD, bytes);
    let ranks: Vec<_> = small.bytes[1000..]
        .iter()
        .enumerate()
        .map(|(rank, bytes)| serde_json::json!({"rank": rank, "token_bytes": encode(bytes)}))
        .collect();
    let tekken = serde_json::json!({
        "config": {"default_vocab_size": 8000, "default_num_special_tokens": 1000, "version": "v3"},
        "vocab": ranks,
    });
    let sources = [
        ("gguf", Tokenizer::from_gguf(gguf).unwrap()),
        ("gguf without types", Tokenizer::from_gguf(without_types).unwrap()),
        (
            "tokenizer.json",
            Tokenizer::from_tokenizer_json(tokenizer_json.to_string().as_bytes()).unwrap(),
        ),
        ("tekken.json", Tokenizer::from_tekken_json(tekken.to_string().as_bytes()).unwrap()),
    ];
    for text in
        ["Hello there, [IMG] world! 12345", "हिन्दी में //\n//", "🤷🏽‍♂️ 日本語\r\n\t  x", "    \n\n   "]
    {
        let expected = small.encode_text(text);
        assert_eq!(small.decode(&expected), text.as_bytes());
        for (name, tokenizer) in &sources {
            assert_eq!(tokenizer.encode_text(text), expected, "{name}: {text:?}");
            assert_eq!(tokenizer.control(), small.control(), "{name}");
            assert_eq!(tokenizer.vocab_size(), 8000, "{name}");
        }
    }
}

#[test]
fn a_later_version_puts_instructions_first() {
    let ranks: Vec<_> = (0..=255_u8)
        .map(|byte| {
            let bytes = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, [byte]);
            serde_json::json!({"rank": byte, "token_bytes": bytes})
        })
        .collect();
    let tekken = |version: &str, special: serde_json::Value| {
        serde_json::json!({
        "config": {"default_vocab_size": 356, "default_num_special_tokens": 100, "version": version},
        "vocab": ranks, "special_tokens": special,
    }).to_string()
    };
    let read =
        |version| Tokenizer::from_tekken_json(tekken(version, serde_json::Value::Null).as_bytes());
    assert!(read("v7").unwrap().system_at_start() && read("v13").unwrap().system_at_start());
    assert!(!read("v3").unwrap().system_at_start());

    // Ids come from the file, not from us.
    let moved = serde_json::json!([{"rank": 12, "token_str": "<moved>"}, {"rank": 7, "token_str": "[IMG_BREAK]"}]);
    let moved = Tokenizer::from_tekken_json(tekken("v3", moved).as_bytes()).unwrap();
    assert_eq!(moved.control().img_break, Some(7));
}

#[track_caller]
fn check_refused(result: Result<Tokenizer, TokenizerError>, expected: &str) {
    let error = result.err().expect("a broken vocabulary").to_string();
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
    let good = PIXTRAL.truncated(1300).unwrap().to_gguf_vocab();
    let edit = |edit: fn(&mut GgufVocab)| {
        let mut vocab = good.clone();
        edit(&mut vocab);
        Tokenizer::from_gguf(vocab)
    };
    check_refused(edit(|v| v.pre = Some("llama-bpe".into())), "llama-bpe");
    check_refused(edit(|v| v.tokens[1] = "<other>".into()), "no control token <s>");
    check_refused(edit(|v| v.tokens[1100] = "\u{4E00}".into()), "the token");
    check_refused(edit(|v| v.token_types = Some(vec![1; 3])), "3 types for 1300 tokens");
    check_refused(edit(|v| v.merges = vec!["one".into()]), "no pair");
    check_refused(PIXTRAL.truncated(1100), "are not the bytes");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn text_comes_back_and_has_no_control_tokens(text in ".{0,60}") {
        let ids = PIXTRAL.encode_text(&text);
        prop_assert!(ids.iter().all(|id| *id >= 1000));
        prop_assert_eq!(PIXTRAL.decode(&ids), text.as_bytes());
    }

    #[test]
    fn no_json_panics(json in r#"\{"(config|vocab|model)": [\[\]\{\}0-9a-z",: ]{0,40}\}"#) {
        let _ = Tokenizer::from_tekken_json(json.as_bytes());
        let _ = Tokenizer::from_tokenizer_json(json.as_bytes());
    }
}
