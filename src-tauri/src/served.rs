//! Answers other programs on this machine, for as long as the settings say so.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lorgnette_app::FaultDetails;
use lorgnette_app::coordinator::App;
use lorgnette_app::settings::Settings;
use lorgnette_serve::{Access, AppModel, ServeError, ServeOptions, Server, TokenFile};

use crate::ipc::{ServedDto, UiError};

/// The server, if there is one.
#[derive(Default)]
pub struct Served(Mutex<Held>);

#[derive(Default)]
struct Held {
    /// The port that is wanted; `None`: no server is.
    wanted: Option<u16>,
    server: Option<Server>,
    /// Why there is none, though one is wanted.
    fault: Option<UiError>,
}

impl Served {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts or stops it, as the settings have it. What could not be had is tried again.
    pub fn apply(&self, app: &App, settings: &Settings) {
        let wanted = settings.serve.then_some(settings.serve_port);
        let mut held = self.held();
        if held.wanted == wanted && held.fault.is_none() {
            return;
        }
        // The old one first: it may be at the same port.
        *held = Held { wanted, ..Held::default() };
        match wanted.map(|port| start(app, port)) {
            Some(Ok(server)) => held.server = Some(server),
            Some(Err(error)) => held.fault = Some(error.into()),
            None => {}
        }
    }

    /// Stops it, because the program ends.
    pub fn stop(&self) {
        *self.held() = Held::default();
    }

    /// What it is doing.
    pub fn status(&self) -> ServedDto {
        let held = self.held();
        let status = held.server.as_ref().map(|server| (server.address(), server.status()));
        ServedDto::new(status, held.fault.clone())
    }
}

/// The token that other programs show.
pub fn token(app: &App) -> TokenFile {
    TokenFile::in_folder(&app.folders().data)
}

fn start(app: &App, port: u16) -> Result<Server, ServeError> {
    let options = ServeOptions {
        address: SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port),
        ..ServeOptions::new(Access::Token(token(app)))
    };
    Server::start(options, Arc::new(AppModel::new(app.clone())))
}

impl From<ServeError> for UiError {
    fn from(error: ServeError) -> Self {
        let reason = lorgnette_app::models::one_line(&error);
        let details = match &error {
            ServeError::Token(_) | ServeError::TokenOpen { .. } => {
                FaultDetails::ServeToken { reason: reason.clone().into() }
            }
            ServeError::NotLoopback { .. }
            | ServeError::Listen { .. }
            | ServeError::Start(_)
            | ServeError::NoOrigin { .. } => FaultDetails::Serve { reason: reason.clone().into() },
        };
        Self::of_system(details, reason, error.hint())
    }
}
