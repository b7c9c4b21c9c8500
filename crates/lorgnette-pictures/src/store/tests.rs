use super::*;

fn store() -> (tempfile::TempDir, PictureStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = PictureStore::new(&folder.path().join("data"), &folder.path().join("cache"));
    (folder, store)
}

const RED_AND_CLEAR: [u8; 8] = [255, 0, 0, 255, 0, 0, 0, 0];

/// Adds two pixels side by side, which may be transparent.
fn add_rgba(store: &PictureStore, rgba: [u8; 8]) -> PictureInfo {
    let png = lorgnette_image::rgba_to_png(2, 1, rgba.to_vec()).unwrap();
    store.add("clipboard", &png).unwrap()
}

#[test]
fn the_same_picture_lies_there_once_and_comes_back() {
    let (_folder, store) = store();
    let first = add_rgba(&store, RED_AND_CLEAR);
    let again = add_rgba(&store, RED_AND_CLEAR);
    assert_eq!(first, again);
    let picture = store.open(&first.id, "it").unwrap();
    assert_eq!(picture.rgb(), [255, 0, 0, 255, 255, 255]);
}

#[test]
fn transparency_of_the_clipboard_is_that_of_files() {
    let (_folder, store) = store();
    let shown = |rgba: [u8; 8]| {
        let info = add_rgba(&store, rgba);
        store.open(&info.id, "it").unwrap().rgb().to_vec()
    };
    // Nobody filled in the transparency.
    assert_eq!(shown([9, 8, 7, 0, 1, 2, 3, 0]), [9, 8, 7, 1, 2, 3]);
    // White on nothing would vanish.
    let light = shown([255, 255, 255, 255, 0, 0, 0, 0]);
    assert!(light[0] == 255 && light[3] < 128, "{light:?}");
}

#[test]
fn no_name_becomes_a_path() {
    let (_folder, store) = store();
    for id in ["", "..", "../../etc/passwd", &"A".repeat(64), &"g".repeat(64)] {
        assert!(matches!(store.bytes(id), Err(PictureError::NotFound { .. })), "{id}");
    }
}

#[test]
fn what_is_no_picture_is_not_kept() {
    let (folder, store) = store();
    let error = store.add("letter.txt", b"Dear Sir").unwrap_err();
    assert!(error.to_string().starts_with("letter.txt"), "{error}");
    assert!(!folder.path().join("data/pictures").exists());
}

#[test]
fn a_lost_cache_is_made_again() {
    let (folder, store) = store();
    let info = add_rgba(&store, RED_AND_CLEAR);
    let thumb = store.thumb(&info.id).unwrap();
    fs_err::remove_dir_all(folder.path().join("cache")).unwrap();
    assert_eq!(store.thumb(&info.id).unwrap(), thumb);
    store.delete(&info.id, false);
    assert!(matches!(store.full(&info.id), Err(PictureError::NotFound { .. })));
}

#[test]
fn a_region_is_taken_before_the_turn() {
    let info = |width, height| PictureInfo {
        id: String::new(),
        name: String::new(),
        width,
        height,
        format: String::new(),
        n_bytes: 0,
        is_animation: false,
        notes: Vec::new(),
    };
    let region = Region { x: 90, y: 0, width: 50, height: 20 };
    assert_eq!(viewed_size(&info(100, 200), Some(region), 1), (20, 10));
    assert_eq!(viewed_size(&info(100, 200), None, 2), (100, 200));
}

/// A TIFF of three pages.
const PAGES: &[u8] =
    include_bytes!("../../../lorgnette-image/tests/fixtures/bugs/tiff-three-pages.tif");

#[test]
fn a_page_that_is_chosen_is_a_picture_of_the_same_file() {
    let (folder, store) = store();
    let first = store.add("pages.tif", PAGES).unwrap();
    let second = store.page(&first, 2).unwrap();
    assert_eq!(second.notes, [lorgnette_image::Note::Page { shown: 2, of: 3 }]);
    assert_eq!((file_of(&second.id), &second.name), (first.id.as_str(), &first.name));
    let shown = store.open(&second.id, "it").unwrap();
    assert_eq!(shown, file::decode_bytes("it", PAGES, Some(2)).unwrap());
    assert_ne!(shown.rgb(), store.open(&first.id, "it").unwrap().rgb());
    assert_ne!(store.thumb(&second.id).unwrap(), store.thumb(&first.id).unwrap());
    assert_ne!(store.full(&second.id).unwrap(), store.full(&first.id).unwrap());
    // From one page to another, and no further than there are pages.
    assert_eq!(
        store.page(&second, 3).unwrap().notes,
        [lorgnette_image::Note::Page { shown: 3, of: 3 }]
    );
    assert!(matches!(store.page(&second, 4), Err(PictureError::Image { .. })));
    // Another program finds it, with what is known of it.
    let again = PictureStore::new(&folder.path().join("data"), &folder.path().join("new cache"));
    assert_eq!(again.info(&second.id, "pages.tif").unwrap(), second);
}

#[test]
fn a_file_stays_while_a_page_of_it_is_used() {
    let (_folder, store) = store();
    let first = store.add("pages.tif", PAGES).unwrap();
    let second = store.page(&first, 2).unwrap();
    store.delete(&first.id, true);
    assert!(store.has(&second.id));
    store.delete(&second.id, false);
    assert!(!store.has(&first.id));
}

const DOCUMENTS: [&[u8]; 2] = [
    include_bytes!("../../../lorgnette-image/tests/fixtures/documents/cairo.pdf"),
    include_bytes!("../../../lorgnette-image/tests/fixtures/documents/user-password.pdf"),
];

#[test]
fn of_a_document_only_what_is_looked_at_is_drawn() {
    let (folder, store) = store();
    let first = store.add("report.pdf", DOCUMENTS[0]).unwrap();
    let made = || {
        let names = fs_err::read_dir(folder.path().join("cache/pictures")).unwrap();
        let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.map(|name| name.replace(&first.id, "ID")).collect();
        names.sort();
        names
    };
    assert_eq!(made(), ["ID-thumb.png"]);
    let chosen = store.page_undrawn(&first, 2).unwrap();
    assert_eq!((chosen.id.as_str(), chosen.n_pages()), (format!("{}-2", first.id).as_str(), 3));
    assert_eq!(made(), ["ID-thumb.png"]);
    let drawn = store.open(&chosen.id, "it").unwrap();
    assert_eq!((chosen.width, chosen.height), (drawn.width(), drawn.height()));
    assert_eq!(store.page(&first, 2).unwrap(), chosen, "it is what it is when it is drawn");
    let thumb = store.page_thumb(&chosen.id, 3).unwrap();
    let thumb = Picture::decode(&thumb).unwrap();
    assert_eq!(thumb.width().max(thumb.height()), THUMB_SIDE);
    assert_eq!(made(), ["ID-2-thumb.png", "ID-3-thumb.png", "ID-thumb.png"]);
    for missing in [0, 4] {
        assert!(store.page_thumb(&first.id, missing).is_err());
        assert!(store.page_undrawn(&first, missing).is_err());
    }
    store.delete(&chosen.id, true);
    store.delete(&first.id, false);
    assert_eq!(made(), [""; 0], "no small picture of a page stays");
}

#[test]
fn a_document_with_a_password_is_added_when_it_is_typed() {
    let (folder, store) = store();
    let error = store.add("letter.pdf", DOCUMENTS[1]).unwrap_err();
    let PictureError::Locked { id, name } = error else { panic!("{error:?}") };
    assert_eq!(name, "letter.pdf");
    assert!(!store.has(&id), "nothing of it is stored");
    let error = store.unlock(&id, None, "Secret").unwrap_err();
    assert_eq!(
        lorgnette_models::one_line(&error),
        "letter.pdf: the password does not open the document"
    );
    let added = store.unlock(&id, None, "secret").unwrap();
    assert_eq!((&added.id, added.name.as_str()), (&id, "letter.pdf"));
    assert!(store.open(&id, "it").is_ok() && store.page_thumb(&id, 1).is_ok());
    // The next start knows no password.
    let (data, cache) = (folder.path().join("data"), folder.path().join("cache"));
    let again = PictureStore::new(&data, &cache);
    assert!(matches!(again.open(&id, "it"), Err(PictureError::Locked { .. })));
    assert!(again.unlock(&id, None, "secret").is_err(), "nobody knows of it");
    assert_eq!(again.unlock(&id, Some(&added), "secret").unwrap(), added);
    assert!(again.open(&id, "it").is_ok());
}

#[test]
fn words_are_found_on_the_pages_of_a_document() {
    let (_folder, store) = store();
    let document = store.add("report.pdf", DOCUMENTS[0]).unwrap();
    let text = store.document(&document.id, "it").unwrap().document.text(1).unwrap();
    let line = text.lines().find(|line| line.trim().len() > 4).unwrap().to_uppercase();
    assert!(store.pages_with(&document.id, &line).unwrap().contains(&1), "{text}");
    for nowhere in ["", "  ", "Zeppelin"] {
        assert_eq!(store.pages_with(&document.id, nowhere).unwrap(), [0; 0]);
    }
}
