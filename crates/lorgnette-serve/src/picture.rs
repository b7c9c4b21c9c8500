//! Pictures in requests: their bytes, and never where they are. A server that fetched addresses or
//! opened files would do so for whoever asks.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::refusal::Refusal;

/// With or without `=` at its end.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
const HINT: &str = "send the picture itself, as data:image/png;base64,…";
const HINT_BASE64: &str = "send the picture itself, its bytes in base64";

/// The bytes of a picture in a `data:` URI; `param` is where it stands in the request. Its media type
/// is not believed: decoding looks at the bytes.
///
/// # Errors
/// [`Refusal::Parameter`], for addresses and paths, too.
pub(crate) fn of_data_uri(param: &str, uri: &str) -> Result<Vec<u8>, Refusal> {
    let refuse = |reason: &str| Err(Refusal::parameter(param, reason, HINT));
    let Some(("data", rest)) = uri.trim_start().split_once(':').map(lower) else {
        return refuse(not_data(uri));
    };
    let Some((kind, data)) = rest.split_once(',') else {
        return refuse("the data: URI has no comma, and so no data");
    };
    if !kind.to_ascii_lowercase().ends_with(";base64") {
        return refuse("the data: URI is not in base64");
    }
    decode(data).ok_or_else(|| Refusal::parameter(param, "the data: URI is no base64", HINT))
}

/// The bytes of a picture in base64, or in a `data:` URI; `param` is where it stands in the request.
///
/// # Errors
/// [`Refusal::Parameter`], for addresses and paths, too.
pub(crate) fn of_base64(param: &str, text: &str) -> Result<Vec<u8>, Refusal> {
    if text.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("data:")) {
        return of_data_uri(param, text);
    }
    let refused = || Refusal::parameter(param, not_base64(text), HINT_BASE64);
    decode(text).filter(|bytes| !bytes.is_empty()).ok_or_else(refused)
}

/// Some clients cut base64 into lines.
fn decode(text: &str) -> Option<Vec<u8>> {
    let is_gap = |c: char| c.is_ascii_whitespace();
    if text.contains(is_gap) {
        return BASE64.decode(text.replace(is_gap, "")).ok();
    }
    BASE64.decode(text).ok()
}

fn lower<'a>((scheme, rest): (&'a str, &'a str)) -> (&'a str, &'a str) {
    if scheme.eq_ignore_ascii_case("data") { ("data", rest) } else { (scheme, rest) }
}

/// Says what it is in place of a `data:` URI.
fn not_data(text: &str) -> &'static str {
    match text.split_once(':') {
        Some((scheme, _)) if scheme.eq_ignore_ascii_case("file") => {
            "it is the path of a file, and this server opens none for a client"
        }
        Some((_, rest)) if rest.starts_with("//") => {
            "it is an address, and this server fetches nothing"
        }
        _ => "it is no data: URI, and this server opens no file for a client",
    }
}

/// Says what it is in place of base64.
fn not_base64(text: &str) -> &'static str {
    match text.split_once("://") {
        Some(("file", _)) => "it is the path of a file, and this server opens none for a client",
        Some(_) => "it is an address, and this server fetches nothing",
        None => "it is no base64, and this server opens no file for a client",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever the text is, it is bytes or is refused, and what is no `data:` URI is no picture.
        #[test]
        fn any_text_is_bytes_or_refused(
            text in "(data|DATA|file|http)?:?(//)?[a-z/]{0,9}(;base64)?,?[A-Za-z0-9+/= \n]{0,12}\\PC{0,2}",
        ) {
            let of_uri = of_data_uri("here", &text);
            let is_data = text.trim_start().to_ascii_lowercase().starts_with("data:");
            prop_assert!(is_data || of_uri.is_err(), "{text}");
            let _ = of_base64("here", &text);
        }
    }

    #[track_caller]
    fn check_refused(refused: Result<Vec<u8>, Refusal>, expected: &str) {
        let refused = refused.unwrap_err().to_string();
        assert!(refused.starts_with("here: ") && refused.contains(expected), "{refused}");
    }

    #[test]
    fn bytes_come_out_of_data_uris_whatever_they_say_they_are() {
        for uri in [
            "data:image/png;base64,aGk=",
            "data:image/png;base64,aGk",
            "DATA:;BASE64,aGk=",
            "data:text/html;charset=utf-8;base64,aG\nk=",
        ] {
            assert_eq!(of_data_uri("here", uri).unwrap(), b"hi", "{uri}");
            assert_eq!(of_base64("here", uri).unwrap(), b"hi", "{uri}");
        }
        assert_eq!(of_base64("here", "aG\r\nk=").unwrap(), b"hi");
    }

    #[test]
    fn addresses_and_paths_are_refused_by_name() {
        let check = |text, expected| check_refused(of_data_uri("here", text), expected);
        check("https://example.org/a.png", "it is an address");
        check("ftp://example.org/a.png", "it is an address");
        check("file:///etc/passwd", "the path of a file");
        check("/etc/passwd", "opens no file");
        check("C:\\a.png", "opens no file");
        check("", "no data: URI");
        check("data:image/png;base64", "no comma");
        check("data:image/png,aGk=", "not in base64");
        check("data:image/png;base64,a", "no base64");
        check("data:image/png;base64,a_-=", "no base64");
        let check = |text, expected| check_refused(of_base64("here", text), expected);
        check("http://127.0.0.1/a.png", "it is an address");
        check("file:///etc/passwd", "the path of a file");
        check("../a.png", "opens no file");
        check("", "opens no file");
    }
}
