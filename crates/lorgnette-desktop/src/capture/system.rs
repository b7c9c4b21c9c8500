//! Windows and macOS. Written with care, not run.

use lorgnette_image::Picture;
use xcap::{Monitor, Window};

use super::{Area, SCREEN, around, fault, on_screen, picture};
use crate::error::DesktopError;

pub(super) fn screen(area: Area) -> Result<Picture, DesktopError> {
    #[cfg(target_os = "macos")]
    if !macos_may_capture() {
        // Without it, macOS gives the wallpaper, and it would be described as the screen.
        return Err(fault(
            SCREEN,
            "macOS has not allowed it: System Settings, Privacy & Security, Screen Recording",
        ));
    }
    let failed = |error: xcap::XCapError| fault(SCREEN, &reason(&error.to_string()));
    let image = if area == Area::Window {
        let windows = Window::all().map_err(failed)?;
        let focused = windows.iter().find(|window| window.is_focused().unwrap_or(false));
        let none = || fault("the window", "none has the focus");
        focused.ok_or_else(none)?.capture_image().map_err(failed)?
    } else {
        let monitors = Monitor::all().map_err(failed)?;
        let main = monitors.iter().find(|monitor| monitor.is_primary().unwrap_or(false));
        let none = || fault(SCREEN, "there is none");
        main.or(monitors.first()).ok_or_else(none)?.capture_image().map_err(failed)?
    };
    let (width, height) = image.dimensions();
    let rgb = image.as_raw().as_chunks::<4>().0.iter().flat_map(|&[r, g, b, _]| [r, g, b]);
    let whole = picture(SCREEN, width, height, rgb.collect())?;
    let region = match area {
        Area::Screen | Area::Window => return Ok(whole),
        Area::Region(region) => region,
        Area::Around { pointer, side } => around(pointer, side),
    };
    Ok(whole.part(on_screen(region, width, height)?))
}

/// Why there is no picture. Without a desktop, Windows refuses and reports success.
fn reason(words: &str) -> String {
    if words.contains("0x00000000") {
        "no desktop is shown to this program: it was started by a service, over SSH or on a locked screen"
            .into()
    } else {
        words.trim().to_owned()
    }
}

/// Whether the person has allowed it. Asking, which macOS does once, puts the program into the list of
/// the settings.
#[cfg(target_os = "macos")]
fn macos_may_capture() -> bool {
    #[allow(unsafe_code, reason = "system calls without parameters, which only answer")]
    #[link(name = "CoreGraphics", kind = "framework")]
    // SAFETY: declared as CoreGraphics/CGWindow.h does: no parameters, a C bool.
    unsafe extern "C" {
        safe fn CGPreflightScreenCaptureAccess() -> bool;
        safe fn CGRequestScreenCaptureAccess() -> bool;
    }
    CGPreflightScreenCaptureAccess() || CGRequestScreenCaptureAccess()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_that_reports_success_says_what_it_means() {
        assert!(reason("Success. (0x00000000)").contains("no desktop"));
        assert_eq!(reason("Access denied. (0x80070005) "), "Access denied. (0x80070005)");
    }
}
