//! What an answer claims, looked up in the text of its pictures.

pub use lorgnette_claims::{ClaimPlace, PlacedClaim};
use lorgnette_reader::Reading;

/// Returns what an answer claims, in its order, each claim with its places in the pictures; nothing
/// where no picture has text.
pub fn placed(answer: &str, pictures: &[(&str, &Reading)]) -> Vec<PlacedClaim> {
    let pictures: Vec<_> = pictures.iter().map(|(name, of)| (*name, lines(of))).collect();
    lorgnette_claims::placed(answer, &pictures)
}

fn lines(reading: &Reading) -> Vec<&str> {
    reading.lines.iter().map(|line| line.text.as_str()).collect()
}
