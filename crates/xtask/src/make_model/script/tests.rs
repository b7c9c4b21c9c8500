use std::path::Path;
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use lorgnette_app::chats::{AnswerBy, Attachment, Draft, End, Filter, Message, MessageId};
use lorgnette_app::coordinator::{App, Ask, Listener, Notice, Progress};
use lorgnette_app::folders::Folders;
use lorgnette_app::settings::{FirstLook, Language, Settings};
use lorgnette_export::{self as export, ExportFormat};

use super::super::{Args, Format, Shape, Vision};
use super::*;

const THOUGHTS: &str =
    "Let me look at it first: the line of words, then two more below; Which is what they ask?";
const ANSWER: &str = "The sign names an open door! You can go in.";
const PATIENCE: Duration = Duration::from_mins(2);

fn args(says: &str, out: &Path) -> Args {
    Args {
        shape: Shape::Tiny,
        format: Format::GgufF16,
        vision: Vision::F16,
        out: out.to_owned(),
        positions: None,
        seed: 1,
        says: Some(says.to_owned()),
        thinks: Some(THOUGHTS.to_owned()),
        endless: false,
    }
}

/// The program with a model that thinks, and what it tells.
struct Home {
    app: App,
    told: Arc<Mutex<Vec<Notice>>>,
    folder: tempfile::TempDir,
}

impl Home {
    fn open(answer: &str) -> Self {
        Self::with(|model| args(answer, model))
    }

    fn with(args: impl FnOnce(&Path) -> Args) -> Self {
        Self::with_speed(args, None)
    }

    /// The same, with what was measured of the model before, as the program stores it.
    fn with_speed(args: impl FnOnce(&Path) -> Args, speed: Option<&str>) -> Self {
        let folder = tempfile::tempdir().expect("temp dir");
        let model = folder.path().join("made");
        args(&model).run().expect("make-model");
        if let Some(speed) = speed {
            let cache = Folders::below(folder.path()).cache;
            fs_err::create_dir_all(&cache).expect("a folder");
            let id = model.join("tiny-f16.gguf").display().to_string();
            let speeds = format!("{{{}:{speed}}}", serde_json::Value::String(id));
            fs_err::write(cache.join("speeds.json"), speeds).expect("speeds");
        }
        let told = Arc::new(Mutex::new(Vec::new()));
        let hears = Arc::clone(&told);
        let notify = move |notice| hears.lock().expect("whole").push(notice);
        let app = App::open(Folders::below(folder.path()), notify).expect("an app");
        app.use_model_at(&model.join("tiny-f16.gguf"), false).expect("a model");
        let settings = Settings { temperature: 0.0, language: Language::En, ..app.settings() };
        app.set_settings(settings).expect("settings");
        Self { app, told, folder }
    }

    /// Asks, and waits for the answer; with what was told of thoughts and text on the way.
    fn ask(&self, ask: Ask) -> (Message, String, String) {
        self.ask_until(ask, usize::MAX)
    }

    /// The same, and stops it when it has thought so many letters.
    fn ask_until(&self, ask: Ask, n_letters: usize) -> (Message, String, String) {
        self.ask_while(ask, |thoughts, _| thoughts.len() < n_letters)
    }

    /// The same, and stops it when what it thought and said is enough.
    fn ask_while(
        &self,
        ask: Ask,
        goes_on: impl Fn(&str, &str) -> bool,
    ) -> (Message, String, String) {
        let (sender, progress) = mpsc::channel();
        let listener =
            |_: &_| -> Listener { Box::new(move |one| sender.send(one).expect("heard")) };
        let asked = self.app.ask(ask, listener).expect("asked");
        let (mut thoughts, mut text) = (String::new(), String::new());
        loop {
            match progress.recv_timeout(PATIENCE).expect("told in time") {
                Progress::Thought { piece, .. } => {
                    assert_eq!(text, "", "thoughts come first");
                    thoughts += &piece;
                }
                Progress::Text { piece, .. } => text += &piece,
                Progress::Ended(message) => return (*message, thoughts, text),
                _ => continue,
            }
            if !goes_on(&thoughts, &text) {
                self.app.stop(asked.answer);
            }
        }
    }

    fn question(text: &str) -> Ask {
        let (text, pictures) = (text.to_owned(), Vec::new());
        Ask::New { chat: None, leaf: None, text, pictures, by: AnswerBy::Model }
    }

    /// The sentences for people who cannot see the answer come.
    fn sentences(&self) -> Vec<(Option<MessageId>, String)> {
        let told = std::mem::take(&mut *self.told.lock().expect("whole"));
        let sentence = |notice| match notice {
            Notice::Sentence { answer, text } => Some((answer, text)),
            _ => None,
        };
        told.into_iter().filter_map(sentence).collect()
    }

    fn found(&self, search: &str) -> usize {
        let filter = Filter { search: search.into(), limit: 9, ..Filter::default() };
        self.app.chats().list(&filter).expect("a list").len()
    }
}

#[test]
fn thoughts_are_told_kept_and_exported_apart_from_the_answer() {
    let home = Home::open(ANSWER);
    let (answer, thoughts, text) = home.ask(Home::question("What does it say?"));
    assert_eq!((thoughts.as_str(), text.as_str()), (THOUGHTS, ANSWER));
    assert_eq!((answer.thoughts.as_str(), answer.text.as_str()), (THOUGHTS, ANSWER));
    assert_eq!(answer.end, Some(End::Whole));
    let timings = answer.timings.clone().expect("timings");
    assert!(timings.thought_s > 0.0 && timings.n_thought_tokens > 20, "{timings:?}");
    // Spoken are the sentences of the answer, and once that it thinks.
    let spoken = home.sentences();
    let phase = spoken.iter().filter(|(of, _)| of.is_none()).count();
    let sentences: Vec<&str> =
        spoken.iter().filter(|(of, _)| of.is_some()).map(|(_, text)| text.as_str()).collect();
    assert_eq!((phase, sentences), (1, vec!["The sign names an open door!", "You can go in."]));
    // It is not searched, nor does it name the chat.
    assert_eq!((home.found("open door"), home.found("line of words")), (1, 0));
    let chat = home.app.chats().chat_of(answer.id).expect("its chat");
    let path = home.folder.path().join("chat.html");
    export::write(&home.app, chat, ExportFormat::Html, &path).expect("exported");
    let imported = export::import(&home.app, &path).expect("imported");
    let last = home.app.chats().chat(imported).expect("the chat").messages.pop().expect("answer");
    assert_eq!((last.thoughts.as_str(), last.text.as_str()), (THOUGHTS, ANSWER));
    assert_eq!(home.app.chats().draft(None).expect("a draft").0, Draft::default());

    // A follow-up is not told what was thought: it reads as much as if there had been nothing.
    let (leaf, text) = (Some(answer.id), "And now?".to_owned());
    let more = Ask::New { chat: Some(chat), leaf, text, pictures: Vec::new(), by: AnswerBy::Model };
    let timings = home.ask(more).0.timings.expect("timings");
    let n_prompt = timings.n_cached_tokens + timings.n_read_tokens;
    let tokenizer = Shape::Tiny.tokenizer().and_then(|plain| tokenizer(&plain)).expect("tokenizer");
    let n_words: usize = ["What does it say?", ANSWER, "And now?"]
        .map(|text| tokenizer.encode_text(text).len())
        .iter()
        .sum();
    // And `<s>`, twice `[INST]` and `[/INST]`, `</s>`.
    assert_eq!(n_prompt, n_words + 6);
    assert!(timings.n_cached_tokens >= 3, "{timings:?}");
}

#[test]
fn an_answer_that_is_stopped_in_its_thoughts_is_none_yet_and_can_go_on_either_way() {
    // A new line, so that the words of two turns are cut into tokens as those of one.
    let turn = format!("{THOUGHTS}\n");
    let thinks = Some(turn.clone());
    let home = Home::with(|model| Args { endless: true, thinks, ..args(ANSWER, model) });
    let stop = || {
        let (stopped, ..) = home.ask_until(Home::question("What?"), turn.len() + 10);
        assert!(stopped.thoughts.starts_with(&turn), "{}", stopped.thoughts);
        assert_eq!((stopped.text.as_str(), &stopped.end), ("", &Some(End::Stopped)));
        stopped
    };
    let stopped = stop();
    let said: Vec<String> = home.sentences().into_iter().map(|(_, text)| text).collect();
    assert!(said.last().is_some_and(|last| last.contains("no answer")), "{said:?}");
    // What it thinks, it goes on with, word by word.
    let on = Ask::Continue { answer: stopped.id, at_once: false };
    let (more, thoughts, _) = home.ask_until(on, 1);
    assert_eq!(more.thoughts, stopped.thoughts + &thoughts);
    assert!(turn.repeat(100).starts_with(&more.thoughts), "{}", more.thoughts);

    let stopped = stop();
    let (whole, thoughts, _) = home.ask(Ask::Continue { answer: stopped.id, at_once: true });
    assert_eq!((whole.thoughts, thoughts.as_str()), (stopped.thoughts, ""));
    assert_eq!((whole.text.as_str(), &whole.end), (ANSWER, &Some(End::Whole)));
}

#[test]
fn who_listens_is_told_that_there_were_only_thoughts() {
    let home = Home::open("");
    let (answer, ..) = home.ask(Home::question("What?"));
    assert_eq!((answer.thoughts.as_str(), answer.text.as_str()), (THOUGHTS, ""));
    let said: Vec<String> = home.sentences().into_iter().map(|(_, text)| text).collect();
    let [thinks, only_thoughts] = &said[..] else { panic!("{said:?}") };
    assert!(thinks.contains("thinking") && only_thoughts.contains("no answer"), "{said:?}");
}

/// Asks about the sign, which takes the model longer than anybody waits: so it says.
fn ask_slow(first_look: FirstLook, goes_on: impl Fn(&str) -> bool) -> (Home, Message, Vec<String>) {
    let speed = r#"{"encode_flop_per_s":1e6,"prefill_tokens_per_s":1.0,"decode_tokens_per_s":1.0}"#;
    let home = Home::with_speed(|model| Args { thinks: None, ..args(ANSWER, model) }, Some(speed));
    let settings = Settings { first_look, ..home.app.settings() };
    home.app.set_settings(settings).expect("settings");
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/../../assets/samples/sign.png");
    let sample = fs_err::read(sample).expect("a sample");
    let picture = home.app.keep_bytes("sign.png", &sample).expect("a picture").id;
    let name = "sign.png".into();
    let pictures = vec![Attachment { picture, name, region: None, turn: 0, max_side: None }];
    let text = "What does it say?".to_owned();
    let ask = Ask::New { chat: None, leaf: None, text, pictures, by: AnswerBy::Model };
    let (sender, progress) = mpsc::channel();
    let listener = |_: &_| -> Listener { Box::new(move |one| sender.send(one).expect("heard")) };
    let asked = home.app.ask(ask, listener).expect("asked");
    let mut looks = Vec::new();
    loop {
        match progress.recv_timeout(PATIENCE).expect("told in time") {
            Progress::FirstLook { text } => {
                looks.push(text);
                if !goes_on(&looks[looks.len() - 1]) {
                    home.app.stop(asked.answer);
                }
            }
            Progress::Ended(message) => return (home, *message, looks),
            _ => {}
        }
    }
}

#[test]
fn a_first_look_comes_before_an_answer_that_takes_long_and_is_not_kept() {
    let (home, answer, looks) = ask_slow(FirstLook::Always, |_| true);
    assert_eq!(
        (looks.first().map(String::as_str), looks.last().map(String::as_str)),
        (Some(""), Some(ANSWER))
    );
    assert_eq!((answer.text.as_str(), &answer.end), (ANSWER, &Some(End::Whole)));
    // Both are said, the first look first.
    let said: Vec<String> = home.sentences().into_iter().map(|(_, text)| text).collect();
    let looked = said.iter().position(|text| *text == format!("First look: {ANSWER}"));
    let answered = said.iter().position(|text| text == "The sign names an open door!");
    assert!(looked.is_some() && looked < answered, "{said:?}");

    // Where nobody wants it there is none.
    for unwanted in [FirstLook::Never, FirstLook::Keys] {
        let (_, answer, looks) = ask_slow(unwanted, |_| true);
        assert_eq!((answer.text.as_str(), looks.len()), (ANSWER, 0));
    }
}

#[test]
fn a_first_look_is_what_there_is_of_an_answer_that_is_stopped_before_it_begins() {
    let (_, answer, looks) = ask_slow(FirstLook::Always, |look| !look.contains("sign"));
    let look = looks.last().expect("a first look").trim();
    assert!(ANSWER.starts_with(look) && look.contains("sign"), "{look}");
    assert_eq!((answer.text, answer.end), (format!("**First look:** {look}"), Some(End::Stopped)));
}

#[test]
fn a_text_that_no_network_of_this_kind_can_say_is_an_error() {
    let dir = tempfile::tempdir().expect("temp dir");
    let error = |args: Args| args.run().expect_err("no such network").to_string();
    assert!(error(args(" one one", dir.path())).contains("comes twice"));
    let tied = Args { shape: Shape::TinyMistral3, ..args(ANSWER, dir.path()) };
    assert!(error(tied).contains("output matrix"));
    let large = Args { shape: Shape::Pixtral12B, ..args(ANSWER, dir.path()) };
    assert!(error(large).contains("tiny"));
}

#[test]
fn what_was_said_of_pages_is_summarised_in_steps_which_go_on_where_they_were_stopped() {
    let positions = Some(1024);
    let home = Home::with(|model| Args { positions, thinks: None, ..args(ANSWER, model) });
    let chats = home.app.chats();
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/../../assets/samples/sign.png");
    let sample = fs_err::read(sample).expect("a sample");
    let page = Attachment {
        picture: home.app.keep_bytes("report.pdf", &sample).expect("a picture").id,
        name: "report.pdf".into(),
        region: None,
        turn: 0,
        max_side: None,
    };
    let (chat, question) =
        chats.add_question(None, None, "What is on it?", &vec![page; 12]).expect("a question");
    let (_, pages) = chats.begin_answer(question, AnswerBy::Pages).expect("an answer");
    let section = |page| format!("## report.pdf {page}\n\n{}\n\n", "word ".repeat(60));
    let said: String = (1..=12).map(section).collect();
    chats.end_answer(pages, &said, &End::Whole, Some("Tiny"), None).expect("ended");
    let summarise = || Ask::New {
        chat: Some(chat),
        leaf: Some(pages),
        text: "Summarise.".into(),
        pictures: Vec::new(),
        by: AnswerBy::Summary,
    };
    let (whole, ..) = home.ask(summarise());
    let steps = [("1", "5"), ("6", "10"), ("11", "12")]
        .map(|(first, last)| format!("## report.pdf {first} – report.pdf {last}\n\n{ANSWER}"));
    let expected = format!("{}\n\n## Summary\n\n{ANSWER}", steps.join("\n\n"));
    assert_eq!((whole.text.as_str(), &whole.end), (expected.as_str(), &Some(End::Whole)));
    assert_eq!(chats.message(pages).expect("it stays").text, said);

    // Stopped wherever, it goes on to the same.
    let (mut ask, mut n_stopped) = (summarise(), 0);
    for _ in 0..4 {
        let (stopped, ..) = home.ask_while(ask, |_, text| !text.contains("The sign"));
        n_stopped += usize::from(stopped.end == Some(End::Stopped));
        assert!(expected.starts_with(&stopped.text), "{}", stopped.text);
        ask = Ask::Continue { answer: stopped.id, at_once: false };
    }
    assert!(n_stopped > 0);
    let (on, ..) = home.ask(ask);
    assert_eq!((on.text.as_str(), &on.end), (expected.as_str(), &Some(End::Whole)));

    // What was said of so many pages does not fit: the next question goes on from the summary.
    let (leaf, text) = (Some(on.id), "And now?".to_owned());
    let more = Ask::New { chat: Some(chat), leaf, text, pictures: Vec::new(), by: AnswerBy::Model };
    let (answer, ..) = home.ask(more);
    assert_eq!((answer.text.as_str(), &answer.end), (ANSWER, &Some(End::Whole)));
    let timings = answer.timings.expect("timings");
    assert!(timings.n_cached_tokens + timings.n_read_tokens < 100, "{timings:?}");
}
