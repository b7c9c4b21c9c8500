//! The table of alt texts, as a CSV file that is whole after each picture.

use std::collections::BTreeMap;

use crate::output::Failure;
use crate::output_file::{OutputFile, OutputKind};

/// The byte order mark of UTF-8. Without it, Excel takes letters beyond ASCII for others.
pub const MARK: &str = "\u{FEFF}";
const HEAD: [&str; 4] = ["file", "alt", "error", "note"];
/// The columns of a table of 0.1, which had no notes.
const N_FIRST: usize = 3;

/// What `--csv` writes.
pub const TABLE: OutputKind = OutputKind {
    name: "a table that begins with file,alt,error",
    is_one: |head| {
        let record = records(head).into_iter().next().unwrap_or_default();
        record == HEAD || record == HEAD[..N_FIRST]
    },
};

/// A row of the table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Row {
    /// The alt text; empty when there is none.
    alt: String,
    /// Why there is none, or not all of it; empty when it is done.
    error: String,
    /// What a person should know about the picture.
    note: String,
}

/// A table on the disk, whole after each picture.
pub struct Table {
    output: OutputFile,
    /// Begins with [`MARK`].
    is_marked: bool,
    /// By the path of the picture below the folder, with `/`.
    rows: BTreeMap<String, Row>,
}

impl Table {
    /// Reads a table that was begun; an empty one when there is none. Once it has the mark for Excel, it
    /// has it for good.
    ///
    /// # Errors
    /// [`Failure::NotReplaced`] for a table of which something would be lost.
    pub fn open(output: OutputFile, for_excel: bool) -> Result<Self, Failure> {
        let bytes = output.read()?.unwrap_or_default();
        if str::from_utf8(&bytes).is_err() {
            return Err(output.refuse("it is not UTF-8"));
        }
        let mut rows = BTreeMap::new();
        let mut records = records(&bytes).into_iter();
        let n_columns = records.next().map_or(HEAD.len(), |head| head.len());
        for mut record in records {
            if record.len() != n_columns {
                return Err(output.refuse(&format!("a row has {} cells", record.len())));
            }
            record.resize(HEAD.len(), String::new());
            if let Ok([file, alt, error, note]) = <[String; HEAD.len()]>::try_from(record) {
                rows.insert(file, Row { alt, error, note });
            }
        }
        let is_marked = for_excel || bytes.starts_with(MARK.as_bytes());
        Ok(Self { output, is_marked, rows })
    }

    /// Whether a picture has its alt text, all of it.
    pub fn is_done(&self, file: &str) -> bool {
        self.rows.get(file).is_some_and(|row| !row.alt.is_empty() && row.error.is_empty())
    }

    /// Puts in a picture's alt text, or why it has none or not all, and writes the table: the new
    /// one or, whatever happens, the old one. Without a new text, that of an earlier run stays.
    ///
    /// # Errors
    /// Those of [`OutputFile::write`].
    pub fn put(
        &mut self,
        file: &str,
        alt: Option<&str>,
        error: Option<&str>,
        note: &str,
    ) -> Result<(), Failure> {
        let row = self.rows.entry(file.to_owned()).or_default();
        if let Some(alt) = alt {
            row.alt = no_formula(alt);
            row.note = no_formula(note);
        }
        row.error = error.map(no_formula).unwrap_or_default();
        let mut table = String::from(if self.is_marked { MARK } else { "" });
        table += &(HEAD.join(",") + "\n");
        for (file, Row { alt, error, note }) in &self.rows {
            table += &[file, alt, error, note].map(|text| cell(text)).join(",");
            table.push('\n');
        }
        self.output.write(table.as_bytes())
    }
}

/// A cell as it is written: in quotes where it needs them.
pub fn cell(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

/// The cells of each row; what is no UTF-8 is replaced.
pub fn records(bytes: &[u8]) -> Vec<Vec<String>> {
    let mut bytes = bytes.strip_prefix(MARK.as_bytes()).unwrap_or(bytes);
    let mut reader = csv_core::Reader::new();
    let (mut cells, mut records) = (Vec::new(), Vec::new());
    // No cell is longer than the file.
    let mut cell = vec![0; bytes.len() + 1];
    let mut n_written = 0;
    loop {
        let (result, n_read, n) = reader.read_field(bytes, &mut cell[n_written..]);
        bytes = &bytes[n_read..];
        n_written += n;
        match result {
            csv_core::ReadFieldResult::Field { record_end } => {
                cells.push(String::from_utf8_lossy(&cell[..n_written]).into_owned());
                n_written = 0;
                if record_end {
                    records.push(std::mem::take(&mut cells));
                }
            }
            // Asked once more with nothing, it gives what is left.
            csv_core::ReadFieldResult::InputEmpty => {}
            csv_core::ReadFieldResult::OutputFull | csv_core::ReadFieldResult::End => {
                return records;
            }
        }
    }
}

/// A text may begin like a formula, and a spreadsheet would run it.
pub fn no_formula(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn open(path: &Path) -> Result<Table, Failure> {
        Table::open(OutputFile::new(path, &TABLE, &[])?, false)
    }

    #[test]
    fn a_table_goes_on_where_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("alt.csv");
        let mut table = open(&path).unwrap();
        table.put("b.png", Some("Two \"cats\",\na dog"), None, "page 1 of 3 is shown").unwrap();
        table.put("a.png", None, Some("no picture"), "").unwrap();
        table.put("c.png", Some("A half"), Some("cut"), "").unwrap();
        let mut table = open(&path).unwrap();
        assert!(table.is_done("b.png") && !table.is_done("a.png") && !table.is_done("c.png"));
        table.put("a.png", Some("=HYPERLINK(\"x\")"), None, "").unwrap();
        // A picture that is gone takes no text with it.
        table.put("b.png", None, Some("not there"), "").unwrap();
        table.put("c.png", Some("A whole"), None, "").unwrap();
        let text = fs_err::read_to_string(&path).unwrap();
        assert_eq!(
            text,
            "file,alt,error,note\na.png,\"'=HYPERLINK(\"\"x\"\")\",,\n\
             b.png,\"Two \"\"cats\"\",\na dog\",not there,page 1 of 3 is shown\nc.png,A whole,,\n"
        );
    }

    #[test]
    fn a_table_for_excel_says_that_it_is_utf_8() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("alt.csv");
        let output = OutputFile::new(&path, &TABLE, &[]).unwrap();
        Table::open(output, true).unwrap().put("a.png", Some("Un café"), None, "").unwrap();
        let text = fs_err::read(&path).unwrap();
        assert!(text.starts_with(b"\xEF\xBB\xBFfile,"), "{text:?}");
        assert!(open(&path).unwrap().is_done("a.png"));
    }

    #[test]
    fn a_table_of_which_something_would_be_lost_is_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.csv");
        for text in [
            &b"Dear Ada,\nhow are you\n"[..],
            b"file,alt,error,mine\na.png,A cat,,x\n",
            b"file,alt,error\na.png,A cat,,x\n",
            b"file,alt,error\na.png,Un caf\xe9,\n",
        ] {
            fs_err::write(&path, text).unwrap();
            assert!(matches!(open(&path), Err(Failure::NotReplaced { .. })));
            assert_eq!(fs_err::read(&path).unwrap(), text);
        }
        // As a spreadsheet writes it.
        fs_err::write(&path, b"\xEF\xBB\xBF\"file\",\"alt\",\"error\"\r\na.png,A cat,\r\n")
            .unwrap();
        let mut table = open(&path).unwrap();
        assert!(table.is_done("a.png"));
        // Nor is the mark lost by which the spreadsheet knows it again.
        table.put("b.png", Some("Un café"), None, "").unwrap();
        let marked = fs_err::read_to_string(&path).unwrap();
        assert!(marked.starts_with("\u{FEFF}file,alt,error,note\na.png"), "{marked}");
        assert!(open(folder.path()).is_err());
    }
}
