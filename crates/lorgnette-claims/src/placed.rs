//! What an answer claims, looked up in the text of its pictures.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::Serialize;

use crate::{ClaimKind, look_up};

/// A quote, a number, a date or a name in an answer, and where pictures have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ipc", derive(specta::Type))]
pub struct PlacedClaim {
    pub kind: ClaimKind,
    /// As it stands in the answer, without quotation marks.
    pub text: String,
    /// Where it stands in the answer's Markdown, in bytes.
    pub source: Range<usize>,
    /// Where it was found; empty: in none of the pictures.
    pub places: Vec<ClaimPlace>,
}

/// Where a picture has a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ipc", derive(specta::Type))]
pub struct ClaimPlace {
    /// The picture, as whoever looked it up calls it: by its id in the window, by its name in a terminal.
    pub picture: String,
    /// The lines of its text, from 0.
    pub lines: Vec<u32>,
}

impl PlacedClaim {
    /// Whether a picture has it.
    pub fn is_found(&self) -> bool {
        !self.places.is_empty()
    }
}

/// Returns what an answer claims, in its order, each claim with its places in the pictures; nothing
/// where no picture has text.
pub fn placed(answer: &str, pictures: &[(&str, Vec<&str>)]) -> Vec<PlacedClaim> {
    let mut claims = BTreeMap::<(usize, usize), PlacedClaim>::new();
    for (picture, lines) in pictures {
        for claim in look_up(answer, lines) {
            let place = claim
                .is_found()
                .then(|| ClaimPlace { picture: (*picture).to_owned(), lines: claim.found.clone() });
            let key = (claim.source.start, claim.source.end);
            let known = claims.entry(key).or_insert_with(|| PlacedClaim {
                kind: claim.kind,
                text: claim.text,
                source: claim.source,
                places: Vec::new(),
            });
            known.places.extend(place);
        }
    }
    claims.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_is_found_in_each_picture_that_has_it_and_flagged_where_none_does() {
        let first = vec!["Invoice 4711", "Total 1,250.00"];
        let second = vec!["Receipt", "Paid 1250", "on 3 March 2026"];
        let answer = "The total is 1,250, paid on 2026-03-03. It says \"Invoice 4712\".";
        let claims = placed(answer, &[("a", first), ("photo", Vec::new()), ("b", second)]);
        let told: Vec<String> = (claims.iter())
            .map(|one| {
                let places = one.places.iter().map(|at| format!(" {}{:?}", at.picture, at.lines));
                format!("{}:{}", one.text, places.collect::<String>())
            })
            .collect();
        assert_eq!(told, ["1,250: a[1] b[1]", "2026-03-03: b[2]", "Invoice 4712:"]);
        assert!(claims.iter().all(|one| answer[one.source.clone()] == one.text));
        assert_eq!(placed(answer, &[("photo", Vec::new())]), []);
        assert_eq!(placed(answer, &[]), []);
    }
}
