//! A file that has its name only when it is whole and on the disk.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use fs_err::File;

use crate::rename::rename;

/// Large enough that a 14 GB file is not written in small system calls.
const BUFFER_BYTES: usize = 1 << 20;

/// Writes a file in one go, and makes its folder. Several processes may do so at the same time: one
/// of them wins, and the file is whole.
///
/// # Errors
/// Those of the disk, with the path.
pub fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        fs_err::create_dir_all(folder)?;
    }
    let mut file = PartFile::create_unique(path)?;
    file.write_all(bytes)?;
    file.finish()
}

/// Writes beside the path, and renames in [`PartFile::finish`]. A drop before that removes what was
/// written.
#[derive(Debug)]
pub struct PartFile {
    path: PathBuf,
    part: PathBuf,
    /// `None` once it is closed.
    output: Option<BufWriter<File>>,
    n_written: u64,
    /// The part has the file's name now.
    is_placed: bool,
}

impl PartFile {
    /// Begins a file that will be called `path`. What a killed process left of it is overwritten.
    ///
    /// # Errors
    /// Those of the disk, with the path.
    pub fn create(path: &Path) -> std::io::Result<Self> {
        Self::create_part(path, ".part")
    }

    /// As [`Self::create`], for a path that several processes may write at the same time.
    ///
    /// # Errors
    /// Those of the disk, with the path.
    pub fn create_unique(path: &Path) -> std::io::Result<Self> {
        Self::create_part(path, &format!(".{}.part", std::process::id()))
    }

    fn create_part(path: &Path, suffix: &str) -> std::io::Result<Self> {
        let mut part = path.as_os_str().to_owned();
        part.push(suffix);
        let part = PathBuf::from(part);
        let output = Some(BufWriter::with_capacity(BUFFER_BYTES, File::create(&part)?));
        Ok(Self { path: path.to_owned(), part, output, n_written: 0, is_placed: false })
    }

    /// The path that the file will have.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes written so far.
    pub fn n_written(&self) -> u64 {
        self.n_written
    }

    /// Writes zeros up to the next multiple of `alignment` bytes.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn pad_to(&mut self, alignment: u64) -> std::io::Result<()> {
        let n_bytes = self.n_written.next_multiple_of(alignment) - self.n_written;
        std::io::copy(&mut std::io::Read::take(std::io::repeat(0), n_bytes), self).map(drop)
    }

    /// Puts the whole file on the disk under its name, or removes what was written.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn finish(mut self) -> std::io::Result<()> {
        if let Some(output) = self.output.take() {
            let file = output.into_inner().map_err(std::io::IntoInnerError::into_error)?;
            file.sync_all()?;
            drop(file); // Windows renames no open file
            rename(&self.part, &self.path)?;
            self.is_placed = true;
        }
        Ok(())
    }
}

impl Write for PartFile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let Some(output) = &mut self.output else {
            return Ok(0);
        };
        let n_bytes = output.write(bytes)?;
        self.n_written += n_bytes as u64;
        Ok(n_bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.output.as_mut().map_or(Ok(()), BufWriter::flush)
    }
}

impl Drop for PartFile {
    fn drop(&mut self) {
        if let Some(output) = self.output.take() {
            drop(output.into_parts()); // closes the file without writing the rest of the buffer
        }
        if !self.is_placed {
            // Nothing to be done about a part that cannot be removed: the next try overwrites it.
            let _ = fs_err::remove_file(&self.part);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let names = fs_err::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
        names.map(|name| name.into_string().unwrap()).collect()
    }

    #[test]
    fn a_file_has_its_name_when_it_is_whole_and_leaves_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a").join("b.json");
        write_whole(&path, b"old").unwrap();
        let mut file = PartFile::create_unique(&path).unwrap();
        file.write_all(b"new").unwrap();
        assert_eq!(fs_err::read(&path).unwrap(), b"old");
        file.finish().unwrap();
        assert_eq!(fs_err::read(&path).unwrap(), b"new");
        let mut dropped = PartFile::create(&path).unwrap();
        dropped.write_all(b"half").unwrap();
        drop(dropped);
        assert_eq!(names(&folder.path().join("a")), ["b.json"]);
        assert_eq!(fs_err::read(&path).unwrap(), b"new");
    }

    #[test]
    fn a_file_that_cannot_have_its_name_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let taken = folder.path().join("taken");
        fs_err::create_dir(&taken).unwrap();
        assert!(write_whole(&taken, b"x").is_err());
        assert_eq!(names(folder.path()), ["taken"]);
    }
}
