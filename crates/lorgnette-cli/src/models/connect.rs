//! `lorgnette models connect` has a server answer.

use std::io::{self, BufRead as _, IsTerminal as _};

use console::Term;
use lorgnette_app::models::connect::{Connected, NewKey, NewServer};
use lorgnette_app::models::folders::Folders;
use lorgnette_app::models::remote::{KeySource, Servers, StoredIn};
use lorgnette_app::models::{Library, ModelsError};
use lorgnette_app::{AppError, Cancel, say};

use crate::Ending;
use crate::args::{KeyFrom, ModelsConnect};
use crate::interrupt::CancelOnCtrlC;
use crate::output::{self, Failure, printable};

/// The servers of the person's own settings.
///
/// # Errors
/// [`ModelsError::NoHome`] if the system names no home folder.
pub fn servers() -> Result<Servers, ModelsError> {
    Ok(Servers::at(&Folders::find()?.config))
}

/// Asks a server for its models, and remembers it.
pub fn run(library: &Library, args: &ModelsConnect) -> Result<Ending, Failure> {
    let new = NewServer {
        name: args.name.clone(),
        url: args.url.clone(),
        model: args.model.clone(),
        key: match &args.key_from {
            None => NewKey::At(KeySource::None),
            Some(KeyFrom::Env(variable)) => NewKey::At(KeySource::Env(variable.clone())),
            // The program may be started in another folder.
            Some(KeyFrom::File(path)) => {
                NewKey::At(KeySource::File(std::path::absolute(path).map_err(AppError::Write)?))
            }
            Some(KeyFrom::Keyring) => NewKey::Typed(typed(&args.name)?),
        },
        allow_http: args.allow_http,
    };
    let cancel = Cancel::default();
    let _ctrl_c = CancelOnCtrlC::new(&cancel);
    let Some(connected) = library.connect(&new, &servers()?, &cancel)? else {
        return Ok(Ending::Cancelled);
    };
    let Connected { server, context, key_in } = connected;
    if let Some(StoredIn::File { path, reason }) = key_in {
        let path = path.display().to_string();
        say!("note: there is no keyring ({})", printable(&reason));
        say!("note: the key is in {}, which your account alone may read", printable(&path));
    }
    if let Some(context) = context {
        say!("note: its chats have {context} tokens");
    }
    let (name, model, host) = (server.name, server.model, server.address.host());
    say!("{name} is {} at {host}; pictures go there while it is chosen", printable(&model));
    output::print(&format!("{name}\n"))?;
    Ok(Ending::Done)
}

/// Asks for a key where nobody sees it, or takes it from standard input.
fn typed(name: &str) -> Result<String, Failure> {
    let terminal = Term::stderr();
    if io::stdin().is_terminal() && terminal.is_term() {
        let asked = terminal
            .write_str(&format!("key of {}: ", printable(name)))
            .and_then(|()| terminal.read_secure_line());
        return Ok(asked.map_err(AppError::Write)?);
    }
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).map_err(AppError::Write)?;
    Ok(line)
}
