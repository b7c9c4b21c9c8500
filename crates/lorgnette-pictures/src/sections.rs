//! What was said page by page, as the sections of an answer: each below a heading of its own. A summary
//! of more pages than fit at once has sections too, one for each step.

use lorgnette_chats::{Attachment, PictureInfo};

/// What stands over what is said of each picture: its page, and what it is called where that differs.
/// `info` tells what is known of a picture.
pub fn headings(
    pictures: &[Attachment],
    info: impl Fn(&str) -> Option<PictureInfo>,
    language: &str,
) -> Vec<String> {
    let is_one_file = pictures.windows(2).all(|two| two[0].name == two[1].name);
    let heading = |(nth, attachment): (usize, &Attachment)| {
        let page = info(&attachment.picture).and_then(|info| info.page_of());
        let page = page.map(|(shown, of)| match language {
            "fr" => format!("Page {shown} sur {of}"),
            _ => format!("Page {shown} of {of}"),
        });
        match (page, is_one_file) {
            (Some(page), true) => page,
            (Some(page), false) => format!("{}, {page}", attachment.name),
            (None, true) if pictures.len() > 1 => format!("{} {}", attachment.name, nth + 1),
            (None, _) => attachment.name.clone(),
        }
    };
    pictures.iter().enumerate().map(heading).collect()
}

/// What was said of some pages.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// The heading of the first of them.
    pub first: String,
    /// The heading of the last of them.
    pub last: String,
    /// What was said.
    pub text: String,
}

impl Part {
    /// What stands over them where they are asked about together.
    pub fn heading(&self) -> String {
        if self.first == self.last {
            self.first.clone()
        } else {
            step_heading(&self.first, &self.last)
        }
    }
}

/// What stands over a step of a summary.
pub fn step_heading(first: &str, last: &str) -> String {
    format!("{first} – {last}")
}

/// What was said under each heading.
pub fn said(headings: &[String], text: &str) -> Vec<Part> {
    let starts = starts(headings, text);
    let part = |(nth, heading): (usize, &String)| {
        let from = starts.get(nth)?.1;
        let to = starts.get(nth + 1).map_or(text.len(), |next| next.0);
        let (first, last) = (heading.clone(), heading.clone());
        Some(Part { first, last, text: text.get(from..to)?.trim().to_owned() })
    };
    headings.iter().enumerate().filter_map(part).collect()
}

/// The parts in groups that fit the room each. There are fewer groups than parts, unless all fit.
pub fn grouped(parts: Vec<Part>, room: usize) -> Vec<Vec<Part>> {
    let (mut groups, mut size) = (Vec::<Vec<Part>>::new(), 0);
    for mut part in parts {
        // Two always fit together, so that each round has fewer.
        let most = (room / 2).saturating_sub(part.heading().len() + 8);
        part.text.truncate(part.text.floor_char_boundary(most));
        let n_bytes = part.heading().len() + part.text.len() + 8;
        if let Some(group) = groups.last_mut().filter(|_| size + n_bytes <= room) {
            group.push(part);
        } else {
            groups.push(vec![part]);
            size = 0;
        }
        size += n_bytes;
    }
    groups
}

/// A section of a summary that was begun.
pub struct Step<'t> {
    /// What stands over it.
    pub heading: &'t str,
    /// Where its heading begins.
    pub at: usize,
    /// What stands below it.
    pub text: &'t str,
}

/// The sections of a summary. What a model writes as a heading itself is part of one.
pub fn steps<'t>(headings: &[String], text: &'t str, summary: &str) -> Vec<Step<'t>> {
    let is_step = |heading: &str| {
        heading == summary
            || headings.iter().any(|first| {
                let last = heading.strip_prefix(first).and_then(|rest| rest.strip_prefix(" – "));
                last.is_some_and(|last| headings.iter().any(|heading| heading == last))
            })
    };
    let mut steps: Vec<Step> = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let heading = line.strip_prefix("## ").map(str::trim_end).filter(|it| is_step(it));
        if let Some(heading) = heading {
            steps.push(Step { heading, at, text: text[at + line.len()..].trim() });
        }
        at += line.len();
    }
    for nth in 1..steps.len() {
        let before = &steps[nth - 1];
        let from = before.at + "## ".len() + before.heading.len();
        let whole = text[from..steps[nth].at].trim();
        steps[nth - 1].text = whole;
    }
    steps
}

/// Where the heading of each page that is begun stands, and what is below it.
pub fn starts(headings: &[String], text: &str) -> Vec<(usize, usize)> {
    let (mut starts, mut from) = (Vec::new(), 0);
    for heading in headings {
        let line = format!("## {heading}\n");
        let is_line = |at: &usize| *at == 0 || text[..*at].ends_with('\n');
        let found = text[from..].match_indices(&line).map(|(at, _)| from + at).find(is_line);
        let Some(at) = found else { break };
        from = at + line.len();
        starts.push((at, from));
    }
    starts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headings(n: usize) -> Vec<String> {
        (1..=n).map(|page| format!("Page {page} of {n}")).collect()
    }

    #[test]
    fn what_was_said_of_pages_is_put_together_until_it_fits() {
        let headings = headings(40);
        let section = |heading: &String| format!("## {heading}\n\n{}\n\n", "words ".repeat(20));
        let text: String = headings.iter().map(section).collect();
        let mut parts = said(&headings, &text);
        assert_eq!(parts.len(), 40);
        assert_eq!(parts[3].heading(), "Page 4 of 40");
        let (room, mut n_times) = (600, 0);
        loop {
            let groups = grouped(parts, room);
            for group in &groups {
                let n_bytes: usize =
                    group.iter().map(|part| part.text.len() + part.heading().len() + 8).sum();
                assert!(n_bytes <= room, "{n_bytes}");
            }
            if groups.len() == 1 {
                break;
            }
            n_times += 1;
            assert!(n_times < 10);
            let whole = |group: Vec<Part>| Part {
                first: group[0].first.clone(),
                last: group[group.len() - 1].last.clone(),
                // Longer than there is room for.
                text: "long ".repeat(500),
            };
            parts = groups.into_iter().map(whole).collect();
            assert_eq!(parts[0].first, "Page 1 of 40");
            assert_eq!(parts[parts.len() - 1].last, "Page 40 of 40");
        }
    }

    #[test]
    fn the_steps_of_a_summary_are_found_again() {
        let headings = headings(9);
        let text = "## Page 1 of 9 – Page 5 of 9\n\n## Boilers\n\nTwo.\n\n\
                    ## Page 6 of 9 – Page 9 of 9\n\nValves.\n\n## Summary\n\nBoilers and";
        let steps = steps(&headings, text, "Summary");
        let found: Vec<_> = steps.iter().map(|step| (step.heading, step.text)).collect();
        assert_eq!(
            found,
            [
                ("Page 1 of 9 – Page 5 of 9", "## Boilers\n\nTwo."),
                ("Page 6 of 9 – Page 9 of 9", "Valves."),
                ("Summary", "Boilers and"),
            ]
        );
        assert_eq!(&text[steps[1].at..][..7], "## Page");
    }
}
