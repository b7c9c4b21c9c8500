//! Pictures of the screen and of the clipboard.

use lorgnette_image::{Picture, Region};

use crate::error::AppError;

/// What of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Area {
    /// All of it.
    Screen,
    /// The window that has the focus.
    Window,
    /// A part, in pixels from the top left.
    Region(Region),
}

impl Area {
    /// What the picture of it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Screen => "screen",
            Self::Window => "window",
            Self::Region(_) => "region",
        }
    }
}

/// Takes a picture of the screen.
///
/// # Errors
/// [`AppError::Capture`] says why there is none, and what to do.
pub fn screen(area: Area) -> Result<Picture, AppError> {
    #[cfg(target_os = "linux")]
    return x11::screen(area);
    #[cfg(any(windows, target_os = "macos"))]
    return system::screen(area);
    #[cfg(not(any(target_os = "linux", windows, target_os = "macos")))]
    Err(fault("this system", &format!("nothing is written for the {} of it", area.name())))
}

/// The picture in the clipboard.
///
/// # Errors
/// [`AppError::Capture`] when there is none.
pub fn clipboard() -> Result<Picture, AppError> {
    let no_picture = |error: arboard::Error| match error {
        arboard::Error::ContentNotAvailable => fault("the clipboard", "there is no picture in it"),
        error => fault("the clipboard", &error.to_string()),
    };
    let image = arboard::Clipboard::new().and_then(|mut clipboard| clipboard.get_image());
    let image = image.map_err(no_picture)?;
    let side = |side: usize| u32::try_from(side).unwrap_or(u32::MAX);
    let rgb = image.bytes.as_chunks::<4>().0.iter().flat_map(|&[r, g, b, a]| {
        // On white, as pictures with holes are everywhere here.
        [r, g, b].map(|value| {
            let (value, a) = (u32::from(value), u32::from(a));
            ((value * a + 255 * (255 - a) + 127) / 255) as u8
        })
    });
    picture("the clipboard", side(image.width), side(image.height), rgb.collect())
}

fn fault(what: &'static str, reason: &str) -> AppError {
    AppError::Capture { what, reason: reason.to_owned() }
}

fn picture(what: &str, width: u32, height: u32, rgb: Vec<u8>) -> Result<Picture, AppError> {
    Picture::from_rgb(width, height, rgb)
        .map_err(|source| AppError::Picture { name: what.to_owned(), source })
}

/// The part of a region that lies on a screen; `None` when there is none.
fn within(region: Region, width: u32, height: u32) -> Option<Region> {
    let (x, y) = (region.x.min(width), region.y.min(height));
    let (width, height) = (region.width.min(width - x), region.height.min(height - y));
    (width > 0 && height > 0).then_some(Region { x, y, width, height })
}

/// X11, by its own protocol. `xcap` does it too, but on Linux it asks every build for the headers of
/// `PipeWire`, GBM and EGL and for libclang.
#[cfg(target_os = "linux")]
mod x11 {
    use lorgnette_image::{Picture, Region};
    use x11rb::connection::Connection as _;
    use x11rb::protocol::xproto::{AtomEnum, ConnectionExt as _, ImageFormat, ImageOrder, Screen};
    use x11rb::rust_connection::RustConnection;

    use super::{Area, fault, picture, within};
    use crate::error::AppError;

    const WHAT: &str = "the screen";

    pub(super) fn screen(area: Area) -> Result<Picture, AppError> {
        // Under Wayland the X screen is there, and black.
        let is_wayland = std::env::var_os("WAYLAND_DISPLAY").is_some_and(|name| !name.is_empty());
        if is_wayland {
            return Err(fault(
                WHAT,
                "this is a Wayland session, which shows it to no program unasked",
            ));
        }
        let failed = |error: &dyn std::error::Error| fault(WHAT, &error.to_string());
        let (x11, number) = x11rb::connect(None).map_err(|error| failed(&error))?;
        let root =
            x11.setup().roots.get(number).cloned().ok_or_else(|| fault(WHAT, "there is none"))?;
        let whole = Region {
            x: 0,
            y: 0,
            width: root.width_in_pixels.into(),
            height: root.height_in_pixels.into(),
        };
        let region = match area {
            Area::Screen => whole,
            Area::Window => window(&x11, &root)?,
            Area::Region(region) => region,
        };
        let region = within(region, whole.width, whole.height).ok_or_else(|| {
            fault(
                WHAT,
                &format!(
                    "it has {} × {} pixels, and the region lies outside",
                    whole.width, whole.height
                ),
            )
        })?;
        let side = |side: u32| u16::try_from(side).unwrap_or(u16::MAX);
        let place = |place: u32| i16::try_from(place).unwrap_or(i16::MAX);
        let asked = x11.get_image(
            ImageFormat::Z_PIXMAP,
            root.root,
            place(region.x),
            place(region.y),
            side(region.width),
            side(region.height),
            u32::MAX,
        );
        let image =
            asked.map_err(|error| failed(&error))?.reply().map_err(|error| failed(&error))?;
        let rgb = rgb(&x11, &root, &image.data, region).ok_or_else(|| {
            fault(WHAT, &format!("its {} bits a pixel are not read", image.depth))
        })?;
        picture(WHAT, region.width, region.height, rgb)
    }

    /// Pixels of 32 bits, as every desktop of today has them.
    fn rgb(x11: &RustConnection, root: &Screen, data: &[u8], region: Region) -> Option<Vec<u8>> {
        let setup = x11.setup();
        let format = setup.pixmap_formats.iter().find(|format| format.depth == root.root_depth)?;
        let mut visuals = root.allowed_depths.iter().flat_map(|depth| &depth.visuals);
        let visual = visuals.find(|visual| visual.visual_id == root.root_visual)?;
        let n_bytes = region.width as usize * region.height as usize * 4;
        if format.bits_per_pixel != 32 || data.len() < n_bytes {
            return None;
        }
        let masks = [visual.red_mask, visual.green_mask, visual.blue_mask];
        if masks.iter().any(|mask| mask.count_ones() != 8) {
            return None;
        }
        let is_lsb = setup.image_byte_order == ImageOrder::LSB_FIRST;
        let pixels = data[..n_bytes].as_chunks::<4>().0.iter().map(|bytes| {
            if is_lsb { u32::from_le_bytes(*bytes) } else { u32::from_be_bytes(*bytes) }
        });
        let of = |pixel: u32| masks.map(|mask| ((pixel & mask) >> mask.trailing_zeros()) as u8);
        Some(pixels.flat_map(of).collect())
    }

    /// Where the window with the focus is, as the window manager tells.
    fn window(x11: &RustConnection, root: &Screen) -> Result<Region, AppError> {
        let find = || {
            let atom = x11.intern_atom(false, b"_NET_ACTIVE_WINDOW").ok()?.reply().ok()?.atom;
            let property = x11.get_property(false, root.root, atom, AtomEnum::WINDOW, 0, 1);
            let window = property.ok()?.reply().ok()?.value32()?.next().filter(|id| *id != 0)?;
            let size = x11.get_geometry(window).ok()?.reply().ok()?;
            let at = x11.translate_coordinates(window, root.root, 0, 0).ok()?.reply().ok()?;
            // What hangs over the left and top edge of the screen is not seen.
            let (x, y) = (i32::from(at.dst_x), i32::from(at.dst_y));
            let seen = |at: i32, size: u16| (i32::from(size) + at.min(0)).max(0).unsigned_abs();
            Some(Region {
                x: x.max(0).unsigned_abs(),
                y: y.max(0).unsigned_abs(),
                width: seen(x, size.width),
                height: seen(y, size.height),
            })
        };
        find()
            .ok_or_else(|| fault("the window", "the window manager names none that has the focus"))
    }
}

/// Windows and macOS. Written with care, not run.
#[cfg(any(windows, target_os = "macos"))]
mod system {
    use lorgnette_image::Picture;
    use xcap::{Monitor, Window};

    use super::{Area, fault, picture, within};
    use crate::error::AppError;

    const WHAT: &str = "the screen";

    pub(super) fn screen(area: Area) -> Result<Picture, AppError> {
        #[cfg(target_os = "macos")]
        if !macos_may_capture() {
            // Without it, macOS gives the wallpaper, and it would be described as the screen.
            return Err(fault(
                WHAT,
                "macOS has not allowed it: System Settings, Privacy & Security, Screen Recording",
            ));
        }
        let failed = |error: xcap::XCapError| fault(WHAT, &error.to_string());
        let image = if area == Area::Window {
            let windows = Window::all().map_err(failed)?;
            let focused = windows.iter().find(|window| window.is_focused().unwrap_or(false));
            let none = || fault("the window", "none has the focus");
            focused.ok_or_else(none)?.capture_image().map_err(failed)?
        } else {
            let monitors = Monitor::all().map_err(failed)?;
            let main = monitors.iter().find(|monitor| monitor.is_primary().unwrap_or(false));
            let none = || fault(WHAT, "there is none");
            main.or(monitors.first()).ok_or_else(none)?.capture_image().map_err(failed)?
        };
        let (width, height) = image.dimensions();
        let rgb = image.as_raw().as_chunks::<4>().0.iter().flat_map(|&[r, g, b, _]| [r, g, b]);
        let whole = picture(WHAT, width, height, rgb.collect())?;
        let Area::Region(region) = area else { return Ok(whole) };
        let region = within(region, width, height);
        let region = region.ok_or_else(|| fault(WHAT, "the region lies outside of it"))?;
        Ok(whole.part(region))
    }

    #[cfg(target_os = "macos")]
    fn macos_may_capture() -> bool {
        #[allow(unsafe_code, reason = "a system call without parameters, which only answers")]
        #[link(name = "CoreGraphics", kind = "framework")]
        // SAFETY: declared as CoreGraphics/CGWindow.h does: no parameters, a C bool.
        unsafe extern "C" {
            safe fn CGPreflightScreenCaptureAccess() -> bool;
        }
        CGPreflightScreenCaptureAccess()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_cut_to_the_screen() {
        let region = |x, y, width, height| Region { x, y, width, height };
        assert_eq!(within(region(10, 20, 30, 40), 100, 50), Some(region(10, 20, 30, 30)));
        assert_eq!(within(region(0, 0, u32::MAX, 1), 100, 50), Some(region(0, 0, 100, 1)));
        assert_eq!(within(region(100, 0, 5, 5), 100, 50), None);
        assert_eq!(within(region(1, 1, 0, 5), 100, 50), None);
    }
}
