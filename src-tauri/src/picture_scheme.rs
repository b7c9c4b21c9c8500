//! `picture:`, the scheme by which the page shows pictures: those that were added, by their ids, and
//! the samples. No address names a file.

use lorgnette_app::chats::Attachment;
use lorgnette_app::coordinator::App;
use lorgnette_app::open::DEFAULT_CONTEXT;
use lorgnette_app::{AppError, ImageConfig, Region, samples};
use tauri::http::{Method, Request, Response, StatusCode, header};
use tauri::{Manager as _, UriSchemeContext, UriSchemeResponder, Wry};

use crate::{panel, window};

/// The name of the scheme.
pub const SCHEME: &str = "picture";

/// What an address asks for.
#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    /// A small picture, for lists.
    Thumb(String),
    /// A small picture of a page of the same file.
    PageThumb(String, u32),
    /// The whole picture.
    Full(String),
    /// The picture as the model sees it: cut, turned and resized.
    ModelView(Attachment),
    /// A sample picture of the program.
    Sample(String),
}

/// Answers a request of the page.
#[expect(clippy::needless_pass_by_value, reason = "as Tauri hands it on")]
pub fn answer(
    context: UriSchemeContext<'_, Wry>,
    request: Request<Vec<u8>>,
    responder: UriSchemeResponder,
) {
    let is_shown = [window::LABEL, panel::LABEL].contains(&context.webview_label());
    let is_ours = is_shown && request.method() == Method::GET;
    let wanted = is_ours.then(|| wanted(request.uri().path())).flatten();
    // A page that says why there is no app shows no pictures.
    let app = context.app_handle().try_state::<App>().map(|app| app.inner().clone());
    tauri::async_runtime::spawn_blocking(move || {
        // An id is a hash of what is in it: it never changes. What is private is on no disk.
        let cache = match &app {
            Some(app) if !app.has_private() => "private, max-age=31536000, immutable",
            _ => "no-store",
        };
        responder.respond(match app.zip(wanted).map(|(app, wanted)| png(&app, wanted)) {
            Some(Ok(png)) => response(StatusCode::OK, png, cache),
            // It may be there later: a document that is unlocked, a page that is drawn again.
            Some(Err(_)) | None => response(StatusCode::NOT_FOUND, Vec::new(), "no-store"),
        });
    });
}

fn response(status: StatusCode, body: Vec<u8>, cache: &str) -> Response<Vec<u8>> {
    let response = Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, "image/png")
        .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
        .header(header::CACHE_CONTROL, cache);
    response.body(body).unwrap_or_default()
}

fn png(app: &App, wanted: Wanted) -> Result<Vec<u8>, AppError> {
    let known = |id: &str| app.picture(id).map(|_| app.pictures_with(id));
    match wanted {
        Wanted::Thumb(id) => Ok(known(&id)?.thumb(&id)?),
        Wanted::PageThumb(id, page) => Ok(known(&id)?.page_thumb(&id, page)?),
        Wanted::Full(id) => Ok(known(&id)?.full(&id)?),
        Wanted::ModelView(attachment) => {
            let pictures = known(&attachment.picture)?;
            let model = app.status().model;
            let context = model.as_ref().map_or(DEFAULT_CONTEXT, |model| model.context);
            let config = model.and_then(|model| model.image).unwrap_or(ImageConfig::PIXTRAL_12B);
            let config = attachment.max_side.map_or(config, |side| config.with_max_side(side));
            Ok(pictures.model_view(&attachment, &config, context)?)
        }
        Wanted::Sample(name) => {
            let sample = samples::find(&name);
            sample
                .map(|sample| sample.png.to_vec())
                .ok_or(AppError::NotFound { what: "that sample" })
        }
    }
}

/// Reads `/<id>/thumb`, `/<id>/thumb?page=…`, `/<id>/full`, `/<id>/model-view?side=…&region=x,y,w,h&turn=…` and
/// `/sample/<name>`, percent-encoded as a whole, as `convertFileSrc` makes it.
fn wanted(path: &str) -> Option<Wanted> {
    let path = percent_decoded(path.strip_prefix('/')?)?;
    let (path, query) = path.split_once('?').unwrap_or((&path, ""));
    let (id, what) = path.split_once('/')?;
    let page = || query.strip_prefix("page=")?.parse().ok();
    Some(match (id, what) {
        ("sample", name) => Wanted::Sample(name.into()),
        (id, "thumb") if query.is_empty() => Wanted::Thumb(id.into()),
        (id, "thumb") => Wanted::PageThumb(id.into(), page()?),
        (id, "full") => Wanted::Full(id.into()),
        (id, "model-view") => {
            let value = |name: &str| {
                let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
                pairs.find_map(|(key, value)| (key == name).then_some(value))
            };
            let numbers = |value: &str| -> Option<Vec<u32>> {
                value.split(',').map(|number| number.parse().ok()).collect()
            };
            Wanted::ModelView(Attachment {
                picture: id.into(),
                name: "the picture".into(),
                region: match value("region") {
                    Some(region) => match *numbers(region)? {
                        [x, y, width, height] => Some(Region { x, y, width, height }),
                        _ => return None,
                    },
                    None => None,
                },
                turn: value("turn").map_or(Some(0), |turn| turn.parse().ok())?,
                max_side: match value("side") {
                    Some(side) => Some(side.parse().ok()?),
                    None => None,
                },
            })
        }
        _ => return None,
    })
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || char::from(rest.next()?).to_digit(16);
        bytes.push((digit()? * 16 + digit()?) as u8);
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_the_page_makes_them() {
        assert_eq!(wanted("/abc%2Fthumb"), Some(Wanted::Thumb("abc".into())));
        let page = Some(Wanted::PageThumb("abc".into(), 12));
        assert_eq!(wanted("/abc%2Fthumb%3Fpage%3D12"), page);
        assert_eq!(wanted("/abc/full"), Some(Wanted::Full("abc".into())));
        assert_eq!(wanted("/sample%2Fdialog"), Some(Wanted::Sample("dialog".into())));
        let view = wanted("/abc%2Fmodel-view%3Fside%3D512%26region%3D1%2C2%2C3%2C4%26turn%3D1");
        let Some(Wanted::ModelView(attachment)) = view else { panic!("{view:?}") };
        let region = Some(Region { x: 1, y: 2, width: 3, height: 4 });
        assert_eq!(
            (attachment.max_side, attachment.region, attachment.turn),
            (Some(512), region, 1)
        );
    }

    #[test]
    fn what_is_no_address_is_none() {
        for path in [
            "",
            "/",
            "/abc",
            "/abc%2",
            "/abc%zz/full",
            "/abc/model-view?side=x",
            "/abc/model-view?region=1,2",
            "/abc/other",
            "/abc/thumb?page=",
            "/abc/thumb?page=-1",
            "/abc/thumb?n=1",
            "/%ff%2Ffull",
        ] {
            assert_eq!(wanted(path), None, "{path}");
        }
        // Such an id is in no list of pictures, and becomes no path either.
        assert_eq!(wanted("/..%2Ffull"), Some(Wanted::Full("..".into())));
    }
}
