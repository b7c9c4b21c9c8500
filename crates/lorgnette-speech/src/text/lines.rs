//! The lines of a plain text as they are said: one can go on and back by line, and lines of one
//! paragraph are said in one breath.

use super::Sentence;
use super::sentences::cut_long;

/// Cuts a plain text into its lines, from a byte on. Of a text that may grow the last line is left out:
/// the next one says whether it goes on.
pub(super) fn read(text: &str, from: usize, is_whole: bool) -> Vec<Sentence> {
    let mut said = Vec::new();
    let mut at = from;
    while at < text.len() {
        let end = text[at..].find('\n').map(|length| at + length);
        let next = end.and_then(|end| text[end + 1..].chars().next());
        if !is_whole && next.is_none() {
            break;
        }
        let end = end.unwrap_or(text.len());
        let goes_on = next.is_some_and(char::is_lowercase);
        let mut parts = Vec::new();
        cut_long(text, at..end, &mut parts);
        let n_parts = parts.len();
        let sentences = parts.into_iter().enumerate().filter_map(|(i, part)| {
            let shown = text[part.clone()].trim();
            let start = part.start + text[part.clone()].find(shown).unwrap_or_default();
            // A tab stands between the cells of a table.
            let spoken = shown.replace('\t', ", ");
            let spoken: String = spoken.chars().filter(|c| !c.is_control()).collect();
            spoken.contains(char::is_alphanumeric).then(|| Sentence {
                spoken,
                shown: shown.to_owned(),
                source: start..start + shown.len(),
                goes_on: i + 1 < n_parts || goes_on,
            })
        });
        said.extend(sentences);
        at = end + 1;
    }
    said
}
