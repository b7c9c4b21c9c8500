//! What a person should know about a picture, as it is spoken.

use lorgnette_image::{Note, Side};

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
    use super::*;

    #[test]
    fn a_note_is_a_sentence_in_both_languages() {
        let page = Note::Page { shown: 1, of: 3 };
        assert_eq!(spoken(&page, "en"), "page 1 of 3 is shown.");
        assert_eq!(spoken(&page, "fr"), "Page 1 sur 3.");
        assert_eq!(spoken(&page, "de"), spoken(&page, "en"));
    }
}
