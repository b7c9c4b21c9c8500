//! Markdown as a person would say it: a table row by row, code as "code block", a link by its text;
//! cut into sentences, each of them there as soon as it is finished.

mod blocks;
mod sentences;

use std::ops::Range;

/// A sentence of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentence {
    /// What is said.
    pub spoken: String,
    /// The same as it is shown, without markup: where a table row says its headings, they are not
    /// shown in it again.
    pub shown: String,
    /// Where it stands in the Markdown, in bytes.
    pub source: Range<usize>,
}

/// The few words that are said and not written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Phrases {
    /// For code, before the number of its lines.
    pub code_block: &'static str,
    /// Before a table's headings.
    pub table: &'static str,
    /// Before a picture's alt text.
    pub picture: &'static str,
    /// Before the host of an address that stands alone.
    pub link_to: &'static str,
    /// A task that is done.
    pub done: &'static str,
    /// One that is not.
    pub to_do: &'static str,
    /// Before a sentence that other answers did not bear out.
    pub uncertain: &'static str,
    /// How long it will take, without the number of seconds.
    pub about_seconds: (&'static str, &'static str),
}

impl Phrases {
    /// In a language, ISO 639-1; English for those that are not here.
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
                about_seconds: ("environ", "secondes"),
            },
            _ => Self {
                code_block: "code block",
                table: "table",
                picture: "picture",
                link_to: "link to",
                done: "done",
                to_do: "to do",
                uncertain: "uncertain",
                about_seconds: ("about", "seconds"),
            },
        }
    }
}

/// An answer that grows, and the sentences of it that were not given out yet.
#[derive(Debug, Clone)]
pub struct Script {
    phrases: Phrases,
    markdown: String,
    /// Where the last block begins: all before it can change no more.
    settled: usize,
    /// Where the last sentence that was given out ends.
    taken: usize,
}

impl Script {
    /// Nothing yet.
    pub fn new(phrases: Phrases) -> Self {
        Self { phrases, markdown: String::new(), settled: 0, taken: 0 }
    }

    /// Takes more of the Markdown; the sentences that it finishes.
    pub fn push(&mut self, piece: &str) -> Vec<Sentence> {
        self.markdown.push_str(piece);
        // Inside a word nothing ends.
        let may_end = |c: char| !c.is_alphanumeric();
        if piece.contains(may_end) { self.take(false) } else { Vec::new() }
    }

    /// The Markdown has ended; what is left of it.
    pub fn finish(&mut self) -> Vec<Sentence> {
        self.take(true)
    }

    /// All of the Markdown so far.
    pub fn markdown(&self) -> &str {
        &self.markdown
    }

    fn take(&mut self, is_whole: bool) -> Vec<Sentence> {
        let (blocks, last) = blocks::read(&self.markdown[self.settled..], &self.phrases);
        let n_blocks = blocks.len();
        let mut fresh = Vec::new();
        for (i, block) in blocks.into_iter().enumerate() {
            let is_open = !is_whole && i + 1 == n_blocks;
            for mut sentence in block.sentences(is_open) {
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

/// All sentences of a whole text.
pub fn sentences(markdown: &str, phrases: Phrases) -> Vec<Sentence> {
    let mut script = Script::new(phrases);
    let mut all = script.push(markdown);
    all.extend(script.finish());
    all
}

#[cfg(test)]
mod tests;
