//! `POST /v1/ocr`: the text in a picture by the exact reader, with the place of each line. The form is
//! that of Mistral's OCR: `document` is asked about, and `pages` are replied. Source: the API
//! reference at docs.mistral.ai, "OCR".

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use lorgnette_app::pictures::PictureFile;
use lorgnette_app::reader::{LineRecord, Progress, Reader, UnreadableRecord};
use lorgnette_app::{AppError, Cancel, Interrupted, PictureError, layer};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::options::Limits;
use crate::picture;
use crate::refusal::Refusal;
use crate::server::Shared;
use crate::wire::{self, Style};

/// What the reader is called where models have a name.
const READER: &str = "exact-reader";
const HINT: &str = "send document: { type: image_url, image_url: data:image/png;base64,… }";

/// What reads: made when it is first wanted.
pub(crate) type SharedReader = OnceLock<Reader>;

#[derive(Deserialize)]
struct Asked {
    document: Value,
    /// Pages of a document, from 0; without it, all of them.
    pages: Option<Vec<u32>>,
    model: Option<String>,
}

/// What is to be read.
struct Document {
    bytes: Vec<u8>,
    pages: Option<Vec<u32>>,
}

/// Answers `POST /v1/ocr`: reads a picture or document.
pub(crate) async fn read(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let read = async {
        let arrived = wire::arrive(&shared, &headers, body, parse).await?;
        let of_job = Arc::clone(&shared);
        let work = move |document, cancel: &Cancel| {
            let reader = of_job.reader.get_or_init(|| Reader::new(None));
            all_pages(
                &Pages { reader, limits: &of_job.limits, cancel, begun: Instant::now() },
                document,
            )
        };
        wire::have_done(&shared, arrived, work).await
    };
    match read.await {
        Ok((value, head)) => head.put_in(wire::json(&value)),
        Err(refusal) => wire::refuse(&refusal, Style::OpenAi),
    }
}

fn parse(body: &[u8], _: &Limits) -> Result<Document, Refusal> {
    let Asked { mut document, pages, model } = serde_json::from_slice(body)
        .map_err(|error| Refusal::Malformed { reason: error.to_string() })?;
    if let Some(name) = model.filter(|name| !name.is_empty() && name != READER) {
        return Err(Refusal::UnknownModel { name });
    }
    if pages.as_ref().is_some_and(Vec::is_empty) {
        return Err(Refusal::parameter("pages", "it is empty", "leave it out for all pages"));
    }
    let name = match document["type"].as_str() {
        Some("image_url") => "image_url",
        Some("document_url") => "document_url",
        _ => {
            let reason = "it is neither image_url nor document_url";
            return Err(Refusal::parameter("document.type", reason, HINT));
        }
    };
    let mut url = document[name].take();
    if url.is_object() {
        url = url["url"].take();
    }
    let param = format!("document.{name}");
    let Value::String(url) = url else {
        return Err(Refusal::parameter(param, "it is no text", HINT));
    };
    let bytes = picture::of_data_uri(&param, &url)?;
    Ok(Document { bytes, pages })
}

/// Pages that are being read.
struct Pages<'a> {
    reader: &'a Reader,
    limits: &'a Limits,
    cancel: &'a Cancel,
    begun: Instant,
}

fn all_pages(read: &Pages, document: Document) -> Result<Value, Refusal> {
    let n_bytes = document.bytes.len();
    let file = PictureFile::new("document".into(), document.bytes);
    let n_pages = file.n_pages().map_err(unanswerable)?;
    let indices = document.pages.unwrap_or_else(|| (0..n_pages).collect());
    let (n_wanted, most) = (indices.len(), read.limits.n_pages);
    if n_wanted > most {
        let reason = format!("{n_wanted} pages are more than {most}");
        return Err(Refusal::parameter("pages", reason, "ask for fewer pages at a time"));
    }
    let mut pages = Vec::with_capacity(n_wanted);
    for index in indices {
        if index >= n_pages {
            let reason = format!("there is no page {index}: the document has {n_pages}, from 0");
            return Err(Refusal::parameter("pages", reason, "leave it out for all pages"));
        }
        // Of what is no document, the frame that a person would look at.
        let page = (n_pages > 1).then_some(index + 1);
        pages.push(one_page(read, &file, index, page)?);
    }
    Ok(json!({
        "model": READER,
        "usage_info": { "pages_processed": n_wanted, "doc_size_bytes": n_bytes },
        "pages": pages,
    }))
}

fn one_page(
    read: &Pages,
    file: &PictureFile,
    index: u32,
    page: Option<u32>,
) -> Result<Value, Refusal> {
    let picture = file.page(page).map_err(unanswerable)?;
    let limit = read.limits.answer_time;
    let mut is_too_long = false;
    let mut on_progress = |_: Progress| {
        is_too_long |= read.begun.elapsed() > limit;
        if is_too_long {
            read.cancel.cancel();
        }
    };
    let mut reading = match read.reader.read(&picture, read.cancel, &mut on_progress) {
        Ok(reading) => reading,
        Err(Interrupted::Cancelled) if is_too_long => return Err(Refusal::TooLong { limit }),
        Err(Interrupted::Cancelled) => return Err(Refusal::Stopping),
        Err(Interrupted::Failed(error)) => {
            return Err(Refusal::Failed(AppError::from(error).into()));
        }
    };
    // Where the document has text of its own that fits what is seen, its letters are taken.
    let own = file.open(None).ok().and_then(|document| document.text(page.unwrap_or(1)).ok());
    let fit = layer::put_in(&mut reading, &own.unwrap_or_default());
    let lines: Vec<LineRecord> = reading.lines.iter().map(LineRecord::from).collect();
    let unreadable: Vec<UnreadableRecord> =
        reading.unreadable.iter().map(UnreadableRecord::from).collect();
    let notes: Vec<String> = picture.notes().iter().map(ToString::to_string).collect();
    let mut page = json!({
        "index": index,
        // The text as it is: it has no marks of Markdown, and what looks like one was in the picture.
        "markdown": reading.text(),
        "images": [],
        "dimensions": { "dpi": null, "width": picture.width(), "height": picture.height() },
        "lines": lines,
        "unreadable": unreadable,
        "notes": notes,
    });
    if let Some(fit) = fit {
        page["lines_from_document"] = fit.n_own.into();
    }
    Ok(page)
}

fn unanswerable(error: PictureError) -> Refusal {
    Refusal::Unanswerable(AppError::from(error).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &Value) -> Result<Document, Refusal> {
        parse(body.to_string().as_bytes(), &Limits::default())
    }

    #[test]
    fn a_document_is_a_picture_by_data() {
        let uri = "data:image/png;base64,aGk=";
        for document in [
            json!({ "type": "image_url", "image_url": uri }),
            json!({ "type": "image_url", "image_url": { "url": uri } }),
            json!({ "type": "document_url", "document_url": uri }),
        ] {
            assert_eq!(read(&json!({ "document": document })).unwrap().bytes, b"hi");
        }
        for (body, expected) in [
            (json!({}), "missing field `document`"),
            (json!({ "document": uri }), "neither image_url"),
            (json!({ "document": { "type": "file" } }), "neither image_url"),
            (json!({ "document": { "type": "image_url", "image_url": 5 } }), "no text"),
            (
                json!({ "document": { "type": "image_url", "image_url": "http://a.b/c.png" } }),
                "fetches nothing",
            ),
            (
                json!({ "document": { "type": "document_url", "document_url": "/etc/passwd" } }),
                "opens no file",
            ),
            (
                json!({ "document": { "type": "image_url", "image_url": uri }, "model": "other" }),
                "no model other",
            ),
            (
                json!({ "document": { "type": "image_url", "image_url": uri }, "pages": [] }),
                "empty",
            ),
        ] {
            let refused = read(&body).err().map(|refusal| refusal.to_string());
            assert!(refused.as_ref().is_some_and(|why| why.contains(expected)), "{refused:?}");
        }
    }
}
