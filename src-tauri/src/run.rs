//! From the command line to the window's end.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use lorgnette_app::AppError;
use lorgnette_app::coordinator::{App, Notice};
use lorgnette_app::folders::Folders;
use lorgnette_app::quick_action::QuickAction;
use tauri::{AppHandle, Manager as _, RunEvent};
use tauri_plugin_window_state::StateFlags;

use crate::commands::models;
use crate::ipc::{AppEvent, AppEvents, FromDto};
use crate::panel::Panel;
use crate::shortcuts::{self, Shortcuts};
use crate::window::StaysHidden;
use crate::{contract, drawing, instance, menu, picture_scheme, quick_actions, window};

const USAGE: &str = "lorgnette-window [PICTURE...]\n\nOpens the window, with the pictures if any are named.\n\n  \
     --do NAME   describes something of the desktop in a small panel, aloud: screen, window,\n              \
     region (around the pointer), text (of the window), clipboard; again, silence";

/// How long a program that closes may take: as long as it waits for its answers, and some more.
const CLOSING_TAKES: Duration = Duration::from_secs(8);

/// Runs the program until its window is closed.
pub fn run() -> ExitCode {
    drawing::choose();
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
        Some("--do") => {
            if let Err(reason) = quick_action(&arguments).transpose() {
                eprintln!("error: --do names nothing that can be done\nhint: {reason}");
                return ExitCode::from(2);
            }
        }
        _ => {}
    }
    match Folders::find() {
        Ok(folders) => start(folders, &arguments),
        Err(error) => fail(&error.into()),
    }
}

fn start(folders: Folders, arguments: &[String]) -> ExitCode {
    let contract = contract::builder();
    let here = std::env::current_dir().unwrap_or_default();
    let first = quick_action(arguments).and_then(Result::ok);
    let opened = if first.is_none() { pictures(arguments, &here) } else { Vec::new() };
    let name = instance::name(&folders);
    instance::settle(&name);
    let window_file = folders.config.join("window.json").display().to_string();
    let built = tauri::Builder::default()
        .plugin(
            tauri_plugin_single_instance::Builder::new()
                .dbus_id(name)
                .callback(|handle, arguments, here| {
                    let arguments_after = arguments.get(1..).unwrap_or_default();
                    if let Some(action) = quick_action(arguments_after) {
                        // A wrong name was refused by the program that was called with it.
                        let _ = action.map(|action| quick_actions::run(handle, action));
                        return;
                    }
                    window::raise(handle);
                    let opened = pictures(arguments_after, Path::new(&here));
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
                .with_filename(window_file)
                .build(),
        )
        .manage(AppEvents::default())
        .manage(Panel::default())
        .manage(Shortcuts::default())
        .manage(StaysHidden(first.is_some()))
        .invoke_handler(contract.invoke_handler())
        .register_asynchronous_uri_scheme_protocol(picture_scheme::SCHEME, picture_scheme::answer)
        .on_menu_event(menu::chosen)
        .setup(move |tauri| {
            let handle = tauri.handle().clone();
            let app = open_patiently(&folders, &handle)?;
            app.load();
            tauri.manage(app.clone());
            // Before the window, which must not be in the picture, nor take the focus from what is.
            if let Some(action) = first {
                quick_actions::run(&handle, action);
            }
            shortcuts::listen(&handle);
            // The settings page says which keys could not be had.
            let _ = shortcuts::apply(&handle, &app.settings());
            window::open(&handle, &app)?;
            if !opened.is_empty() {
                window::add(&handle, opened, FromDto::Open);
            }
            Ok(())
        })
        .build(tauri::generate_context!());
    match built {
        Ok(app) => {
            app.run(|handle, event| match event {
                // The menu of a Mac and the end of a session end the program without closing a window.
                RunEvent::Exit => {
                    if let Some(app) = handle.try_state::<App>() {
                        app.close();
                    }
                }
                // "Open with" on a Mac names no files on the command line.
                #[cfg(target_os = "macos")]
                RunEvent::Opened { urls } => {
                    let paths = urls.iter().filter_map(|url| url.to_file_path().ok()).collect();
                    window::raise(handle);
                    window::add(handle, paths, FromDto::Open);
                }
                _ => {}
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

/// Opens the app, and waits while a program that closes or was just killed still holds the chats.
fn open_patiently(folders: &Folders, handle: &AppHandle) -> Result<App, AppError> {
    let until = Instant::now() + CLOSING_TAKES;
    loop {
        let handle = handle.clone();
        match App::open(folders.clone(), move |notice| tell(&handle, notice)) {
            Err(AppError::InUse { .. }) if Instant::now() < until => {
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
        Notice::Sentence { answer, text } => AppEvent::Sentence { answer_id: answer, text },
        Notice::Models => match handle.try_state::<App>() {
            Some(app) => AppEvent::Models { models: models::list(&app) },
            None => return,
        },
    });
}

/// The quick action of `--do`, if the arguments have one; an error says which names there are.
fn quick_action(arguments: &[String]) -> Option<Result<QuickAction, String>> {
    let [option, name, ..] = arguments else {
        let is_alone = arguments.first().is_some_and(|option| option == "--do");
        return is_alone.then(|| "".parse());
    };
    (option == "--do").then(|| name.parse())
}

/// The paths among the arguments: all that are no options.
fn pictures(arguments: &[String], here: &Path) -> Vec<PathBuf> {
    let paths = arguments.iter().filter(|argument| !argument.starts_with('-'));
    paths.map(|path| here.join(path)).collect()
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
