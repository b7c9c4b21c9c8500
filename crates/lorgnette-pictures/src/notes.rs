//! What a person should know about a picture and its text, in words.

use std::iter;

use lorgnette_image::{Note, Side};
use lorgnette_reader::{Reading, UnreadableReason};

/// The sentence about a note in the language with that code; English where there are no words.
pub fn spoken(note: &Note, language: &str) -> String {
    if language != "fr" {
        return format!("{note}.");
    }
    match note {
        Note::Page { shown, of } => format!("Page {shown} sur {of}."),
        Note::Frame { shown, of, .. } => format!("Animation, image {shown} sur {of}."),
        Note::Preview { .. } => "Aperçu d’une photo brute.".into(),
        Note::Incomplete { percent, side } => match side {
            Some(side) => format!("Il manque {} de l’image, {percent} %.", french(*side)),
            None => format!("Il manque {percent} % de l’image."),
        },
        Note::Coarse { percent, .. } => {
            format!("Il manque le détail fin sur {percent} % de l’image.")
        }
        Note::Undrawn => "Une partie de la page n’a pas pu être dessinée.".into(),
        Note::CutOff => "Document coupé : il peut en manquer une partie.".into(),
        Note::OnDark => "Montrée sur un fond sombre.".into(),
        Note::Clear => "Image entièrement transparente.".into(),
        Note::OpaqueAlpha => "Montrée sans transparence.".into(),
        Note::FewBits { .. } => "Image éclaircie.".into(),
        Note::Shrunk { times } => {
            format!("Vue {times} fois plus petite : les petits caractères sont illisibles.")
        }
        Note::Parts { n, .. } => format!("Longue image, regardée en {n} parties."),
    }
}

/// What stands for the text of a picture that has none.
pub fn no_text(reading: &Reading, language: &str) -> &'static str {
    match (reading.unreadable.is_empty(), language) {
        (true, "fr") => "Aucun texte n’a été trouvé.",
        (true, _) => "No text was found.",
        (false, "fr") => "Aucun texte n’a pu être lu.",
        (false, _) => "No text could be read.",
    }
}

/// What is missing from the text of a picture or may be wrong in it, each in a sentence that begins as
/// a note. `name`: which picture it is, where there are several.
pub fn of_reading(reading: &Reading, name: Option<&str>, language: &str) -> Vec<String> {
    let of = name.map(|name| format!("{name}: ")).unwrap_or_default();
    let words = missing(reading, language).into_iter();
    let begin = if language == "fr" { "Remarque : " } else { "Note: " };
    words.map(|words| format!("{begin}{of}{words}.")).collect()
}

/// What is missing from the text of a picture or may be wrong in it, in words without an end.
pub fn missing(reading: &Reading, language: &str) -> Vec<String> {
    /// A picture that was made smaller by less has lost nothing.
    const MUCH: f32 = 1.5;
    let is_french = language == "fr";
    let shrunk = reading.shrunk.filter(|shrunk| shrunk.times >= MUCH).map(|shrunk| {
        let times = format!("{:.1}", shrunk.times);
        if is_french {
            let times = times.replace('.', ",");
            format!(
                "elle a été réduite {times} fois pour y chercher du texte, donc les petits caractères \
                 peuvent manquer ; découpez la partie qui compte"
            )
        } else {
            format!(
                "it was made {times} times smaller to look for text, so small print may be missing; \
                 cut out the part that matters"
            )
        }
    });
    let places = UnreadableReason::ALL.into_iter().filter_map(|reason| {
        let n = reading.unreadable.iter().filter(|place| place.reason == reason).count();
        let (place, endroit) = if n == 1 { ("place", "endroit") } else { ("places", "endroits") };
        (n > 0).then(|| {
            if is_french {
                format!("à {n} {endroit}, l’écriture {}", in_french(reason))
            } else {
                format!("writing in {n} {place} {}", reason.words())
            }
        })
    });
    iter::empty().chain(shrunk).chain(places).collect()
}

fn in_french(reason: UnreadableReason) -> &'static str {
    match reason {
        UnreadableReason::UnknownLetters => "a des lettres que le lecteur ne connaît pas",
        UnreadableReason::TooSmall => "est trop petite",
        UnreadableReason::Blurred => "est floue",
        UnreadableReason::Unclear => "est indistincte",
        UnreadableReason::Doubtful => "a peut-être été mal lue",
    }
}

fn french(side: Side) -> &'static str {
    match side {
        Side::Upper => "le haut",
        Side::Lower => "le bas",
        Side::Left => "la gauche",
        Side::Right => "la droite",
    }
}

#[cfg(test)]
mod tests {
    use lorgnette_reader::{Point, Quad, Shrunk, Unreadable};

    use super::*;

    #[test]
    fn a_note_is_a_sentence_in_both_languages() {
        let page = Note::Page { shown: 1, of: 3 };
        assert_eq!(spoken(&page, "en"), "page 1 of 3 is shown.");
        assert_eq!(spoken(&page, "fr"), "Page 1 sur 3.");
        assert_eq!(spoken(&page, "de"), spoken(&page, "en"));
    }

    #[test]
    fn what_is_missing_from_a_text_is_said() {
        let quad = Quad([Point { x: 0.0, y: 0.0 }; 4]);
        let reasons = [UnreadableReason::TooSmall, UnreadableReason::Doubtful];
        let place = |reason| Unreadable { quad, reason };
        let mut reading = Reading {
            lines: Vec::new(),
            unreadable: [reasons[0], reasons[1], reasons[0]].map(place).to_vec(),
            shrunk: Some(Shrunk { times: 2.25 }),
        };
        assert_eq!(no_text(&reading, "en"), "No text could be read.");
        let notes = of_reading(&reading, None, "en");
        assert_eq!(notes[1], "Note: writing in 2 places is too small.");
        assert_eq!(notes[2], "Note: writing in 1 place may have been read wrong.");
        assert!(notes[0].contains("2.2 times smaller") && notes.len() == 3, "{notes:?}");
        let french = of_reading(&reading, Some("a.png"), "fr");
        assert_eq!(french[1], "Remarque : a.png: à 2 endroits, l’écriture est trop petite.");
        reading.unreadable.clear();
        reading.shrunk = Some(Shrunk { times: 1.2 });
        assert_eq!(no_text(&reading, "fr"), "Aucun texte n’a été trouvé.");
        assert_eq!(of_reading(&reading, None, "fr"), [""; 0]);
    }
}
