//! The language of a text, as far as that can be said.

use whatlang::Lang;

/// A text of fewer letters says nothing: "Total" is French, English and German.
const MIN_LETTERS: usize = 20;
/// As many characters tell the language as well as a whole book does.
const MAX_CHARS: usize = 500;
/// Below this confidence, sentences that are long enough were wrong as often as not.
const MIN_CONFIDENCE: f64 = 0.3;

/// The ISO 639-1 code of a text's language; `None` when the text is too short or unclear.
pub fn of(text: &str) -> Option<&'static str> {
    let end = text.char_indices().nth(MAX_CHARS).map_or(text.len(), |(at, _)| at);
    let text = text.get(..end)?;
    if text.chars().filter(|c| c.is_alphabetic()).count() < MIN_LETTERS {
        return None;
    }
    let info = whatlang::detect(text)?;
    if info.confidence() >= MIN_CONFIDENCE { two_letters(info.lang()) } else { None }
}

/// The languages that common voices speak; of the others the system's voice makes what it can.
///
/// A table of all languages would not do: a voice may refuse a language that it does not have, and
/// ISO 639-1 has no code for the individual languages Mandarin and Persian, only for `zh` and `fa`.
fn two_letters(language: Lang) -> Option<&'static str> {
    Some(match language {
        Lang::Ara => "ar",
        Lang::Ben => "bn",
        Lang::Bul => "bg",
        Lang::Cat => "ca",
        Lang::Ces => "cs",
        Lang::Cmn => "zh",
        Lang::Dan => "da",
        Lang::Deu => "de",
        Lang::Ell => "el",
        Lang::Eng => "en",
        Lang::Epo => "eo",
        Lang::Est => "et",
        Lang::Fin => "fi",
        Lang::Fra => "fr",
        Lang::Heb => "he",
        Lang::Hin => "hi",
        Lang::Hrv => "hr",
        Lang::Hun => "hu",
        Lang::Ind => "id",
        Lang::Ita => "it",
        Lang::Jpn => "ja",
        Lang::Kor => "ko",
        Lang::Lav => "lv",
        Lang::Lit => "lt",
        Lang::Nld => "nl",
        Lang::Nob => "nb",
        Lang::Pes => "fa",
        Lang::Pol => "pl",
        Lang::Por => "pt",
        Lang::Ron => "ro",
        Lang::Rus => "ru",
        Lang::Slk => "sk",
        Lang::Slv => "sl",
        Lang::Spa => "es",
        Lang::Srp => "sr",
        Lang::Swe => "sv",
        Lang::Tam => "ta",
        Lang::Tha => "th",
        Lang::Tur => "tr",
        Lang::Ukr => "uk",
        Lang::Urd => "ur",
        Lang::Vie => "vi",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn a_sentence_has_its_language_and_a_word_has_none() {
        assert_eq!(of("The notice says that the ferry leaves at nine in the morning."), Some("en"));
        assert_eq!(of("Le panneau indique que le bac part à neuf heures du matin."), Some("fr"));
        assert_eq!(of("Auf dem Schild steht, dass die Fähre um neun Uhr abfährt."), Some("de"));
        assert_eq!(of("Total"), None);
        assert_eq!(of("12:30 — 4.50"), None);
    }
}
