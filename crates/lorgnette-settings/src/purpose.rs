//! What a description is for: its question, its length, and what is done to its end.

use std::borrow::Cow;
use std::str::FromStr;

use lorgnette_models::OpenModel;

/// Characters that alt text may have; screen readers stop or break it up beyond.
pub const MAX_ALT_CHARS: usize = 125;

/// What a description is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "ipc", derive(serde::Serialize, specta::Type))]
#[cfg_attr(feature = "ipc", serde(rename_all = "camelCase"))]
pub enum Purpose {
    /// One or two sentences.
    Brief,
    /// Everything that can be seen, from the most to the least important.
    Detailed,
    /// Only what is written, word by word.
    Text,
    /// Alt text of at most [`MAX_ALT_CHARS`] characters.
    Alt,
    /// Fields of a form in order, each with what is in it.
    Form,
    /// The numbers of a chart, as a table.
    Chart,
}

impl Purpose {
    pub const ALL: [Self; 6] =
        [Self::Brief, Self::Detailed, Self::Text, Self::Alt, Self::Form, Self::Chart];

    /// As a person writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Brief => "brief",
            Self::Detailed => "detailed",
            Self::Text => "text",
            Self::Alt => "alt",
            Self::Form => "form",
            Self::Chart => "chart",
        }
    }

    /// What that model is asked: nothing, if it was taught no questions.
    pub fn question_for(self, model: &OpenModel) -> &'static str {
        match model {
            model if model.only_reads_pages() => "",
            model if model.is_built_in() => self.short_question(),
            _ => self.question(),
        }
    }

    /// What a model is asked. Each begins with words that the built-in model knows, too.
    pub fn question(self) -> &'static str {
        match self {
            Self::Brief => "Describe this picture in one or two short sentences.",
            Self::Detailed => {
                "Describe this picture in detail: first what matters most, then everything else \
                 that can be seen, and where. Say what is hard to make out."
            }
            Self::Text => {
                "Read all text in this picture, word by word, from top to bottom. Add nothing, \
                 leave nothing out, and do not describe anything."
            }
            Self::Alt => {
                "Write alt text for this picture: one plain sentence of at most 120 characters, \
                 without \"picture of\"."
            }
            Self::Form => {
                "List the fields of this form in reading order, one a line, as \"label: value\". \
                 Write \"empty\" for a field without a value, and say of boxes whether they are \
                 ticked. Then name the buttons."
            }
            Self::Chart => {
                "Give the data of this chart as a Markdown table with its units. Then say in one \
                 sentence what it shows."
            }
        }
    }

    /// The same for the built-in model, which was only ever asked short questions.
    fn short_question(self) -> &'static str {
        match self {
            Self::Brief | Self::Detailed => "Describe this picture.",
            Self::Text => "Read all text.",
            Self::Alt => "Alt text",
            Self::Form => "Read all the text in this picture.",
            Self::Chart => "What do you see?",
        }
    }

    /// Tokens that it needs at most.
    pub fn max_tokens(self) -> usize {
        match self {
            // More than the lengths asked for: a token of the built-in model is a letter.
            Self::Brief => 400,
            Self::Alt => 240,
            Self::Detailed | Self::Form | Self::Chart => 1024,
            Self::Text => 2048,
        }
    }

    /// Whether the end of an answer is part of what is used of it. If not, nothing is missing from
    /// an answer that was cut.
    pub fn uses_end(self, answer: &str) -> bool {
        self != Self::Alt || in_one_line(answer).chars().count() <= MAX_ALT_CHARS
    }

    /// The answer as it is used.
    pub fn finish(self, answer: &str) -> Cow<'_, str> {
        match self {
            Self::Alt => Cow::Owned(alt_text(answer)),
            _ => Cow::Borrowed(answer),
        }
    }
}

impl FromStr for Purpose {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names: Vec<&str> = Self::ALL.map(Self::name).to_vec();
        let found = Self::ALL.into_iter().find(|purpose| purpose.name() == text);
        found.ok_or_else(|| format!("use {}", names.join(", ")))
    }
}

/// One line of at most [`MAX_ALT_CHARS`] characters: whole sentences if one fits, else whole words.
pub fn alt_text(answer: &str) -> String {
    let line = in_one_line(answer);
    let line = line.trim_matches(['*', '_', '`']);
    if line.chars().count() <= MAX_ALT_CHARS {
        return line.to_owned();
    }
    let most = line.char_indices().nth(MAX_ALT_CHARS).map_or(line.len(), |(at, _)| at);
    let fits = &line[..most];
    let sentence = fits.rmatch_indices(['.', '!', '?', '。']).find_map(|(at, end)| {
        let after = at + end.len();
        // "3.50" ends nothing.
        line[after..].starts_with(' ').then_some(after)
    });
    if let Some(end) = sentence.filter(|end| *end > MAX_ALT_CHARS / 4) {
        return fits[..end].to_owned();
    }
    let room = line.char_indices().nth(MAX_ALT_CHARS - 1).map_or(line.len(), |(at, _)| at);
    let words = line[..room].rfind(' ').unwrap_or(room);
    format!("{}…", line[..words].trim_end_matches([',', ';', ':', ' ']))
}

fn in_one_line(answer: &str) -> String {
    answer.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
