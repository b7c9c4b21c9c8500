//! Raw photos: the preview that the camera put into them.
//!
//! Developing the data of a sensor is the work of other programs. Nearly every camera puts a JPEG beside
//! it, often of full size.

use image::metadata::Orientation;

use crate::decode::{Source, Stored};
use crate::jpeg;
use crate::tiff::Page;
use crate::tiff::directories::{Directories, Directory, tag};
use crate::{ImageError, Note};

const HINT: &str = "save it as JPEG with the camera's program or a raw editor, and open that";

/// Decodes the largest preview.
///
/// Errors: `UnsupportedFormat` if there is none.
pub(crate) fn decode(source: &Source) -> Result<Stored, ImageError> {
    source.check_page(1)?;
    let kind = kind(source.bytes).unwrap_or("raw");
    let orientation = orientation(source.bytes);
    let mut stored = largest_jpeg(source)
        .or_else(|| plain(source))
        .ok_or(ImageError::UnsupportedFormat { name: "raw photo", hint: HINT })?;
    // A preview that says nothing is turned as the photo is.
    if stored.orientation == Orientation::NoTransforms {
        stored.orientation = orientation;
    }
    stored.kind = Some(format!("raw photo ({kind})"));
    stored.notes.push(Note::Preview { kind: kind.into() });
    Ok(stored)
}

/// Returns the name of the raw format that a file has, and `None` if it is no raw photo.
pub(crate) fn kind(bytes: &[u8]) -> Option<&'static str> {
    const MARKS: [(&[u8], &str); 9] = [
        (b"FUJIFILMCCD-RAW", "RAF"),
        (b"IIRO", "ORF"),
        (b"IIRS", "ORF"),
        (b"MMOR", "ORF"),
        (b"IIU\0", "RW2"),
        (b"FOVb", "X3F"),
        (b"\0MRM", "MRW"),
        (b"II\x1a\0\0\0HEAPCCDR", "CRW"),
        (b"II*\0\x10\0\0\0CR", "CR2"),
    ];
    if let Some(&(_, kind)) = MARKS.iter().find(|(mark, _)| bytes.starts_with(mark)) {
        return Some(kind);
    }
    if bytes.get(4..12) == Some(b"ftypcrx ") {
        return Some("CR3");
    }
    let directories = Directories::of(bytes)?;
    let all = all(&directories);
    let first = all.first()?;
    if first.has(tag::DNG_VERSION) {
        return Some("DNG");
    }
    // The colours of a sensor: one for each pixel, or three that are not developed.
    let is_sensor = |directory: &Directory| {
        matches!(directories.number(directory, tag::PHOTOMETRIC), Some(32_803 | 34_892))
    };
    if !all.iter().any(is_sensor) {
        return None;
    }
    let make = directories.bytes(first, tag::MAKE).unwrap_or_default();
    let makes: [(&[u8], &str); 6] = [
        (b"NIKON", "NEF"),
        (b"SONY", "ARW"),
        (b"PENTAX", "PEF"),
        (b"SAMSUNG", "SRW"),
        (b"Hasselblad", "3FR"),
        (b"Canon", "CR2"),
    ];
    Some(makes.iter().find(|(name, _)| make.starts_with(name)).map_or("TIFF", |&(_, kind)| kind))
}

/// Returns the directories of a file and those directly below them.
fn all(directories: &Directories) -> Vec<Directory> {
    let mut all = directories.chain();
    let below: Vec<_> = all.iter().flat_map(|directory| directories.below(directory)).collect();
    all.extend(below);
    all
}

fn orientation(bytes: &[u8]) -> Orientation {
    let of = |bytes| {
        let directories = Directories::of(bytes)?;
        Some(directories.orientation(directories.chain().first()?))
    };
    // In a CR3 the directories are in a box.
    let in_box = || {
        let head = &bytes[..bytes.len().min(1 << 16)];
        of(&bytes[head.windows(4).position(|name| name == b"CMT1")? + 4..])
    };
    of(bytes).or_else(in_box).unwrap_or(Orientation::NoTransforms)
}

/// Decodes the largest JPEG in a file. Where cameras say that it is differs too much, so it is searched.
fn largest_jpeg(source: &Source) -> Option<Stored> {
    let mut previews = Vec::new();
    let mut place = 0;
    while let Some(at) = source.bytes[place..].windows(3).position(|mark| mark == b"\xff\xd8\xff") {
        place += at;
        if let Some((width, height)) = jpeg::size(&source.bytes[place..]) {
            previews.push((u64::from(width) * u64::from(height), place));
        }
        place += 3;
    }
    previews.sort_unstable_by_key(|&(n_pixels, _)| std::cmp::Reverse(n_pixels));
    let decode = |(_, place): (u64, usize)| {
        jpeg::decode(&Source { bytes: &source.bytes[place..], ..*source }).ok()
    };
    previews.into_iter().take(8).find_map(decode)
}

/// Decodes a preview that is no JPEG, but an ordinary TIFF page.
fn plain(source: &Source) -> Option<Stored> {
    const RGB: u64 = 2;
    let directories = Directories::of(source.bytes)?;
    let directory = directories.chain().into_iter().next()?;
    let is_rgb = directories.number(&directory, tag::PHOTOMETRIC) == Some(RGB);
    if is_rgb { Page::new(source, directories, directory).decode().ok() } else { None }
}
