//! Models of the catalogue, fetched from a hub on loopback.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use lorgnette_loopback::{Behaviour, LoopbackHub};
use lorgnette_models::speed::Speeds;
use lorgnette_models::{
    AddOptions, Circumstances, Downloads, FetchNews, FetchState, Library, Model, ModelState,
    ModelsError,
};

use crate::{hub_settings, pocket};

const NAME: &str = "pixtral-12b-gguf";

/// Downloads into an empty folder, and a hub that has the built-in model's files under a bigger
/// one's name.
struct World {
    folder: tempfile::TempDir,
    hub: LoopbackHub,
    downloads: Downloads,
    news: mpsc::Receiver<FetchNews>,
}

fn is_made_here(state: &ModelState) -> bool {
    matches!(state, ModelState::Installed { made_here: true })
}

impl World {
    fn new() -> Self {
        let hub = LoopbackHub::start();
        let files = [
            ("pixtral-12b-Q4_K_M.gguf", fs_err::read(pocket("pocket-q8_0.gguf")).unwrap()),
            (
                "mmproj-pixtral-12b-f16.gguf",
                fs_err::read(pocket("mmproj-pocket-q8_0.gguf")).unwrap(),
            ),
        ];
        hub.publish("ggml-org/pixtral-12b-GGUF", &files);
        let folder = tempfile::tempdir().unwrap();
        let (tell, news) = mpsc::channel();
        let library = Library::at(&folder.path().join("models"));
        let downloads = Downloads::new(library, move |news| drop(tell.send(news)));
        Self { folder, hub, downloads, news }
    }

    fn library(&self) -> Library {
        Library::at(&self.folder.path().join("models"))
    }

    fn fetch(&self, name: &str) -> Result<(), ModelsError> {
        let hub = hub_settings(&self.hub, self.folder.path());
        self.downloads.start(name, AddOptions { hub, ..AddOptions::from_environment().unwrap() })
    }

    fn model(&self) -> Model {
        let path = self.library().dir().join(NAME).display().to_string();
        let circumstances = Circumstances {
            in_use: None,
            chosen: None,
            context: 8192,
            speeds: &Speeds::default(),
            calibration: None,
            fetches: &self.downloads.states(),
            servers: &[],
        };
        let mut models = self.library().survey(&circumstances);
        let at = models.iter().position(|model| model.id == NAME || model.id == path);
        models.remove(at.expect("it is listed, whatever its state"))
    }

    /// Waits until the list says so, and returns what it said at last.
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
fn a_model_of_the_catalogue_is_fetched() {
    let world = World::new();
    assert!(matches!(world.model().state, ModelState::Offered));
    world.fetch(NAME).unwrap();
    let model = world.wait("installed", is_made_here);
    assert!(model.label().starts_with("Pixtral 12B"), "{}", model.label());
    assert_eq!(model.licence.as_deref(), Some("Apache-2.0"));
    // The thread that fetched it ends a moment after it is there.
    let news: Vec<_> = std::iter::from_fn(|| world.news.recv_timeout(Duration::from_mins(1)).ok())
        .take_while(|news| !matches!(news, FetchNews::Ended { is_installed: true }))
        .collect();
    assert_eq!(world.downloads.n_running(), 0);
    let told = news.iter().any(|news| {
        matches!(news, FetchNews::Progress { name, state: FetchState::Running { done_bytes, .. } }
            if name == NAME && *done_bytes > 0)
    });
    assert!(told, "nobody was told how far it is");
}

#[test]
fn it_can_be_paused_gone_on_with_and_thrown_away() {
    let world = World::new();
    // The second file's bytes do not come until the person has paused.
    world.hub.behave(|request| match (request.file(), request.n_before) {
        (Some("mmproj-pixtral-12b-f16.gguf"), 0..2) => Behaviour::StallAt(0.1),
        _ => Behaviour::Well,
    });
    world.fetch(NAME).unwrap();
    world.wait("on its way", |state| {
        matches!(state, ModelState::Begun(FetchState::Running { done_bytes, .. }) if *done_bytes > 0)
    });
    assert_eq!(world.downloads.n_running(), 1);
    assert!(matches!(world.fetch("pixtral-12b"), Err(ModelsError::Fetching { .. })));
    world.downloads.pause(NAME);
    assert!(matches!(world.model().state, ModelState::Begun(FetchState::Paused { .. })));
    world.fetch(NAME).unwrap();
    assert!(matches!(world.model().state, ModelState::Begun(FetchState::Running { .. })));
    world.downloads.cancel(NAME).unwrap();
    world.wait("thrown away", |state| matches!(state, ModelState::Offered));
    assert!(!world.library().dir().join(".work").join(NAME).exists());
}

#[test]
fn what_stops_it_is_told_and_it_goes_on_from_there() {
    let world = World::new();
    world.hub.behave(|request| match request.file() {
        Some("mmproj-pixtral-12b-f16.gguf") => Behaviour::Status(403, vec![]),
        _ => Behaviour::Well,
    });
    world.fetch(NAME).unwrap();
    let stopped = world
        .wait("stopped", |state| matches!(state, ModelState::Begun(FetchState::Stopped { .. })));
    let ModelState::Begun(FetchState::Stopped { error, .. }) = stopped.state else {
        unreachable!()
    };
    assert!(matches!(&*error, ModelsError::Weights(_)) && !error.hint().is_empty(), "{error:?}");
    world.hub.behave(|_| Behaviour::Well);
    world.fetch(NAME).unwrap();
    world.wait("installed", is_made_here);
}

#[test]
fn only_what_is_offered_can_be_fetched() {
    let world = World::new();
    for name in ["pocket", "../x", "no such model"] {
        assert!(matches!(world.fetch(name), Err(ModelsError::UnknownModel { .. })), "{name}");
    }
}
