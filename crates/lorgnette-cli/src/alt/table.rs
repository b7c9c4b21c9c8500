//! The table of alt texts, as a CSV file that is whole after each picture.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use lorgnette_app::AppError;
use lorgnette_app::models::whole_file;

use crate::output::Failure;

const HEAD: [&str; 3] = ["file", "alt", "error"];

/// A row of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The picture's path below the folder, with `/`.
    pub file: String,
    /// Its alt text; empty when there is none.
    pub alt: String,
    /// Why there is none; empty when there is one.
    pub error: String,
}

/// A table on the disk, whole after each picture.
pub struct Table {
    path: PathBuf,
    rows: BTreeMap<String, Row>,
}

impl Table {
    /// Reads a table that was begun; an empty one when there is none.
    ///
    /// # Errors
    /// [`Failure::AltTable`] for a file that is no such table: it is not written over.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let wrong = |reason: String| Failure::AltTable { path: path.to_owned(), reason };
        let mut rows = BTreeMap::new();
        match fs_err::read(path) {
            Ok(bytes) => {
                let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
                let mut records = records(bytes).into_iter();
                if records.next().is_none_or(|head| head != HEAD) {
                    return Err(wrong(format!("it does not begin with {}", HEAD.join(","))));
                }
                for record in records {
                    let [file, alt, error]: [String; 3] =
                        record.try_into().map_err(|record: Vec<String>| {
                            wrong(format!("a row has {} cells", record.len()))
                        })?;
                    rows.insert(file.clone(), Row { file, alt, error });
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(wrong(error.to_string())),
        }
        Ok(Self { path: path.to_owned(), rows })
    }

    /// Whether a picture has its alt text.
    pub fn has(&self, file: &str) -> bool {
        self.rows.get(file).is_some_and(|row| !row.alt.is_empty())
    }

    /// Puts a row in and writes the table: the new one or, whatever happens, the old one.
    ///
    /// # Errors
    /// [`AppError::Write`] if the file cannot be written.
    pub fn put(&mut self, mut row: Row) -> Result<(), AppError> {
        row.alt = no_formula(&row.alt);
        row.error = no_formula(&row.error);
        self.rows.insert(row.file.clone(), row);
        let mut table = HEAD.join(",") + "\n";
        for Row { file, alt, error } in self.rows.values() {
            table += &[file, alt, error].map(|text| cell(text)).join(",");
            table.push('\n');
        }
        whole_file::write(&self.path, table.as_bytes()).map_err(AppError::Write)
    }
}

/// A cell as it is written: in quotes where it needs them.
fn cell(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

/// The cells of each row; what is no UTF-8 is replaced.
fn records(mut bytes: &[u8]) -> Vec<Vec<String>> {
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
fn no_formula(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(file: &str, alt: &str, error: &str) -> Row {
        Row { file: file.into(), alt: alt.into(), error: error.into() }
    }

    #[test]
    fn a_table_goes_on_where_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("alt.csv");
        let mut table = Table::open(&path).unwrap();
        table.put(row("b.png", "Two \"cats\",\na dog", "")).unwrap();
        table.put(row("a.png", "", "no picture")).unwrap();
        let mut table = Table::open(&path).unwrap();
        assert!(table.has("b.png") && !table.has("a.png") && !table.has("c.png"));
        table.put(row("a.png", "=HYPERLINK(\"x\")", "")).unwrap();
        let text = fs_err::read_to_string(&path).unwrap();
        assert_eq!(
            text,
            "file,alt,error\na.png,\"'=HYPERLINK(\"\"x\"\")\",\nb.png,\"Two \"\"cats\"\",\na dog\",\n"
        );
    }

    #[test]
    fn another_file_is_not_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("letter.csv");
        fs_err::write(&path, "Dear Ada,\nhow are you\n").unwrap();
        assert!(matches!(Table::open(&path), Err(Failure::AltTable { .. })));
        assert!(matches!(Table::open(folder.path()), Err(Failure::AltTable { .. })));
    }
}
