use proptest::prelude::*;

use super::*;

/// The text shown and the stop found, for pieces as they come.
fn stream(stops: &[&str], pieces: &[&str]) -> (String, Option<String>) {
    let stops: Vec<String> = stops.iter().map(|stop| (*stop).to_owned()).collect();
    let mut matcher = StopMatcher::new(&stops);
    let mut shown = String::new();
    for piece in pieces {
        match matcher.push(piece) {
            Matched::Text(text) => shown.push_str(&text),
            Matched::Stop { before, stop } => return (shown + &before, Some(stop)),
        }
    }
    (shown + &matcher.finish(), None)
}

#[test]
fn a_stop_is_found_across_pieces_and_not_shown() {
    assert_eq!(stream(&["END"], &["one E", "N", "D two"]), ("one ".into(), Some("END".into())));
    assert_eq!(stream(&["\n\n", "b"], &["a\n", "\nb"]), ("a".into(), Some("\n\n".into())));
}

#[test]
fn what_only_begins_like_a_stop_is_shown() {
    assert_eq!(stream(&["END"], &["one EN", "E E"]), ("one ENE E".into(), None));
    assert_eq!(stream(&["é!"], &["caf", "é", "?"]), ("café?".into(), None));
    assert_eq!(stream(&[""], &["a", "b"]), ("ab".into(), None));
}

#[test]
fn nothing_is_held_back_without_need() {
    let mut matcher = StopMatcher::new(&["###".into()]);
    assert_eq!(matcher.push("plain text."), Matched::Text("plain text.".into()));
    assert_eq!(matcher.push("a#"), Matched::Text("a".into()));
    assert_eq!(matcher.push("b"), Matched::Text("#b".into()));
}

proptest! {
    #[test]
    fn streaming_finds_what_a_search_finds(text in "[ab]{0,12}", stop in "[ab]{1,3}", cuts in prop::collection::vec(0..13_usize, 0..4)) {
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
        cuts.extend([0, text.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&str> = cuts.windows(2).map(|cut| &text[cut[0]..cut[1]]).collect();
        let (shown, found) = stream(&[&stop], &pieces);
        let expected = text.find(&stop).map_or((text.as_str(), None), |at| (&text[..at], Some(stop)));
        prop_assert_eq!((shown.as_str(), found), expected);
    }
}
