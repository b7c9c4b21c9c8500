//! A choice of pages, as `1-3,7` or `5-`.

use std::str::FromStr;

/// Pages of a document, in the order in which they were asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageList(Vec<Pages>);

/// Pages from one to another; to the last one without an end.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pages {
    first: u32,
    last: Option<u32>,
}

impl PageList {
    /// Returns the numbers of the pages. The one that a part ends with is among them even if it is not
    /// there, for decoding it to say so.
    pub fn numbers(&self, n_pages: u32) -> Vec<u32> {
        let of_part = |part: &Pages| {
            let last = part.last.unwrap_or(n_pages.max(part.first));
            let missing = (last > n_pages).then_some(last);
            (part.first..=last.min(n_pages)).chain(missing)
        };
        self.0.iter().flat_map(of_part).collect()
    }
}

impl FromStr for PageList {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.split(',').map(|part| pages(part.trim()));
        parts.collect::<Option<Vec<Pages>>>().map(Self).ok_or_else(|| {
            "use numbers from 1 on, and two of them with - between, such as 1-3,7 or 5-".into()
        })
    }
}

fn pages(text: &str) -> Option<Pages> {
    let number = |text: &str| text.trim().parse::<u32>().ok().filter(|page| *page > 0);
    let Some((first, last)) = text.split_once('-') else {
        let page = number(text)?;
        return Some(Pages { first: page, last: Some(page) });
    };
    let first = number(first)?;
    let last = if last.trim().is_empty() { None } else { Some(number(last)?) };
    last.is_none_or(|last| last >= first).then_some(Pages { first, last })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, n_pages: u32, expected: &[u32]) {
        assert_eq!(text.parse::<PageList>().unwrap().numbers(n_pages), expected, "{text}");
    }

    #[test]
    fn pages_come_in_the_order_in_which_they_are_asked_for() {
        check("3", 9, &[3]);
        check("1-3,7", 9, &[1, 2, 3, 7]);
        check("7, 2 - 3", 9, &[7, 2, 3]);
        check("8-", 9, &[8, 9]);
        // What is not there is asked for once.
        check("2-4000000000", 3, &[2, 3, 4_000_000_000]);
        check("12", 9, &[12]);
        check("12-", 9, &[12]);
    }

    #[test]
    fn what_is_no_list_of_pages_is_refused() {
        for text in ["", "0", "-3", "3-1", "1,,2", "one", "1-2-3", "+", "4294967296"] {
            assert!(text.parse::<PageList>().is_err(), "{text}");
        }
    }
}
