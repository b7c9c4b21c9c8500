//! The server as its clients and its enemies meet it: over real sockets, with the built-in model.

mod answers;
mod app_model;
mod client;
mod doors;
mod queue;
mod stopping;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lorgnette_app::conversation::Conversation;
use lorgnette_app::models::folders::Folders;
use lorgnette_app::models::{ModelChoice, OpenOptions, SpeedLog};
use lorgnette_serve::{
    Access, InstalledModels, Limits, ModelSource, Origin, ServeOptions, Server, TokenFile,
};
use tempfile::TempDir;

use self::client::Client;

/// The page that may ask.
const ALLOWED_PAGE: &str = "http://localhost:3000";

/// A running server with folders of its own.
struct Running {
    server: Server,
    token: String,
    home: TempDir,
}

impl Running {
    /// With the built-in model.
    fn new(limits: Limits) -> Self {
        let home = TempDir::new().unwrap();
        let models = built_in(home.path());
        Self::with(limits, home, Arc::new(models))
    }

    fn with(limits: Limits, home: TempDir, models: Arc<dyn ModelSource>) -> Self {
        let file = TokenFile::in_folder(&Folders::below(home.path()).data);
        let token = file.open().unwrap();
        let options = ServeOptions {
            address: "127.0.0.1:0".parse().unwrap(),
            allowed_origins: vec![ALLOWED_PAGE.parse::<Origin>().unwrap()],
            limits,
            ..ServeOptions::new(Access::Token(file))
        };
        let server = Server::start(options, models).unwrap();
        Self { server, token, home }
    }

    /// A client that shows the token.
    fn client(&self) -> Client {
        Client::new(self.server.address(), Some(&self.token))
    }

    /// Waits until nothing waits and nothing is in hand.
    #[track_caller]
    fn wait_until_idle(&self) {
        wait_until(|| {
            let status = self.server.status();
            status.n_waiting == 0 && !status.is_answering
        });
    }
}

/// The built-in model, and others that are installed below that folder.
fn built_in(home: &Path) -> InstalledModels {
    models(home, ModelChoice::Best)
}

/// The built-in model, served as if that had been chosen.
fn models(home: &Path, model: ModelChoice) -> InstalledModels {
    let folders = Folders::below(home);
    let speeds = Arc::new(SpeedLog::open(&folders.cache));
    let bare = OpenOptions { model: ModelChoice::BuiltIn, ..OpenOptions::default() };
    let conversation = Conversation::open(&bare, None, speeds, &mut |_, _| {}).unwrap();
    InstalledModels::new(OpenOptions { model, ..bare }, conversation, folders)
}

/// Waits for what will come to pass; a minute at the most, on the slowest machine.
#[track_caller]
fn wait_until(mut has_come: impl FnMut() -> bool) {
    for _ in 0..6000 {
        if has_come() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("it did not come to pass");
}

/// The bytes of a sample picture.
fn sample(name: &str) -> Vec<u8> {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/samples");
    fs_err::read(samples.join(name)).unwrap()
}

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs_err::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}
