use std::path::Path;

use lorgnette_image::Note;

use lorgnette_pictures::PictureError;

use super::*;
use crate::chats::{Attachment, ChatsError, Draft};
use crate::folders::Folders;

/// A TIFF of three pages.
const PAGES: &[u8] =
    include_bytes!("../../../../lorgnette-image/tests/fixtures/bugs/tiff-three-pages.tif");

/// An app in a folder of its own, whose model is never loaded.
fn open(home: &Path) -> App {
    App::open(Folders::below(home), |_| {}).unwrap()
}

fn draft(picture: &PictureInfo) -> Draft {
    let PictureInfo { id, name, .. } = picture.clone();
    let attachment = Attachment { picture: id, name, region: None, turn: 0, max_side: None };
    Draft { text: String::new(), pictures: vec![attachment] }
}

#[test]
fn a_page_that_is_chosen_is_known_and_its_file_stays_while_it_is_used() {
    let home = tempfile::tempdir().unwrap();
    let app = open(home.path());
    let first = app.add_bytes("pages.tif", PAGES).unwrap();
    assert_eq!(first.page(), Some(1));
    let second = app.choose_page(&first.id, 2).unwrap();
    assert_eq!(second.notes, [Note::Page { shown: 2, of: 3 }]);
    assert_eq!(app.choose_page(&second.id, 3).unwrap().page(), Some(3));
    assert_eq!(app.choose_page(&second.id, 1).unwrap(), first, "it was there already");
    assert!(matches!(app.choose_page(&second.id, 4), Err(AppError::Picture(_))));
    assert!(matches!(app.choose_page("../1", 1), Err(AppError::NotFound { .. })));

    app.chats().set_draft(None, &draft(&second)).unwrap();
    app.0.forget_pictures(i64::MAX, false).unwrap();
    assert!(app.picture(&first.id).is_err(), "nothing uses the first page");
    let (_, files) = app.chats().draft(None).unwrap();
    assert_eq!(files, std::slice::from_ref(&second));
    assert!(app.pictures().bytes(&second.id).is_ok());
    // From here on, too, though the first page was forgotten.
    assert_eq!(app.choose_page(&second.id, 1).unwrap().notes, first.notes);

    app.chats().set_draft(None, &Draft::default()).unwrap();
    app.0.forget_pictures(i64::MAX, false).unwrap();
    assert!(matches!(app.pictures().bytes(&second.id), Err(PictureError::NotFound { .. })));
}

#[test]
fn a_page_of_a_private_picture_is_private() {
    let home = tempfile::tempdir().unwrap();
    let app = open(home.path());
    let first = app.keep_bytes("pages.tif", PAGES).unwrap();
    let chat = app.begin_private().unwrap();
    let second = app.choose_page(&first.id, 2).unwrap();
    assert!(app.chats_of(chat.id).unwrap().picture(&second.id).is_ok());
    assert!(matches!(app.chats().picture(&second.id), Err(ChatsError::NotFound { .. })));
    let thumb = home.path().join(format!("cache/pictures/{}-thumb.png", second.id));
    assert!(!thumb.exists());
}
