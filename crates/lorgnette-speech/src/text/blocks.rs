//! The blocks of a Markdown text that are said one after the other: paragraphs, headings, items of
//! lists, rows of tables.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use super::sentences;
use super::{Phrases, Sentence};

/// A block, before it is cut into sentences.
#[derive(Debug, Default)]
pub(super) struct Block {
    /// The words for the screen.
    text: String,
    /// Bytes of the text, and the bytes of the Markdown that they come from.
    places: Vec<(usize, usize)>,
    /// The words for the voice where they differ from the text.
    spoken: Option<String>,
    /// Words that are spoken before its first sentence.
    prefix: String,
    source: Range<usize>,
}

impl Block {
    fn push(&mut self, text: &str, source: &Range<usize>) {
        if self.text.is_empty() && self.places.is_empty() {
            self.source = source.clone();
        }
        self.places.push((self.text.len(), source.start));
        self.text.push_str(text);
        self.source.end = self.source.end.max(source.end);
    }

    /// The byte of the Markdown that a byte of the text comes from. Where the text differs from its
    /// source (an entity, an escaped bar in code), it is a byte near by, but never one inside a letter.
    fn place(&self, at: usize, markdown: &str) -> usize {
        let i = self.places.partition_point(|(text, _)| *text <= at);
        let (text, source) = self.places[i.saturating_sub(1)];
        markdown.floor_char_boundary((source + (at - text)).min(self.source.end))
    }

    /// Cuts the block of a Markdown text into sentences; an open block, which may grow, without the
    /// last one.
    pub(super) fn sentences(self, markdown: &str, is_open: bool) -> Vec<Sentence> {
        if self.places.is_empty() {
            return Vec::new();
        }
        if let Some(spoken) = self.spoken {
            let whole = Sentence { spoken, shown: self.text, source: self.source, goes_on: false };
            return if is_open { Vec::new() } else { vec![whole] };
        }
        // The first line of a table looks like a paragraph until the second one comes.
        if is_open && self.text.contains('|') {
            return Vec::new();
        }
        let ranges = sentences::ranges(&self.text, is_open);
        let mut said = Vec::new();
        for range in ranges {
            let shown = self.text[range.clone()].trim();
            // Emphasis whose end has not come yet still shows its signs.
            let is_said =
                |c: &char| !(c.is_control() && *c != '\n' || is_open && "*`".contains(*c));
            let spoken: String = shown.chars().filter(is_said).collect();
            if !spoken.contains(char::is_alphanumeric) {
                continue;
            }
            let prefix = if said.is_empty() { self.prefix.as_str() } else { "" };
            let source = self.place(range.start, markdown)..self.place(range.end, markdown);
            said.push(Sentence {
                spoken: format!("{prefix}{}", spoken.replace('\n', " ")),
                shown: shown.to_owned(),
                source,
                goes_on: false,
            });
        }
        said
    }
}

/// The state of a walk through Markdown.
struct Reading<'p> {
    markdown: &'p str,
    phrases: &'p Phrases,
    blocks: Vec<Block>,
    block: Block,
    /// The next number of each open list; `None` for one without numbers.
    lists: Vec<Option<u64>>,
    /// Headings of the open table.
    headings: Vec<String>,
    /// Cells of the open row.
    cells: Vec<String>,
    in_cell: bool,
}

/// Reads the blocks of a Markdown text, and the byte at which the last one at its top begins.
pub(super) fn read<'p>(markdown: &'p str, phrases: &'p Phrases) -> (Vec<Block>, usize) {
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut reading = Reading {
        markdown,
        phrases,
        blocks: Vec::new(),
        block: Block::default(),
        lists: Vec::new(),
        headings: Vec::new(),
        cells: Vec::new(),
        in_cell: false,
    };
    let (mut depth, mut last) = (0_usize, 0);
    for (event, source) in Parser::new_ext(markdown, options).into_offset_iter() {
        match &event {
            Event::Start(_) => {
                if depth == 0 {
                    last = source.start;
                }
                depth += 1;
            }
            Event::End(_) => depth -= 1,
            _ => {}
        }
        reading.event(event, &source);
    }
    reading.flush();
    (reading.blocks, last)
}

impl Reading<'_> {
    fn flush(&mut self) {
        let block = std::mem::take(&mut self.block);
        if !block.places.is_empty() {
            self.blocks.push(block);
        }
    }

    fn event(&mut self, event: Event<'_>, source: &Range<usize>) {
        match event {
            Event::Start(tag) => self.start(tag, source),
            Event::End(tag) => self.end(tag, source),
            Event::Text(text)
            | Event::Code(text)
            | Event::InlineMath(text)
            | Event::DisplayMath(text)
            | Event::Html(text)
            | Event::InlineHtml(text) => self.text(&text, source),
            Event::SoftBreak | Event::HardBreak => self.text("\n", source),
            Event::TaskListMarker(is_done) => {
                let word = if is_done { self.phrases.done } else { self.phrases.to_do };
                self.block.prefix = format!("{word}: ");
            }
            Event::Rule | Event::FootnoteReference(_) => {}
        }
    }

    fn text(&mut self, text: &str, source: &Range<usize>) {
        if self.in_cell
            && let Some(cell) = self.cells.last_mut()
        {
            cell.push_str(text);
        }
        // Code stands behind its backticks.
        let written = self.markdown.get(source.clone()).unwrap_or_default();
        let lead = written.find(text).unwrap_or_default();
        self.block.push(text, &(source.start + lead..source.end));
    }

    fn start(&mut self, tag: Tag<'_>, source: &Range<usize>) {
        match tag {
            // The first paragraph of an item keeps the item's number.
            Tag::Paragraph | Tag::Heading { .. } | Tag::BlockQuote(_) | Tag::HtmlBlock
                if !self.block.places.is_empty() =>
            {
                self.flush();
            }
            Tag::List(first) => {
                self.flush();
                self.lists.push(first);
            }
            Tag::Item => {
                self.flush();
                if let Some(Some(number)) = self.lists.last_mut() {
                    self.block.prefix = format!("{number}, ");
                    *number += 1;
                }
            }
            Tag::CodeBlock(kind) => {
                self.flush();
                if let CodeBlockKind::Fenced(_) = kind {
                    // An empty one is said too.
                    self.block.push("", source);
                }
            }
            Tag::Table(_) => self.headings.clear(),
            Tag::TableHead | Tag::TableRow => {
                self.flush();
                self.cells.clear();
            }
            Tag::TableCell => {
                if !self.cells.is_empty() {
                    self.block.push(" ", source);
                }
                self.cells.push(String::new());
                self.in_cell = true;
            }
            Tag::Image { .. } => {
                if let Some(cell) = self.cells.last_mut().filter(|_| self.in_cell) {
                    cell.push_str(self.phrases.picture);
                    cell.push(' ');
                }
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd, source: &Range<usize>) {
        match tag {
            TagEnd::Paragraph
            | TagEnd::Heading(_)
            | TagEnd::Item
            | TagEnd::BlockQuote(_)
            | TagEnd::HtmlBlock => self.flush(),
            TagEnd::List(_) => {
                self.flush();
                self.lists.pop();
            }
            TagEnd::CodeBlock => {
                let n_lines = self.block.text.lines().count();
                self.block.spoken = Some(format!("{}, {n_lines}", self.phrases.code_block));
                self.block.source = source.clone();
                self.flush();
            }
            TagEnd::TableCell => self.in_cell = false,
            TagEnd::TableHead => {
                self.headings = std::mem::take(&mut self.cells);
                let named = |heading: &&String| !heading.trim().is_empty();
                let all: Vec<&str> = self.headings.iter().filter(named).map(|h| h.trim()).collect();
                self.block.spoken = Some(format!("{}: {}", self.phrases.table, all.join(", ")));
                self.flush();
            }
            TagEnd::TableRow => {
                let cells = std::mem::take(&mut self.cells);
                self.block.spoken = Some(row(&self.headings, &cells));
                self.flush();
            }
            _ => {}
        }
    }
}

/// A row as it is said: each cell after its heading.
fn row(headings: &[String], cells: &[String]) -> String {
    let mut said = Vec::new();
    for (i, cell) in cells.iter().enumerate() {
        let heading = headings.get(i).map_or("", |heading| heading.trim());
        match (heading, cell.trim()) {
            (_, "") => {}
            ("", cell) => said.push(cell.to_owned()),
            (heading, cell) => said.push(format!("{heading}: {cell}")),
        }
    }
    said.join("; ")
}
