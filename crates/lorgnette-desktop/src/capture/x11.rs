//! X11, by its own protocol. `xcap` does it too, but on Linux it asks every build for the headers of
//! `PipeWire`, GBM and EGL and for libclang.

use lorgnette_image::{Picture, Region};
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{AtomEnum, ConnectionExt as _, ImageFormat, ImageOrder, Screen};
use x11rb::rust_connection::RustConnection;

use super::{Area, SCREEN, around, fault, on_screen, picture};
use crate::error::DesktopError;

pub(super) fn screen(area: Area) -> Result<Picture, DesktopError> {
    let failed = |error: &dyn std::error::Error| fault(SCREEN, &error.to_string());
    let (x11, number) = x11rb::connect(None).map_err(|error| failed(&error))?;
    let root =
        x11.setup().roots.get(number).cloned().ok_or_else(|| fault(SCREEN, "there is none"))?;
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
        Area::Around { pointer, side } => around(pointer, side),
    };
    let region = on_screen(region, whole.width, whole.height)?;
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
    let image = asked.map_err(|error| failed(&error))?.reply().map_err(|error| failed(&error))?;
    let rgb = rgb(&x11, &root, &image.data, region)
        .ok_or_else(|| fault(SCREEN, &format!("its {} bits a pixel are not read", image.depth)))?;
    picture(SCREEN, region.width, region.height, rgb)
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
    let pixels =
        data[..n_bytes].as_chunks::<4>().0.iter().map(|bytes| {
            if is_lsb { u32::from_le_bytes(*bytes) } else { u32::from_be_bytes(*bytes) }
        });
    let of = |pixel: u32| masks.map(|mask| ((pixel & mask) >> mask.trailing_zeros()) as u8);
    Some(pixels.flat_map(of).collect())
}

/// Where the window with the focus is, as the window manager tells.
fn window(x11: &RustConnection, root: &Screen) -> Result<Region, DesktopError> {
    let find = || {
        let atom = x11.intern_atom(false, b"_NET_ACTIVE_WINDOW").ok()?.reply().ok()?.atom;
        let property = x11.get_property(false, root.root, atom, AtomEnum::WINDOW, 0, 1);
        let window = property.ok()?.reply().ok()?.value32()?.next().filter(|id| *id != 0)?;
        let size = x11.get_geometry(window).ok()?.reply().ok()?;
        let at = x11.translate_coordinates(window, root.root, 0, 0).ok()?.reply().ok()?;
        // What hangs over the left and top edge of the screen is not visible.
        let (x, y) = (i32::from(at.dst_x), i32::from(at.dst_y));
        let visible = |at: i32, size: u16| (i32::from(size) + at.min(0)).max(0).unsigned_abs();
        Some(Region {
            x: x.max(0).unsigned_abs(),
            y: y.max(0).unsigned_abs(),
            width: visible(x, size.width),
            height: visible(y, size.height),
        })
    };
    find().ok_or_else(|| fault("the window", "the window manager names none that has the focus"))
}
