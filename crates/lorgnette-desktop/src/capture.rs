//! Pictures of the screen.

#[cfg(any(windows, target_os = "macos"))]
mod system;
#[cfg(target_os = "linux")]
mod wayland;
#[cfg(target_os = "linux")]
mod x11;

use lorgnette_image::{Picture, Region};

use crate::error::DesktopError;
#[cfg(target_os = "linux")]
use crate::portal;

const SCREEN: &str = "the screen";

/// What of the screen. Wayland tells no program where windows and the pointer are: there, the
/// desktop asks the person which window or part is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Area {
    /// The whole screen.
    Screen,
    /// The window that has the focus.
    Window,
    /// A part, in pixels from the top left.
    Region(Region),
    /// A square around the pointer, in pixels from the top left.
    Around {
        /// Where the pointer is.
        pointer: (u32, u32),
        /// How wide and high it is.
        side: u32,
    },
}

impl Area {
    /// What the picture of it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Screen => "screen",
            Self::Window => "window",
            Self::Region(_) | Self::Around { .. } => "region",
        }
    }
}

/// Takes a picture of the screen.
///
/// # Errors
/// [`DesktopError::Capture`] says why there is none, and what to do.
pub fn screen(area: Area) -> Result<Picture, DesktopError> {
    #[cfg(target_os = "linux")]
    return if portal::is_wayland() { wayland::screen(area) } else { x11::screen(area) };
    #[cfg(any(windows, target_os = "macos"))]
    return system::screen(area);
    #[cfg(not(any(target_os = "linux", windows, target_os = "macos")))]
    Err(fault("this system", &format!("nothing is written for the {} of it", area.name())))
}

fn fault(what: &'static str, reason: &str) -> DesktopError {
    DesktopError::Capture { what, reason: reason.to_owned() }
}

fn picture(what: &str, width: u32, height: u32, rgb: Vec<u8>) -> Result<Picture, DesktopError> {
    Picture::from_rgb(width, height, rgb)
        .map_err(|source| DesktopError::Picture { what: what.to_owned(), source })
}

/// The part of a region that lies on a screen of that size.
fn on_screen(region: Region, width: u32, height: u32) -> Result<Region, DesktopError> {
    let (x, y) = (region.x.min(width), region.y.min(height));
    let visible = (region.width.min(width - x), region.height.min(height - y));
    if visible.0 == 0 || visible.1 == 0 {
        let reason = format!("it has {width} × {height} pixels, and the region lies outside");
        return Err(fault(SCREEN, &reason));
    }
    Ok(Region { x, y, width: visible.0, height: visible.1 })
}

/// The square around a point; at an edge of the screen it moves inwards.
#[cfg(any(target_os = "linux", windows, target_os = "macos"))]
fn around((x, y): (u32, u32), side: u32) -> Region {
    let begin = |at: u32| at.saturating_sub(side / 2);
    Region { x: begin(x), y: begin(y), width: side, height: side }
}

#[cfg(test)]
mod tests;
