use proptest::prelude::*;

use super::*;

fn spoken(markdown: &str) -> Vec<String> {
    sentences(markdown, Phrases::of("en")).into_iter().map(|sentence| sentence.spoken).collect()
}

#[track_caller]
fn check(markdown: &str, expected: &[&str]) {
    assert_eq!(spoken(markdown), expected);
}

#[test]
fn prose_is_said_sentence_by_sentence() {
    check(
        "The sign says **no entry**. It costs 3.50, says Dr. Brown! Does it? See `main.rs` \
         and [the page](https://example.org/a).",
        &[
            "The sign says no entry.",
            "It costs 3.50, says Dr. Brown!",
            "Does it?",
            "See main.rs and the page.",
        ],
    );
}

#[test]
fn lines_of_a_receipt_are_said_apart_and_wrapped_prose_is_not() {
    check("COFFEE 2.40\nTEA 1.90\nTotal 4.30", &["COFFEE 2.40", "TEA 1.90", "Total 4.30"]);
    check("A long line that\ngoes on here. Next.", &["A long line that goes on here.", "Next."]);
}

#[test]
fn plain_text_is_said_line_by_line_and_its_signs_mean_nothing() {
    let text = "# 1. Menu\n\nTea\t2.00\n* It goes\non and\n - on. So?\n---\n`x`";
    let lines = lines(text);
    let spoken: Vec<&str> = lines.iter().map(|line| line.spoken.as_str()).collect();
    assert_eq!(spoken, ["# 1. Menu", "Tea, 2.00", "* It goes", "on and", "- on. So?", "`x`"]);
    assert!(lines.iter().all(|line| text[line.source.clone()] == line.shown));
    let goes_on: Vec<bool> = lines.iter().map(|line| line.goes_on).collect();
    assert_eq!(goes_on, [false, false, true, false, false, false]);
    let long = "and so on, ".repeat(80);
    let parts = super::lines(&long);
    assert!(parts.len() > 1 && parts.iter().rev().skip(1).all(|part| part.goes_on));
}

proptest! {
    #[test]
    fn plain_text_is_the_same_in_pieces(text in "[a-zA-Z \n\t,é]{0,80}", at in 0_usize..80) {
        let at = text.char_indices().map(|(i, _)| i).nth(at).unwrap_or(text.len());
        let mut script = Script::plain(Phrases::of("en"));
        let mut pieces = script.push(&text[..at]);
        pieces.extend(script.push(&text[at..]));
        pieces.extend(script.finish());
        prop_assert_eq!(pieces, lines(&text));
    }
}

#[test]
fn blocks_are_said_as_what_they_are() {
    check(
        "# Menu\n\n1. Soup\n2. Bread. Warm.\n\n- [x] paid\n- [ ] eaten\n\n---\n\n> A quote.\n\n\
         ```rust\nlet a = 1;\nlet b = 2;\n```\n",
        &[
            "Menu",
            "1, Soup",
            "2, Bread.",
            "Warm.",
            "done: paid",
            "to do: eaten",
            "A quote.",
            "code block, 2",
        ],
    );
}

#[test]
fn a_table_is_said_row_by_row_each_cell_after_its_heading() {
    let markdown = "| Item | Price |\n|---|---:|\n| Tea | 1.90 |\n| Cake | |\n";
    check(markdown, &["table: Item, Price", "Item: Tea; Price: 1.90", "Item: Cake"]);
    let shown: Vec<String> =
        sentences(markdown, Phrases::of("en")).into_iter().map(|one| one.shown).collect();
    assert_eq!(shown, ["Item Price", "Tea 1.90", "Cake "]);
}

#[test]
fn a_sentence_knows_its_bytes_behind_the_signs_of_code() {
    // In the second one a paragraph ends inside code: its last byte would be inside the letter.
    for (markdown, words) in [("So: `日本`", "日本"), ("| aa日é\n||(A\n`日`\n\na|", "日")] {
        let said = sentences(markdown, Phrases::of("en"));
        let found = |one: &Sentence| markdown[one.source.clone()].contains(words);
        assert!(said.iter().any(found), "{said:?}");
    }
    let said = sentences("`Tom &amp; Ann`. So &lt; it. Yes.", Phrases::of("en"));
    assert_eq!(said.last().map(|one| one.source.clone()), Some(29..33), "{said:?}");
}

#[test]
fn nothing_is_said_of_nothing() {
    check("", &[]);
    check("***\n\n…\n", &[]);
    check("\u{0}a\u{1b}[2J", &["a[2J"]);
}

#[test]
fn the_first_sentence_is_there_when_the_second_begins() {
    let mut script = Script::new(Phrases::of("en"));
    let mut said = Vec::new();
    for piece in ["The ", "cat", " sits", ".", " "] {
        said.extend(script.push(piece).into_iter().map(|one| one.spoken));
    }
    assert_eq!(said, Vec::<String>::new(), "a word may go on");
    said.extend(script.push("It ").into_iter().map(|one| one.spoken));
    assert_eq!(said, ["The cat sits."]);
    said.extend(script.finish().into_iter().map(|one| one.spoken));
    assert_eq!(said, ["The cat sits.", "It"]);
}

#[test]
fn a_table_that_streams_is_not_said_as_a_line_of_bars() {
    let mut script = Script::new(Phrases::of("en"));
    let mut said = Vec::new();
    for piece in ["| A. One | B |\n", "|---|", "---|\n", "| 1 | 2 |\n", "| 3 | 4 |\n"] {
        said.extend(script.push(piece).into_iter().map(|one| one.spoken));
    }
    said.extend(script.finish().into_iter().map(|one| one.spoken));
    assert_eq!(said, ["table: A. One, B", "A. One: 1; B: 2", "A. One: 3; B: 4"]);
}

#[test]
fn a_sentence_without_an_end_is_cut_at_a_comma() {
    let long = "a word, ".repeat(200);
    let said = spoken(&long);
    assert!(said.len() > 4 && said.iter().all(|one| one.len() <= 320), "{said:?}");
}

proptest! {
    /// Whatever is written, and however it comes in pieces: no panic, nothing twice, all in order.
    #[test]
    fn any_text_in_any_pieces_is_said_once_and_in_order(
        text in "([A-Za-z.,!?|*_`#>\\[\\]()\\- é日\n]|\\n\\n|\\. |1\\. ){0,200}",
        size in 1usize..12,
    ) {
        let mut script = Script::new(Phrases::of("en"));
        let mut said = Vec::new();
        let chars: Vec<char> = text.chars().collect();
        for piece in chars.chunks(size) {
            said.extend(script.push(&piece.iter().collect::<String>()));
        }
        said.extend(script.finish());
        for pair in said.windows(2) {
            prop_assert!(pair[0].source.end <= pair[1].source.start, "{:?}", pair);
        }
        for one in &said {
            prop_assert!(one.spoken.contains(char::is_alphanumeric));
            prop_assert!(text.get(one.source.clone()).is_some(), "{:?}", one);
        }
    }
}
