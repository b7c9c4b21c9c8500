//! A stream of server-sent events, as OpenAI's interface has it: lines of `data: …`, an empty line
//! behind each event.

use std::str;

/// The longest line; that of a chunk has some hundred bytes.
pub(crate) const MAX_LINE_BYTES: usize = 1 << 20;
/// The longest stream: some 200,000 tokens.
pub(crate) const MAX_STREAM_BYTES: u64 = 64 << 20;

/// What is read of a stream.
#[derive(Debug, Default)]
pub(crate) struct Events {
    /// The line that has not ended yet.
    line: Vec<u8>,
    /// The lines of the event that has not ended yet.
    data: String,
    n_bytes: u64,
}

impl Events {
    /// Takes a piece of the stream, and hands on the data of each event that has ended.
    ///
    /// # Errors
    /// What is wrong with the stream, in words. It is not read any further.
    pub(crate) fn push(
        &mut self,
        mut piece: &[u8],
        mut on_event: impl FnMut(&str) -> Result<(), String>,
    ) -> Result<(), String> {
        self.n_bytes += piece.len() as u64;
        if self.n_bytes > MAX_STREAM_BYTES {
            return Err(format!("it sent more than {MAX_STREAM_BYTES} bytes"));
        }
        while let Some(end) = piece.iter().position(|byte| *byte == b'\n') {
            self.grow(&piece[..end])?;
            piece = &piece[end + 1..];
            let line = std::mem::take(&mut self.line);
            self.end_of_line(&line, &mut on_event)?;
        }
        self.grow(piece)
    }

    fn grow(&mut self, piece: &[u8]) -> Result<(), String> {
        if self.line.len() + piece.len() > MAX_LINE_BYTES {
            return Err(format!("it sent a line of more than {MAX_LINE_BYTES} bytes"));
        }
        self.line.extend_from_slice(piece);
        Ok(())
    }

    fn end_of_line(
        &mut self,
        line: &[u8],
        on_event: &mut impl FnMut(&str) -> Result<(), String>,
    ) -> Result<(), String> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let line = str::from_utf8(line).map_err(|_| "it sent bytes that are no text".to_owned())?;
        if line.is_empty() {
            let data = std::mem::take(&mut self.data);
            return if data.is_empty() { Ok(()) } else { on_event(&data) };
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "data" => {
                if self.data.len() + value.len() > MAX_LINE_BYTES {
                    return Err(format!("it sent an event of more than {MAX_LINE_BYTES} bytes"));
                }
                if !self.data.is_empty() {
                    self.data.push('\n');
                }
                self.data.push_str(value);
                Ok(())
            }
            // Comments, and fields that OpenAI's interface does not use.
            "" | "event" | "id" | "retry" => Ok(()),
            _ => Err(format!("it sent a line that is no event: {}", beginning(line))),
        }
    }
}

/// The beginning of what a server said, fit for one line of a message.
pub(crate) fn beginning(text: &str) -> String {
    const MOST: usize = 200;
    let line: String =
        text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MOST).collect();
    line.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn events(pieces: &[&[u8]]) -> Result<Vec<String>, String> {
        let (mut events, mut told) = (Events::default(), Vec::new());
        for piece in pieces {
            events.push(piece, |data| {
                told.push(data.to_owned());
                Ok(())
            })?;
        }
        Ok(told)
    }

    #[test]
    fn events_come_whole_however_they_are_cut() {
        let stream =
            "data: {\"a\":\"é\"}\n\n: still at work\r\n\r\ndata:b\ndata: c\n\nid: 1\nevent: x\n\n";
        let expected = ["{\"a\":\"é\"}", "b\nc"];
        assert_eq!(events(&[stream.as_bytes()]).unwrap(), expected);
        let bytes: Vec<&[u8]> = stream.as_bytes().chunks(1).collect();
        assert_eq!(events(&bytes).unwrap(), expected);
        // What has not ended is none.
        assert_eq!(events(&[b"data: a\n"]).unwrap(), Vec::<String>::new());
    }

    #[test]
    fn a_line_without_an_end_is_given_up() {
        let piece = vec![b'x'; 1 << 16];
        let mut stream = Events::default();
        let mut n_bytes = 0;
        let error = loop {
            match stream.push(&piece, |_| Ok(())) {
                Ok(()) => n_bytes += piece.len(),
                Err(error) => break error,
            }
        };
        assert!(n_bytes <= MAX_LINE_BYTES && error.contains("a line of more than"), "{error}");
        let mut stream = Events::default();
        let lines = b"data: 0123456789\n".repeat(1 << 12);
        assert!((0..100).any(|_| stream.push(&lines, |_| Ok(())).is_err()), "an event has an end");
        let mut stream = Events::default();
        let comments = b": 0123456789\n".repeat(1 << 16);
        let n_pushed = (0..1000).take_while(|_| stream.push(&comments, |_| Ok(())).is_ok()).count();
        assert!(n_pushed as u64 * comments.len() as u64 <= MAX_STREAM_BYTES);
    }

    #[test]
    fn what_is_no_stream_of_events_is_an_error() {
        for stream in ["<!doctype html>\n", "{\"error\": 1}\n", "data\u{7f}: a\n"] {
            assert!(events(&[stream.as_bytes()]).is_err(), "{stream:?}");
        }
        assert!(events(&[b"data: \xff\n"]).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken_or_refused(pieces: Vec<Vec<u8>>) {
            let pieces: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
            let whole = pieces.concat();
            // How they are cut changes nothing.
            prop_assert_eq!(events(&pieces), events(&[&whole]));
        }
    }
}
