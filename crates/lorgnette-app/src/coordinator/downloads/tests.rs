use std::path::Path;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use lorgnette_loopback::{Behaviour, LoopbackHub};
use lorgnette_models::{FetchState, HubSettings, Model, ModelState};

use super::*;
use crate::error::{Fault, FaultKind};
use crate::settings::BUILT_IN;

const NAME: &str = "pixtral-12b-gguf";

/// An app that chose the built-in model, and a hub that has its files under a bigger one's name.
struct World {
    folder: tempfile::TempDir,
    hub: LoopbackHub,
    app: App,
    notices: mpsc::Receiver<Notice>,
}

fn pocket(name: &str) -> Vec<u8> {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/pocket");
    fs_err::read(models.join(name)).unwrap()
}

fn is_made_here(state: &ModelState) -> bool {
    matches!(state, ModelState::Installed { made_here: true })
}

impl World {
    fn new() -> Self {
        let hub = LoopbackHub::start();
        let files = [
            ("pixtral-12b-Q4_K_M.gguf", pocket("pocket-q8_0.gguf")),
            ("mmproj-pixtral-12b-f16.gguf", pocket("mmproj-pocket-q8_0.gguf")),
        ];
        hub.publish("ggml-org/pixtral-12b-GGUF", &files);
        let folder = tempfile::tempdir().unwrap();
        let folders = Folders::below(folder.path());
        let (tell, notices) = mpsc::channel();
        let app = App::open(folders, move |notice| drop(tell.send(notice))).unwrap();
        let chosen = Settings { model: Some(BUILT_IN.into()), ..app.settings() };
        app.set_settings(chosen).unwrap();
        Self { folder, hub, app, notices }
    }

    fn fetch(&self) -> Result<(), AppError> {
        let hub = HubSettings {
            endpoint: self.hub.endpoint().parse().unwrap(),
            token: None,
            cache: self.folder.path().join("hub"),
            offline: false,
        };
        self.app.fetch_with(NAME, AddOptions { hub, ..AddOptions::from_environment().unwrap() })
    }

    fn model(&self) -> Model {
        let path = self.folder.path().join("models").join(NAME).display().to_string();
        let mut models = self.app.models();
        let at = models.iter().position(|model| model.id == NAME || model.id == path);
        models.remove(at.expect("it is listed, whatever its state"))
    }

    /// Waits until the list says so; what it said at last.
    #[track_caller]
    fn wait(&self, what: &str, is: impl Fn(&ModelState) -> bool) -> Model {
        let deadline = Instant::now() + Duration::from_mins(1);
        loop {
            let model = self.model();
            if is(&model.state) {
                return model;
            }
            assert!(Instant::now() < deadline, "not {what}: {:?}", model.state);
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

#[test]
fn a_model_of_the_catalogue_is_fetched_checked_and_removed() {
    let world = World::new();
    assert!(matches!(world.model().state, ModelState::Offered));
    world.fetch().unwrap();
    let model = world.wait("installed", is_made_here);
    assert!(model.label().starts_with("Pixtral 12B"), "{}", model.label());
    assert_eq!(model.licence.as_deref(), Some("Apache-2.0"));
    // The thread that fetched it ends a moment after it is there.
    let deadline = Instant::now() + Duration::from_mins(1);
    while world.app.n_fetches() > 0 {
        assert!(Instant::now() < deadline, "it is still fetched");
        std::thread::sleep(Duration::from_millis(10));
    }
    let told = world.notices.try_iter().any(|notice| {
        matches!(notice, Notice::Fetch { name, state: FetchState::Running { done_bytes, .. } }
            if name == NAME && done_bytes > 0)
    });
    assert!(told, "nobody was told how far it is");

    world.app.verify_model(&model.id).unwrap();
    let file = Path::new(&model.id).join("pixtral-12b-Q4_K_M.gguf");
    let mut bytes = fs_err::read(&file).unwrap();
    bytes[5000] ^= 1;
    fs_err::write(&file, bytes).unwrap();
    assert!(matches!(
        world.app.verify_model(&model.id),
        Err(AppError::Models(ModelsError::Damaged { .. }))
    ));
    world.app.remove_model(&model.id).unwrap();
    assert!(matches!(world.model().state, ModelState::Offered));
    assert!(matches!(world.app.remove_model("/etc"), Err(AppError::NotFound { .. })));
}

#[test]
fn what_stops_it_is_told_and_it_goes_on_from_there() {
    let world = World::new();
    world.hub.behave(|request| match request.file() {
        Some("mmproj-pixtral-12b-f16.gguf") => Behaviour::Status(403, vec![]),
        _ => Behaviour::Well,
    });
    world.fetch().unwrap();
    let stopped = world
        .wait("stopped", |state| matches!(state, ModelState::Begun(FetchState::Stopped { .. })));
    let ModelState::Begun(FetchState::Stopped { error, .. }) = stopped.state else {
        unreachable!()
    };
    let fault = Fault::from(&*error);
    assert!(!fault.hint.is_empty() && fault.kind == FaultKind::Model, "{fault:?}");
    world.hub.behave(|_| Behaviour::Well);
    world.fetch().unwrap();
    world.wait("installed", is_made_here);
}
