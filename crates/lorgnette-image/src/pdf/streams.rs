//! Looks for streams that unpack to more than fits, before anything is unpacked for good.

use std::io::Read;

use flate2::read::ZlibDecoder;
use memchr::memmem::Finder;

use crate::{Format, ImageError};

/// Deflate makes no more of one byte.
const MAX_DEFLATE_RATIO: u64 = 1032;
/// The first byte of what is packed.
const ZLIB: u8 = 0x78;

/// Checks every stream that is long enough to be a bomb. What is encrypted is not seen.
///
/// Errors: `DecoderLimit`.
pub(super) fn check(bytes: &[u8], max_bytes: u64) -> Result<(), ImageError> {
    let (begin, end) = (Finder::new(b"stream"), Finder::new(b"endstream"));
    let mut rest = bytes;
    while let Some(at) = begin.find(rest) {
        let data = skip_line_end(&rest[at + begin.needle().len()..]);
        let (data, after) = data.split_at(end.find(data).unwrap_or(data.len()));
        if data.first() == Some(&ZLIB) && unpacks_to_more(data, max_bytes) {
            return Err(ImageError::DecoderLimit { format: Format::Pdf, max_bytes });
        }
        // The end has the word of the start in it.
        rest = after.get(end.needle().len()..).unwrap_or_default();
    }
    Ok(())
}

/// Returns whether a packed stream, and what it may hold packed once more, is too long.
fn unpacks_to_more(data: &[u8], max_bytes: u64) -> bool {
    let is_twice_packed = || {
        let mut first = [0; 2];
        let mut unpacked = ZlibDecoder::new(data);
        unpacked.read_exact(&mut first).is_ok() && first[0] == ZLIB
    };
    let n = data.len() as u64;
    if n.saturating_mul(MAX_DEFLATE_RATIO) > max_bytes
        && is_longer(ZlibDecoder::new(data), max_bytes)
    {
        return true;
    }
    is_twice_packed() && is_longer(ZlibDecoder::new(ZlibDecoder::new(data)), max_bytes)
}

/// Returns whether a reader has more bytes. One that fails has no more.
fn is_longer(mut reader: impl Read, max_bytes: u64) -> bool {
    let (mut buffer, mut n) = (vec![0; 1 << 16], 0);
    while n <= max_bytes {
        match reader.read(&mut buffer) {
            Ok(0) | Err(_) => return false,
            Ok(read) => n += read as u64,
        }
    }
    true
}

fn skip_line_end(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_prefix(b"\r").unwrap_or(bytes);
    bytes.strip_prefix(b"\n").unwrap_or(bytes)
}
