//! Standard error as a courtesy. On a full disk, behind a closed pipe or without a terminal, what is
//! said there is dropped, and nothing else changes: `eprintln!` would panic.

use std::fmt;
use std::io::{self, Write};

/// Standard error that takes everything, for what writes by itself, such as a log.
#[derive(Debug, Clone, Copy, Default)]
pub struct Stderr;

impl Write for Stderr {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = io::stderr().lock().write_all(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes all of a text at once, so that lines of several threads do not mix.
pub fn say(text: fmt::Arguments<'_>) {
    let _ = io::stderr().lock().write_all(text.to_string().as_bytes());
}

/// Says a line on standard error, with the arguments of `eprintln!`.
#[macro_export]
macro_rules! say {
    ($($text:tt)*) => { $crate::stderr::say(format_args!("{}\n", format_args!($($text)*))) };
}
