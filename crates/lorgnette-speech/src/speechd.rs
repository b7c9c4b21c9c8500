//! Speech Dispatcher, the speech service of Linux desktops.

mod ssip;

use std::fmt::Write as _;
use std::sync::mpsc::Sender;

use unicode_segmentation::UnicodeSegmentation as _;

use self::ssip::Connection;
use crate::error::SpeechError;
use crate::voice::{Utterance, Voice, VoiceEvent, VoiceInfo, VoiceSettings};

/// A client of the person's Speech Dispatcher.
pub(crate) struct SpeechDispatcher {
    connection: Connection,
    settings: VoiceSettings,
    voices: Vec<VoiceInfo>,
    /// The language that the service was told last.
    language: Option<&'static str>,
    /// The voice that the service was told last.
    voice: Option<String>,
}

impl SpeechDispatcher {
    /// Connects to the service, and starts it where the system does so.
    pub(crate) fn open(events: Sender<VoiceEvent>) -> Result<Self, SpeechError> {
        let mut connection = Connection::open(events)?;
        let user = std::env::var("USER").unwrap_or_default();
        let user: String = user.chars().filter(char::is_ascii_alphanumeric).collect();
        let user = if user.is_empty() { "user" } else { &user };
        connection.ask(&format!("SET SELF CLIENT_NAME {user}:lorgnette:answers"))?;
        connection.ask("SET SELF NOTIFICATION ALL ON")?;
        connection.ask("SET SELF SSML_MODE ON")?;
        // A screen reader's words come first, and do not delete ours.
        connection.ask("SET SELF PRIORITY MESSAGE")?;
        Ok(Self {
            connection,
            settings: VoiceSettings::default(),
            voices: Vec::new(),
            language: None,
            voice: None,
        })
    }

    /// Tells the service the language, and the chosen voice if that speaks it.
    fn choose(&mut self, language: Option<&'static str>) -> Result<(), SpeechError> {
        if let Some(language) = language
            && self.language != Some(language)
        {
            self.connection.ask(&format!("SET SELF LANGUAGE {language}"))?;
            (self.language, self.voice) = (Some(language), None);
        }
        let Some(wanted) = self.settings.voice.clone() else { return Ok(()) };
        if self.voice.as_ref() == Some(&wanted) {
            return Ok(());
        }
        if self.voices.is_empty() {
            self.voices = self.voices()?;
        }
        let known = self.voices.iter().find(|voice| voice.name == wanted);
        let fits = known.is_some_and(|voice| language.is_none_or(|of| voice.language == of));
        if fits && is_a_line(&wanted) {
            self.connection.ask(&format!("SET SELF SYNTHESIS_VOICE {wanted}"))?;
            self.voice = Some(wanted);
        }
        Ok(())
    }
}

/// Whether a name can be sent: it is the rest of a line.
fn is_a_line(name: &str) -> bool {
    !name.is_empty() && !name.contains(char::is_control)
}

impl Voice for SpeechDispatcher {
    fn speak(&mut self, utterance: &Utterance) -> Result<u64, SpeechError> {
        self.choose(utterance.language)?;
        self.connection.say(&ssml(utterance))
    }

    fn silence(&mut self) -> Result<(), SpeechError> {
        self.connection.ask("CANCEL SELF").map(drop)
    }

    fn set_settings(&mut self, settings: &VoiceSettings) -> Result<(), SpeechError> {
        for (what, value, old) in [
            ("RATE", settings.rate, self.settings.rate),
            ("PITCH", settings.pitch, self.settings.pitch),
            ("VOLUME", settings.volume, self.settings.volume),
        ] {
            if value != old {
                self.connection.ask(&format!("SET SELF {what} {}", value.clamp(-100, 100)))?;
            }
        }
        if settings.voice != self.settings.voice {
            // The language brings its usual voice back.
            (self.language, self.voice) = (None, None);
        }
        self.settings.clone_from(settings);
        Ok(())
    }

    fn voices(&mut self) -> Result<Vec<VoiceInfo>, SpeechError> {
        let lines = self.connection.ask("LIST SYNTHESIS_VOICES")?;
        let voice = |line: &String| {
            let mut parts = line.split('\t');
            let (name, language) = (parts.next()?, parts.next()?);
            let language = language.split(['-', '_']).next()?.to_lowercase();
            // Variants ("+whisper") are hundreds, and nobody looks for one.
            (is_a_line(name) && !name.contains('+'))
                .then(|| VoiceInfo { name: name.to_owned(), language })
        };
        Ok(lines.iter().filter_map(voice).collect())
    }
}

/// The words with a mark before each, so that the service tells where it is.
fn ssml(utterance: &Utterance) -> String {
    let text = utterance.text.get(utterance.from..).unwrap_or_default();
    let mut ssml = String::from("<speak>");
    for (at, piece) in text.split_word_bound_indices() {
        if piece.contains(char::is_alphanumeric) {
            // Writing into a string does not fail.
            let _ = write!(ssml, "<mark name=\"{}\"/>", utterance.from + at);
        }
        for c in piece.chars() {
            match c {
                '&' => ssml.push_str("&amp;"),
                '<' => ssml.push_str("&lt;"),
                '>' => ssml.push_str("&gt;"),
                '"' => ssml.push_str("&quot;"),
                c if c.is_control() => ssml.push(' '),
                c => ssml.push(c),
            }
        }
    }
    ssml + "</speak>"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_marked_and_nothing_in_them_is_markup() {
        let utterance = Utterance { text: "a <b>&\n.\r\nc".into(), from: 0, language: None };
        assert_eq!(
            ssml(&utterance),
            "<speak><mark name=\"0\"/>a &lt;<mark name=\"3\"/>b&gt;&amp; .  <mark name=\"10\"/>c</speak>"
        );
        let rest = Utterance { text: "one two".into(), from: 4, language: None };
        assert_eq!(ssml(&rest), "<speak><mark name=\"4\"/>two</speak>");
        let beyond = Utterance { text: "é".into(), from: 1, language: None };
        assert_eq!(ssml(&beyond), "<speak></speak>");
    }
}
