//! Any bytes are an exported chat, as JSON or as a page, or are refused and change nothing.
#![no_main]

use std::fs;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use lorgnette_app::coordinator::App;
use lorgnette_app::folders::Folders;

struct Place {
    folder: tempfile::TempDir,
    app: App,
}

static PLACE: LazyLock<Place> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder");
    let app = App::open(Folders::below(folder.path()), |_| {}).expect("an app");
    Place { folder, app }
});

fuzz_target!(|bytes: &[u8]| {
    let Place { folder, app } = &*PLACE;
    for name in ["chat.json", "chat.html"] {
        let path = folder.path().join(name);
        fs::write(&path, bytes).expect("a writable folder");
        let _ = lorgnette_export::import(app, &path);
    }
});
