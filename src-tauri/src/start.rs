//! The start of the program: opens the app and its window, or says why it cannot and what can be done
//! about it, in a small window of its own.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use lorgnette_app::AppError;
use lorgnette_app::chats::ChatsError;
use lorgnette_app::coordinator::{App, Notice};
use lorgnette_app::folders::Folders;
use lorgnette_app::quick_action::QuickAction;
use lorgnette_app::say;
use lorgnette_app::settings::Theme;
use lorgnette_app::start::{self, WayOn};
use tauri::{AppHandle, Manager as _, WebviewUrl, WebviewWindowBuilder, WindowEvent};

use crate::commands::models;
use crate::ipc::{AppEvent, AppEvents, FailedStartDto, FromDto, OldPicturesDto};
use crate::served::Served;
use crate::shortcuts;
use crate::window::StaysHidden;
use crate::{native, quick_actions, webview, window};

/// The name of the window that says why the program cannot start.
pub const LABEL: &str = "start";

/// How long a program that closes may take: as long as it waits for its answers, and some more.
const CLOSING_TAKES: Duration = Duration::from_secs(8);

/// What the program was started with, and why it has not begun yet.
pub struct Start(Mutex<Inner>);

struct Inner {
    folders: Folders,
    first: Option<QuickAction>,
    opened: Vec<PathBuf>,
    failed: Option<AppError>,
}

impl Start {
    pub fn new(folders: Folders, first: Option<QuickAction>, opened: Vec<PathBuf>) -> Self {
        Self(Mutex::new(Inner { folders, first, opened, failed: None }))
    }

    fn held(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn folders(&self) -> Folders {
        self.held().folders.clone()
    }

    /// Why the program has not begun, and what can be done; `None` when it has.
    pub fn failed(&self) -> Option<FailedStartDto> {
        let inner = self.held();
        let error = inner.failed.as_ref()?;
        Some(FailedStartDto::new(error, start::ways_on(error, &inner.folders)))
    }

    /// The folder of what could not be opened.
    pub fn folder(&self) -> PathBuf {
        let inner = self.held();
        match &inner.failed {
            Some(error) => start::folder_of(error, &inner.folders).to_owned(),
            None => inner.folders.data.clone(),
        }
    }
}

/// Begins, on the main thread.
pub fn begin(handle: &AppHandle) {
    match open_patiently(&handle.state::<Start>().folders(), handle) {
        Ok(app) => show(handle, &app),
        Err(error) => {
            say_there(&error);
            handle.state::<Start>().held().failed = Some(error);
            // The person looks at this first.
            handle.state::<StaysHidden>().set(false);
            if let Err(error) = open_window(handle) {
                say!("error: no window can be shown: {error}");
                ask_natively(handle);
            }
        }
    }
}

/// Takes a way on and tries again. Returns why it has not begun this time either.
///
/// # Errors
/// Those of [`start::take`]; then nothing has changed.
pub fn go_on(handle: &AppHandle, way: &WayOn) -> Result<Option<FailedStartDto>, AppError> {
    let start = handle.state::<Start>();
    let folders = start.folders();
    start::take(way, &folders)?;
    match open_patiently(&folders, handle) {
        Ok(app) => {
            start.held().failed = None;
            let main = handle.clone();
            // Fails when the program ends.
            let _ = handle.run_on_main_thread(move || {
                show(&main, &app);
                if let Some(window) = main.get_webview_window(LABEL) {
                    let _ = window.destroy();
                }
            });
        }
        Err(error) => {
            say_there(&error);
            start.held().failed = Some(error);
        }
    }
    Ok(start.failed())
}

/// Brings the window to the front that waits for the person, because the program was started again.
pub fn raise(handle: &AppHandle, opened: Vec<PathBuf>) {
    handle.state::<Start>().held().opened.extend(opened);
    if let Some(window) = handle.get_webview_window(LABEL) {
        let _ = window.unminimize();
        let _ = window.set_focus();
    }
}

/// Says on the terminal, if there is one, what the window says.
fn say_there(error: &AppError) {
    say!("error: {}\nhint: {}", error.one_line(), error.hint());
}

/// Shows the app in its window.
fn show(handle: &AppHandle, app: &App) {
    app.load();
    handle.manage(app.clone());
    let (first, opened) = {
        let start = handle.state::<Start>();
        let mut inner = start.held();
        (inner.first.take(), std::mem::take(&mut inner.opened))
    };
    // Before the window, which must not be in the picture, nor take the focus from what is.
    if let Some(action) = first {
        quick_actions::run(handle, action);
    }
    shortcuts::listen(handle);
    // The settings page says which keys could not be had.
    let _ = shortcuts::apply(handle, &app.settings());
    // So does it say why other programs cannot ask.
    handle.state::<Served>().apply(app, &app.settings());
    while let Err(error) = window::open(handle, app) {
        let message = format!("No window can be shown: {error}.");
        if !webview::ask_to_try_again(&message) {
            app.close();
            return handle.exit(1);
        }
    }
    if !opened.is_empty() {
        window::add(handle, opened, FromDto::Open);
    }
}

fn open_window(handle: &AppHandle) -> tauri::Result<()> {
    let builder = WebviewWindowBuilder::new(handle, LABEL, WebviewUrl::App("start.html".into()))
        .title("Lorgnette")
        .inner_size(620.0, 560.0)
        .min_inner_size(360.0, 320.0);
    let cache = handle.state::<Start>().folders().cache;
    let window = window::guarded(builder, Theme::System, &cache).build()?;
    let ends = handle.clone();
    webview::watch(&window, move || ask_natively(&ends));
    let ends = handle.clone();
    window.on_window_event(move |event| {
        if let WindowEvent::CloseRequested { .. } = event {
            ends.exit(1);
        }
    });
    Ok(())
}

/// Asks in the system's own dialog, where there is no page to ask in.
fn ask_natively(handle: &AppHandle) {
    let start = handle.state::<Start>();
    loop {
        let Some(failed) = start.failed() else { return };
        let folder = start.folder().display().to_string();
        let named: Vec<(String, WayOn)> =
            failed.ways().iter().filter_map(|way| Some((name(way)?, way.clone()))).collect();
        let names: Vec<&str> = named.iter().map(|(name, _)| name.as_str()).collect();
        let (message, hint) = failed.words();
        let hint =
            format!("{hint}\n\nThe files are in {folder}. Whatever is chosen, they are kept.");
        let chosen = native::ask(message, &hint, &names).and_then(|number| named.get(number));
        match chosen {
            None | Some((_, WayOn::Quit)) => return handle.exit(1),
            Some((_, way)) => {
                if let Err(error) = go_on(handle, way) {
                    say_there(&error);
                    native::ask(&error.one_line(), &error.hint(), &["Go on"]);
                }
            }
        }
    }
}

/// What a way on is called where there is no page with words; `None` for what a dialog leaves out.
fn name(way: &WayOn) -> Option<String> {
    Some(match way {
        WayOn::Repair { .. } => "Open a repaired copy".into(),
        WayOn::Restore { copy } => format!("Open {}", copy.name),
        WayOn::BeginAnew => "Begin without chats".into(),
        WayOn::UsualSettings => "Begin with the usual settings".into(),
        WayOn::TryAgain => "Try again".into(),
        WayOn::ShowFolder => return None,
        WayOn::Quit => "Quit".into(),
    })
}

/// Opens the app, and waits while a program that closes or was just killed still holds the chats.
fn open_patiently(folders: &Folders, handle: &AppHandle) -> Result<App, AppError> {
    let until = Instant::now() + CLOSING_TAKES;
    loop {
        let handle = handle.clone();
        match App::open(folders.clone(), move |notice| tell(&handle, notice)) {
            Err(AppError::Chats(ChatsError::InUse { .. })) if Instant::now() < until => {
                std::thread::sleep(Duration::from_millis(50));
            }
            opened => return opened,
        }
    }
}

/// Passes on to the page what the app tells.
fn tell(handle: &AppHandle, notice: Notice) {
    let events = handle.state::<AppEvents>();
    events.tell(match notice {
        Notice::Status(status) => AppEvent::Status { status: Box::new((*status).into()) },
        Notice::Fetch { name, state } => AppEvent::Fetch { id: name, state: state.into() },
        Notice::Chats => AppEvent::Chats,
        Notice::Preparation(preparation) => AppEvent::Preparation { preparation },
        Notice::Aloud(aloud) => AppEvent::Aloud { aloud: aloud.into() },
        Notice::Check { answer, check } => {
            AppEvent::Check { answer_id: answer, check: check.into() }
        }
        Notice::ReadPictures(progress) => AppEvent::OldPictures {
            progress: progress.map(|at| OldPicturesDto { done: at.n_done, total: at.n_pictures }),
        },
        Notice::Sentence { answer, text } => AppEvent::Sentence { answer_id: answer, text },
        Notice::Models => match handle.try_state::<App>() {
            Some(app) => AppEvent::Models { models: models::list(&app) },
            None => return,
        },
    });
}
