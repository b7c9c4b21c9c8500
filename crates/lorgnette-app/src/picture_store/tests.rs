use super::*;

fn store() -> (tempfile::TempDir, PictureStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = PictureStore::new(&folder.path().join("data"), &folder.path().join("cache"));
    (folder, store)
}

const RED_AND_CLEAR: [u8; 8] = [255, 0, 0, 255, 0, 0, 0, 0];

/// Adds two pixels side by side, which may be transparent.
fn add_rgba(store: &PictureStore, rgba: &[u8; 8]) -> PictureInfo {
    let png = lorgnette_image::rgba_to_png(2, 1, rgba.to_vec()).unwrap();
    store.add("clipboard", &png).unwrap()
}

#[test]
fn the_same_picture_lies_there_once_and_comes_back() {
    let (_folder, store) = store();
    let first = add_rgba(&store, &RED_AND_CLEAR);
    let again = add_rgba(&store, &RED_AND_CLEAR);
    assert_eq!(first, again);
    let picture = store.open(&first.id, "it").unwrap();
    assert_eq!(picture.rgb(), [255, 0, 0, 255, 255, 255]);
}

#[test]
fn transparency_of_the_clipboard_is_that_of_files() {
    let (_folder, store) = store();
    let shown = |rgba: &[u8; 8]| {
        let info = add_rgba(&store, rgba);
        store.open(&info.id, "it").unwrap().rgb().to_vec()
    };
    // Nobody filled in the transparency.
    assert_eq!(shown(&[9, 8, 7, 0, 1, 2, 3, 0]), [9, 8, 7, 1, 2, 3]);
    // White on nothing would vanish.
    let light = shown(&[255, 255, 255, 255, 0, 0, 0, 0]);
    assert!(light[0] == 255 && light[3] < 128, "{light:?}");
}

#[test]
fn no_name_becomes_a_path() {
    let (_folder, store) = store();
    for id in ["", "..", "../../etc/passwd", &"A".repeat(64), &"g".repeat(64)] {
        assert!(matches!(store.bytes(id), Err(AppError::NotFound { .. })), "{id}");
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
    let info = add_rgba(&store, &RED_AND_CLEAR);
    let thumb = store.thumb(&info.id).unwrap();
    fs_err::remove_dir_all(folder.path().join("cache")).unwrap();
    assert_eq!(store.thumb(&info.id).unwrap(), thumb);
    store.delete(&info.id);
    assert!(matches!(store.full(&info.id), Err(AppError::NotFound { .. })));
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
