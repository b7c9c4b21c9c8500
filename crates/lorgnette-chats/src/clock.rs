//! The time of day, and dates in the names of files.

use std::time::{SystemTime, UNIX_EPOCH};

pub const DAY_MS: i64 = 24 * 3600 * 1000;

/// The time in milliseconds since 1970.
pub fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// A moment as names of files have it, in UTC: `2026-11-28-235758`.
pub fn stamp(ms: i64) -> String {
    let (year, month, day) = date(ms.div_euclid(DAY_MS));
    let s = ms.rem_euclid(DAY_MS) / 1000;
    format!("{year:04}-{month:02}-{day:02}-{:02}{:02}{:02}", s / 3600, s / 60 % 60, s % 60)
}

/// A moment as other programs read it, in UTC: `2026-11-28T23:57:58Z`. Source: RFC 3339.
pub fn rfc_3339(ms: i64) -> String {
    let stamp = stamp(ms);
    let (day, time) = stamp.split_at(stamp.len() - "-hhmmss".len());
    format!("{day}T{}:{}:{}Z", &time[1..3], &time[3..5], &time[5..7])
}

/// The moment of a [`stamp`], in milliseconds since 1970.
pub fn moment(stamp: &str) -> Option<i64> {
    let number = |from: usize, to: usize| stamp.get(from..to)?.parse::<i64>().ok();
    let days = days(number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let s = number(11, 13)? * 3600 + number(13, 15)? * 60 + number(15, 17)?;
    let ms = days * DAY_MS + s * 1000;
    // What was not written by `stamp` is not read back as the same.
    (self::stamp(ms) == stamp).then_some(ms)
}

/// Year, month and day of a day since 1970, in the Gregorian calendar. The year begins in March, so
/// that the leap day is its last one. Source: Howard Hinnant, `chrono`-Compatible Low-Level Date
/// Algorithms.
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

/// The day since 1970 of a date; the inverse of [`date`].
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    year.div_euclid(400) * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_and_read_back() {
        assert_eq!(stamp(0), "1970-01-01-000000");
        assert_eq!(rfc_3339(951_827_696_000), "2000-02-29T12:34:56Z");
        assert_eq!(stamp(951_827_696_000), "2000-02-29-123456");
        assert_eq!(stamp(1_795_910_278_999), "2026-11-28-235758");
        for day in -800..60_000 {
            let ms = day * DAY_MS + 45_296_000;
            assert_eq!(moment(&stamp(ms)), Some(ms));
        }
        for text in
            ["", "2026-13-01-000000", "2026-02-30-000000", "2026-11-28", "x026-11-28-000000"]
        {
            assert_eq!(moment(text), None, "{text}");
        }
    }
}
