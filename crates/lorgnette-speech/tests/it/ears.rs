//! A speech service without a loudspeaker, and what was heard of it.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Louder than this is sound; the silence between is digital.
const LOUD: i16 = 50;
const HZ: usize = 22_050;
/// Silence for so long is no pause between words.
const SILENCE: usize = HZ / 3;

/// The service of this test.
pub struct Ears {
    folder: tempfile::TempDir,
    service: Child,
    /// Lines of the log that belong to earlier texts.
    forgotten: Mutex<usize>,
}

impl Ears {
    /// Starts it; the whole process speaks to it from now on.
    pub fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/quiet-speech");
        let mut service = Command::new(script)
            .arg(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(service.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n", "scripts/setup --tests installs what it needs");
        let address = format!("unix_socket:{}", folder.path().join("speech").display());
        // SAFETY: the only test of this process begins with it, and no other thread runs.
        #[expect(unsafe_code, reason = "the service is found by the environment")]
        unsafe {
            std::env::set_var("SPEECHD_ADDRESS", address);
        }
        Self { folder, service, forgotten: Mutex::new(0) }
    }

    fn log(&self) -> String {
        let path = self.folder.path().join("log/speech-dispatcher.log");
        String::from_utf8_lossy(&fs_err::read(path).unwrap()).into_owned()
    }

    /// What the service handed to its voice, in order, without marks.
    pub fn said(&self) -> Vec<String> {
        let log = self.log();
        let handed =
            log.lines().filter_map(|line| line.split_once("Command sent to output module: |"));
        let spoken = handed.filter(|(_, text)| text.starts_with("<speak>"));
        let said =
            spoken.map(|(_, text)| words(text.rsplit_once('|').map_or(text, |(text, _)| text)));
        said.skip(*self.forgotten.lock().unwrap()).collect()
    }

    /// What was said so far belongs to another text.
    pub fn forget(&self) {
        let n = self.said().len();
        *self.forgotten.lock().unwrap() += n;
    }

    /// The commands of this kind that the service was sent.
    pub fn commands(&self, kind: &str) -> Vec<String> {
        let log = self.log();
        let sent = log.lines().filter_map(|line| line.split_once("DATA:|")).map(|(_, text)| text);
        sent.filter(|text| text.starts_with(kind))
            .map(|text| text.trim().trim_end_matches('|').to_owned())
            .collect()
    }

    fn samples(&self) -> Vec<i16> {
        let bytes = fs_err::read(self.folder.path().join("said.wav")).unwrap();
        let pairs = bytes.get(44..).unwrap_or_default().as_chunks::<2>().0;
        pairs.iter().map(|pair| i16::from_le_bytes(*pair)).collect()
    }

    /// Seconds between the first sound and the last one.
    pub fn sound_s(&self) -> f64 {
        let samples = self.samples();
        let is_loud = |sample: &i16| sample.unsigned_abs() > LOUD.unsigned_abs();
        let first = samples.iter().position(is_loud);
        let last = samples.iter().rposition(is_loud);
        first.zip(last).map_or(0.0, |(first, last)| (last - first) as f64 / HZ as f64)
    }

    /// Waits until there is sound.
    pub fn wait_for_sound(&self) {
        wait("sound", || self.sound_s() > 0.0);
    }

    /// Waits until the voice comes to that word of what was said last.
    pub fn wait_for_word(&self, word: &str) {
        wait(word, || {
            let said = self.said().last().cloned().unwrap_or_default();
            let Some(at) = said.find(word) else { return false };
            let mark = format!("     INDEX MARK: {at}\n");
            let log = self.log();
            let now = log.rfind("Command sent to output module").map_or("", |at| &log[at..]);
            now.contains(&mark)
        });
    }

    /// Waits until nothing is heard; seconds from now to the last sound.
    pub fn wait_for_silence(&self) -> f64 {
        let from = self.samples().len();
        let mut last = 0.0;
        wait("silence", || {
            let samples = self.samples();
            let new = &samples[from.min(samples.len())..];
            let loud = new.iter().rposition(|sample| sample.unsigned_abs() > LOUD.unsigned_abs());
            last = loud.map_or(0.0, |at| at as f64 / HZ as f64);
            new.len() - loud.unwrap_or(0) > SILENCE
        });
        last
    }
}

impl Drop for Ears {
    fn drop(&mut self) {
        drop(self.service.stdin.take());
        self.service.wait().unwrap();
    }
}

fn wait(what: &str, mut is: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_mins(1);
    while !is() {
        assert!(Instant::now() < end, "no {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Text without its marks.
fn words(ssml: &str) -> String {
    let mut text = String::new();
    let mut in_tag = false;
    for c in ssml.chars() {
        match c {
            '<' => in_tag = true,
            '>' => in_tag = false,
            c if !in_tag => text.push(c),
            _ => {}
        }
    }
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}
