//! Recognises the format of a file by its first bytes, and never by its name.

use std::borrow::Cow;
use std::fmt;

use crate::{ImageError, icon, raw};

/// A format that this crate decodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Portable Network Graphics, animated or not.
    Png,
    /// JPEG, baseline and progressive.
    Jpeg,
    /// WebP, lossy, lossless or animated.
    WebP,
    /// Graphics Interchange Format.
    Gif,
    /// BMP, the bitmap of Windows.
    Bmp,
    /// Tagged Image File Format, which scanners write.
    Tiff,
    /// AV1 Image File Format.
    Avif,
    /// High Efficiency Image File, the photo of a phone.
    Heic,
    /// ICO and CUR, the icons and pointers of Windows.
    Ico,
    /// Truevision TGA.
    Tga,
    /// Netpbm's portable any map: PBM, PGM, PPM and PAM.
    Pnm,
    /// The raw photo of a camera, of which the preview is shown.
    Raw,
    /// Portable Document Format, of which a page is drawn.
    Pdf,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Png => "PNG",
            Self::Jpeg => "JPEG",
            Self::WebP => "WebP",
            Self::Gif => "GIF",
            Self::Bmp => "BMP",
            Self::Tiff => "TIFF",
            Self::Avif => "AVIF",
            Self::Heic => "HEIC",
            Self::Ico => "ICO",
            Self::Tga => "TGA",
            Self::Pnm => "PNM",
            Self::Raw => "raw photo",
            Self::Pdf => "PDF",
        })
    }
}

const SAVE_AS_PNG: &str = "save it as PNG or JPEG in a picture editor and open that";
const AS_A_PICTURE: &str = "save the page as a picture, or take a screenshot of it, and open that";
const UNPACK: &str = "unpack it and open the picture inside";
const TAKE_A_FRAME: &str = "take a screenshot of the frame that matters and open that";

/// The first bytes of formats that people have and that this crate does not decode.
const REFUSED: &[(&[u8], &str, &str)] = &[
    (b"\xff\x0a", "JPEG XL", SAVE_AS_PNG),
    (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL", SAVE_AS_PNG),
    (b"\xff\x4f\xff\x51", "JPEG 2000", SAVE_AS_PNG),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000", SAVE_AS_PNG),
    (b"8BPS", "PSD", SAVE_AS_PNG),
    (b"qoif", "QOI", SAVE_AS_PNG),
    (b"v/1\x01", "OpenEXR", SAVE_AS_PNG),
    (b"DDS ", "DDS", SAVE_AS_PNG),
    (b"gimp xcf", "XCF", SAVE_AS_PNG),
    (b"#?RADIANCE", "Radiance HDR", SAVE_AS_PNG),
    (b"#?RGBE", "Radiance HDR", SAVE_AS_PNG),
    (b"PF\n", "PFM", SAVE_AS_PNG),
    (b"Pf\n", "PFM", SAVE_AS_PNG),
    (b"icns", "ICNS", SAVE_AS_PNG),
    (b"AT&TFORM", "DjVu", AS_A_PICTURE),
    (b"SIMPLE  =", "FITS", SAVE_AS_PNG),
    (b"\xd7\xcd\xc6\x9a", "WMF", SAVE_AS_PNG),
    (b"%!PS", "PostScript", AS_A_PICTURE),
    (b"\xc5\xd0\xd3\xc6", "EPS", AS_A_PICTURE),
    (b"\x1aE\xdf\xa3", "Matroska or WebM video", TAKE_A_FRAME),
    (b"PK\x03\x04", "ZIP", UNPACK),
    (b"\x1f\x8b\x08", "gzip", UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "7-Zip", UNPACK),
    (b"Rar!\x1a\x07", "RAR", UNPACK),
];

/// The same for marks that do not come first.
const REFUSED_WITHIN: &[(usize, &[u8], &str, &str)] = &[
    (128, b"DICM", "DICOM", SAVE_AS_PNG),
    (40, b" EMF", "EMF", SAVE_AS_PNG),
    (8, b"AVI ", "AVI video", TAKE_A_FRAME),
];

/// The number of bytes to search for the first mark of a PDF or SVG, which may not come first.
const HEAD: usize = 1024;

impl Format {
    /// Returns what a file of the format is called, such as `PNG picture`.
    pub(crate) fn noun(self) -> String {
        format!("{self} {}", if self == Self::Pdf { "document" } else { "picture" })
    }

    /// Returns what one picture of such a file is called.
    pub(crate) fn one_picture(self) -> String {
        format!("{self} {}", if self == Self::Pdf { "page" } else { "picture" })
    }

    /// Returns the format of a file that begins with these bytes.
    ///
    /// # Errors
    ///
    /// `Empty`, `Text`, `LfsPointer`, `NotAPicture`, or `UnsupportedFormat` with the name of the format.
    pub fn of(bytes: &[u8]) -> Result<Self, ImageError> {
        if bytes.is_empty() {
            return Err(ImageError::Empty);
        }
        if let Some(format) = decoded(bytes) {
            return Ok(format);
        }
        if bytes.get(4..8) == Some(b"ftyp") {
            return of_brands(bytes);
        }
        if let Some(&(_, name, hint)) = REFUSED.iter().find(|(mark, ..)| bytes.starts_with(mark)) {
            return Err(ImageError::UnsupportedFormat { name, hint });
        }
        let has = |&&(at, mark, ..): &&(usize, &[u8], &str, &str)| {
            bytes.get(at..).is_some_and(|rest| rest.starts_with(mark))
        };
        if let Some(&(.., name, hint)) = REFUSED_WITHIN.iter().find(has) {
            return Err(ImageError::UnsupportedFormat { name, hint });
        }
        if is_pcx(bytes) {
            return Err(ImageError::UnsupportedFormat { name: "PCX", hint: SAVE_AS_PNG });
        }
        let head = &bytes[..bytes.len().min(HEAD)];
        if contains(head, b"%PDF-") {
            return Ok(Self::Pdf);
        }
        if head.starts_with(b"version https://git-lfs.github.com/spec/") {
            return Err(ImageError::LfsPointer);
        }
        let head = &*as_utf8(head);
        if !is_text(head) {
            return Err(ImageError::NotAPicture);
        }
        // A web page may have drawings of its own.
        if contains(head, b"<svg") && !contains(&head.to_ascii_lowercase(), b"<html") {
            let hint = "export it as PNG and open that";
            return Err(ImageError::UnsupportedFormat { name: "SVG", hint });
        }
        Err(ImageError::Text)
    }
}

fn decoded(bytes: &[u8]) -> Option<Format> {
    if raw::kind(bytes).is_some() {
        return Some(Format::Raw);
    }
    Some(match bytes {
        // Its mark goes on with the line ends of two systems: where they were changed on the way, the
        // decoder says that the picture is damaged.
        [0x89, b'P', b'N', b'G', ..] => Format::Png,
        [0xff, 0xd8, 0xff, ..] => Format::Jpeg,
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Format::WebP,
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Format::Gif,
        // 43: BigTIFF.
        [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..] => Format::Tiff,
        // "BM" alone begins many a text; the size of the second header is one of a few.
        [b'B', b'M', ..]
            if matches!(
                bytes.get(14..18),
                Some([12 | 16 | 40 | 52 | 56 | 64 | 108 | 124, 0, 0, 0])
            ) =>
        {
            Format::Bmp
        }
        _ if is_pnm(bytes) => Format::Pnm,
        _ if icon::is_icon(bytes) => Format::Ico,
        // It has no mark of its own, so it comes last.
        _ if is_tga(bytes) => Format::Tga,
        _ => return None,
    })
}

/// Returns whether these are the first bytes of a PNM file: a letter and a digit, which begin many a
/// text, and then numbers, or the first line of a PAM.
fn is_pnm(bytes: &[u8]) -> bool {
    let Some((mark, rest)) = bytes.split_first_chunk::<2>() else {
        return false;
    };
    match mark {
        b"P7" => {
            [&b"\nWIDTH "[..], b"\nHEIGHT ", b"\nDEPTH ", b"\nMAXVAL ", b"\nTUPLTYPE ", b"\n#"]
                .iter()
                .any(|line| rest.starts_with(line))
        }
        [b'P', kind @ b'1'..=b'6'] => {
            let n_numbers = if matches!(kind, b'1' | b'4') { 2 } else { 3 };
            // A comment ends with its line.
            let head = &rest[..rest.len().min(HEAD)];
            let mut words = head
                .split(|byte| *byte == b'\n')
                .filter_map(|line| line.split(|byte| *byte == b'#').next())
                .flat_map(|line| line.split(u8::is_ascii_whitespace))
                .filter(|word| !word.is_empty());
            let is_number = |word: &[u8]| word.len() < 10 && word.iter().all(u8::is_ascii_digit);
            head.first().is_some_and(|byte| byte.is_ascii_whitespace() || *byte == b'#')
                && (0..n_numbers).all(|_| words.next().is_some_and(is_number))
        }
        _ => false,
    }
}

/// Returns whether the first bytes make sense as the header of a TGA file.
///
/// Source: Truevision TGA File Format Specification 2.0.
fn is_tga(bytes: &[u8]) -> bool {
    let Some(header) = bytes.first_chunk::<18>() else {
        return false;
    };
    let word = |at: usize| u16::from_le_bytes([header[at], header[at + 1]]);
    let (map, kind, depth, map_depth) = (header[1], header[2], header[16], header[7]);
    let has_palette = map == 1 && word(5) > 0 && matches!(map_depth, 15 | 16 | 24 | 32);
    let has_no_palette = map == 0 && header[3..8] == [0; 5];
    let is_known = match kind {
        1 | 9 => has_palette && matches!(depth, 8 | 16),
        2 | 10 => (has_palette || has_no_palette) && matches!(depth, 15 | 16 | 24 | 32),
        3 | 11 => (has_palette || has_no_palette) && matches!(depth, 8 | 16),
        _ => false,
    };
    is_known && word(12) > 0 && word(14) > 0 && header[17] >> 6 == 0 && header[17] & 15 <= 8
}

/// Returns whether the first bytes make sense as the header of a PCX file: its maker, a version, runs
/// of bytes, and a depth.
fn is_pcx(bytes: &[u8]) -> bool {
    bytes.len() >= 128 && matches!(bytes, [10, 0 | 2..=5, 1, 1 | 2 | 4 | 8, ..])
}

/// Reads the brands by which a file of the MPEG family says what it is: its own, a version, then
/// compatible ones.
/// Source: ISO/IEC 14496-12 section 4.3.
fn of_brands(bytes: &[u8]) -> Result<Format, ImageError> {
    let size = bytes[..4].iter().fold(0, |size, &byte| size << 8 | usize::from(byte));
    let box_end = size.clamp(8, bytes.len().min(HEAD));
    let brands = bytes[8..box_end].as_chunks::<4>().0;
    let has = |any: &[&[u8; 4]]| brands.iter().any(|brand| any.contains(&brand));
    if has(&[b"avif", b"avis"]) {
        return Ok(Format::Avif);
    }
    if has(&[b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"]) {
        return Ok(Format::Heic);
    }
    Err(ImageError::UnsupportedFormat { name: "MP4 or QuickTime video", hint: TAKE_A_FRAME })
}

fn contains(bytes: &[u8], mark: &[u8]) -> bool {
    bytes.windows(mark.len()).any(|window| window == mark)
}

/// Returns a text that begins with the byte order mark of UTF-16 as UTF-8; all else as it is.
fn as_utf8(head: &[u8]) -> Cow<'_, [u8]> {
    let (from_bytes, units): (fn([u8; 2]) -> u16, _) = match head {
        [0xff, 0xfe, units @ ..] => (u16::from_le_bytes, units),
        [0xfe, 0xff, units @ ..] => (u16::from_be_bytes, units),
        _ => return Cow::Borrowed(head),
    };
    let units = units.as_chunks::<2>().0.iter().map(|&unit| from_bytes(unit));
    let letters = char::decode_utf16(units).map(|letter| letter.unwrap_or('\0'));
    Cow::Owned(letters.collect::<String>().into_bytes())
}

/// Returns whether the bytes are text: UTF-8 without control characters, which may be cut inside a
/// character at the end.
fn is_text(head: &[u8]) -> bool {
    let valid = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return false,
    };
    !valid.is_empty()
        && valid.chars().all(|c| !c.is_control() || matches!(c, '\t' | '\n' | '\r' | '\x0c'))
}

#[cfg(test)]
mod tests;
