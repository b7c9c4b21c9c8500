//! The rows that are left in the pages of a damaged `SQLite` file: every page is read by itself, so
//! that no page is lost with another one that leads to it.
//!
//! Source: <https://sqlite.org/fileformat2.html>.

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::Path;

use rusqlite::types::Value;

use crate::place;

const MAGIC: &[u8] = b"SQLite format 3\0";
const HEADER_BYTES: usize = 100;
/// What `SQLite` takes when nobody asks for another size.
const USUAL_PAGE_BYTES: usize = 4096;
/// No table of ours has so many; noise has.
const MAX_COLUMNS: usize = 16;

const INTERIOR_OF_INDEX: u8 = 2;
const LEAF_OF_INDEX: u8 = 10;
const LEAF_OF_TABLE: u8 = 13;

/// A row as it lies in a page. Which table it is of, its columns tell.
#[derive(Debug, PartialEq)]
pub struct Row {
    /// `None` in a table that is its own index.
    pub id: Option<i64>,
    pub values: Vec<Value>,
    /// A text was longer than what is left of it.
    pub is_cut: bool,
}

/// A file in pages, with those on top that were written last.
pub struct Pages {
    bytes: Vec<u8>,
    size: usize,
    /// Bytes of a page that rows use.
    usable: usize,
    newer: HashMap<usize, Vec<u8>>,
    /// Pages with what was deleted.
    free: HashSet<usize>,
}

impl Pages {
    /// Reads a file, and beside it what `SQLite` wrote last.
    pub fn read(path: &Path) -> io::Result<Self> {
        let bytes = fs_err::read(path)?;
        // Mostly there is none, and one that cannot be read is of no use.
        let wal = fs_err::read(place::wal(path)).unwrap_or_default();
        let of_wal = be32(&wal, 8).and_then(page_size);
        let size = of_header(&bytes).or(of_wal).unwrap_or(USUAL_PAGE_BYTES);
        let newer = if of_wal == Some(size) { committed(&wal, size) } else { HashMap::new() };
        let mut pages = Self { bytes, size, usable: size, newer, free: HashSet::new() };
        if let Some(header) = pages.page(1).filter(|page| page.starts_with(MAGIC)) {
            let (reserved, first_free) = (usize::from(header[20]), be32(header, 32));
            // The format allows no less.
            pages.usable = (size - reserved).max(480);
            pages.free = pages.free_pages(first_free.unwrap_or(0));
        }
        Ok(pages)
    }

    /// All rows that can be read, page by page.
    pub fn rows(&self) -> impl Iterator<Item = Row> {
        let n_pages = self.bytes.len().div_ceil(self.size);
        let last = self.newer.keys().copied().max().unwrap_or(0).max(n_pages);
        let used = (1..=last).filter(move |number| !self.free.contains(number));
        used.flat_map(move |number| self.rows_of(number).unwrap_or_default())
    }

    fn page(&self, number: usize) -> Option<&[u8]> {
        if let Some(newer) = self.newer.get(&number) {
            return Some(newer);
        }
        let from = number.checked_sub(1)?.checked_mul(self.size)?;
        self.bytes.get(from..from + self.size)
    }

    /// The list of free pages, as far as it can be followed.
    fn free_pages(&self, first: u32) -> HashSet<usize> {
        let mut free = HashSet::new();
        let mut next = first as usize;
        while let Some(trunk) = self.page(next).filter(|_| !free.contains(&next)) {
            free.insert(next);
            let n_leaves = be32(trunk, 4).unwrap_or(0) as usize;
            let leaves = trunk[8..].as_chunks::<4>().0.iter().take(n_leaves);
            free.extend(leaves.map(|leaf| u32::from_be_bytes(*leaf) as usize));
            next = be32(trunk, 0).unwrap_or(0) as usize;
        }
        free
    }

    fn rows_of(&self, number: usize) -> Option<Vec<Row>> {
        let page = self.page(number)?;
        let header = if number == 1 { HEADER_BYTES } else { 0 };
        let kind = *page.get(header)?;
        let cells = match kind {
            LEAF_OF_TABLE | LEAF_OF_INDEX => header + 8,
            INTERIOR_OF_INDEX => header + 12,
            _ => return None,
        };
        let n_cells = usize::from(be16(page, header + 3)?);
        let places = (0..n_cells).filter_map(|i| be16(page, cells + 2 * i));
        Some(places.filter_map(|at| self.row(kind, page.get(usize::from(at)..)?)).collect())
    }

    fn row(&self, kind: u8, cell: &[u8]) -> Option<Row> {
        let cell = if kind == INTERIOR_OF_INDEX { cell.get(4..)? } else { cell };
        let (length, mut cell) = varint(cell)?;
        // No row is longer than all that there is.
        let n_bytes = self.bytes.len() + self.newer.len() * self.size;
        let length = usize::try_from(length).ok().filter(|length| *length <= n_bytes)?;
        let id = if kind == LEAF_OF_TABLE {
            let (id, rest) = varint(cell)?;
            cell = rest;
            Some(id.cast_signed())
        } else {
            None
        };
        let payload = self.payload(length, cell, kind == LEAF_OF_TABLE)?;
        let (values, is_cut) = record(&payload)?;
        Some(Row { id, values, is_cut })
    }

    /// The bytes of a row: those in its page, then those in the pages of its own that follow, as far
    /// as they are there.
    fn payload(&self, length: usize, cell: &[u8], is_table: bool) -> Option<Vec<u8>> {
        let usable = self.usable;
        let most = if is_table { usable - 35 } else { (usable - 12) * 64 / 255 - 23 };
        let least = (usable - 12) * 32 / 255 - 23;
        let here = if length <= most {
            length
        } else {
            let fits = least + (length - least) % (usable - 4);
            if fits <= most { fits } else { least }
        };
        let mut payload = cell.get(..here)?.to_vec();
        let mut next = if here < length { be32(cell, here)? as usize } else { 0 };
        let mut visited = HashSet::new();
        while payload.len() < length && visited.insert(next) {
            let Some(page) = self.page(next) else { break };
            let n = (usable - 4).min(length - payload.len());
            payload.extend(&page[4..4 + n]);
            next = be32(page, 0)? as usize;
        }
        Some(payload)
    }
}

/// The page size that a file names at its beginning.
fn of_header(bytes: &[u8]) -> Option<usize> {
    let size = be16(bytes, 16).filter(|_| bytes.starts_with(MAGIC))?;
    page_size(if size == 1 { 1 << 16 } else { size.into() })
}

fn page_size(size: u32) -> Option<usize> {
    (size.is_power_of_two() && (512..=1 << 16).contains(&size)).then_some(size as usize)
}

/// The pages of the transactions that were finished, from what `SQLite` writes ahead.
fn committed(wal: &[u8], size: usize) -> HashMap<usize, Vec<u8>> {
    let mut newer = HashMap::new();
    let mut unfinished = Vec::new();
    let Some((header, frames)) = wal.split_at_checked(32) else { return newer };
    for frame in frames.chunks_exact(24 + size) {
        // Frames of an earlier round have other salts.
        if frame[8..16] != header[16..24] {
            break;
        }
        let number = be32(frame, 0).unwrap_or(0) as usize;
        unfinished.push((number, frame[24..].to_vec()));
        if be32(frame, 4).is_some_and(|n_pages| n_pages > 0) {
            newer.extend(unfinished.drain(..));
        }
    }
    newer
}

/// The values of a row, and whether a text of it is cut.
fn record(payload: &[u8]) -> Option<(Vec<Value>, bool)> {
    let (length, _) = varint(payload)?;
    let (header, mut body) = payload.split_at_checked(usize::try_from(length).ok()?)?;
    let (_, mut kinds) = varint(header)?;
    let (mut values, mut is_cut) = (Vec::new(), false);
    while !kinds.is_empty() {
        let (kind, rest) = varint(kinds)?;
        kinds = rest;
        let n = match kind {
            0 | 8 | 9 => 0,
            1..=4 => kind as usize,
            5 => 6,
            6 | 7 => 8,
            10 | 11 => return None,
            kind => usize::try_from((kind - 12) / 2).ok()?,
        };
        is_cut |= n > body.len();
        let (bytes, rest) = body.split_at(n.min(body.len()));
        body = rest;
        values.push(match kind {
            8 | 9 => Value::Integer((kind - 8).cast_signed()),
            _ if bytes.len() < n && kind < 12 => Value::Null,
            0 => Value::Null,
            1..=6 => Value::Integer(integer(bytes)),
            7 => Value::Real(f64::from_be_bytes(bytes.try_into().ok()?)),
            kind if kind % 2 == 0 => Value::Blob(bytes.to_vec()),
            _ => {
                let text = text(bytes);
                is_cut |= text.len() < bytes.len();
                Value::Text(text.to_owned())
            }
        });
        if values.len() > MAX_COLUMNS {
            return None;
        }
    }
    Some((values, is_cut))
}

fn integer(bytes: &[u8]) -> i64 {
    let is_negative = bytes.first().is_some_and(|byte| *byte >= 0x80);
    bytes.iter().fold(if is_negative { -1 } else { 0 }, |value, byte| value << 8 | i64::from(*byte))
}

/// A text up to where it is none any more: what was overwritten is no UTF-8, or zeros.
fn text(bytes: &[u8]) -> &str {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    match str::from_utf8(&bytes[..end]) {
        Ok(text) => text,
        Err(error) => str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default(),
    }
}

/// A number of one to nine bytes, and what follows it.
fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0;
    for (i, byte) in bytes.iter().enumerate().take(9) {
        if i == 8 {
            return Some((value << 8 | u64::from(*byte), &bytes[9..]));
        }
        value = value << 7 | u64::from(byte & 0x7f);
        if *byte < 0x80 {
            return Some((value, &bytes[i + 1..]));
        }
    }
    None
}

fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_the_format_has_them() {
        assert_eq!(varint(&[0x7f, 9]), Some((127, &[9][..])));
        assert_eq!(varint(&[0x81, 0x00]), Some((128, &[][..])));
        assert_eq!(varint(&[0xff; 9]), Some((u64::MAX, &[][..])));
        assert_eq!(varint(&[0xff; 8]), None);
        assert_eq!((integer(&[0xff]), integer(&[0x01, 0x00]), integer(&[])), (-1, 256, 0));
        assert_eq!(page_size(4096), Some(4096));
        assert_eq!((page_size(0), page_size(4095), page_size(1 << 17)), (None, None, None));
    }

    #[test]
    fn a_text_ends_where_it_was_overwritten() {
        assert_eq!(text("caf\u{e9}".as_bytes()), "caf\u{e9}");
        assert_eq!(text(b"caf\xc3"), "caf");
        assert_eq!(text(b"tea\0\0\0\xff"), "tea");
    }

    #[test]
    fn noise_is_no_row_and_does_no_harm() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("noise");
        let mut state = 1_u64;
        for len in [0, 1, 99, 4096, 3 * 4096 + 7, 40 * 4096] {
            let mut noise: Vec<u8> = (0..len)
                .map(|_| {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    (state >> 56) as u8
                })
                .collect();
            // Every kind of page, also one that calls itself a database.
            for (i, kind) in [2, 10, 13].into_iter().cycle().enumerate().take(len / 4096) {
                noise[i * 4096] = kind;
            }
            if len > 40_000 {
                noise[..16].copy_from_slice(MAGIC);
                noise[100] = LEAF_OF_TABLE;
            }
            fs_err::write(&path, &noise).unwrap();
            fs_err::write(place::wal(&path), &noise).unwrap();
            let _ = Pages::read(&path).unwrap().rows().count();
        }
    }
}
