//! The languages whose letters the recognition network writes.

/// A language by its ISO 639-1 code, its English name, and its letters beyond `a` to `z`; of those
/// that are written with other letters, some of the commonest.
type Language = (&'static str, &'static str, &'static str);

/// A test compares them with the network's letters.
const READ: [Language; 38] = [
    ("af", "Afrikaans", "áéèêëíîïóôöúû"),
    ("ca", "Catalan", "àçéèíïóòúü·"),
    ("cs", "Czech", "áčďéěíňóřšťúůýž"),
    ("cy", "Welsh", "âêîôûŵŷ"),
    ("da", "Danish", "æøå"),
    ("de", "German", "äöüß"),
    ("en", "English", ""),
    ("es", "Spanish", "áéíñóúü¿"),
    ("et", "Estonian", "äõöüšž"),
    ("eu", "Basque", "ñ"),
    ("fi", "Finnish", "äöå"),
    ("fr", "French", "àâæçéèêëîïôœùûüÿ«»"),
    ("ga", "Irish", "áéíóú"),
    ("gl", "Galician", "áéíñóú"),
    ("hr", "Croatian", "čćđšž"),
    ("hu", "Hungarian", "áéíóöőúüű"),
    ("id", "Indonesian", ""),
    ("is", "Icelandic", "áðéíóúýþæö"),
    ("it", "Italian", "àèéìòù"),
    ("ja", "Japanese", "のにはをたがでてとしれさるいアイウエオカキン日本人一二三"),
    ("la", "Latin", ""),
    ("lb", "Luxembourgish", "äëéü"),
    ("lt", "Lithuanian", "ąčęėįšųūž"),
    ("lv", "Latvian", "āčēģīķļņšūž"),
    ("ms", "Malay", ""),
    ("mt", "Maltese", "ċġħż"),
    ("nb", "Norwegian", "æøå"),
    ("nl", "Dutch", "éëïóö"),
    ("pl", "Polish", "ąćęłńóśźż"),
    ("pt", "Portuguese", "ãáàâçéêíõóôú"),
    ("ro", "Romanian", "ăâîșț"),
    ("sk", "Slovak", "áäčďéíĺľňóôŕšťúýž"),
    ("sl", "Slovenian", "čšž"),
    ("sq", "Albanian", "çë"),
    ("sv", "Swedish", "åäö"),
    ("sw", "Swahili", ""),
    ("tr", "Turkish", "çğıöşü"),
    ("zh", "Chinese", "的一是不了人我在有他这中大来上国個們這來說後"),
];

/// Common languages that it does not read, to say so by name.
const NOT_READ: [(&str, &str); 28] = [
    ("am", "Amharic"),
    ("ar", "Arabic"),
    ("be", "Belarusian"),
    ("bg", "Bulgarian"),
    ("bn", "Bengali"),
    ("el", "Greek"),
    ("fa", "Persian"),
    ("gu", "Gujarati"),
    ("he", "Hebrew"),
    ("hi", "Hindi"),
    ("hy", "Armenian"),
    ("ka", "Georgian"),
    ("kk", "Kazakh"),
    ("km", "Khmer"),
    ("ko", "Korean"),
    ("mk", "Macedonian"),
    ("mn", "Mongolian"),
    ("mr", "Marathi"),
    ("my", "Burmese"),
    ("ne", "Nepali"),
    ("pa", "Punjabi"),
    ("ru", "Russian"),
    ("sr", "Serbian"),
    ("ta", "Tamil"),
    ("th", "Thai"),
    ("uk", "Ukrainian"),
    ("ur", "Urdu"),
    ("vi", "Vietnamese"),
];

/// What is known of a language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Support {
    /// Its letters are known; its code.
    Read(&'static str),
    /// Some or all of its letters are not known; its English name.
    NotRead(&'static str),
}

/// Returns whether a language is read, by its ISO 639-1 code; what follows a `-` or `_` does not count.
/// `None` for a code that says nothing here.
pub fn support(code: &str) -> Option<Support> {
    let code = code.split(['-', '_']).next().unwrap_or_default().to_lowercase();
    // Norwegian has three codes.
    let code = if code == "no" || code == "nn" { "nb" } else { &code };
    let read = READ.iter().find(|(known, ..)| *known == code);
    let not_read = || NOT_READ.iter().find(|(known, _)| *known == code);
    read.map(|(known, ..)| Support::Read(known))
        .or_else(|| not_read().map(|(_, name)| Support::NotRead(name)))
}

/// Returns the code and the English name of each language that is read.
pub fn languages() -> impl Iterator<Item = (&'static str, &'static str)> {
    READ.iter().map(|(code, name, _)| (*code, *name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::networks::Weights;

    #[test]
    fn the_network_writes_every_letter_of_these_languages() {
        let alphabet = Weights::load().unwrap();
        for (code, name, letters) in READ {
            let latin = if matches!(code, "ja" | "zh") { "" } else { "abcdefghijklmnopqrstuvwxyz" };
            for letter in letters.chars().chain(latin.chars()) {
                let both = letter.to_uppercase().chain([letter]);
                // ÿ and ĺ have capitals that nobody prints; ß has none of its own.
                let missing: Vec<char> = both.filter(|c| !alphabet.writes(*c)).collect();
                assert!(missing.is_empty(), "{name}: {missing:?}");
            }
        }
    }

    #[test]
    fn codes_are_understood_with_their_regions() {
        assert_eq!(support("pt-BR"), Some(Support::Read("pt")));
        assert_eq!(support("NO"), Some(Support::Read("nb")));
        assert_eq!(support("ru_RU"), Some(Support::NotRead("Russian")));
        assert_eq!(support("xx"), None);
    }
}
