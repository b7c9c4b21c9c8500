//! From the command line to the window's end.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use lorgnette_app::AppError;
use lorgnette_app::coordinator::App;
use lorgnette_app::folders::Folders;
use lorgnette_app::quick_action::QuickAction;
use lorgnette_app::say;
use tauri::{Manager as _, RunEvent};
use tauri_plugin_window_state::StateFlags;

use crate::commands::models::TextModel;
use crate::commands::servers::Connecting;
use crate::ipc::{AppEvents, FromDto};
use crate::panel::Panel;
use crate::served::Served;
use crate::shortcuts::Shortcuts;
use crate::start::{self, Start};
use crate::window::StaysHidden;
use crate::{
    contract, drawing, instance, menu, native, panics, picture_scheme, quick_actions, webview,
    window,
};

const USAGE: &str = "lorgnette-window [PICTURE...]\n\nOpens the window, with the pictures if any are named.\n\n  \
     --do NAME   describes something of the desktop in a small panel, aloud: screen, window,\n              \
     region (around the pointer), text (of the window), clipboard; again, silence";

/// Runs the program until its window is closed.
pub fn run() -> ExitCode {
    drawing::choose();
    panics::hook();
    let arguments: Vec<String> = std::env::args_os()
        .skip(1)
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect();
    match arguments.first().map(String::as_str) {
        Some("--version" | "-V") => {
            return print(concat!("lorgnette-window ", env!("CARGO_PKG_VERSION")));
        }
        Some("--help" | "-h") => {
            return print(USAGE);
        }
        Some("--do") => {
            if let Err(reason) = quick_action(&arguments).transpose() {
                say!("error: --do names nothing that can be done\nhint: {reason}");
                return ExitCode::from(2);
            }
        }
        _ => {}
    }
    match Folders::find() {
        Ok(folders) => start(folders, &arguments),
        Err(error) => {
            let error = AppError::from(error);
            fail(&error.one_line(), &error.hint())
        }
    }
}

/// Prints a line that was asked for.
fn print(line: &str) -> ExitCode {
    match writeln!(std::io::stdout(), "{line}") {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn start(folders: Folders, arguments: &[String]) -> ExitCode {
    if !native::has_display() {
        let hint = "start it on a desktop, or use `lorgnette describe` in a terminal";
        say!("error: there is no screen to show a window on\nhint: {hint}");
        return ExitCode::FAILURE;
    }
    if let Some((message, hint)) = webview::missing() {
        return fail(message, hint);
    }
    let contract = contract::builder();
    let here = std::env::current_dir().unwrap_or_default();
    let first = quick_action(arguments).and_then(Result::ok);
    let opened = if first.is_none() { pictures(arguments, &here) } else { Vec::new() };
    let name = instance::name(&folders);
    instance::settle(&name);
    let mut context = tauri::generate_context!();
    if cfg!(not(target_os = "linux")) {
        // By this name the plugin tells programs from one another there.
        context.config_mut().identifier.clone_from(&name);
    }
    let window_file = folders.config.join("window.json").display().to_string();
    let built = tauri::Builder::default()
        .plugin(
            tauri_plugin_single_instance::Builder::new()
                .dbus_id(name)
                .callback(|handle, arguments, here| {
                    let arguments_after = arguments.get(1..).unwrap_or_default();
                    let action = quick_action(arguments_after);
                    let opened = pictures(arguments_after, Path::new(&here));
                    if handle.try_state::<App>().is_none() {
                        // The person has yet to say how it is to start.
                        return start::raise(handle, opened);
                    }
                    if let Some(action) = action {
                        // A wrong name was refused by the program that was called with it.
                        let _ = action.map(|action| quick_actions::run(handle, action));
                        return;
                    }
                    window::raise(handle);
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
                .with_denylist(&[start::LABEL])
                .build(),
        )
        .manage(AppEvents::default())
        .manage(TextModel::default())
        .manage(Panel::default())
        .manage(Shortcuts::default())
        .manage(Served::default())
        .manage(Connecting::default())
        .manage(StaysHidden::new(first.is_some()))
        .manage(Start::new(folders, first, opened))
        .invoke_handler(contract.invoke_handler())
        .register_asynchronous_uri_scheme_protocol(picture_scheme::SCHEME, picture_scheme::answer)
        .on_menu_event(menu::chosen)
        // Tauri runs this when the event loop has begun, and panics if it fails: it never does.
        .setup(|tauri| {
            start::begin(tauri.handle());
            Ok(())
        })
        .build(context);
    match built {
        Ok(app) => {
            app.run(|handle, event| match event {
                // The menu of a Mac and the end of a session end the program without closing a window.
                RunEvent::Exit => {
                    if let Some(app) = handle.try_state::<App>() {
                        handle.state::<Served>().stop();
                        app.close();
                    }
                }
                // "Open with" on a Mac names no files on the command line.
                #[cfg(target_os = "macos")]
                RunEvent::Opened { urls } => {
                    let paths = urls.iter().filter_map(|url| url.to_file_path().ok()).collect();
                    if handle.try_state::<App>().is_none() {
                        return start::raise(handle, paths);
                    }
                    window::raise(handle);
                    window::add(handle, paths, FromDto::Open);
                }
                _ => {}
            });
            ExitCode::SUCCESS
        }
        Err(error) => fail(&error.to_string(), "Start it again."),
    }
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

/// Says why there is no window, where there may be no terminal to say it in.
fn fail(message: &str, hint: &str) -> ExitCode {
    say!("error: {message}\nhint: {hint}");
    if native::has_display() {
        native::ask(message, hint, &["Quit"]);
    }
    ExitCode::FAILURE
}
