//! Looks up what an answer claims in the text that stands in the picture: quotes, numbers, dates and
//! names. What is there is found with its place; what is not there may be made up.
//!
//! ```text
//! answer (Markdown)  -> claims      quotes, dates, numbers, names, each with its range of bytes
//! lines of the text  -> evidence    folded letters, numbers and dates, each with its line
//! claim + evidence   -> found in these lines, or nowhere
//! ```
//!
//! Case, line breaks and punctuation do not count, and one wrong letter is forgiven; a wrong digit
//! never is. Nothing here knows pictures or models.

mod agree;
mod claim;
mod ground;
mod placed;
mod words;

// What is looked for.
mod dates;
mod names;
mod numbers;
mod quotes;

// Where it is looked for.
mod evidence;
mod fold;

pub use agree::{Checked, compare};
pub use claim::{Claim, ClaimKind};
pub use ground::{Grounded, ground, has_words, is_own};
pub use placed::{ClaimPlace, PlacedClaim, placed};

use evidence::Evidence;

/// Returns what an answer claims, in its order, each claim looked up in the lines of a text.
///
/// Numbers that count what is seen ("three buttons", "3 buttons") are no claims about the text, unless
/// the text itself counts the same things. Without lines nothing can be looked up, and nothing is
/// returned.
pub fn look_up(answer: &str, lines: &[&str]) -> Vec<Claim> {
    if lines.is_empty() {
        return Vec::new();
    }
    let evidence = Evidence::of(lines);
    let mut claims = quotes::claims(answer, &evidence);
    // What stands in a quote, or in a date, is no claim of its own.
    for more in [dates::claims, numbers::claims, names::claims] {
        let fresh: Vec<Claim> = more(answer, &evidence);
        let fresh = fresh.into_iter().filter(|one| !claims.iter().any(|known| known.overlaps(one)));
        let fresh: Vec<Claim> = fresh.collect();
        claims.extend(fresh);
    }
    claims.sort_by_key(|claim| claim.source.start);
    claims
}

#[cfg(test)]
mod tests;
