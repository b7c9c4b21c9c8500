//! The Speech Synthesis Interface Protocol: lines over a socket of this machine. Replies and events
//! come mixed; a thread takes them apart.
//!
//! Source: `ssip.texi` of Speech Dispatcher 0.11.

use std::env;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use crate::error::SpeechError;
use crate::voice::VoiceEvent;

/// The service answers within a few milliseconds; a hanging one must not hang us.
const PATIENCE: Duration = Duration::from_secs(3);
/// The service goes into the background by itself, as soon as it listens.
const STARTING_TAKES: Duration = Duration::from_secs(10);
/// espeak-ng has some 13,000 voices, with its variants; more lines are no speech service's.
const MAX_LINES: usize = 100_000;

/// An answer of the service: its code, the lines before the last, and the last.
struct Reply {
    code: u16,
    lines: Vec<String>,
    message: String,
}

/// A connection to the service.
pub(super) struct Connection {
    stream: UnixStream,
    replies: Receiver<Reply>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        // Ends the thread, and the service forgets what was queued.
        let _ = self.stream.shutdown(std::net::Shutdown::Both);
    }
}

impl Connection {
    /// Connects, and starts the service as its own library does, unless an address was given.
    pub(super) fn open(events: Sender<VoiceEvent>) -> Result<Self, SpeechError> {
        let given = env::var("SPEECHD_ADDRESS").ok().filter(|address| !address.is_empty());
        let path = match &given {
            Some(address) => match address.strip_prefix("unix_socket:") {
                Some(path) => PathBuf::from(path),
                // What is read aloud stays on this machine.
                None => {
                    return Err(no_voice(format!(
                        "SPEECHD_ADDRESS is {address}, and only unix_socket: is used"
                    )));
                }
            },
            None => {
                usual_path().ok_or_else(|| no_voice("no XDG_RUNTIME_DIR and no HOME".into()))?
            }
        };
        let stream = match UnixStream::connect(&path) {
            Ok(stream) => stream,
            Err(_) if given.is_none() => {
                start()?;
                UnixStream::connect(&path).map_err(|error| unreachable(&path, &error))?
            }
            Err(error) => return Err(unreachable(&path, &error)),
        };
        let reading = stream.try_clone().map_err(SpeechError::Lost)?;
        stream.set_write_timeout(Some(PATIENCE)).map_err(SpeechError::Lost)?;
        let (to_us, replies) = mpsc::channel();
        let thread = std::thread::Builder::new().name("speech events".into());
        thread.spawn(move || read(reading, &to_us, &events)).map_err(SpeechError::Lost)?;
        Ok(Self { stream, replies })
    }

    /// Sends a command and returns the lines of its reply.
    pub(super) fn ask(&mut self, command: &str) -> Result<Vec<String>, SpeechError> {
        tracing::debug!(command, "to the speech service");
        self.send(&format!("{command}\r\n"))?;
        let reply = self.reply()?;
        if reply.code / 100 == 2 {
            return Ok(reply.lines);
        }
        Err(SpeechError::Refused { what: command.to_owned(), reason: reply.message })
    }

    /// Has one line said, and returns the number of its message.
    pub(super) fn say(&mut self, line: &str) -> Result<u64, SpeechError> {
        tracing::debug!(line, "said");
        self.ask("SPEAK")?;
        // A full stop alone ends the text, so one at its beginning is doubled.
        let dot = if line.starts_with('.') { "." } else { "" };
        let lines = self.ask(&format!("{dot}{line}\r\n."))?;
        let number = lines.first().and_then(|line| line.parse().ok());
        number.ok_or_else(|| SpeechError::Refused {
            what: "SPEAK".into(),
            reason: "it gave no number".into(),
        })
    }

    fn send(&mut self, text: &str) -> Result<(), SpeechError> {
        self.stream.write_all(text.as_bytes()).map_err(SpeechError::Lost)
    }

    fn reply(&mut self) -> Result<Reply, SpeechError> {
        self.replies.recv_timeout(PATIENCE).map_err(|error| {
            SpeechError::Lost(match error {
                RecvTimeoutError::Timeout => io::ErrorKind::TimedOut.into(),
                RecvTimeoutError::Disconnected => io::ErrorKind::ConnectionAborted.into(),
            })
        })
    }
}

fn no_voice(reason: String) -> SpeechError {
    SpeechError::NoVoice { reason }
}

fn unreachable(path: &std::path::Path, error: &io::Error) -> SpeechError {
    no_voice(format!("no speech service at {}: {error}", path.display()))
}

/// The socket on which the service of a person listens.
fn usual_path() -> Option<PathBuf> {
    let runtime = env::var_os("XDG_RUNTIME_DIR").filter(|folder| !folder.is_empty());
    let folder = match runtime {
        Some(folder) => PathBuf::from(folder),
        None => PathBuf::from(env::var_os("HOME")?).join(".cache"),
    };
    Some(folder.join("speech-dispatcher/speechd.sock"))
}

/// Starts the service for the person; it goes into the background by itself.
fn start() -> Result<(), SpeechError> {
    let wrong = |error| no_voice(format!("speech-dispatcher cannot be started: {error}"));
    let mut starter = Command::new("speech-dispatcher")
        .arg("--spawn")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(wrong)?;
    let until = Instant::now() + STARTING_TAKES;
    loop {
        match starter.try_wait().map_err(wrong)? {
            Some(status) if status.success() => return Ok(()),
            Some(status) => {
                return Err(no_voice(format!("speech-dispatcher did not start ({status})")));
            }
            None if Instant::now() < until => std::thread::sleep(Duration::from_millis(20)),
            None => {
                // One that has ended meanwhile is as well.
                let _ = starter.kill();
                let _ = starter.wait();
                return Err(no_voice("speech-dispatcher did not start in time".into()));
            }
        }
    }
}

/// Takes replies and events apart until the connection ends.
fn read(stream: UnixStream, to_us: &Sender<Reply>, events: &Sender<VoiceEvent>) {
    let mut lines = Vec::new();
    for line in BufReader::new(stream).split(b'\n') {
        let Ok(line) = line else { break };
        let line = String::from_utf8_lossy(&line);
        let line = line.trim_end_matches('\r');
        let Some((code, rest)) = line.split_at_checked(3) else { continue };
        let Ok(code) = code.parse::<u16>() else { continue };
        if let Some(more) = rest.strip_prefix('-') {
            if lines.len() < MAX_LINES {
                lines.push(more.to_owned());
            }
            continue;
        }
        let lines = std::mem::take(&mut lines);
        let told = if code / 100 == 7 {
            event(code, &lines).is_none_or(|event| events.send(event).is_ok())
        } else {
            to_us.send(Reply { code, lines, message: rest.trim().to_owned() }).is_ok()
        };
        if !told {
            return;
        }
    }
    let _ = events.send(VoiceEvent::Lost("the speech service closed the connection".into()));
}

/// `700` is a mark, `701` the beginning and `702` the end; the first line is the message's number.
/// Other events say nothing that is needed.
fn event(code: u16, lines: &[String]) -> Option<VoiceEvent> {
    let number = lines.first()?.parse().ok()?;
    match code {
        700 => Some(VoiceEvent::Word(number, lines.get(2)?.parse().ok()?)),
        701 => Some(VoiceEvent::Begun(number)),
        702 => Some(VoiceEvent::Ended(number)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_and_events_that_come_mixed_are_taken_apart() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let (to_us, replies) = mpsc::channel();
        let (told, events) = mpsc::channel();
        let thread = std::thread::spawn(move || read(ours, &to_us, &told));
        theirs
            .write_all(
                b"701-7\r\n701-1\r\n701 BEGIN\r\n249-a\tfr-FR\tnone\r\n249 OK VOICES\r\n\
                  700-7\r\n700-1\r\n700-12\r\n700 INDEX MARK\r\nnonsense\r\n\xff\r\n700-x\r\n700 ?\r\n\
                  300 ERR NO SUCH\r\n702-7\r\n702-1\r\n702 END\r\n",
            )
            .unwrap();
        drop(theirs);
        thread.join().unwrap();
        let replies: Vec<(u16, usize)> =
            replies.iter().map(|reply| (reply.code, reply.lines.len())).collect();
        assert_eq!(replies, [(249, 1), (300, 0)]);
        let events: Vec<VoiceEvent> = events.iter().collect();
        let known = [VoiceEvent::Begun(7), VoiceEvent::Word(7, 12), VoiceEvent::Ended(7)];
        assert_eq!(events[..3], known);
        assert!(matches!(events[3..], [VoiceEvent::Lost(_)]));
    }
}
