//! Which files are pictures: by what is in them, and not by what they are called.

use std::io::{self, Read as _};
use std::path::Path;

use lorgnette_app::{Format, ImageError};

/// Files with these endings were meant to be pictures, whatever is in them.
const ENDINGS: [&str; 45] = [
    "png", "apng", "jpg", "jpeg", "jpe", "jfif", "pjpeg", "webp", "gif", "bmp", "dib", "tif",
    "tiff", "avif", "heic", "heif", "jxl", "jp2", "j2k", "jpx", "ico", "cur", "tga", "svg", "svgz",
    "psd", "xcf", "exr", "dds", "qoi", "pbm", "pgm", "ppm", "pnm", "pam", "pcx", "dng", "cr2",
    "cr3", "nef", "arw", "orf", "rw2", "raf", "pdf",
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
    !is_other && (can_be_shown(path) || has_picture_content(path).unwrap_or(false))
}

/// Returns whether the name ends as those of pictures and documents do.
pub fn can_be_shown(path: &Path) -> bool {
    ending(path).is_some_and(|ending| ENDINGS.contains(&ending.as_str()))
}

/// Returns whether a file may have several pages.
pub fn can_have_pages(path: &Path) -> bool {
    let format = head(path).and_then(|head| Format::of(&head).map_err(io::Error::other));
    format.is_ok_and(|format| matches!(format, Format::Pdf | Format::Tiff))
}

fn ending(path: &Path) -> Option<String> {
    path.extension().and_then(|ending| ending.to_str()).map(str::to_lowercase)
}

fn head(path: &Path) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    fs_err::File::open(path)?.take(HEAD_BYTES).read_to_end(&mut head)?;
    Ok(head)
}

fn has_picture_content(path: &Path) -> io::Result<bool> {
    Ok(match Format::of(&head(path)?) {
        Ok(_) => true,
        Err(ImageError::UnsupportedFormat { name, .. }) => !NOT_PICTURES.contains(&name),
        Err(_) => false,
    })
}
