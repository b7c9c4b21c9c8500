use super::*;

#[track_caller]
fn check(language: Language, text: &str, expected: &[&str]) {
    let code = language.code_of(text);
    assert_eq!(code.split_whitespace().collect::<Vec<_>>(), expected, "{text}");
    assert_eq!(code.matches('\n').count(), text.matches('\n').count(), "{text}");
}

#[test]
fn comments_of_rust_are_dropped() {
    check(Language::Rust, "let a = 1; // seen\nlet b", &["let", "a", "=", "1;", "let", "b"]);
    check(Language::Rust, "/// seen\nfn f", &["fn", "f"]);
    check(Language::Rust, "a /* seen /* kept */ guess\n */ b", &["a", "b"]);
}

#[test]
fn strings_of_rust_are_dropped() {
    check(Language::Rust, r#"a("seen \" kept", b)"#, &["a(", ",", "b)"]);
    check(Language::Rust, "a(\"seen // \n kept\", b)", &["a(", ",", "b)"]);
    check(Language::Rust, r##"a(r#"seen " kept"#, br"\", b)"##, &["a(", ",", ",", "b)"]);
    check(Language::Rust, r"a('\'', '/', b)", &["a(", ",", ",", "b)"]);
}

#[test]
fn lifetimes_and_raw_names_are_not_strings() {
    check(Language::Rust, "fn f<'a>(x: &'a str)", &["fn", "f<'a>(x:", "&'a", "str)"]);
    check(Language::Rust, "'outer: loop { r#type }", &["'outer:", "loop", "{", "r#type", "}"]);
}

#[test]
fn comments_and_strings_of_typescript_are_dropped() {
    check(Language::TypeScript, "a('seen', \"kept\") // guess\nb", &["a(", ",", ")", "b"]);
    check(Language::TypeScript, "a /* seen\n kept */ b", &["a", "b"]);
    check(Language::TypeScript, "<p>a</p><!-- seen -->", &["<p>a</p>"]);
    check(Language::TypeScript, "<br /> it's b\nc", &["<br", "/>", "it", "s", "b", "c"]);
}

#[test]
fn templates_keep_the_code_inside() {
    check(
        Language::TypeScript,
        "a(`seen ${b({ c: `kept ${d}` })} guess`, e)",
        &["a(", "b({", "c:", "d}", "})}", ",", "e)"],
    );
}

#[test]
fn regular_expressions_are_dropped() {
    check(Language::TypeScript, "a.replace(/[/\"'] seen/g, b)", &["a.replace(", "g,", "b)"]);
    check(Language::TypeScript, "return /\\/seen/.test(a)", &["return", ".test(a)"]);
    check(Language::TypeScript, "a / b / c", &["a", "/", "b", "/", "c"]);
}
