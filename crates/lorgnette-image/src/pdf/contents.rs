//! Whether what is on a page can be unpacked, and to how much. `hayro` goes on with as much as there is, or with nothing.

use std::io::Read as _;

use flate2::read::DeflateDecoder;
use hayro::hayro_syntax::Filter;
use hayro::hayro_syntax::object::{Array, Stream};
use hayro::hayro_syntax::page::Page;

use crate::{Format, ImageError, Limits};

/// The share of the memory that may be spent on what draws a page: the rest is for what it draws.
const SHARE: u64 = 4;

/// How much of what is on a page is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lost {
    Nothing,
    Part,
    All,
}

/// Returns how much of what is on the page cannot be unpacked.
///
/// Errors: `DecoderLimit` if all of it is more than a page may have. One stream can be named many times.
pub(super) fn lost(page: &Page, limits: &Limits) -> Result<Lost, ImageError> {
    let streams: Vec<Stream> = if let Some(stream) = page.raw().get(b"Contents") {
        vec![stream]
    } else {
        let parts = page.raw().get::<Array>(b"Contents");
        parts.iter().flat_map(Array::iter::<Stream>).collect()
    };
    let max_bytes = limits.max_bytes / SHARE;
    let (mut left, mut parts) = (max_bytes, Vec::new());
    for stream in &streams {
        let (lost, n_bytes) = unpack(stream, left);
        let too_much = ImageError::DecoderLimit { format: Format::Pdf, max_bytes };
        left = left.checked_sub(n_bytes).ok_or(too_much)?;
        parts.push(lost);
    }
    // A page without anything on it has lost nothing.
    Ok(if parts.iter().all(|part| *part == Lost::Nothing) {
        Lost::Nothing
    } else if parts.iter().all(|part| *part == Lost::All) {
        Lost::All
    } else {
        Lost::Part
    })
}

/// Returns how much of a stream is lost, and the number of bytes that it unpacks to; one more than
/// `max_bytes` if they are more.
fn unpack(stream: &Stream, max_bytes: u64) -> (Lost, u64) {
    let filters = stream.filters();
    if filters.as_slice() != [Filter::FlateDecode] {
        return match stream.decoded_data() {
            Ok(data) => (Lost::Nothing, data.len() as u64),
            Err(_) => (Lost::All, 0),
        };
    }
    let data = stream.raw_data();
    // The header of zlib. The sum behind the data is often wrong and harms nobody.
    let Some((_, packed)) = data.split_first_chunk::<2>() else {
        return (Lost::Nothing, 0);
    };
    let mut unpacked = DeflateDecoder::new(packed).take(max_bytes + 1);
    let (mut buffer, mut n_bytes) = ([0; 1 << 13], 0);
    loop {
        match unpacked.read(&mut buffer) {
            Ok(0) => return (Lost::Nothing, n_bytes),
            Ok(n) => n_bytes += n as u64,
            Err(_) => return (if n_bytes == 0 { Lost::All } else { Lost::Part }, n_bytes),
        }
    }
}
