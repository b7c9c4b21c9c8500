//! A chat as one page.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Exported, Source, THOUGHTS, called, parse, read_text, who};
use crate::error::AppError;
use crate::models::whole_file;

/// What stands before the data of the program, and behind it.
const DATA: [&str; 2] = ["<script type=\"application/json\" id=\"lorgnette-chat\">", "</script>"];
/// What stands before the bytes of a picture, its id between the two, and behind them.
const PICTURE: [&str; 3] = ["data-picture=\"", "\" src=\"data:image/", "\""];

// Nothing is loaded and nothing runs, whatever an answer says.
const HEAD: &str = "<!doctype html>
<meta charset=\"utf-8\">
<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">
<meta name=\"viewport\" content=\"width=device-width\">
<style>
:root { color-scheme: light dark; }
body { max-width: 44rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.55 system-ui, sans-serif; }
h1 { font-size: 1.4rem; } h2 { font-size: 1rem; margin: 2rem 0 .25rem; opacity: .7; }
p { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; }
details { margin: .25rem 0 .75rem; opacity: .7; } summary { cursor: pointer; }
img { display: block; max-width: 100%; max-height: 70vh; margin: .5rem 0; border-radius: 6px; }
</style>
";

pub(super) fn write(source: &Source, path: &Path) -> Result<(), AppError> {
    let Source { exported, shown, pictures } = source;
    let title = escaped(&exported.title);
    let mut page = format!("{HEAD}<title>{title}</title>\n<h1>{title}</h1>\n");
    let mut written: Vec<&str> = Vec::new();
    let img = |page: &mut String, id: &str, name: &str, hidden: &str| {
        let found = pictures.iter().find(|(info, _)| info.id == id);
        if let Some((info, bytes)) = found {
            let kind = info.format.to_lowercase();
            let [before, between, after] = PICTURE;
            let bytes = STANDARD.encode(bytes);
            let alt = escaped(&called(name, info));
            let _ = writeln!(
                page,
                "<img {before}{id}{between}{kind};base64,{bytes}{after} alt=\"{alt}\"{hidden}>"
            );
        }
    };
    for message in shown {
        let _ = writeln!(page, "<h2>{}</h2>", escaped(who(message)));
        for picture in &message.pictures {
            img(&mut page, &picture.picture, &picture.name, "");
            written.push(&picture.picture);
        }
        if !message.thoughts.is_empty() {
            let thoughts = escaped(&message.thoughts);
            let _ =
                writeln!(page, "<details><summary>{THOUGHTS}</summary><p>{thoughts}</p></details>");
        }
        let _ = writeln!(page, "<p>{}</p>", escaped(&message.text));
    }
    // Those of other branches, for the program alone.
    for (info, _) in pictures.iter().filter(|(info, _)| !written.contains(&info.id.as_str())) {
        img(&mut page, &info.id, &info.name, " hidden");
    }
    let json = serde_json::to_string(exported)
        .map_err(|error| AppError::Write(std::io::Error::other(error)))?;
    // As JSON allows it: so nothing in it ends the script or begins a comment.
    let json = json.replace('<', "\\u003c");
    let [before, after] = DATA;
    let _ = writeln!(page, "{before}{json}{after}");
    whole_file::write(path, page.as_bytes()).map_err(AppError::Write)
}

pub(super) fn read(path: &Path) -> Result<(Exported, BTreeMap<String, Vec<u8>>), AppError> {
    let wrong = |reason: &str| AppError::Import { path: path.to_owned(), reason: reason.into() };
    let page = read_text(path)?;
    // What an answer says is escaped and cannot look like it; the last one is ours.
    let (body, data) =
        page.rsplit_once(DATA[0]).ok_or_else(|| wrong("it has no data of the program"))?;
    let json = data.split_once(DATA[1]).ok_or_else(|| wrong("it is cut off"))?.0;
    let exported = parse(path, json)?;
    let mut pictures = BTreeMap::new();
    for part in body.split(PICTURE[0]).skip(1) {
        let Some((id, rest)) = part.split_once(PICTURE[1]) else { continue };
        let bytes = rest.split_once(";base64,").and_then(|(_, rest)| rest.split_once(PICTURE[2]));
        let bytes = bytes.and_then(|(bytes, _)| STANDARD.decode(bytes).ok());
        pictures.insert(id.to_owned(), bytes.ok_or_else(|| wrong("a picture is damaged"))?);
    }
    Ok((exported, pictures))
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}
