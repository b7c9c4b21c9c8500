//! A chat as one page.

use std::fmt::Write as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use lorgnette_app::AppError;
use lorgnette_app::chats::AnswerBy;
use lorgnette_app::chats::picture_id::file_of;
use lorgnette_app::models::whole_file;

use crate::Files;
use crate::answer::to_html;
use crate::chat::{Exported, read_text};
use crate::source::{File, Look, Shown, ShownPicture, Source, THOUGHTS, who};

/// What stands before the data of the program, and behind it.
const DATA: [&str; 2] = ["<script type=\"application/json\" id=\"lorgnette-chat\">", "</script>"];
/// What stands before the bytes of a picture, its id between the two, and behind them. It begins with a
/// tag, which nothing that is said can.
const PICTURE: [&str; 3] = ["<img data-picture=\"", "\" src=\"data:", "\""];

// Nothing is loaded and nothing runs, whatever an answer says.
const HEAD: &str = "<!doctype html>
<meta charset=\"utf-8\">
<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">
<meta name=\"viewport\" content=\"width=device-width\">
<style>
:root { color-scheme: light dark; }
body { max-width: 44rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.55 system-ui, sans-serif; }
h1 { font-size: 1.4rem; } h2 { font-size: 1rem; margin: 2rem 0 .25rem; opacity: .7; }
h3, h4, h5, h6 { font-size: 1rem; margin: 1rem 0 .25rem; }
p { overflow-wrap: anywhere; margin: 0; } div > * { margin: .5rem 0; }
h2 ~ p, details p { white-space: pre-wrap; }
details { margin: .25rem 0 .75rem; opacity: .7; } summary { cursor: pointer; }
figure { margin: .75rem 0; } figcaption { font-size: .85rem; opacity: .7; overflow-wrap: anywhere; }
img { display: block; max-width: 100%; max-height: 70vh; border: 1px solid rgb(128 128 128 / .3); border-radius: 6px; background: #fff; }
pre { overflow-x: auto; padding: .6rem; border-radius: 6px; background: rgb(128 128 128 / .12); }
table { display: block; overflow-x: auto; border-collapse: collapse; }
th, td { padding: .2rem .6rem; border: 1px solid rgb(128 128 128 / .4); text-align: start; }
</style>
";

pub(crate) fn write(source: &Source, path: &Path) -> Result<(), AppError> {
    let Source { exported, shown, files } = source;
    let title = escaped(&exported.title);
    let mut page = format!("{HEAD}<title>{title}</title>\n<h1>{title}</h1>\n");
    let mut written = vec![false; files.len()];
    for Shown { message, pictures, pages } in shown {
        let _ = writeln!(page, "<h2>{}</h2>", escaped(who(message)));
        for picture in pictures {
            if let Look::Added(file) = picture.look {
                written[file] = true;
            }
            push_picture(&mut page, picture, files);
        }
        if !message.thoughts.is_empty() {
            let thoughts = escaped(&message.thoughts);
            let _ =
                writeln!(page, "<details><summary>{THOUGHTS}</summary><p>{thoughts}</p></details>");
        }
        let is_markdown = message.is_model && message.by != AnswerBy::Reader;
        let _ = if is_markdown {
            writeln!(page, "<div>\n{}</div>", to_html(&message.text, pages))
        } else {
            writeln!(page, "<p>{}</p>", escaped(&message.text))
        };
    }
    // For the program alone: documents, and pictures of other branches.
    for (file, _) in files.iter().zip(written).filter(|(_, is_written)| !is_written) {
        push_file(&mut page, file);
        page.push_str(" hidden loading=\"lazy\" alt=\"\">\n");
    }
    let json = serde_json::to_string(exported)
        .map_err(|error| AppError::Write(std::io::Error::other(error)))?;
    // As JSON allows it: so nothing in it ends the script or begins a comment.
    let json = json.replace('<', "\\u003c");
    let [before, after] = DATA;
    let _ = writeln!(page, "{before}{json}{after}");
    whole_file::write(path, page.as_bytes()).map_err(AppError::Write)
}

/// A picture where it was asked about, for links to lead to.
fn push_picture(page: &mut String, picture: &ShownPicture, files: &[File]) {
    let (number, name) = (picture.number, escaped(&picture.name));
    let _ = write!(page, "<figure id=\"picture-{number}\">");
    match &picture.look {
        Look::Added(file) => {
            push_file(page, &files[*file]);
            let _ = write!(page, " alt=\"{name}\">");
        }
        Look::Drawn(png) => {
            page.push_str("<img src=\"data:image/png;base64,");
            STANDARD.encode_string(png, page);
            let _ = write!(page, "\" alt=\"{name}\">");
        }
        Look::Missing(why) => {
            let _ = write!(page, "<p>{}</p>", escaped(why));
        }
    }
    let _ = writeln!(page, "<figcaption>{name}</figcaption></figure>");
}

/// The beginning of a tag that has a file, to be shown and to be taken back.
fn push_file(page: &mut String, file: &File) {
    let [before, between, after] = PICTURE;
    let _ = write!(page, "{before}{}{between}{};base64,", file.id, file.media_type);
    STANDARD.encode_string(&file.bytes, page);
    page.push_str(after);
}

pub(crate) fn read(path: &Path) -> Result<(Exported, Files), AppError> {
    let wrong = |reason: &str| AppError::Import { path: path.to_owned(), reason: reason.into() };
    let page = read_text(path)?;
    // What an answer says is escaped and cannot look like it; the last one is ours.
    let (body, data) =
        page.rsplit_once(DATA[0]).ok_or_else(|| wrong("it has no data of the program"))?;
    let json = data.split_once(DATA[1]).ok_or_else(|| wrong("it is cut off"))?.0;
    let exported = Exported::parse(path, json)?;
    let mut files = Files::new();
    for part in body.split(PICTURE[0]).skip(1) {
        let Some((id, rest)) = part.split_once(PICTURE[1]) else { continue };
        let bytes = rest.split_once(";base64,").and_then(|(_, rest)| rest.split_once(PICTURE[2]));
        let bytes = bytes.and_then(|(bytes, _)| STANDARD.decode(bytes).ok());
        let bytes = bytes.ok_or_else(|| wrong("a picture is damaged"))?;
        files.insert(file_of(id).to_owned(), bytes);
    }
    Ok((exported, files))
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
