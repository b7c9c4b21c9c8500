//! Ids of pictures. A file is named by the SHA-256 of what is in it, in hex. Where a person chose a page
//! of it, the number of the page follows: `…-2`.

/// Characters of a SHA-256 in hex.
const HASH_LEN: usize = 64;

/// The id of the file of a picture, which is also the id of the page that is shown where nobody chose
/// one.
pub fn file_of(id: &str) -> &str {
    id.split_once('-').map_or(id, |(file, _)| file)
}

/// The page that was chosen, from 1; `None` where nobody chose one.
pub fn page_of(id: &str) -> Option<u32> {
    parts(id)?.1
}

/// The id of a page of a file.
pub fn of_page(file: &str, page: u32) -> String {
    format!("{file}-{page}")
}

/// The file of an id, and the page that was chosen; `None` for what is no id. Only what passes here
/// becomes part of a path.
pub fn parts(id: &str) -> Option<(&str, Option<u32>)> {
    let file = file_of(id);
    let is_hex = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f');
    if file.len() != HASH_LEN || !file.bytes().all(is_hex) {
        return None;
    }
    let page = id[HASH_LEN..].strip_prefix('-').map(str::parse).transpose().ok()?;
    // There is one way to write it.
    let is_one = page.is_none_or(|page| page > 0 && of_page(file, page) == id);
    is_one.then_some((file, page))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_file_and_perhaps_a_page() {
        let file = "0a".repeat(32);
        assert_eq!(parts(&file), Some((file.as_str(), None)));
        assert_eq!(parts(&of_page(&file, 12)), Some((file.as_str(), Some(12))));
        assert_eq!(file_of(&of_page(&file, 12)), file);
        for page in ["-", "-0", "-01", "-+1", "--1", "-1-1", "-1/..", "-4294967296", "/.."] {
            assert_eq!(parts(&format!("{file}{page}")), None, "{page}");
        }
        for id in ["", "..", "../../etc/passwd", &"A".repeat(64), &"g".repeat(64), &"é".repeat(32)]
        {
            assert_eq!(parts(id), None, "{id}");
        }
    }
}
