//! From the command line to the window's end.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use lorgnette_app::AppError;
use lorgnette_app::app::{App, Notice};
use lorgnette_app::folders::Folders;
use tauri::{AppHandle, Manager as _, RunEvent};
use tauri_plugin_window_state::StateFlags;

use crate::commands::models;
use crate::ipc::{AppEvent, AppEvents, FromDto};
use crate::{announce, bindings, menu, picture_scheme, window};

const USAGE: &str =
    "lorgnette-window [PICTURE...]\n\nOpens the window, with the pictures if any are named.";

/// Runs the program until its window is closed.
pub fn run() -> ExitCode {
    let arguments: Vec<String> = std::env::args_os()
        .skip(1)
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect();
    match arguments.first().map(String::as_str) {
        Some("--version" | "-V") => {
            println!("lorgnette-window {}", env!("CARGO_PKG_VERSION"));
            return ExitCode::SUCCESS;
        }
        Some("--help" | "-h") => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        _ => {}
    }
    match Folders::find() {
        Ok(folders) => start(folders, &arguments),
        Err(error) => fail(&error),
    }
}

fn start(folders: Folders, arguments: &[String]) -> ExitCode {
    let commands = bindings::commands();
    let here = std::env::current_dir().unwrap_or_default();
    let opened = pictures(arguments, &here);
    let kept_window = folders.config.join("window.json").display().to_string();
    let built = tauri::Builder::default()
        .plugin(
            tauri_plugin_single_instance::Builder::new()
                .dbus_id(instance(&folders))
                .callback(|handle, arguments, here| {
                    window::raise(handle);
                    let opened = pictures(arguments.get(1..).unwrap_or_default(), Path::new(&here));
                    if !opened.is_empty() {
                        window::add(handle, opened, FromDto::Open);
                    }
                })
                .build(),
        )
        .plugin(
            tauri_plugin_window_state::Builder::new()
                // Whether it can be seen is the page's to say.
                .with_state_flags(StateFlags::all() - StateFlags::VISIBLE)
                .with_filename(kept_window)
                .build(),
        )
        .manage(AppEvents::default())
        .invoke_handler(commands.invoke_handler())
        .register_asynchronous_uri_scheme_protocol(picture_scheme::SCHEME, picture_scheme::answer)
        .on_menu_event(menu::chosen)
        .setup(move |tauri| {
            let handle = tauri.handle().clone();
            let app = App::open(folders, move |notice| tell(&handle, notice))?;
            app.load();
            tauri.manage(app.clone());
            window::open(tauri.handle(), &app)?;
            if !opened.is_empty() {
                window::add(tauri.handle(), opened, FromDto::Open);
            }
            Ok(())
        })
        .build(tauri::generate_context!());
    match built {
        Ok(app) => {
            app.run(|handle, event| {
                // By the menu of a Mac or the end of a session: no window asks to close.
                if let RunEvent::Exit = event
                    && let Some(app) = handle.try_state::<App>()
                {
                    app.close();
                }
            });
            ExitCode::SUCCESS
        }
        Err(tauri::Error::Setup(error)) => {
            let error: Box<dyn std::error::Error> = error.into();
            match error.downcast_ref::<AppError>() {
                Some(error) => fail(error),
                None => fail_with(&error.to_string(), "Start it again."),
            }
        }
        Err(error) => fail_with(&error.to_string(), "Start it again."),
    }
}

/// Tells the page what the app tells.
fn tell(handle: &AppHandle, notice: Notice) {
    let events = handle.state::<AppEvents>();
    events.tell(match notice {
        Notice::Status(status) => AppEvent::Status { status: Box::new((*status).into()) },
        Notice::Fetch { name, state } => AppEvent::Fetch { id: name, state: state.into() },
        Notice::Chats => AppEvent::Chats,
        Notice::Preparation(preparation) => {
            AppEvent::Preparation { preparation: preparation.into() }
        }
        Notice::Aloud(aloud) => AppEvent::Aloud { aloud: aloud.into() },
        Notice::Check { answer, check } => {
            AppEvent::Check { answer_id: answer, check: check.into() }
        }
        Notice::Sentence(text) => return announce::say(handle, &text),
        Notice::Models => match handle.try_state::<App>() {
            Some(app) => AppEvent::Models { models: models::list(&app) },
            None => return,
        },
    });
}

/// Arguments that are no options, as paths.
fn pictures(arguments: &[String], here: &Path) -> Vec<PathBuf> {
    let paths = arguments.iter().filter(|argument| !argument.starts_with('-'));
    paths.map(|path| here.join(path)).collect()
}

/// One program for each set of folders.
fn instance(folders: &Folders) -> String {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};
    let mut hasher = DefaultHasher::new();
    folders.data.hash(&mut hasher);
    format!("org.lorgnette.Lorgnette.x{:016x}", hasher.finish())
}

fn fail(error: &AppError) -> ExitCode {
    fail_with(&error.one_line(), &error.hint())
}

/// Says why there is no window, where there is no terminal to say it in.
fn fail_with(message: &str, hint: &str) -> ExitCode {
    eprintln!("error: {message}\nhint: {hint}");
    rfd::MessageDialog::new()
        .set_level(rfd::MessageLevel::Error)
        .set_title("Lorgnette")
        .set_description(format!("{message}\n\n{hint}"))
        .show();
    ExitCode::FAILURE
}
