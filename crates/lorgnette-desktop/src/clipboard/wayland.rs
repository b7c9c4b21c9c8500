//! The clipboard of Wayland, by the data-control protocols: without them, only who has the focus may
//! read it.

use std::io::Read;
use std::os::fd::AsFd;

use lorgnette_image::Limits;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use wl_clipboard_rs::paste::{ClipboardType, Error, MimeType, Seat};
use wl_clipboard_rs::paste::{get_contents, get_mime_types_ordered};

use super::formats;

/// A program that gives nothing for so long has failed.
const PATIENCE: Timespec = Timespec { tv_sec: 5, tv_nsec: 0 };

pub(super) struct Selection;

impl formats::Selection for Selection {
    fn formats(&mut self) -> Result<Vec<String>, String> {
        empty_without(get_mime_types_ordered(ClipboardType::Regular, Seat::Unspecified))
    }

    fn read(&mut self, format: &str) -> Result<Vec<u8>, String> {
        let format = MimeType::Specific(format);
        let pipe = get_contents(ClipboardType::Regular, Seat::Unspecified, format);
        match empty_without(pipe.map(Some))? {
            Some((pipe, _)) => read_all(pipe),
            None => Ok(Vec::new()),
        }
    }
}

/// What was read; where nothing was copied, it is empty.
fn empty_without<T: Default>(read: Result<T, Error>) -> Result<T, String> {
    match read {
        Err(Error::NoSeats | Error::ClipboardEmpty | Error::NoMimeType) => Ok(T::default()),
        read => read.map_err(|error| error.to_string()),
    }
}

/// All bytes up to one beyond what a picture may have, so that the decoder says the limit.
fn read_all(mut pipe: impl Read + AsFd) -> Result<Vec<u8>, String> {
    let most = Limits::default().max_bytes + 1;
    let (mut bytes, mut part) = (Vec::new(), vec![0; 1 << 16]);
    while (bytes.len() as u64) < most {
        let wait = || poll(&mut [PollFd::new(&pipe, PollFlags::IN)], Some(&PATIENCE));
        let n_ready = rustix::io::retry_on_intr(wait);
        if n_ready.map_err(|error| error.to_string())? == 0 {
            return Err(formats::NO_ANSWER.into());
        }
        let n = pipe.read(&mut part).map_err(|error| error.to_string())?;
        if n == 0 {
            break;
        }
        bytes.extend(&part[..n]);
    }
    Ok(bytes)
}
