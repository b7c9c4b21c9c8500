//! What was said of each page, as Markdown or as CSV.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use crate::alt::table::{self, cell, no_formula, records};
use crate::output::Failure;
use crate::output_file::{OutputFile, OutputKind};

/// The first line of the Markdown, which is not shown.
const MARK: &str = "<!-- Lorgnette: each page -->";
const HEAD: [&str; 6] = ["file", "page", "of", "answer", "error", "note"];
/// What begins the line over the heading of a page, which is not shown.
const BEGIN: &str = "<!-- ";
const DONE: &str = " done -->";
const NOT_DONE: &str = " not done -->";

/// What `--out` writes: Markdown, or CSV for a name that ends so.
pub const FORMS: [OutputKind; 2] = [
    OutputKind {
        name: "Markdown that describe --each wrote",
        is_one: |head| head.starts_with(MARK.as_bytes()),
    },
    OutputKind {
        name: "a table that begins with file,page,of,answer,error,note",
        is_one: |head| records(head).into_iter().next().unwrap_or_default() == HEAD,
    },
];

/// A page of a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub file: String,
    pub page: u32,
    /// How many pages the file has.
    pub of: u32,
}

/// What was said of a page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answered {
    /// Empty when there is nothing.
    pub text: String,
    /// Why there is nothing, or not all of it; empty when it is done.
    pub error: String,
    /// What a person should know about the page.
    pub note: String,
}

/// All that was said, on the disk if it has a file: whole after each page.
#[derive(Default)]
pub struct Record {
    output: Option<OutputFile>,
    is_csv: bool,
    /// The table begins with a byte order mark.
    is_marked: bool,
    answers: BTreeMap<Place, Answered>,
}

impl Record {
    /// Reads what was begun; nothing when there is none.
    ///
    /// # Errors
    /// [`Failure::NotReplaced`] for a file of which something would be lost.
    pub fn open(output: OutputFile, for_excel: bool) -> Result<Self, Failure> {
        let is_csv = output.path().extension().is_some_and(|end| end.eq_ignore_ascii_case("csv"));
        let bytes = output.read()?.unwrap_or_default();
        let text = str::from_utf8(&bytes).map_err(|_| output.refuse("it is not UTF-8"))?;
        let answers = if is_csv { of_csv(text) } else { of_markdown(text) };
        let answers = answers.map_err(|reason| output.refuse(&reason))?;
        let is_marked = for_excel || text.starts_with(table::MARK);
        Ok(Self { output: Some(output), is_csv, is_marked, answers })
    }

    /// Whether a page has its answer, all of it.
    pub fn is_done(&self, place: &Place) -> bool {
        self.answers.get(place).is_some_and(|one| !one.text.is_empty() && one.error.is_empty())
    }

    /// Puts in what was said of a page, and writes all of it: the new file is there, or the old one.
    ///
    /// # Errors
    /// Those of [`OutputFile::write`].
    pub fn put(&mut self, place: Place, answered: Answered) -> Result<(), Failure> {
        self.answers.insert(place, answered);
        let Some(output) = &self.output else { return Ok(()) };
        let text = if self.is_csv { self.csv() } else { self.markdown() };
        output.write(text.as_bytes())
    }

    fn csv(&self) -> String {
        let mut table = String::from(if self.is_marked { table::MARK } else { "" });
        table += &(HEAD.join(",") + "\n");
        for (place, Answered { text, error, note }) in &self.answers {
            let (page, of) = (place.page.to_string(), place.of.to_string());
            let texts = [text, error, note].map(|text| no_formula(text));
            let cells = [&place.file, &page, &of].into_iter().chain(&texts);
            table += &cells.map(|text| cell(text)).collect::<Vec<_>>().join(",");
            table.push('\n');
        }
        table
    }

    fn markdown(&self) -> String {
        // Writing to a text cannot fail.
        let mut text = format!("{MARK}\n");
        for (place, answered) in &self.answers {
            let done = if answered.error.is_empty() { DONE } else { NOT_DONE };
            let Place { file, page, of } = place;
            // What stands between the marks is nothing that could end them.
            let file = file.replace("--", "- -");
            let section = section(place, answered);
            let _ = write!(text, "\n{BEGIN}{page}/{of} {file}{done}\n{section}");
        }
        text
    }
}

/// A page as Markdown: its heading and what was said of it.
pub fn section(place: &Place, Answered { text, error, note }: &Answered) -> String {
    let mut section = format!("## {place}\n");
    for (words, mark) in [(text, ""), (error, "*"), (note, "*")] {
        let words = words.trim().replace(BEGIN, "&lt;!-- ");
        if !words.is_empty() {
            let _ = write!(section, "\n{mark}{words}{mark}\n");
        }
    }
    section
}

fn of_markdown(text: &str) -> Result<BTreeMap<Place, Answered>, String> {
    let mut answers = BTreeMap::new();
    let mut current: Option<(Place, bool, String)> = None;
    let mut put = |current: Option<(Place, bool, String)>| {
        if let Some((place, is_done, text)) = current {
            let error = if is_done { String::new() } else { "not done".to_owned() };
            answers.insert(
                place,
                Answered { text: text.trim().to_owned(), error, note: String::new() },
            );
        }
    };
    for line in text.lines().skip(1) {
        if let Some(mark) = line.strip_prefix(BEGIN) {
            let (mark, is_done) = match mark.strip_suffix(NOT_DONE) {
                Some(mark) => (mark, false),
                None => (mark.strip_suffix(DONE).ok_or("a mark of a page was changed")?, true),
            };
            let place = (|| {
                let (numbers, file) = mark.split_once(' ')?;
                let (page, of) = numbers.split_once('/')?;
                let file = file.replace("- -", "--");
                Some(Place { file, page: page.parse().ok()?, of: of.parse().ok()? })
            })();
            let place = place.ok_or("a mark of a page was changed")?;
            put(current.replace((place, is_done, String::new())));
        } else if let Some((place, _, text)) = &mut current {
            if !(text.is_empty() && line == format!("## {place}")) {
                text.push_str(line);
                text.push('\n');
            }
        } else if !line.is_empty() {
            return Err("it has words before the first page".into());
        }
    }
    put(current);
    Ok(answers)
}

fn of_csv(text: &str) -> Result<BTreeMap<Place, Answered>, String> {
    let mut answers = BTreeMap::new();
    for record in records(text.as_bytes()).into_iter().skip(1) {
        let n_cells = record.len();
        let cells = <[String; HEAD.len()]>::try_from(record);
        let [file, page, of, text, error, note] =
            cells.map_err(|_| format!("a row has {n_cells} cells"))?;
        let number = |text: &str| text.parse::<u32>().map_err(|_| format!("{text} is no page"));
        let place = Place { file, page: number(&page)?, of: number(&of)? };
        answers.insert(place, Answered { text, error, note });
    }
    Ok(answers)
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.of == 1 {
            return write!(f, "{}", self.file);
        }
        write!(f, "{}, page {} of {}", self.file, self.page, self.of)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn place(page: u32) -> Place {
        Place { file: "re--port.pdf".into(), page, of: 12 }
    }

    fn open(path: &Path, form: usize) -> Result<Record, Failure> {
        Record::open(OutputFile::new(path, &FORMS[form], &[])?, form == 1)
    }

    #[test]
    fn what_was_said_goes_on_where_it_was() {
        let folder = tempfile::tempdir().unwrap();
        for (form, name) in ["pages.md", "pages.csv"].iter().enumerate() {
            let path = folder.path().join(name);
            let mut record = open(&path, form).unwrap();
            let said = |text: &str, error: &str| Answered {
                text: text.into(),
                error: error.into(),
                note: String::new(),
            };
            record
                .put(place(10), said("A \"valve\",\n\n<!-- 2/12 x done -->\n# loud", ""))
                .unwrap();
            record.put(place(2), said("A boiler", "")).unwrap();
            record.put(place(3), said("", "the page is damaged")).unwrap();
            record.put(place(4), said("A half", "cut")).unwrap();
            let written = fs_err::read_to_string(&path).unwrap();
            let record = open(&path, form).unwrap();
            let done = (1..=12).filter(|page| record.is_done(&place(*page))).collect::<Vec<_>>();
            assert_eq!(done, [2, 10], "{written}");
            let mut record = open(&path, form).unwrap();
            record.put(place(3), said("A door", "")).unwrap();
            let again = fs_err::read_to_string(&path).unwrap();
            for text in ["A boiler", "A door", "loud"] {
                assert_eq!(again.matches(text).count(), 1, "{again}");
            }
            assert!(again.find("A boiler") < again.find("loud"), "{again}");
            assert_eq!(again.starts_with(table::MARK), form == 1, "{again}");
        }
    }

    #[test]
    fn a_file_of_which_something_would_be_lost_is_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        for (form, name, text) in [
            (0, "mine.md", "# My notes\n".to_owned()),
            (0, "words.md", format!("{MARK}\n\nMy own words\n")),
            (0, "mark.md", format!("{MARK}\n<!-- 1/2 a.pdf -->\n")),
            (1, "rows.csv", format!("{}\na.pdf,1\n", HEAD.join(","))),
            (1, "page.csv", format!("{}\na.pdf,one,2,x,,\n", HEAD.join(","))),
        ] {
            let path = folder.path().join(name);
            fs_err::write(&path, &text).unwrap();
            assert!(matches!(open(&path, form), Err(Failure::NotReplaced { .. })), "{name}");
            assert_eq!(fs_err::read_to_string(&path).unwrap(), text);
        }
    }
}
