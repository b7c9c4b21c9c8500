use super::*;

#[track_caller]
fn check_pieces(name: &str, expected: &[&str]) {
    assert_eq!(pieces(name), expected, "{name}");
}

#[track_caller]
fn check(code: &str, n_expected: usize) {
    let found = in_code("crates/a/src/a.rs", code);
    assert_eq!(found.len(), n_expected, "{code}: {found:?}");
}

#[track_caller]
fn check_path(path: &str, n_expected: usize) {
    let found = in_path(path);
    assert_eq!(found.len(), n_expected, "{path}: {found:?}");
}

#[test]
fn names_are_made_of_words() {
    check_pieces("n_keys_seen", &["n", "keys", "seen"]);
    check_pieces("seenWidth", &["seen", "width"]);
    check_pieces("SeenView", &["seen", "view"]);
    check_pieces("KVCache", &["kv", "cache"]);
    check_pieces("MAX_SEEN", &["max", "seen"]);
    check_pieces("seen2d", &["seen", "d"]);
}

#[test]
fn a_retired_word_is_found_in_each_form() {
    check("let seen = 1;", 1);
    check("fn is_seen(&self)", 1);
    check("const SEEN_BYTES: u64 = 1;", 1);
    check("let seenWidth = 1", 1);
    check(".seen-row { color: red }", 1);
    check("self.catch_up(chat)", 1);
    check("catchUp()", 1);
}

#[test]
fn a_message_says_where_and_what_to_write() {
    let found = in_code("a.rs", "\nlet album = 1;");
    assert_eq!(found, ["a.rs:2: `album`: write picture_store"]);
}

#[test]
fn other_words_are_not_found() {
    check("let desktop = unseen + rounding + waterproof;", 0);
    check("fn catch(up: u8)", 0);
}

#[test]
fn a_sentence_may_have_every_word() {
    check("fn of_sixteen_bits_the_upper_eight_are_kept()", 0);
    check("fn the_upper_bits_are_kept()", 1);
}

#[test]
fn the_names_of_the_field_are_allowed() {
    check("mod prompt_lookup; PromptLookup::new(); set_prompt_lookup(true)", 0);
    check("lookup_host()", 1);
    let found = in_code("crates/lorgnette-engine/src/prompt_lookup.rs", "let lookup = 1;");
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn some_words_are_retired_as_types_and_files_only() {
    check("Role::Assistant", 0);
    check("pub struct Assistant {", 1);
    check("let life = 1;", 0);
    check("mod life;", 1);
    check_path("crates/lorgnette-app/src/life.rs", 1);
    check_path("ui/src/state/life/a.ts", 1);
}

#[test]
fn a_retired_word_in_a_path_is_found() {
    check_path("ui/src/parts/Seen.svelte", 1);
    check_path("ui/src/state/picture-album.test.ts", 1);
    check_path("crates/lorgnette-engine/src/prompt_lookup.rs", 0);
    check_path("src-tauri/src/desktop.rs", 0);
}
