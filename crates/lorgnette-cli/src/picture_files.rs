//! Which files are pictures: by what is in them, and not by what they are called.

use std::io::{self, Read as _};
use std::path::Path;

use lorgnette_app::{Format, ImageError};

/// Files with these endings were meant to be pictures, whatever is in them.
const ENDINGS: [&str; 44] = [
    "png", "apng", "jpg", "jpeg", "jpe", "jfif", "pjpeg", "webp", "gif", "bmp", "dib", "tif",
    "tiff", "avif", "heic", "heif", "jxl", "jp2", "j2k", "jpx", "ico", "cur", "tga", "svg", "svgz",
    "psd", "xcf", "exr", "dds", "qoi", "pbm", "pgm", "ppm", "pnm", "pam", "pcx", "dng", "cr2",
    "cr3", "nef", "arw", "orf", "rw2", "raf",
];
/// Formats that are known and are no pictures. An SVG is known by its ending alone, because its mark
/// is in many a web page.
const NOT_PICTURES: [&str; 10] = [
    "SVG",
    "PostScript",
    "DjVu",
    "ZIP",
    "gzip",
    "7-Zip",
    "RAR",
    "MP4 or QuickTime video",
    "Matroska or WebM video",
    "AVI video",
];
/// The number of bytes by which a format is known.
const HEAD_BYTES: u64 = 1 << 16;

/// Returns whether somebody would call this file a picture, readable or not.
pub fn looks_like_picture(path: &Path) -> bool {
    // A pipe is not opened, for it may have no writer. A link to nothing has an ending.
    let is_other = path.metadata().is_ok_and(|meta| !meta.is_file());
    !is_other && (has_picture_ending(path) || has_picture_content(path).unwrap_or(false))
}

/// Returns whether the name ends as those of pictures do.
pub fn has_picture_ending(path: &Path) -> bool {
    ending(path).is_some_and(|ending| ENDINGS.contains(&ending.as_str()))
}

/// Returns whether the name ends as those of pictures or documents do.
pub fn can_be_shown(path: &Path) -> bool {
    has_picture_ending(path) || ending(path).is_some_and(|ending| ending == "pdf")
}

fn ending(path: &Path) -> Option<String> {
    path.extension().and_then(|ending| ending.to_str()).map(str::to_lowercase)
}

fn has_picture_content(path: &Path) -> io::Result<bool> {
    let mut head = Vec::new();
    fs_err::File::open(path)?.take(HEAD_BYTES).read_to_end(&mut head)?;
    Ok(match Format::of(&head) {
        // A document has pages, and no text that stands for all of it.
        Ok(format) => format != Format::Pdf,
        Err(ImageError::UnsupportedFormat { name, .. }) => !NOT_PICTURES.contains(&name),
        Err(_) => false,
    })
}
