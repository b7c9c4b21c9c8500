//! Words that were retired as parts of names, because they meant something else in each file.

/// Where a word is retired.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In any name: of a variable, a function, a type, a file.
    Anywhere,
    /// As the whole name of a type. Elsewhere, the word has a good meaning.
    Type,
    /// As the whole name of a file or a module. Elsewhere, the word has a good meaning.
    File,
}
use Place::{Anywhere, File, Type};

/// Each word as the pieces of a name, where it is retired, and what to write instead.
const RETIRED: [(&str, Place, &str); 40] = [
    (
        "seen",
        Anywhere,
        "encoder_cache (what the encoder made), is_measured (a speed), model_view (the resized picture), visible (keys)",
    ),
    (
        "kept",
        Anywhere,
        "kv_snapshot (the file of a cache), records (rows of chats), or what is in it",
    ),
    ("mixture", Anywhere, "quant_scheme"),
    ("mixtures", Anywhere, "quant_schemes"),
    ("trial", Anywhere, "calibration"),
    ("trials", Anywhere, "calibrations"),
    ("rounds", Anywhere, "bf16 or Precision; for what is repeated, repeats"),
    ("rounded", Anywhere, "bf16 or Precision"),
    ("can round", Anywhere, "supports_bf16"),
    ("lookup", Anywhere, "prompt_lookup"),
    ("guess", Anywhere, "draft"),
    ("guesses", Anywhere, "drafts"),
    ("guessed", Anywhere, "drafted"),
    ("catch up", Anywhere, "encode_and_prefill"),
    ("read prompt", Anywhere, "prefill"),
    ("errand", Anywhere, "quick_action"),
    ("errands", Anywhere, "quick_actions"),
    ("wish", Anywhere, "quick_action"),
    ("wishes", Anywhere, "quick_actions"),
    ("glance", Anywhere, "quick_action"),
    ("manner", Anywhere, "voice_settings"),
    ("album", Anywhere, "picture_store"),
    ("desk", Anywhere, "coordinator"),
    ("pump", Anywhere, "coalesce"),
    ("proof", Anywhere, "checksum"),
    ("proofs", Anywhere, "checksums"),
    ("proved", Anywhere, "verified"),
    ("Assistant", Type, "Generator; Role::Assistant is who speaks in a chat"),
    ("Offers", Type, "Library"),
    ("Halt", Type, "Interrupted"),
    ("Trouble", Type, "Interrupted, with the pause before the next try as a field"),
    ("Broken", Type, "Interrupted"),
    ("life", File, "machine"),
    ("gather", File, "coalesce"),
    ("offers", File, "library"),
    ("expected", File, "calibration"),
    ("assistant", File, "generator"),
    ("rest", File, "the subject: settings, links, menu, shell"),
    ("util", File, "what it holds or does"),
    ("helpers", File, "what it holds or does"),
];

/// A name with more words is a sentence, such as that of a test. In prose, every word is good.
const MOST_WORDS: usize = 5;

/// Names that have a retired word for a reason: the pieces of a name that may stand together, the
/// beginning of the paths where they may, and the reason.
const ALLOWED: [(&str, &str, &str); 2] = [
    ("prompt lookup", "", "the field's name for drafting an answer from its own prompt"),
    ("lookup", "crates/lorgnette-engine/src/prompt_lookup.rs", "is prompt lookup, in its own file"),
];

/// Returns a line if the file's name, or that of a folder above it, has a retired word.
pub fn in_path(path: &str) -> Vec<String> {
    let mut found = Vec::new();
    for part in path.split('/') {
        let stem = part.split('.').next().unwrap_or(part);
        for write in retired(path, stem, &[Anywhere, File]) {
            found.push(format!("{path}: the name `{part}`: write {write}"));
        }
    }
    found
}

/// Returns a line for each name with a retired word, in code without comments and strings.
pub fn in_code(path: &str, code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (line_idx, line) in code.lines().enumerate() {
        let mut last = "";
        for name in names(line) {
            let places: &[Place] = match last {
                "struct" | "enum" | "trait" | "type" | "union" | "class" | "interface" => {
                    &[Anywhere, Type]
                }
                "mod" => &[Anywhere, File],
                _ => &[Anywhere],
            };
            for write in retired(path, name, places) {
                found.push(format!("{path}:{}: `{name}`: write {write}", line_idx + 1));
            }
            last = name;
        }
    }
    found
}

/// Returns what to write in place of each retired word of a name.
fn retired<'a>(
    path: &'a str,
    name: &'a str,
    places: &'a [Place],
) -> impl Iterator<Item = &'static str> + 'a {
    let pieces = pieces(name);
    let allowed =
        ALLOWED.iter().any(|(words, start, _)| path.starts_with(start) && contains(&pieces, words));
    let is_sentence = pieces.len() > MOST_WORDS;
    RETIRED
        .iter()
        .filter(move |(words, place, _)| {
            let is_in = match place {
                Anywhere => contains(&pieces, words),
                Type | File => name == *words,
            };
            is_in && places.contains(place) && !allowed && !is_sentence
        })
        .map(|(_, _, write)| *write)
}

fn contains(pieces: &[String], words: &str) -> bool {
    let words: Vec<&str> = words.split(' ').collect();
    pieces.windows(words.len()).any(|window| window == words)
}

/// Returns the names in a line of code.
fn names(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '-')
        .flat_map(|word| word.split('-'))
        .filter(|word| word.starts_with(|c: char| c.is_alphabetic() || c == '_'))
}

/// Returns the words that a name is made of, in small letters: `n_keys`, `nKeys` and `NKeys` are
/// made of "n" and "keys".
fn pieces(name: &str) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut piece = String::new();
    let chars: Vec<char> = name.chars().collect();
    for (i, &c) in chars.iter().enumerate() {
        let before = i.checked_sub(1).map(|at| chars[at]);
        let after = chars.get(i + 1);
        // `seenWidth` and `KVCache`: before a capital, unless it stands among capitals.
        let begins_word = c.is_uppercase() && before.is_some_and(|before| !before.is_uppercase())
            || c.is_uppercase() && after.is_some_and(|after| after.is_lowercase());
        if (begins_word || !c.is_alphabetic()) && !piece.is_empty() {
            pieces.push(std::mem::take(&mut piece));
        }
        if c.is_alphabetic() {
            piece.extend(c.to_lowercase());
        }
    }
    if !piece.is_empty() {
        pieces.push(piece);
    }
    pieces
}

#[cfg(test)]
mod tests;
