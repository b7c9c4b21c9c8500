//! Where the data of a page is.

use std::io::{self, Read as _};

use super::Page;
use super::directories::tag;
use crate::gaps::Gaps;
use crate::{ImageError, jpeg};

/// The strips of a page, from top to bottom, or its tiles, row by row.
pub(super) struct Strips {
    /// Where each begins, and its number of bytes.
    places: Vec<(u64, u64)>,
    /// The number of tiles beside one another; 1 for strips.
    n_across: usize,
    /// The number of rows of pixels of all but the last.
    n_rows: usize,
    height: usize,
}

impl Strips {
    /// Errors: `UnsupportedKind` if the page does not say where its data is.
    pub(super) fn of(page: &Page) -> Result<Self, ImageError> {
        let numbers = |tag| page.directories.numbers(&page.directory, tag);
        let are_tiles = page.directory.has(tag::TILE_OFFSETS);
        let (starts, lengths) = if are_tiles {
            (tag::TILE_OFFSETS, tag::TILE_BYTE_COUNTS)
        } else {
            (tag::STRIP_OFFSETS, tag::STRIP_BYTE_COUNTS)
        };
        let (width, height) = page.size();
        let (Some(starts), Some(lengths)) = (numbers(starts), numbers(lengths)) else {
            return Err(page.unsupported("it does not say where its data is"));
        };
        let side = |tag, whole: u32| {
            page.number(tag)
                .and_then(|side| u32::try_from(side).ok())
                .unwrap_or(whole)
                .clamp(1, whole.max(1))
        };
        let (n_across, n_rows) = if are_tiles {
            let n_across = width.div_ceil(side(tag::TILE_WIDTH, width));
            (n_across, side(tag::TILE_HEIGHT, height))
        } else {
            (1, side(tag::ROWS_PER_STRIP, height))
        };
        Ok(Self {
            places: starts.into_iter().zip(lengths).collect(),
            n_across: n_across as usize,
            n_rows: n_rows as usize,
            height: height as usize,
        })
    }

    /// Returns the bytes of each, as far as they are there, and its number of rows of pixels.
    pub(super) fn data<'a>(&self, file: &'a [u8]) -> impl Iterator<Item = (&'a [u8], usize)> {
        self.places.iter().enumerate().map_while(move |(idx, &(start, length))| {
            let first_row = idx / self.n_across * self.n_rows;
            let n_rows = self.height.checked_sub(first_row).filter(|&n| n > 0)?.min(self.n_rows);
            let start = usize::try_from(start).unwrap_or(usize::MAX);
            let data = file.get(start..).unwrap_or_default();
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            Some((&data[..length.min(data.len())], n_rows))
        })
    }

    /// Returns where each begins, and its number of bytes.
    pub(super) fn places(&self) -> &[(u64, u64)] {
        &self.places
    }

    /// Returns the rows of strips that were never written, or whose coded data has no end. A decoder
    /// fills them with black, or with what zeros stand for.
    pub(super) fn gaps(&self, page: &Page, is_deflate: bool) -> Gaps {
        let (file, row_len) = (page.source.bytes, page.row_len());
        let strip_len = row_len.saturating_mul(self.n_rows as u64);
        let mut missing = vec![false; self.height];
        for (idx, (data, n_rows)) in self.data(file).enumerate() {
            let first_row = idx / self.n_across * self.n_rows;
            if data.is_empty() || (is_deflate && !is_deflate_whole(data, strip_len)) {
                missing[first_row..first_row + n_rows].fill(true);
            }
        }
        Gaps::new(missing, Vec::new())
    }

    /// Returns where the last of them ends.
    pub(super) fn end(&self) -> u64 {
        self.places.iter().map(|&(start, length)| start.saturating_add(length)).max().unwrap_or(0)
    }
}

/// Returns whether data in the form of zlib can be read to its end with the right sum. Only its end may
/// be missing where it has no more than a strip does.
fn is_deflate_whole(data: &[u8], strip_len: u64) -> bool {
    let most = strip_len.saturating_add(1);
    let mut decoder = flate2::read::ZlibDecoder::new(data).take(most);
    let mut n_bytes = 0;
    let mut buffer = [0; 1 << 14];
    loop {
        match decoder.read(&mut buffer) {
            Ok(0) => return n_bytes < most,
            Ok(n) => n_bytes += n as u64,
            Err(error) => return error.kind() == io::ErrorKind::UnexpectedEof,
        }
    }
}

/// Returns the rows that are not there of a page whose strips are JPEG files without their tables.
///
/// Errors: `Truncated` if too little is there.
pub(super) fn jpeg_gaps(page: &Page) -> Result<Gaps, ImageError> {
    let strips = Strips::of(page)?;
    let tables = page.directories.bytes(&page.directory, tag::JPEG_TABLES).unwrap_or_default();
    // The tables end with an end mark, and the data begins with a start mark.
    let tables = tables.strip_suffix(b"\xff\xd9").unwrap_or(tables);
    let mut missing = vec![false; strips.height];
    for (idx, (data, n_rows)) in strips.data(page.source.bytes).enumerate() {
        let file = if tables.is_empty() {
            data.to_vec()
        } else {
            [tables, data.get(2..).unwrap_or_default()].concat()
        };
        let first_row = idx / strips.n_across * strips.n_rows;
        let rows = &mut missing[first_row..first_row + n_rows];
        match jpeg::gaps(&file, page.source.limits) {
            Some(gaps) => {
                for (row, is_missing) in rows.iter_mut().zip(gaps.missing()) {
                    *row |= is_missing;
                }
            }
            None => rows.fill(data.is_empty()),
        }
    }
    let gaps = Gaps::new(missing, Vec::new());
    if gaps.are_too_many() { Err(page.truncated()) } else { Ok(gaps) }
}
