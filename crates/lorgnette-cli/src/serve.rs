//! `lorgnette serve` answers other programs on this machine.

use std::net::SocketAddr;
use std::sync::Arc;

use lorgnette_app::models::folders::Folders;
use lorgnette_app::models::{ModelChoice, ModelsError};
use lorgnette_app::{Cancel, say};
use lorgnette_serve::{
    Access, InstalledModels, Limits, Listening, ServeError, ServeOptions, TokenFile,
};

use crate::Ending;
use crate::args::Serve;
use crate::interrupt::CancelOnCtrlC;
use crate::output::{self, Failure, printable};
use crate::progress;

/// Serves until Ctrl+C, or prints the token.
pub fn run(args: &Serve) -> Result<Ending, Failure> {
    let folders = Folders::find()?;
    let token = TokenFile::in_folder(&folders.data);
    if args.show_token || args.new_token {
        let token = if args.new_token { token.renew() } else { token.open() };
        let token = token.map_err(Failure::Serve)?;
        output::print(&format!("{token}\n"))?;
        return Ok(Ending::Done);
    }
    let access = if args.no_token { Access::Anyone } else { Access::Token(token.clone()) };
    // Before the model, which takes its time.
    let listening = Listening::new(ServeOptions {
        address: SocketAddr::new(args.address, args.port),
        allowed_origins: args.allow_origin.clone(),
        limits: Limits { n_waiting: args.queue.get().into(), ..Limits::default() },
        ..ServeOptions::new(access)
    })
    .map_err(Failure::Serve)?;
    let options = args.model.options();
    if let ModelChoice::Server(name) = &options.model {
        return Err(ModelsError::NotHere { name: name.clone() }.into());
    }
    // Nothing of what others ask is left on the disk.
    let conversation = progress::open(&options, true)?;
    let models = Arc::new(InstalledModels::new(options, conversation, folders));
    let server = listening.start(models).map_err(Failure::Serve)?;
    let cancel = Cancel::default();
    let _ctrl_c = CancelOnCtrlC::new(&cancel);
    let address = server.address();
    if args.no_token {
        say!("note: every program of every person on this machine may ask: there is no token");
    } else {
        let path = token.path().display().to_string();
        say!("note: clients show the token in {}", printable(&path));
        say!("note: `lorgnette serve --show-token` prints it, `--new-token` makes another one");
    }
    say!("note: OpenAI's interface is at http://{address}/v1, Ollama's at http://{address}");
    // Who started it may wait for this line.
    output::print(&format!("http://{address}\n"))?;
    wait_for(&cancel)?;
    drop(server);
    Ok(Ending::Done)
}

/// Waits until it is cancelled.
fn wait_for(cancel: &Cancel) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let runtime = runtime.map_err(|error| Failure::Serve(ServeError::Start(error)))?;
    runtime.block_on(cancel.cancelled());
    Ok(())
}
