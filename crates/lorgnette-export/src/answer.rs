//! What a model wrote, as HTML that can do nothing.

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

/// What a window shows of Markdown, and no more.
const OPTIONS: Options = Options::ENABLE_TABLES
    .union(Options::ENABLE_STRIKETHROUGH)
    .union(Options::ENABLE_TASKLISTS)
    .union(Options::ENABLE_MATH);

/// Renders Markdown. Tags stand as the text that they are, links and pictures say where they lead.
///
/// `pages` are the headings of an answer page by page, in order, each with the number of its picture:
/// they lead to it.
pub(crate) fn to_html(text: &str, pages: &[(String, usize)]) -> String {
    let mut events: Vec<Event<'_>> = Vec::new();
    let mut pages = pages.iter().peekable();
    // Where the heading begins that is being read, and the address that follows a link.
    let (mut heading, mut addresses) = (None, Vec::new());
    for event in Parser::new_ext(text, OPTIONS) {
        match event {
            Event::Html(text) | Event::InlineHtml(text) => events.push(Event::Text(text)),
            Event::SoftBreak => events.push(Event::HardBreak),
            Event::InlineMath(text) | Event::DisplayMath(text) => events.push(Event::Code(text)),
            Event::Start(Tag::Heading { level, .. }) => {
                heading = Some((level, events.len()));
                let level = below(level);
                let (id, classes, attrs) = (None, Vec::new(), Vec::new());
                events.push(Event::Start(Tag::Heading { level, id, classes, attrs }));
            }
            Event::End(TagEnd::Heading(level)) => {
                if let Some((HeadingLevel::H2, start)) = heading.take() {
                    let words = words(&events[start..]);
                    if let Some((_, number)) = pages.next_if(|(heading, _)| *heading == words) {
                        let link = format!("<a href=\"#picture-{number}\">");
                        events.insert(start + 1, Event::InlineHtml(link.into()));
                        events.push(Event::InlineHtml("</a>".into()));
                    }
                }
                events.push(Event::End(TagEnd::Heading(below(level))));
            }
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                addresses.push((dest_url, events.len()));
            }
            Event::End(TagEnd::Link | TagEnd::Image) => {
                let Some((address, start)) = addresses.pop() else { continue };
                if words(&events[start..]) != *address {
                    events.push(Event::Text(format!(" ({address})").into()));
                }
            }
            event => events.push(event),
        }
    }
    let mut page = String::with_capacity(text.len() * 2);
    html::push_html(&mut page, events.into_iter());
    page
}

/// The words of some events.
fn words(events: &[Event<'_>]) -> String {
    let mut words = String::new();
    for event in events {
        if let Event::Text(text) | Event::Code(text) = event {
            words.push_str(text);
        }
    }
    words
}

/// An answer stands below the headings of the page.
fn below(level: HeadingLevel) -> HeadingLevel {
    match level {
        HeadingLevel::H1 => HeadingLevel::H3,
        HeadingLevel::H2 => HeadingLevel::H4,
        HeadingLevel::H3 => HeadingLevel::H5,
        _ => HeadingLevel::H6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(to_html(text, &[]).trim_end(), expected);
    }

    #[test]
    fn markdown_is_rendered_below_the_headings_of_the_page() {
        check(
            "# A\n\n**b** ~~c~~\nd",
            "<h3>A</h3>\n<p><strong>b</strong> <del>c</del><br />\nd</p>",
        );
        check(
            "- [x] done",
            "<ul>\n<li><input disabled=\"\" type=\"checkbox\" checked=\"\"/>\ndone</li>\n</ul>",
        );
        check("$a_1$", "<p><code>a_1</code></p>");
        let table = to_html("|a|b|\n|-|-:|\n|1|2|", &[]);
        assert!(table.contains("<td style=\"text-align: right\">2</td>"), "{table}");
    }

    #[test]
    fn nothing_in_it_is_a_tag_leads_anywhere_or_loads() {
        check("<script>x</script>", "&lt;script&gt;x&lt;/script&gt;");
        check("a <b onclick=x>c", "<p>a &lt;b onclick=x&gt;c</p>");
        check("[click](javascript:x)", "<p>click (javascript:x)</p>");
        check("<https://a.example>", "<p>https://a.example</p>");
        check("![a cat](https://a.example/c.png)", "<p>a cat (https://a.example/c.png)</p>");
        check("# x {#id onclick=y}", "<h3>x {#id onclick=y}</h3>");
        check(
            "```\"><script>\nx\n```",
            "<pre><code class=\"language-&quot;&gt;&lt;script&gt;\">x\n</code></pre>",
        );
    }

    #[test]
    fn headings_of_pages_lead_to_their_pictures() {
        let pages = [("Page 1 of 2".to_owned(), 4), ("Page 2 of 2".to_owned(), 5)];
        let text = "## Page 1 of 2\n\n## Page 9\n\n### Page 2 of 2\n\n## Page 2 of 2\n\nx";
        let page = to_html(text, &pages);
        let lines: Vec<&str> = page.lines().collect();
        assert_eq!(
            lines,
            [
                "<h4><a href=\"#picture-4\">Page 1 of 2</a></h4>",
                "<h4>Page 9</h4>",
                "<h5>Page 2 of 2</h5>",
                "<h4><a href=\"#picture-5\">Page 2 of 2</a></h4>",
                "<p>x</p>",
            ]
        );
    }
}
