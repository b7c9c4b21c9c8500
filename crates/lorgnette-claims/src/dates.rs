//! Dates and times of day, in figures and with the names of months.

use std::ops::Range;

use crate::claim::{Claim, ClaimKind};
use crate::evidence::{Evidence, distinct};

/// A date or a time of day, by all that it can mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Moment {
    /// 3/4/2026 has two readings.
    Date(Vec<Date>),
    /// Minutes since midnight; 2:05 without "am" or "pm" has two readings.
    Time(Vec<u16>),
}

/// A date, as far as it is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Date {
    year: Option<u16>,
    month: u8,
    day: Option<u8>,
}

/// A moment where it stands.
pub struct Token {
    pub moment: Moment,
    /// In bytes.
    pub place: Range<usize>,
}

impl Moment {
    /// Whether this says all that the other one says, and the same.
    fn bears_out(&self, claimed: &Self) -> bool {
        match (self, claimed) {
            (Self::Date(these), Self::Date(those)) => {
                those.iter().any(|that| these.iter().any(|this| this.bears_out(*that)))
            }
            (Self::Time(these), Self::Time(those)) => these.iter().any(|this| those.contains(this)),
            _ => false,
        }
    }
}

impl Date {
    fn of(year: Option<u32>, month: u32, day: Option<u32>) -> Option<Self> {
        let year = match year {
            None => None,
            Some(short @ 0..=69) => Some(2000 + short),
            Some(short @ 70..=99) => Some(1900 + short),
            Some(year @ 1000..=2999) => Some(year),
            Some(_) => return None,
        };
        let is_right = (1..=12).contains(&month) && day.is_none_or(|day| (1..=31).contains(&day));
        let day = day.and_then(|day| u8::try_from(day).ok());
        let (year, month) = (year.and_then(|year| u16::try_from(year).ok()), month as u8);
        is_right.then_some(Self { year, month, day })
    }

    fn bears_out(self, claimed: Self) -> bool {
        self.month == claimed.month
            && (claimed.day.is_none() || self.day == claimed.day)
            && (claimed.year.is_none() || self.year == claimed.year)
    }
}

pub fn claims(answer: &str, evidence: &Evidence) -> Vec<Claim> {
    let claim = |token: Token| {
        let same = evidence.moments.iter().filter(|(known, _)| known.bears_out(&token.moment));
        let mut found = distinct(&same.map(|(_, line)| *line).collect::<Vec<_>>());
        if found.is_empty() {
            // Broken over two lines, or written in a way that is not known here.
            found = evidence.lines_with(&answer[token.place.clone()]);
        }
        Claim::of(ClaimKind::Date, answer, token.place, found)
    };
    tokens(answer).into_iter().map(claim).collect()
}

/// A part of a line: digits, letters, or one sign.
#[derive(Debug, Clone)]
struct Part<'a> {
    text: &'a str,
    place: Range<usize>,
}

impl Part<'_> {
    fn number(&self) -> Option<u32> {
        (self.text.len() <= 4).then(|| self.text.parse().ok()).flatten()
    }

    fn n_digits(&self) -> usize {
        if self.number().is_some() { self.text.len() } else { 0 }
    }

    fn is(&self, signs: &[&str]) -> bool {
        signs.contains(&self.text)
    }

    fn month(&self) -> Option<u32> {
        // These are other words, too; as months they have a capital.
        if matches!(self.text, "may" | "march" | "mar" | "ago") {
            return None;
        }
        let name = self.text.to_lowercase();
        let is_name =
            |(known, _): &&(&str, u32)| name.chars().count() >= 3 && known.starts_with(&name);
        MONTHS.iter().find(is_name).map(|(_, month)| *month)
    }
}

/// Returns the dates and times of a text.
pub fn tokens(text: &str) -> Vec<Token> {
    let parts = parts(text);
    let mut tokens = Vec::new();
    let mut i = 0;
    while i < parts.len() {
        let rest = &parts[i..];
        let found = [figures, day_first, month_first, time].iter().find_map(|read| read(rest));
        let Some((moment, n_parts)) = found else {
            i += 1;
            continue;
        };
        let place = rest[0].place.start..rest[n_parts - 1].place.end;
        tokens.push(Token { moment, place });
        i += n_parts;
    }
    tokens
}

/// Cuts a text into runs of digits, runs of letters, and other signs; spaces are left out.
fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts: Vec<Part> = Vec::new();
    let kind = |c: char| match c {
        _ if c.is_ascii_digit() => 0,
        _ if c.is_alphabetic() => 1,
        _ => 2,
    };
    let mut last = 3;
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        if c.is_whitespace() {
            last = 3;
        } else if kind(c) == last
            && last != 2
            && let Some(part) = parts.last_mut()
        {
            part.place.end = end;
            part.text = &text[part.place.clone()];
        } else {
            last = kind(c);
            parts.push(Part { text: &text[at..end], place: at..end });
        }
    }
    parts
}

/// Whether two parts stand side by side without space.
fn touch(parts: &[Part]) -> bool {
    parts.windows(2).all(|pair| pair[0].place.end == pair[1].place.start)
}

type Found = Option<(Moment, usize)>;

/// 2026-11-29, 29.11.2026, 11/29/26.
fn figures(parts: &[Part]) -> Found {
    let [a, sign, b, again, c, ..] = parts else { return None };
    let is_date = sign.is(&["-", "/", ".", "–"]) && again.text == sign.text && touch(&parts[..5]);
    if !is_date || parts.get(5).is_some_and(|next| next.is(&[sign.text]) && touch(&parts[4..6])) {
        return None;
    }
    let (x, y, z) = (a.number()?, b.number()?, c.number()?);
    let dates: Vec<Date> = if a.n_digits() == 4 {
        Date::of(Some(x), y, Some(z)).into_iter().collect()
    } else if matches!(c.n_digits(), 2 | 4) {
        // Only a slash leaves the order open.
        let orders = if sign.is(&["/"]) { vec![(y, x), (x, y)] } else { vec![(y, x)] };
        let mut dates: Vec<Date> = orders
            .into_iter()
            .filter_map(|(month, day)| Date::of(Some(z), month, Some(day)))
            .collect();
        dates.dedup();
        dates
    } else {
        Vec::new()
    };
    (!dates.is_empty()).then_some((Moment::Date(dates), 5))
}

/// 29 November 2026, 29. Nov, 29th of November.
fn day_first(parts: &[Part]) -> Found {
    let day = parts.first()?.number().filter(|day| (1..=31).contains(day))?;
    let mut i = 1;
    i += usize::from(parts.get(i)?.is(&["st", "nd", "rd", "th", ".", "er", "º"]));
    i += usize::from(parts.get(i)?.is(&["of", "de", "-"]));
    let month = parts.get(i)?.month()?;
    i += 1;
    i += usize::from(
        parts.get(i).is_some_and(|part| part.is(&["."])) && year_at(parts, i + 1).is_some(),
    );
    let joint = usize::from(parts.get(i).is_some_and(|part| part.is(&[",", "de", "-"])));
    let (year, n_parts) = match year_at(parts, i + joint) {
        Some(year) => (Some(year), i + joint + 1),
        None => (None, i),
    };
    Some((Moment::Date(vec![Date::of(year, month, Some(day))?]), n_parts))
}

/// November 29, 2026; Nov 29; November 2026.
fn month_first(parts: &[Part]) -> Found {
    let month = parts.first()?.month()?;
    let mut i = 1;
    i += usize::from(parts.get(i)?.is(&["."]));
    if let Some(year) = year_at(parts, i) {
        return Some((Moment::Date(vec![Date::of(Some(year), month, None)?]), i + 1));
    }
    let day = parts.get(i)?.number().filter(|day| (1..=31).contains(day))?;
    i += 1;
    i += usize::from(parts.get(i).is_some_and(|part| part.is(&["st", "nd", "rd", "th"])));
    let joint = usize::from(parts.get(i).is_some_and(|part| part.is(&[","])));
    let (year, n_parts) = match year_at(parts, i + joint) {
        Some(year) => (Some(year), i + joint + 1),
        None => (None, i),
    };
    Some((Moment::Date(vec![Date::of(year, month, Some(day))?]), n_parts))
}

fn year_at(parts: &[Part], i: usize) -> Option<u32> {
    let part = parts.get(i).filter(|part| part.n_digits() == 4)?;
    part.number().filter(|year| (1000..=2999).contains(year))
}

/// 14:05, 2:05 pm, 2 pm, 14h05.
fn time(parts: &[Part]) -> Found {
    let hour = parts.first()?.number().filter(|hour| *hour < 25)?;
    let minute = match parts {
        [_, sign, minute, ..]
            if sign.is(&[":", "h", "H"]) && minute.n_digits() == 2 && touch(&parts[..3]) =>
        {
            minute.number().filter(|minute| *minute < 60)
        }
        _ => None,
    };
    let mut n_parts = if minute.is_some() { 3 } else { 1 };
    // Seconds are read over.
    if let [_, _, _, sign, seconds, ..] = parts
        && minute.is_some()
        && sign.is(&[":"])
        && seconds.n_digits() == 2
        && touch(&parts[2..5])
    {
        n_parts = 5;
    }
    let half = parts.get(n_parts).map(|part| part.text.to_lowercase());
    let later = match half.as_deref() {
        Some("am") => Some(false),
        Some("pm") => Some(true),
        _ => None,
    };
    let at = |hour: u32| (hour * 60 + minute.unwrap_or(0)) as u16;
    let times = match later {
        Some(later) if hour <= 12 => {
            n_parts += 1;
            vec![at(hour % 12 + if later { 12 } else { 0 })]
        }
        _ if minute.is_none() => return None,
        _ if (1..=12).contains(&hour) => vec![at(hour % 12), at(hour % 12 + 12)],
        _ => vec![at(hour % 24)],
    };
    Some((Moment::Time(times), n_parts))
}

/// Names of months; a name may be cut to three letters or more.
const MONTHS: [(&str, u32); 47] = [
    ("january", 1),
    ("february", 2),
    ("march", 3),
    ("april", 4),
    ("may", 5),
    ("june", 6),
    ("july", 7),
    ("august", 8),
    ("september", 9),
    ("october", 10),
    ("november", 11),
    ("december", 12),
    ("janvier", 1),
    ("février", 2),
    ("mars", 3),
    ("avril", 4),
    ("mai", 5),
    ("juin", 6),
    ("juillet", 7),
    ("août", 8),
    ("septembre", 9),
    ("octobre", 10),
    ("novembre", 11),
    ("décembre", 12),
    ("januar", 1),
    ("februar", 2),
    ("märz", 3),
    ("juni", 6),
    ("juli", 7),
    ("oktober", 10),
    ("dezember", 12),
    ("enero", 1),
    ("febrero", 2),
    ("marzo", 3),
    ("abril", 4),
    ("mayo", 5),
    ("junio", 6),
    ("julio", 7),
    ("agosto", 8),
    ("septiembre", 9),
    ("octubre", 10),
    ("noviembre", 11),
    ("diciembre", 12),
    ("gennaio", 1),
    ("febbraio", 2),
    ("maggio", 5),
    ("dicembre", 12),
];
