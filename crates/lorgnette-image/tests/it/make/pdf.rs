//! Documents that are made here, object by object.

use std::fmt::Write as _;

/// The number of the first of the streams that pages may draw, which they call `X`.
pub const FIRST_STREAM: usize = 3;

/// Writes a document of pages, each with its media box and what is on it, and of more streams, each
/// with its dictionary.
pub fn document(pages: &[(String, Vec<u8>)], streams: &[(String, Vec<u8>)]) -> Vec<u8> {
    let first_page = FIRST_STREAM + streams.len();
    let page = |i: usize| first_page + 2 * i;
    let mut kids = String::new();
    for i in 0..pages.len() {
        write!(kids, "{} 0 R ", page(i)).unwrap();
    }
    let mut objects = vec![
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        format!("<< /Type /Pages /Count {} /Kids [{kids}] >>", pages.len()).into_bytes(),
    ];
    objects.extend(streams.iter().map(|(dict, data)| stream(dict, data)));
    for (i, (media_box, contents)) in pages.iter().enumerate() {
        let resources = format!("/Resources << /XObject << /X {FIRST_STREAM} 0 R >> >>");
        let contents_at = page(i) + 1;
        let dict = format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [{media_box}] {resources} \
             /Contents {contents_at} 0 R >>"
        );
        objects.extend([dict.into_bytes(), stream("", contents)]);
    }
    file(&objects)
}

fn stream(dict: &str, data: &[u8]) -> Vec<u8> {
    let head = format!("<< /Length {} {dict} >>\nstream\n", data.len());
    [head.as_bytes(), data, b"\nendstream"].concat()
}

fn file(objects: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = b"%PDF-1.7\n".to_vec();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (i, object) in objects.iter().enumerate() {
        writeln!(table, "{:010} 00000 n ", bytes.len()).unwrap();
        bytes.extend(format!("{} 0 obj\n", i + 1).into_bytes());
        bytes.extend(object);
        bytes.extend(b"\nendobj\n");
    }
    let at = bytes.len();
    bytes.extend(table.into_bytes());
    let size = objects.len() + 1;
    let trailer = format!("trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{at}\n%%EOF\n");
    bytes.extend(trailer.into_bytes());
    bytes
}
