//! Markdown as a person would say it, in sentences: a table row by row, code as "code block", a link
//! by its text. A sentence is there as soon as it can change no more. A plain text is said line by line.

mod blocks;
mod lines;
mod sentences;

use std::ops::Range;

/// A sentence of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentence {
    /// The words for the voice.
    pub spoken: String,
    /// The words for the screen, without markup: a row of a table is spoken with its headings, and
    /// shown without them.
    pub shown: String,
    /// The bytes of the text that it was made of.
    pub source: Range<usize>,
    /// The next one is said in the same breath: it is the next line of a sentence.
    pub goes_on: bool,
}

/// The few words that are spoken and do not stand in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Phrases {
    /// Stands for code, before the number of its lines.
    pub code_block: &'static str,
    /// Stands before a table's headings.
    pub table: &'static str,
    /// Stands before a picture's alt text.
    pub picture: &'static str,
    /// Stands before the host of an address without a text.
    pub link_to: &'static str,
    /// Stands before a task that is ticked off.
    pub done: &'static str,
    /// Stands before a task that is not.
    pub to_do: &'static str,
    /// Stands before a sentence that other answers did not confirm.
    pub uncertain: &'static str,
    /// Stands before what an answer claims and the text of the picture does not have.
    pub not_found: &'static str,
    /// The words around a number of seconds.
    pub about_seconds: (&'static str, &'static str),
    /// Stands before a short answer about small pictures, which comes before the answer itself.
    pub first_look: &'static str,
    /// Stands for what a model thinks before it answers, which is not spoken.
    pub thinking: &'static str,
    /// Stands for the answer of a model that was still thinking when it ended.
    pub only_thoughts: &'static str,
}

impl Phrases {
    /// The phrases of a language, ISO 639-1; the English ones when there are none of its own.
    pub fn of(language: &str) -> Self {
        match language {
            "fr" => Self {
                code_block: "bloc de code",
                table: "tableau",
                picture: "image",
                link_to: "lien vers",
                done: "fait",
                to_do: "à faire",
                uncertain: "incertain",
                not_found: "pas trouvé dans l’image",
                about_seconds: ("environ", "secondes"),
                first_look: "Premier aperçu",
                thinking: "Le modèle réfléchit.",
                only_thoughts: "Il réfléchissait encore : il n’y a pas encore de réponse.",
            },
            _ => Self {
                code_block: "code block",
                table: "table",
                picture: "picture",
                link_to: "link to",
                done: "done",
                to_do: "to do",
                uncertain: "uncertain",
                not_found: "not found in the picture",
                about_seconds: ("about", "seconds"),
                first_look: "First look",
                thinking: "The model is thinking.",
                only_thoughts: "It was still thinking: there is no answer yet.",
            },
        }
    }
}

/// A text that grows, and gives out each of its sentences once.
#[derive(Debug, Clone)]
pub struct Script {
    phrases: Phrases,
    /// It is no Markdown.
    is_plain: bool,
    markdown: String,
    /// Where the last block begins: all before it can change no more.
    settled: usize,
    /// Where the last sentence that was given out ends.
    taken: usize,
}

impl Script {
    /// An empty text.
    pub fn new(phrases: Phrases) -> Self {
        Self { phrases, is_plain: false, markdown: String::new(), settled: 0, taken: 0 }
    }

    /// An empty text that is no Markdown: it is given out line by line.
    pub fn plain(phrases: Phrases) -> Self {
        Self { is_plain: true, ..Self::new(phrases) }
    }

    /// Whether it is no Markdown.
    pub fn is_plain(&self) -> bool {
        self.is_plain
    }

    /// Adds text, and returns the sentences that are finished by it.
    pub fn push(&mut self, piece: &str) -> Vec<Sentence> {
        self.markdown.push_str(piece);
        // Inside a word nothing ends.
        let may_end = |c: char| !c.is_alphanumeric();
        if piece.contains(may_end) { self.take(false) } else { Vec::new() }
    }

    /// Ends the text, and returns the sentences that are left of it.
    pub fn finish(&mut self) -> Vec<Sentence> {
        self.take(true)
    }

    /// The text so far.
    pub fn markdown(&self) -> &str {
        &self.markdown
    }

    fn take(&mut self, is_whole: bool) -> Vec<Sentence> {
        if self.is_plain {
            let lines = lines::read(&self.markdown, self.taken, is_whole);
            self.taken = lines.last().map_or(self.taken, |line| line.source.end);
            return lines;
        }
        let markdown = &self.markdown[self.settled..];
        let (blocks, last) = blocks::read(markdown, &self.phrases);
        let n_blocks = blocks.len();
        let mut fresh = Vec::new();
        for (i, block) in blocks.into_iter().enumerate() {
            let is_open = !is_whole && i + 1 == n_blocks;
            for mut sentence in block.sentences(markdown, is_open) {
                sentence.source.start += self.settled;
                sentence.source.end += self.settled;
                if sentence.source.start >= self.taken {
                    self.taken = sentence.source.end;
                    fresh.push(sentence);
                }
            }
        }
        self.settled += last;
        fresh
    }
}

/// The lines of a whole text that is no Markdown.
pub fn lines(text: &str) -> Vec<Sentence> {
    lines::read(text, 0, true)
}

/// The sentences of a whole text.
pub fn sentences(markdown: &str, phrases: Phrases) -> Vec<Sentence> {
    let mut script = Script::new(phrases);
    let mut all = script.push(markdown);
    all.extend(script.finish());
    all
}

#[cfg(test)]
mod tests;
