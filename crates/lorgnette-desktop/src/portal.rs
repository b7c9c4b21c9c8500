//! The desktop's portals, by D-Bus: what Wayland lets a program do only by asking.
//!
//! A portal answers twice: at once with an object for the request, and later, when the person has
//! answered too, with a signal from that object.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures_util::StreamExt as _;
use serde::Serialize;
use tokio::time::timeout;
use zbus::names::OwnedUniqueName;
use zbus::proxy::{CacheProperties, Proxy};
use zbus::zvariant::{DynamicType, OwnedValue, Value};

/// What the program is called among desktops: the name of its file in `share/applications`.
const APP_ID: &str = "org.lorgnette.Lorgnette";
const SERVICE: &str = "org.freedesktop.portal.Desktop";
const PATH: &str = "/org/freedesktop/portal/desktop";

/// A desktop that has only begun starts its portals for the first who calls.
const PORTAL_TAKES: Duration = Duration::from_secs(30);
/// The desktop may ask the person, who has to find its dialogue, perhaps without seeing it.
const PERSON_TAKES: Duration = Duration::from_mins(5);

/// Why a portal did not do it.
#[derive(Debug, thiserror::Error)]
pub enum PortalError {
    /// Nothing that speaks D-Bus is there.
    #[error("there is no session bus, by which desktops are asked")]
    NoBus(#[source] zbus::Error),
    /// No service for portals, or none that does this.
    #[error("this desktop has no portal for it (xdg-desktop-portal {portal})")]
    Absent {
        /// Which, such as `Screenshot`.
        portal: &'static str,
    },
    /// The person closed the dialogue.
    #[error("it was cancelled")]
    Cancelled,
    /// The desktop said no or could not; some say this for a dialogue that was closed, too.
    #[error("it was not allowed, or was cancelled")]
    Refused,
    /// The person did not answer the dialogue in time.
    #[error("nobody answered the desktop's question")]
    Late,
    /// The portal said something else.
    #[error("the desktop's portal failed: {0}")]
    Bus(#[source] zbus::Error),
}

/// What a request says besides its plain parameters.
pub type Options = HashMap<&'static str, Value<'static>>;

/// What came of a request.
pub type Results = HashMap<String, OwnedValue>;

/// Whether the session is Wayland's, whatever the window itself uses.
pub fn is_wayland() -> bool {
    std::env::var_os("WAYLAND_DISPLAY").is_some_and(|name| !name.is_empty())
}

/// A connection to the portals. What was opened by it ends with it.
#[derive(Debug, Clone)]
pub struct Portals {
    bus: zbus::Connection,
    own_name: OwnedUniqueName,
}

impl Portals {
    /// Connects, and says who is asking.
    ///
    /// # Errors
    /// [`PortalError::NoBus`] if there is no session bus.
    pub async fn connect() -> Result<Self, PortalError> {
        let builder = zbus::connection::Builder::session().map_err(PortalError::NoBus)?;
        let bus = builder.method_timeout(PORTAL_TAKES).build().await;
        let bus = bus.map_err(PortalError::NoBus)?;
        let own_name = bus.unique_name().cloned();
        let own_name = own_name.ok_or(PortalError::NoBus(zbus::Error::InvalidReply))?;
        // Permissions are kept by this name. Portals before 1.20 have no such method and find a name
        // themselves, and one that knows no such file refuses: either way they can be asked.
        let nothing = HashMap::<&str, Value<'_>>::new();
        let interface = "org.freedesktop.host.portal.Registry";
        let whom = Some(SERVICE);
        let _ = bus.call_method(whom, PATH, Some(interface), "Register", &(APP_ID, nothing)).await;
        Ok(Self { bus, own_name })
    }

    /// Asks, and waits for what the person says to it. `body` gets the options with the name of the
    /// request in them.
    ///
    /// # Errors
    /// [`PortalError`] says why nothing came of it.
    pub async fn request<B: Serialize + DynamicType>(
        &self,
        portal: &'static str,
        method: &str,
        mut options: Options,
        body: impl FnOnce(Options) -> B,
    ) -> Result<Results, PortalError> {
        let failed = |error| of_bus(error, portal);
        let token = token();
        let sender = self.own_name.trim_start_matches(':').replace('.', "_");
        let request = self.object(&format!("{PATH}/request/{sender}/{token}"), "Request").await?;
        options.insert("handle_token", Value::from(token));
        // Before the call: the answer may come before the call's own.
        let mut responses = request.receive_signal("Response").await.map_err(failed)?;
        let desktop = self.desktop(portal).await?;
        desktop.call_method(method, &body(options)).await.map_err(failed)?;
        let Ok(response) = timeout(PERSON_TAKES, responses.next()).await else {
            // Takes the dialogue away; if that fails it is gone.
            let _ = request.call_method("Close", &()).await;
            return Err(PortalError::Late);
        };
        let response = response.ok_or(PortalError::Refused)?;
        match response.body().deserialize::<(u32, Results)>() {
            Ok((0, results)) => Ok(results),
            Ok((1, _)) => Err(PortalError::Cancelled),
            Ok(_) => Err(PortalError::Refused),
            Err(error) => Err(failed(error)),
        }
    }

    /// The portals themselves, as the one of that name.
    ///
    /// # Errors
    /// [`PortalError::Bus`] when there can be no such name.
    pub async fn desktop(&self, portal: &str) -> Result<Proxy<'static>, PortalError> {
        self.object(PATH, portal).await
    }

    /// A request or a session.
    ///
    /// # Errors
    /// [`PortalError::Bus`] when there can be no such path.
    pub async fn object(&self, path: &str, interface: &str) -> Result<Proxy<'static>, PortalError> {
        let make = || {
            let interface = format!("org.freedesktop.portal.{interface}");
            let builder = zbus::proxy::Builder::new(&self.bus).destination(SERVICE)?;
            Ok(builder
                .path(path.to_owned())?
                .interface(interface)?
                .cache_properties(CacheProperties::No))
        };
        make().map_err(PortalError::Bus)?.build().await.map_err(PortalError::Bus)
    }
}

/// A name that no other request or session of this program has.
pub fn token() -> String {
    static N_NAMED: AtomicU32 = AtomicU32::new(0);
    format!("lorgnette{}", N_NAMED.fetch_add(1, Ordering::Relaxed))
}

fn of_bus(error: zbus::Error, portal: &'static str) -> PortalError {
    let zbus::Error::MethodError(name, ..) = &error else { return PortalError::Bus(error) };
    // Without the service, the bus says so, or that what should start it failed; without this portal
    // of it, the service says that it knows no such interface.
    let name = name.trim_start_matches("org.freedesktop.DBus.Error.");
    let is_absent = name.starts_with("Spawn.")
        || ["ServiceUnknown", "NameHasNoOwner", "UnknownInterface", "UnknownMethod"]
            .contains(&name);
    if is_absent { PortalError::Absent { portal } } else { PortalError::Bus(error) }
}
