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
    check(b"\x89PNG\n\x1a\n", "PNG");
    check(b"%PDF-1.7\n\xe2\xe3", "PDF");
    check(b"From: ada@example.org\r\n\r\n%PDF-1.4\n", "PDF");
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
    check(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC");
    check(b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "HEIC");
}

#[test]
fn formats_without_a_mark_are_told_by_what_makes_sense() {
    check(b"\0\0\x01\0\x01\0", "ICO");
    check(b"\0\0\x02\0\x01\0\x20\x20\0\0\0\0\0\0\x09\0\0\0\x16\0\0\0", "ICO");
    // Some bytes of a TGA are those of a CUR.
    check(b"\0\0\x02\0\0\0\0\0\0\0\0\0\x10\0\x10\0\x18\x20", "TGA");
    check(b"\0\0\x0b\0\0\0\0\0\0\0\0\0\x10\0\x10\0\x08\0", "TGA");
    check(b"\0\x01\x01\0\0\0\x01\x18\0\0\0\0\x10\0\x10\0\x08\0", "TGA");
    check(b"P6\n4 4\n255\n\xff", "PNM");
    check(b"P2 # by hand\n4 4 # its size\n15\n1 2 3", "PNM");
    check(b"P4\n8 1\n\x80", "PNM");
    check(b"P7\nWIDTH 4\nHEIGHT 4\n", "PNM");
}

#[test]
fn raw_photos_are_told_from_tiff() {
    check(b"FUJIFILMCCD-RAW 0201", "raw photo");
    check(b"\0\0\0\x18ftypcrx \0\0\0\x01", "raw photo");
    check(b"IIU\0\x18\0\0\0", "raw photo");
    check(b"II*\0\x10\0\0\0CR\x02\0", "raw photo");
}

#[test]
fn what_is_not_decoded_is_refused_by_its_name() {
    check(b"\0\0\0\x18ftypisom\0\0\0\0mp42", "MP4 or QuickTime video is an unsupported format");
    check(b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>", "SVG is an unsupported format");
    check(b"\xef\xbb\xbf<?xml version=\"1.0\"?>\n<svg>", "SVG is an unsupported format");
    check(b"\xff\xfe<\0s\0v\0g\0>\0", "SVG is an unsupported format");
    check(b"\xfe\xff\0<\0s\0v\0g\0>\0", "SVG is an unsupported format");
    check(b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL is an unsupported format");
    check(b"\xff\x0a\0\0", "JPEG XL is an unsupported format");
    check(b"%!PS-Adobe-3.0 EPSF-3.0\n", "PostScript is an unsupported format");
    check(b"\xc5\xd0\xd3\xc6\x20\0\0\0", "EPS is an unsupported format");
    check(b"PK\x03\x04\x14\0", "ZIP is an unsupported format");
    check(b"\x1f\x8b\x08\0", "gzip is an unsupported format");
    check(b"RIFF\x10\0\0\0AVI LIST", "AVI video is an unsupported format");
    check(b"Pf\n4 4\n-1.0\n", "PFM is an unsupported format");
    check(b"#?RADIANCE\n", "Radiance HDR is an unsupported format");
    check(&[&[0; 128], &b"DICM"[..]].concat(), "DICOM is an unsupported format");
    check(&[&[10, 5, 1, 8], &[0; 124][..]].concat(), "PCX is an unsupported format");
}

#[test]
fn what_is_no_picture_is_told_apart() {
    check(b"", "the file is empty");
    check(b"Dear all,\nsee below.", "this is text, not a picture");
    check(b"BMW drivers and bitmaps have much in common", "this is text, not a picture");
    check(b"<!DOCTYPE html><html>", "this is text, not a picture");
    check(b"<!DOCTYPE html><html><svg></svg></html>", "this is text, not a picture");
    check("Grüße 日本".as_bytes(), "this is text, not a picture");
    check(&"ü".as_bytes()[..1], "this is not a picture of a known format");
    check(b"\xff\xfeD\0e\0a\0r\0", "this is text, not a picture");
    check(b"\xff\xfe\0\0\x01\0", "this is not a picture of a known format");
    check(b"P5 is my favourite port", "this is text, not a picture");
    check(b"P6", "this is text, not a picture");
    let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n";
    check(pointer, "this is a Git LFS pointer: it stands for the picture, which is elsewhere");
    check(&[0; 64], "this is not a picture of a known format");
    check(b"\x7fELF\x02\x01\x01", "this is not a picture of a known format");
}

#[test]
fn brands_behind_the_end_of_the_file_are_not_looked_for() {
    check(b"\xff\xff\xff\xffftyp", "MP4 or QuickTime video is an unsupported format");
    check(b"\0\0\0\0ftypavif", "MP4 or QuickTime video is an unsupported format");
}
