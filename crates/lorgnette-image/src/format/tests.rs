use super::*;

#[track_caller]
fn check(bytes: &[u8], expected: &str) {
    let found = match Format::of(bytes) {
        Ok(format) => format.to_string(),
        Err(error) => error.to_string(),
    };
    assert_eq!(found, expected);
}

#[test]
fn formats_are_told_by_their_first_bytes() {
    check(b"\x89PNG\r\n\x1a\n", "PNG");
    check(b"\xff\xd8\xff\xe0", "JPEG");
    check(b"RIFF\x10\0\0\0WEBPVP8 ", "WebP");
    check(b"GIF89a", "GIF");
    check(b"GIF87a", "GIF");
    check(b"II*\0\x08\0\0\0", "TIFF");
    check(b"MM\0*\0\0\0\x08", "TIFF");
    check(b"BM\0\0\0\0\0\0\0\0\0\0\0\0\x28\0\0\0", "BMP");
    check(b"\0\0\0\x20ftypavif\0\0\0\0mif1miaf", "AVIF");
    check(b"\0\0\0\x20ftypmif1\0\0\0\0mif1avifmiaf", "AVIF");
    check(b"\0\0\0\x20ftypavis\0\0\0\0", "AVIF");
}

#[test]
fn what_is_not_decoded_is_refused_by_its_name() {
    check(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC is an unsupported format");
    check(b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "HEIC is an unsupported format");
    check(b"\0\0\0\x18ftypisom\0\0\0\0mp42", "MP4 or QuickTime video is an unsupported format");
    check(b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>", "SVG is an unsupported format");
    check(b"\xef\xbb\xbf<?xml version=\"1.0\"?>\n<svg>", "SVG is an unsupported format");
    check(b"%PDF-1.7\n\xe2\xe3", "PDF is an unsupported format");
    check(b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL is an unsupported format");
    check(b"\xff\x0a\0\0", "JPEG XL is an unsupported format");
    check(b"\0\0\x01\0\x01\0", "ICO is an unsupported format");
}

#[test]
fn what_is_no_picture_is_told_apart() {
    check(b"", "the file is empty");
    check(b"Dear all,\nsee below.", "this is text, not a picture");
    check(b"BMW drivers and bitmaps have much in common", "this is text, not a picture");
    check(b"<!DOCTYPE html><html>", "this is text, not a picture");
    check("Grüße 日本".as_bytes(), "this is text, not a picture");
    check(&"ü".as_bytes()[..1], "this is not a picture of a known format");
    check(&[0; 64], "this is not a picture of a known format");
    check(b"\x7fELF\x02\x01\x01", "this is not a picture of a known format");
}

#[test]
fn brands_behind_the_end_of_the_file_are_not_looked_for() {
    check(b"\xff\xff\xff\xffftyp", "MP4 or QuickTime video is an unsupported format");
    check(b"\0\0\0\0ftypavif", "MP4 or QuickTime video is an unsupported format");
}
