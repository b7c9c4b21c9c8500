//! A chat with the bytes of its pictures, and how each is shown.

use std::collections::BTreeMap;

use lorgnette_app::chats::{AnswerBy, Attachment, ChatId, Message, PictureInfo, picture_id};
use lorgnette_app::coordinator::App;
use lorgnette_app::{AppError, sections};

use crate::chat::Exported;

/// What stands over folded thoughts.
pub(crate) const THOUGHTS: &str = "Thoughts";
/// Pixels of the longest side of a picture that is drawn anew. A line of a page of A4 is read at it.
const MAX_SIDE: u32 = 1600;
/// The languages in which pages may have been counted, whichever the window had then.
const LANGUAGES: [&str; 2] = ["en", "fr"];

/// What a chat is to be written from.
pub(crate) struct Source {
    pub(crate) exported: Exported,
    /// The branch that is shown.
    pub(crate) shown: Vec<Shown>,
    /// The pictures of all branches as they were added, by file and not by page.
    pub(crate) files: Vec<File>,
}

/// A file that pictures are of.
pub(crate) struct File {
    /// Its SHA-256 in hex, which is also the id of a picture that is all of it.
    pub(crate) id: String,
    /// What it is called in the folder.
    pub(crate) name: String,
    /// Its type, as MIME has it.
    pub(crate) media_type: String,
    pub(crate) bytes: Vec<u8>,
}

/// A message of the branch that is shown.
pub(crate) struct Shown {
    pub(crate) message: Message,
    pub(crate) pictures: Vec<ShownPicture>,
    /// The headings of an answer page by page, in order, each with the number of its picture.
    pub(crate) pages: Vec<(String, usize)>,
}

/// A picture where it was asked about.
pub(crate) struct ShownPicture {
    /// From 1 on, in the whole chat.
    pub(crate) number: usize,
    /// What it is called.
    pub(crate) name: String,
    pub(crate) look: Look,
}

/// How a picture is shown.
pub(crate) enum Look {
    /// As it was added, in the file of that place in [`Source::files`].
    Added(usize),
    /// Drawn anew, as PNG: a page, a part, turned, or of a format that browsers do not know.
    Drawn(Vec<u8>),
    /// Not at all: why.
    Missing(String),
}

impl Source {
    /// Takes a chat out of the app.
    ///
    /// # Errors
    /// [`AppError::NotFound`] if it is not there; those of reading the chats and the pictures' files.
    pub(crate) fn of(app: &App, chat: ChatId) -> Result<Self, AppError> {
        let chat_shown = app.chats().chat(chat)?;
        let all = app.chats().messages(chat)?;
        let (mut files, mut names) = (Vec::<File>::new(), BTreeMap::new());
        for attachment in all.iter().flat_map(|message| &message.pictures) {
            let id = &attachment.picture;
            if names.contains_key(id) {
                continue;
            }
            let file = picture_id::file_of(id);
            let known = files.iter().find(|known| known.id == file);
            let name = if let Some(known) = known {
                known.name.clone()
            } else {
                let (suffix, media_type) = kind(&app.chats().picture(id)?.format);
                let name = format!("picture-{}.{suffix}", files.len() + 1);
                let bytes = app.pictures().bytes(id)?;
                let (id, media_type) = (file.to_owned(), media_type.to_owned());
                files.push(File { id, name: name.clone(), media_type, bytes });
                name
            };
            names.insert(id.clone(), name);
        }
        let mut source = Self {
            exported: Exported::new(chat_shown.title, &all, names),
            shown: Vec::new(),
            files,
        };
        for message in chat_shown.messages {
            let shown = source.shown(app, message);
            source.shown.push(shown);
        }
        Ok(source)
    }

    fn shown(&self, app: &App, message: Message) -> Shown {
        let n_before = self.shown.iter().map(|shown| shown.pictures.len()).sum::<usize>();
        let picture = |(nth, attachment): (usize, &Attachment)| {
            let info = app.chats().picture(&attachment.picture).ok();
            let name = info.as_ref().map_or_else(
                || attachment.name.clone(),
                |info| match info.page() {
                    // Its file has more than is shown.
                    Some(page) => format!("{}, page {page}", attachment.name),
                    None => attachment.name.clone(),
                },
            );
            let look = self.look(app, attachment, info.as_ref());
            ShownPicture { number: n_before + nth + 1, name, look }
        };
        let pictures = message.pictures.iter().enumerate().map(picture).collect();
        let pages = match self.shown.last() {
            Some(question) if message.by == AnswerBy::Pages => pages(app, question, &message),
            _ => Vec::new(),
        };
        Shown { message, pictures, pages }
    }

    fn look(&self, app: &App, attachment: &Attachment, info: Option<&PictureInfo>) -> Look {
        let is_whole = attachment.region.is_none() && attachment.turn == 0;
        let is_for_browsers = info.is_some_and(|info| kind(&info.format).1.starts_with("image/"));
        let file = self.files.iter().position(|file| file.id == attachment.picture);
        if let Some(file) = file.filter(|_| is_whole && is_for_browsers) {
            return Look::Added(file);
        }
        match app.pictures().view_png(attachment, MAX_SIDE) {
            Ok(png) => Look::Drawn(png),
            Err(error) => Look::Missing(AppError::from(error).one_line()),
        }
    }
}

/// The headings of an answer page by page, each with the number of its picture.
fn pages(app: &App, question: &Shown, answer: &Message) -> Vec<(String, usize)> {
    let attachments = &question.message.pictures;
    let info = |id: &str| app.chats().picture(id).ok();
    let headings = LANGUAGES.map(|language| sections::headings(attachments, info, language));
    let n_begun = |headings: &Vec<String>| sections::starts(headings, &answer.text).len();
    let Some(headings) = headings.into_iter().max_by_key(n_begun) else { return Vec::new() };
    let n_begun = n_begun(&headings);
    let numbers = question.pictures.iter().map(|picture| picture.number);
    headings.into_iter().take(n_begun).zip(numbers).collect()
}

/// The suffix of a file of a format, and its type: one of pictures if browsers show it.
fn kind(format: &str) -> (&'static str, &'static str) {
    match format {
        "PNG" => ("png", "image/png"),
        "JPEG" => ("jpg", "image/jpeg"),
        "WebP" => ("webp", "image/webp"),
        "GIF" => ("gif", "image/gif"),
        "BMP" => ("bmp", "image/bmp"),
        "AVIF" => ("avif", "image/avif"),
        "ICO" => ("ico", "image/x-icon"),
        "TIFF" => ("tiff", "application/octet-stream"),
        "HEIC" => ("heic", "application/octet-stream"),
        "TGA" => ("tga", "application/octet-stream"),
        "PNM" => ("pnm", "application/octet-stream"),
        "PDF" => ("pdf", "application/pdf"),
        _ => ("bin", "application/octet-stream"),
    }
}

/// Who says a message, as people read it.
pub(crate) fn who(message: &Message) -> &str {
    match &message.model {
        Some(model) if message.is_model => model,
        _ if message.is_model && message.by == AnswerBy::Reader => "Exact text, no model",
        _ if message.is_model => "Lorgnette",
        _ => "You",
    }
}
