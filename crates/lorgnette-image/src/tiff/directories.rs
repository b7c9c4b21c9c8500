//! The directories of a TIFF file: what it says about each of its pictures.
//!
//! Raw photos and EXIF are written in the same way.
//! Source: TIFF 6.0, section 2; the same with numbers of eight bytes, which begins with 43.

use std::borrow::Cow;

use image::metadata::Orientation;

pub(crate) mod tag {
    //! The numbers of the facts in a directory.
    pub(crate) const NEW_SUBFILE_TYPE: u16 = 254;
    pub(crate) const SUBFILE_TYPE: u16 = 255;
    pub(crate) const WIDTH: u16 = 256;
    pub(crate) const HEIGHT: u16 = 257;
    pub(crate) const BITS: u16 = 258;
    pub(crate) const COMPRESSION: u16 = 259;
    pub(crate) const PHOTOMETRIC: u16 = 262;
    pub(crate) const FILL_ORDER: u16 = 266;
    pub(crate) const MAKE: u16 = 271;
    pub(crate) const STRIP_OFFSETS: u16 = 273;
    pub(crate) const ORIENTATION: u16 = 274;
    pub(crate) const SAMPLES: u16 = 277;
    pub(crate) const ROWS_PER_STRIP: u16 = 278;
    pub(crate) const STRIP_BYTE_COUNTS: u16 = 279;
    pub(crate) const PLANAR_CONFIGURATION: u16 = 284;
    pub(crate) const T4_OPTIONS: u16 = 292;
    pub(crate) const PREDICTOR: u16 = 317;
    pub(crate) const COLOR_MAP: u16 = 320;
    pub(crate) const TILE_WIDTH: u16 = 322;
    pub(crate) const TILE_HEIGHT: u16 = 323;
    pub(crate) const TILE_OFFSETS: u16 = 324;
    pub(crate) const TILE_BYTE_COUNTS: u16 = 325;
    pub(crate) const SUB_DIRECTORIES: u16 = 330;
    pub(crate) const INK_SET: u16 = 332;
    pub(crate) const EXTRA_SAMPLES: u16 = 338;
    pub(crate) const SAMPLE_FORMAT: u16 = 339;
    pub(crate) const JPEG_TABLES: u16 = 347;
    pub(crate) const JPEG_OFFSET: u16 = 513;
    pub(crate) const YCBCR_SUBSAMPLING: u16 = 530;
    pub(crate) const DNG_VERSION: u16 = 50_706;
}

/// The most directories that are read: no scan has more pages.
const MAX_DIRECTORIES: usize = 10_000;
/// The most values of one fact that are read.
const MAX_VALUES: u64 = 1 << 24;

/// A file whose directories are read.
#[derive(Clone, Copy)]
pub(crate) struct Directories<'a> {
    bytes: &'a [u8],
    is_little: bool,
    is_big: bool,
}

/// One directory: where it is, and its facts.
pub(crate) struct Directory {
    place: usize,
    entries: Vec<Entry>,
    next: u64,
}

/// One fact of a directory.
#[derive(Clone, Copy)]
struct Entry {
    place: usize,
    tag: u16,
    kind: u16,
    count: u64,
    /// Where its values are.
    values: usize,
}

impl<'a> Directories<'a> {
    /// Reads the first bytes of a file. Some cameras have marks of their own there.
    pub(crate) fn of(bytes: &'a [u8]) -> Option<Self> {
        let (is_little, is_big) = match bytes.first_chunk::<4>()? {
            b"II*\0" | b"IIRO" | b"IIRS" | b"IIU\0" => (true, false),
            b"MM\0*" | b"MMOR" => (false, false),
            b"II+\0" => (true, true),
            b"MM\0+" => (false, true),
            _ => return None,
        };
        Some(Self { bytes, is_little, is_big })
    }

    fn number_at(&self, place: usize, n_bytes: usize) -> Option<u64> {
        let bytes = self.bytes.get(place..place.checked_add(n_bytes)?)?;
        let push = |number: u64, &byte: &u8| number << 8 | u64::from(byte);
        Some(if self.is_little {
            bytes.iter().rev().fold(0, push)
        } else {
            bytes.iter().fold(0, push)
        })
    }

    /// Returns where the place of the first directory is, and how many bytes that takes.
    fn first(&self) -> (usize, usize) {
        if self.is_big { (8, 8) } else { (4, 4) }
    }

    /// Returns the directories that follow one another, as far as they can be read.
    pub(crate) fn chain(&self) -> Vec<Directory> {
        let (place, n_bytes) = self.first();
        let mut next = self.number_at(place, n_bytes).unwrap_or(0);
        let mut directories: Vec<Directory> = Vec::new();
        while next != 0 && directories.len() < MAX_DIRECTORIES {
            let Some(directory) = self.at(next) else { break };
            // A chain that bites its tail.
            if directories.iter().any(|known| known.place == directory.place) {
                break;
            }
            next = directory.next;
            directories.push(directory);
        }
        directories
    }

    /// Returns the directories below one.
    pub(crate) fn below(&self, directory: &Directory) -> Vec<Directory> {
        let places = self.numbers(directory, tag::SUB_DIRECTORIES).unwrap_or_default();
        places.into_iter().take(64).filter_map(|place| self.at(place)).collect()
    }

    fn at(&self, place: u64) -> Option<Directory> {
        let place = usize::try_from(place).ok()?;
        let (count_size, entry_size, word) = if self.is_big { (8, 20, 8) } else { (2, 12, 4) };
        let n_entries = usize::try_from(self.number_at(place, count_size)?).ok()?;
        let first = place.checked_add(count_size)?;
        let end = first.checked_add(n_entries.checked_mul(entry_size)?)?;
        self.bytes.get(first..end)?;
        let entry = |idx: usize| {
            let place = first + idx * entry_size;
            let kind = self.number_at(place + 2, 2)? as u16;
            let count = self.number_at(place + 4, word)?;
            let value = place + 4 + word;
            let n_bytes = count.checked_mul(size_of_kind(kind))?;
            let values = if n_bytes <= word as u64 {
                value
            } else {
                usize::try_from(self.number_at(value, word)?).ok()?
            };
            Some(Entry { place, tag: self.number_at(place, 2)? as u16, kind, count, values })
        };
        let entries = (0..n_entries).filter_map(entry).collect();
        // A file may end where the place of the next directory should be.
        let next = self.number_at(end, word).unwrap_or(0);
        Some(Directory { place, entries, next })
    }

    /// Returns the numbers of a fact.
    pub(crate) fn numbers(&self, directory: &Directory, tag: u16) -> Option<Vec<u64>> {
        let entry = directory.entry(tag)?;
        let size = size_of_kind(entry.kind) as usize;
        if !matches!(entry.kind, 1 | 3 | 4 | 6 | 7 | 8 | 9 | 13 | 16 | 18)
            || entry.count > MAX_VALUES
        {
            return None;
        }
        (0..entry.count as usize)
            .map(|idx| self.number_at(entry.values.checked_add(idx * size)?, size))
            .collect()
    }

    /// Returns the first number of a fact.
    pub(crate) fn number(&self, directory: &Directory, tag: u16) -> Option<u64> {
        let entry = directory.entry(tag)?;
        self.number_at(entry.values, size_of_kind(entry.kind) as usize)
    }

    /// Returns the text or the bytes of a fact.
    pub(crate) fn bytes(&self, directory: &Directory, tag: u16) -> Option<&'a [u8]> {
        let entry = directory.entry(tag)?;
        let n_bytes = usize::try_from(entry.count.checked_mul(size_of_kind(entry.kind))?).ok()?;
        self.bytes.get(entry.values..entry.values.checked_add(n_bytes)?)
    }

    /// Returns how the picture of a directory must be turned.
    pub(crate) fn orientation(&self, directory: &Directory) -> Orientation {
        let exif =
            self.number(directory, tag::ORIENTATION).and_then(|exif| u8::try_from(exif).ok());
        exif.and_then(Orientation::from_exif).unwrap_or(Orientation::NoTransforms)
    }

    /// Returns a file whose first directory is this one, and where these facts are numbers that replace
    /// what it says. Facts that it does not have are left out.
    pub(crate) fn with(&self, directory: &Directory, facts: &[(u16, u32)]) -> Cow<'a, [u8]> {
        /// The kind of numbers of four bytes.
        const LONG: u64 = 4;
        let (first, n_bytes) = self.first();
        let is_first = self.number_at(first, n_bytes) == Some(directory.place as u64);
        if is_first && facts.is_empty() {
            return Cow::Borrowed(self.bytes);
        }
        let mut file = self.bytes.to_vec();
        self.put(&mut file, first, n_bytes, directory.place as u64);
        let word = if self.is_big { 8 } else { 4 };
        for &(tag, number) in facts {
            if let Some(entry) = directory.entry(tag) {
                self.put(&mut file, entry.place + 2, 2, LONG);
                self.put(&mut file, entry.place + 4, word, 1);
                self.put(&mut file, entry.place + 4 + word, 4, number.into());
            }
        }
        Cow::Owned(file)
    }

    /// Returns a file as [`Self::with`] does, whose bytes in these places are changed by `change`.
    pub(crate) fn with_data(
        &self,
        directory: &Directory,
        places: &[(u64, u64)],
        change: impl Fn(u8) -> u8,
    ) -> Vec<u8> {
        let mut file = self.with(directory, &[]).into_owned();
        for &(start, length) in places {
            let start = usize::try_from(start).unwrap_or(usize::MAX).min(file.len());
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            let end = start.saturating_add(length).min(file.len());
            file[start..end].iter_mut().for_each(|byte| *byte = change(*byte));
        }
        file
    }

    fn put(&self, file: &mut [u8], place: usize, n_bytes: usize, number: u64) {
        let Some(space) = file.get_mut(place..place + n_bytes) else { return };
        if self.is_little {
            space.copy_from_slice(&number.to_le_bytes()[..n_bytes]);
        } else {
            space.copy_from_slice(&number.to_be_bytes()[8 - n_bytes..]);
        }
    }
}

impl Directory {
    fn entry(&self, tag: u16) -> Option<Entry> {
        self.entries.iter().find(|entry| entry.tag == tag).copied()
    }

    /// Returns whether it says that another one follows.
    pub(crate) fn has_next(&self) -> bool {
        self.next != 0
    }

    pub(crate) fn has(&self, tag: u16) -> bool {
        self.entry(tag).is_some()
    }
}

fn size_of_kind(kind: u16) -> u64 {
    match kind {
        3 | 8 => 2,
        4 | 9 | 11 | 13 => 4,
        5 | 10 | 12 | 16..=18 => 8,
        _ => 1,
    }
}
