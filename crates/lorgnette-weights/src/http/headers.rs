//! What the headers of an answer say, compared with what was asked for.

use std::ops::Range;
use std::time::{Duration, SystemTime};

use reqwest::header::{CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderMap, LOCATION};
use reqwest::{Response, StatusCode, Url};

use super::{Answer, short_text};
use crate::error::WeightsError;
use crate::failure::Failure;

/// Refuses a page for people.
pub(super) fn check_kind(headers: &HeaderMap, host: &str, file: &str) -> Result<(), WeightsError> {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.trim().starts_with("text/html") {
        return Err(WeightsError::WebPage { host: host.to_owned(), file: file.to_owned() });
    }
    Ok(())
}

/// Compares the headers with the request.
pub(super) fn check_answer(
    response: Response,
    host: String,
    file: &str,
    range: Option<&(Range<u64>, u64)>,
) -> Result<Answer, Failure> {
    let headers = response.headers();
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let etag = text(ETAG).filter(|etag| !etag.starts_with("W/")).map(ToOwned::to_owned);
    check_kind(headers, &host, file)?;
    let n_bytes: Option<u64> = text(CONTENT_LENGTH).and_then(|length| length.parse().ok());
    let wrong = |reason: String| {
        Err(Failure::retry(WeightsError::Answer { host: host.clone(), file: file.into(), reason }))
    };
    let is_whole = response.status() != StatusCode::PARTIAL_CONTENT;
    match range {
        None if is_whole => {}
        None => return wrong("a part, where all was asked for".into()),
        Some((_, total)) if is_whole => {
            if let Some(n_bytes) = n_bytes.filter(|n_bytes| n_bytes != total) {
                let file = file.to_owned();
                let (found_bytes, expected_bytes) = (n_bytes, *total);
                return Err(WeightsError::WrongSize { file, found_bytes, expected_bytes }.into());
            }
        }
        Some((range, total)) => {
            let said = text(CONTENT_RANGE).unwrap_or_default();
            match content_range(said) {
                Some((_, found)) if found.is_some_and(|found| found != *total) => {
                    let file = file.to_owned();
                    let (found_bytes, expected_bytes) = (found.unwrap_or(0), *total);
                    let error = WeightsError::WrongSize { file, found_bytes, expected_bytes };
                    return Err(error.into());
                }
                Some((sent, _)) if sent.start == range.start && sent.end <= range.end => {}
                _ => return wrong(format!("bytes {range:?} were asked for, {said:?} is sent")),
            }
        }
    }
    Ok(Answer { response, host, is_whole, etag })
}

/// Reads `Content-Range`: `bytes 0-99/1000`, or `bytes 0-99/*`.
pub(super) fn content_range(text: &str) -> Option<(Range<u64>, Option<u64>)> {
    let (range, total) = text.trim().strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let (first, last): (u64, u64) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
    let total = match total.trim() {
        "*" => None,
        total => Some(total.parse().ok()?),
    };
    let end = last.checked_add(1)?;
    (first < end && total.is_none_or(|total| end <= total)).then_some((first..end, total))
}

/// Reads `Retry-After`: seconds, or a date.
pub(super) fn retry_after(text: &str) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let date = http_date(text.trim())?;
    date.duration_since(SystemTime::now()).ok()
}

/// Reads `Sun, 06 Nov 1994 08:49:37 GMT`, the form that servers must use. Source: RFC 9110, 5.6.7.
fn http_date(text: &str) -> Option<SystemTime> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let mut words = text.split_once(", ")?.1.split(' ');
    let day: u64 = words.next()?.parse().ok()?;
    let month = words.next()?;
    let month = MONTHS.iter().position(|name| *name == month)? as u64 + 1;
    let year: u64 = words.next()?.parse().ok()?;
    let mut time = words.next()?.split(':').map(|part| part.parse::<u64>().ok());
    let (hour, minute, second) = (time.next()??, time.next()??, time.next()??);
    if !(1970..=9999).contains(&year) || !(1..=31).contains(&day) {
        return None;
    }
    // Days from civil, Howard Hinnant; years begin in March.
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (era, year_of_era) = (y / 400, y % 400);
    let day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + (153 * m + 2) / 5 + day - 1;
    let days = (era * 146_097 + day_of_era).checked_sub(719_468)?;
    let seconds = days * 86_400 + hour * 3600 + minute * 60 + second;
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}

pub(super) fn redirect(from: &Url, host: &str, headers: &HeaderMap) -> Result<Url, WeightsError> {
    let location = headers.get(LOCATION).and_then(|location| location.to_str().ok());
    let error = |target: &str, reason| WeightsError::Redirect {
        host: host.to_owned(),
        target: short_text(target.as_bytes()),
        reason,
    };
    let target = location.ok_or_else(|| error("nowhere", "it names no target"))?;
    let url = from.join(target).map_err(|_| error(target, "it is no address"))?;
    match url.scheme() {
        "https" => Ok(url),
        "http" if from.scheme() == "http" => Ok(url),
        "http" => Err(error(target, "it is not encrypted")),
        _ => Err(error(target, "it leads out of the web")),
    }
}

pub(super) fn same_origin(a: &Url, b: &Url) -> bool {
    a.origin() == b.origin()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_ranges() {
        assert_eq!(content_range("bytes 0-99/1000"), Some((0..100, Some(1000))));
        assert_eq!(content_range("bytes 5-5/*"), Some((5..6, None)));
        for lie in ["", "bytes */1000", "bytes 9-3/10", "bytes 0-10/10", "items 0-1/2"] {
            assert_eq!(content_range(lie), None, "{lie}");
        }
        assert_eq!(content_range(&format!("bytes 0-{}/*", u64::MAX)), None);
    }

    #[test]
    fn dates_of_retry_after() {
        let date = http_date("Sun, 06 Nov 1994 08:49:37 GMT").expect("a date");
        let since = date.duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
        assert_eq!(since.as_secs(), 784_111_777);
        assert_eq!(http_date("tomorrow"), None);
        assert_eq!(retry_after("7"), Some(Duration::from_secs(7)));
    }

    #[test]
    fn redirects_stay_encrypted() {
        let go = |from: &str, to: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(LOCATION, to.parse().expect("header"));
            redirect(&from.parse().expect("address"), "hub", &headers)
        };
        assert!(go("https://hub/a", "https://cdn/b").is_ok());
        assert_eq!(go("https://hub/a", "/b").expect("relative").as_str(), "https://hub/b");
        assert!(go("https://hub/a", "http://cdn/b").is_err());
        assert!(go("https://hub/a", "file:///etc/passwd").is_err());
    }
}
