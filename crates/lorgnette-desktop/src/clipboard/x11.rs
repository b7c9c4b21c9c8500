//! The clipboard of X11 in any format, by its own protocol. `arboard` reads pictures that are PNG and
//! no others, and `x11-clipboard` waits out its time where a program has nothing in a format.
//!
//! Source: Inter-Client Communication Conventions Manual 2.0, sections 2.4 to 2.7.

use std::error::Error;
use std::time::{Duration, Instant};

use lorgnette_image::Limits;
use x11rb::connection::Connection as _;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ConnectionExt as _, CreateWindowAux, EventMask, GetPropertyReply, Property,
    Window, WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::{COPY_DEPTH_FROM_PARENT, COPY_FROM_PARENT, CURRENT_TIME, NONE};

use super::formats::{self, NO_ANSWER};

/// A program that gives nothing for so long has failed.
const PATIENCE: Duration = Duration::from_secs(5);
const BETWEEN_LOOKS: Duration = Duration::from_millis(2);

x11rb::atom_manager! {
    Atoms: AtomsCookie {
        CLIPBOARD,
        TARGETS,
        INCR,
        LORGNETTE_PASTE,
    }
}

/// A connection of its own, with a window that nobody sees: answers come to a window.
pub(super) struct Selection {
    x11: RustConnection,
    window: Window,
    atoms: Atoms,
}

type Done<T> = Result<T, Box<dyn Error>>;

impl Selection {
    pub(super) fn open() -> Result<Self, String> {
        let open = || -> Done<Self> {
            let (x11, screen) = x11rb::connect(None)?;
            let atoms = Atoms::new(&x11)?.reply()?;
            let root = x11.setup().roots.get(screen).ok_or("it has no screen")?.root;
            let window = x11.generate_id()?;
            x11.create_window(
                COPY_DEPTH_FROM_PARENT,
                window,
                root,
                0,
                0,
                1,
                1,
                0,
                WindowClass::COPY_FROM_PARENT,
                COPY_FROM_PARENT,
                &CreateWindowAux::new().event_mask(EventMask::PROPERTY_CHANGE),
            )?
            .check()?;
            Ok(Self { x11, window, atoms })
        };
        open().map_err(|error| format!("there is no desktop that has one ({error})"))
    }

    /// Has the owner of the clipboard give it as `target`; empty where there is no owner, or the
    /// owner has nothing of that kind.
    fn convert(&self, target: Atom) -> Done<Vec<u8>> {
        let Self { x11, window, atoms } = self;
        x11.delete_property(*window, atoms.LORGNETTE_PASTE)?;
        let property = atoms.LORGNETTE_PASTE;
        x11.convert_selection(*window, atoms.CLIPBOARD, target, property, CURRENT_TIME)?;
        x11.flush()?;
        // What comes in parts, because it is large.
        let mut parts = None::<Vec<u8>>;
        loop {
            match self.next_event()? {
                Event::SelectionNotify(answer) if answer.target == target && parts.is_none() => {
                    if answer.property == NONE {
                        return Ok(Vec::new());
                    }
                    let answer = self.take()?;
                    if answer.type_ != atoms.INCR {
                        return Ok(answer.value);
                    }
                    parts = Some(Vec::new());
                }
                Event::PropertyNotify(change)
                    if change.atom == property && change.state == Property::NEW_VALUE =>
                {
                    let Some(all) = &mut parts else { continue };
                    let part = self.take()?;
                    if part.type_ == NONE {
                        continue;
                    }
                    all.extend(&part.value);
                    // More than a picture may have: the decoder says the limit.
                    if part.value.is_empty() || all.len() as u64 > Limits::default().max_bytes {
                        return Ok(std::mem::take(all));
                    }
                }
                _ => {}
            }
        }
    }

    /// What was put on the window. Taking it away asks for the next part.
    fn take(&self) -> Done<GetPropertyReply> {
        let property = self.atoms.LORGNETTE_PASTE;
        let most = u32::MAX / 4;
        let taken = self.x11.get_property(true, self.window, property, AtomEnum::ANY, 0, most)?;
        Ok(taken.reply()?)
    }

    fn next_event(&self) -> Done<Event> {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(event) = self.x11.poll_for_event()? {
                return Ok(event);
            }
            if Instant::now() > end {
                return Err(NO_ANSWER.into());
            }
            std::thread::sleep(BETWEEN_LOOKS);
        }
    }

    fn names(&self) -> Done<Vec<String>> {
        let targets = self.convert(self.atoms.TARGETS)?;
        let targets = targets.as_chunks::<4>().0.iter().map(|atom| Atom::from_ne_bytes(*atom));
        let asked = targets.map(|atom| self.x11.get_atom_name(atom));
        let asked: Vec<_> = asked.collect::<Result<_, _>>()?;
        // A number that names nothing is none of ours.
        let names = asked.into_iter().filter_map(|name| name.reply().ok());
        Ok(names.map(|reply| String::from_utf8_lossy(&reply.name).into_owned()).collect())
    }
}

impl formats::Selection for Selection {
    fn formats(&mut self) -> Result<Vec<String>, String> {
        self.names().map_err(|error| error.to_string())
    }

    fn read(&mut self, format: &str) -> Result<Vec<u8>, String> {
        let read = || self.convert(self.x11.intern_atom(false, format.as_bytes())?.reply()?.atom);
        read().map_err(|error| error.to_string())
    }
}
