use std::path::Path;
use std::sync::{Mutex, mpsc};
use std::time::Instant;

use super::*;
use crate::chats::{AnswerBy, ChatId, End, Filter, Message};
use crate::coordinator::private::tests::{asked_about, with_bytes};
use crate::coordinator::{Ask, Listener, Progress, State};
use crate::folders::Folders;
use crate::samples;
use crate::settings::Settings;
use crate::{FaultId, Region};

const PATIENCE: Duration = Duration::from_mins(2);

/// The program in a folder, and what it tells.
struct Home {
    app: App,
    told: Arc<Mutex<Vec<Notice>>>,
}

impl Home {
    fn open(folder: &Path) -> Self {
        let told = Arc::new(Mutex::new(Vec::new()));
        let begun = Instant::now();
        loop {
            let hears = Arc::clone(&told);
            let notify = move |notice| hears.lock().unwrap().push(notice);
            match App::open(Folders::below(folder), notify) {
                Ok(app) => return Self { app, told },
                // A thread of the one before is at its last step.
                Err(_) if begun.elapsed() < PATIENCE => {
                    std::thread::sleep(Duration::from_millis(20));
                }
                Err(error) => panic!("{error}"),
            }
        }
    }

    fn add(&self, name: &str) -> Attachment {
        let png = if let Some(sample) = samples::find(name) {
            sample.png.to_vec()
        } else {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../lorgnette-reader");
            fs_err::read(folder.join("tests/fixtures").join(name)).unwrap()
        };
        asked_about(&self.app.add_bytes(name, &png).unwrap())
    }

    fn add_blank(&self) -> Attachment {
        let png = lorgnette_image::rgba_to_png(64, 64, vec![250; 64 * 64 * 4]).unwrap();
        asked_about(&self.app.add_bytes("blank.png", &png).unwrap())
    }

    /// Asks the reader, and waits for the answer.
    fn read(&self, chat: Option<ChatId>, pictures: &[Attachment]) -> Message {
        let text = "Read all text".to_owned();
        let by = AnswerBy::Reader;
        self.answer(Ask::New { chat, leaf: None, text, pictures: pictures.to_vec(), by })
    }

    fn answer(&self, ask: Ask) -> Message {
        let (ended, end) = mpsc::channel();
        let mut pieces = String::new();
        let listener = |_: &_| -> Listener {
            Box::new(move |progress| match progress {
                Progress::Text { piece, .. } => pieces += &piece,
                Progress::Ended(message) => {
                    ended.send((std::mem::take(&mut pieces), message)).unwrap();
                }
                _ => {}
            })
        };
        self.app.ask(ask, listener).unwrap();
        let (pieces, message) = end.recv_timeout(PATIENCE).unwrap();
        assert_eq!(pieces, message.text, "it is told as it comes");
        *message
    }

    /// Keeps a question about pictures and an answer that a model gave.
    fn keep(&self, pictures: &[Attachment], answer: &str) -> (ChatId, MessageId) {
        let chats = self.app.chats();
        let (chat, question) = chats.add_question(None, None, "What is it?", pictures).unwrap();
        let (_, id) = chats.begin_answer(question, AnswerBy::Model).unwrap();
        chats.end_answer(id, answer, &End::Whole, Some("Pixtral"), None).unwrap();
        (chat, id)
    }

    fn found(&self, search: &str) -> usize {
        let filter = Filter { search: search.into(), limit: 9, ..Filter::default() };
        self.app.chats().list(&filter).unwrap().len()
    }

    fn set_read_text(&self, read_text: bool) {
        let settings = Settings { read_text, ..self.app.settings() };
        self.app.set_settings(settings).unwrap();
    }

    /// Waits until the thread has found nothing to do and reads nothing.
    fn wait_for_rest(&self) {
        let begun = Instant::now();
        let mut n_quiet = 0;
        while n_quiet < 10 {
            assert!(begun.elapsed() < PATIENCE, "it does not come to rest");
            std::thread::sleep(Duration::from_millis(20));
            n_quiet = if self.app.0.texts.is_idle() { n_quiet + 1 } else { 0 };
        }
    }
}

const RECEIPT: &str = "Mill Lane Bakery\nBread\t4.80\nCoffee\t2.95\nHoney\t6.40";

#[test]
fn the_text_of_a_picture_is_there_and_stays() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::open(folder.path());
    let receipt = home.add("receipt");
    let read = home.app.picture_text(&receipt.picture).unwrap();
    assert!(read.text.replace("\n\n", "\n").starts_with(RECEIPT), "{:?}", read.text);
    assert!(read.lines.iter().all(|one| read.text[one.source.clone()] == one.line.text));
    home.keep(std::slice::from_ref(&receipt), "A receipt.");
    assert_eq!((home.found("honey"), home.found("4.80")), (1, 1));
    let gone = home.app.picture_text(&"0".repeat(64)).unwrap_err();
    assert_eq!(gone.id, FaultId::NotFound);
    home.app.close();
    drop(home);
    let home = Home::open(folder.path());
    let stored =
        home.app.0.known_reading(&receipt.picture).map(|stored| PictureText::from(&stored));
    assert_eq!(stored, Some(read));
}

#[test]
fn exact_text_is_an_answer_for_which_no_model_is_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::open(folder.path());
    let receipt = home.add("receipt");
    let answer = home.read(None, std::slice::from_ref(&receipt));
    let text = home.app.picture_text(&receipt.picture).unwrap().text;
    assert_eq!((answer.text.as_str(), &answer.end), (text.as_str(), &Some(End::Whole)));
    assert_eq!((answer.by, &answer.model), (AnswerBy::Reader, &None));
    assert_eq!(home.app.status().state, State::NoModel);
    assert_eq!(home.app.chats().message(answer.id).unwrap().text, text);
    assert_eq!(home.app.answer_claims(answer.id).unwrap(), [], "it claims nothing");
    // A follow-up without a picture is about the one before it.
    let chat = home.app.chats().chat_of(answer.id).unwrap();
    let again = Ask::New {
        chat: Some(chat),
        leaf: Some(answer.id),
        text: "Read it again".into(),
        pictures: Vec::new(),
        by: AnswerBy::Reader,
    };
    assert_eq!(home.answer(again).text, text);
    assert_eq!(home.answer(Ask::Continue { answer: answer.id, at_once: false }).text, text);
    let none = home.read(None, &[]);
    assert!(matches!(none.end, Some(End::Failed(_))), "{none:?}");
}

#[test]
fn each_picture_stands_under_its_name_and_what_is_missing_is_said_at_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::open(folder.path());
    let pictures = [home.add("dialog"), home.add_blank(), home.add("russian-15.png")];
    let text = home.read(None, &pictures).text;
    let parts = ["dialog", "Install later", "blank.png", "No text was found.", "russian-15.png"];
    let places: Vec<usize> = parts.iter().map(|part| text.find(part).unwrap()).collect();
    assert!(places.is_sorted(), "{text}");
    let last = text.lines().last().unwrap();
    assert!(last.starts_with("Note: russian-15.png: writing in "), "{text}");
    assert!(last.contains("has letters that the reader does not know."), "{text}");
    assert_eq!(home.read(None, &[home.add_blank()]).text, "No text was found.");
}

#[test]
fn of_a_part_only_the_text_in_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::open(folder.path());
    // The middle rows of the receipt, turned as somebody had it.
    let region = Some(Region { x: 0, y: 36, width: 192, height: 66 });
    let part = Attachment { region, turn: 3, ..home.add("receipt") };
    let text = home.read(None, std::slice::from_ref(&part)).text;
    assert_eq!(text, "Bread\t4.80\nCoffee\t2.95\nHoney\t6.40");
    assert_eq!(home.app.0.known_reading(&part.picture), None, "it is not the picture's text");
}

#[test]
fn claims_are_looked_up_in_all_pictures_of_the_branch() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::open(folder.path());
    let [receipt, dialog] = [home.add("receipt"), home.add("dialog")];
    let (chat, first) = home.keep(
        std::slice::from_ref(&receipt),
        "The total is 14.15, the honey costs 6.80, and it is from \"Mill Lane Bakery\".",
    );
    let told = |message: MessageId| -> Vec<(String, Vec<String>)> {
        let claims = home.app.answer_claims(message).unwrap().into_iter();
        claims
            .map(|one| (one.text, one.places.into_iter().map(|at| at.picture).collect()))
            .collect()
    };
    let found = |text: &str, picture: &Attachment| (text.into(), vec![picture.picture.clone()]);
    let not_found = |text: &str| (text.into(), vec![]);
    assert_eq!(
        told(first),
        [found("14.15", &receipt), not_found("6.80"), found("Mill Lane Bakery", &receipt)]
    );
    let chats = home.app.chats();
    let (_, question) =
        chats.add_question(Some(chat), Some(first), "And?", std::slice::from_ref(&dialog)).unwrap();
    let (_, second) = chats.begin_answer(question, AnswerBy::Model).unwrap();
    let text = "It says \"Install later\"; the bread was 4.80, not 4.88.";
    chats.end_answer(second, text, &End::Whole, None, None).unwrap();
    assert_eq!(
        told(second),
        [found("Install later", &dialog), found("4.80", &receipt), not_found("4.88")]
    );
    assert_eq!(told(question), [], "a question claims nothing");
    let (_, blank) = home.keep(&[home.add_blank()], "It says 42.");
    assert_eq!(told(blank), []);
    assert!(home.app.answer_claims(999).is_err());
    home.set_read_text(false);
    assert_eq!(told(first), []);
}

#[test]
fn the_text_of_a_private_picture_is_in_memory_alone_and_gone_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::open(folder.path());
    let chat = home.app.begin_private().unwrap();
    let private = home.add("receipt");
    let answer = home.read(Some(chat.id), std::slice::from_ref(&private));
    assert!(answer.text.contains("Honey"), "{answer:?}");
    assert!(home.app.picture_text(&private.picture).unwrap().text.contains("Honey"));
    let private_chats = home.app.0.private_chats().unwrap();
    assert!(private_chats.text(&private.picture, VERSION).unwrap().is_some());
    drop(private_chats);
    for trace in ["Honey", "honey", "hon"] {
        assert_eq!(with_bytes(folder.path(), trace.as_bytes()), [""; 0], "{trace}");
    }
    home.app.end_private();
    assert_eq!(home.app.0.known_reading(&private.picture), None);
    assert!(home.app.picture_text(&private.picture).is_err());
    // What comes late is dropped.
    let reading = Reading { lines: Vec::new(), unreadable: Vec::new(), shrunk: None };
    home.app.0.keep_reading(&private.picture, &reading);
    assert_eq!(home.app.0.known_reading(&private.picture), None);
}

#[test]
fn pictures_of_old_chats_are_read_while_nothing_else_is_done() {
    let folder = tempfile::tempdir().unwrap();
    {
        let home = Home::open(folder.path());
        home.set_read_text(false);
        for name in ["receipt", "dialog", "sign"] {
            home.keep(&[home.add(name)], "A picture.");
        }
        // One that cannot be read holds nothing up.
        let damaged = home.add("big-36.png");
        home.keep(std::slice::from_ref(&damaged), "A picture.");
        home.app.pictures().delete(&damaged.picture, false);
        home.wait_for_rest();
        assert_eq!((home.found("honey"), home.found("install later")), (0, 0));
        assert_eq!(home.app.picture_text(&damaged.picture).unwrap_err().id, FaultId::NotFound);
        // Who asks for it in so many words gets it, and nothing is kept.
        let read = home.read(None, &[home.add("dialog")]);
        assert!(read.text.contains("Install later"), "{read:?}");
        assert_eq!(home.app.chats().unread_pictures(VERSION).unwrap().len(), 4);
        home.app.close();
    }
    let home = Home::open(folder.path());
    home.set_read_text(true);
    home.wait_for_rest();
    assert_eq!(home.app.chats().unread_pictures(VERSION).unwrap().len(), 1, "the damaged one");
    assert_eq!(home.found("honey"), 1);
    let progress = home.told.lock().unwrap().iter().fold(Vec::new(), |mut all, notice| {
        if let Notice::ReadPictures(progress) = notice {
            all.push(progress.map(|at| (at.n_done, at.n_pictures)));
        }
        all
    });
    assert_eq!(progress.first(), Some(&Some((0, 4))), "{progress:?}");
    assert_eq!((progress.contains(&Some((2, 3))), progress.last()), (true, Some(&None)));

    home.app.forget_texts().unwrap();
    home.app.look_for_unread();
    home.wait_for_rest();
    assert_eq!(home.found("honey"), 0, "it is not read again by itself");
    let receipt = home.add("receipt");
    assert!(home.app.picture_text(&receipt.picture).is_ok());
    assert_eq!(home.found("honey"), 1, "it is shown");
}

#[test]
fn text_is_gone_with_its_chat() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::open(folder.path());
    let receipt = home.add("receipt");
    let (chat, _) = home.keep(std::slice::from_ref(&receipt), "A receipt.");
    home.app.picture_text(&receipt.picture).unwrap();
    assert_eq!(home.found("honey"), 1);
    home.app.chats().delete(chat).unwrap();
    assert_eq!(home.found("honey"), 0);
    home.app.purge().unwrap();
    // Pictures that were just added may be about to be asked about.
    home.app.0.forget_pictures(i64::MAX, true).unwrap();
    assert_eq!(home.app.0.known_reading(&receipt.picture), None);
}

#[test]
fn reading_stops_when_the_setting_is_turned_off_and_when_the_program_closes() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::open(folder.path());
    // Much text, so that it is still being read when it is stopped.
    let line: Vec<u8> = fs_err::read(
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../lorgnette-reader/tests/fixtures/para-17-dark.png"),
    )
    .unwrap();
    let tile = Picture::decode(&line).unwrap();
    let (width, height, n) = (tile.width(), tile.height(), 12);
    let mut rgba = Vec::new();
    for _ in 0..n {
        for pixel in tile.rgb().chunks_exact(3) {
            rgba.extend([pixel[0], pixel[1], pixel[2], 255]);
        }
    }
    let png = lorgnette_image::rgba_to_png(width, height * n, rgba).unwrap();
    let long = asked_about(&home.app.add_bytes("long.png", &png).unwrap());
    let waits = |app: &App| {
        let (app, id) = (app.clone(), long.picture.clone());
        let (done, outcome) = mpsc::channel();
        std::thread::spawn(move || done.send(app.picture_text(&id)));
        outcome
    };
    let outcome = waits(&home.app);
    while !home.app.0.texts.is_at_work() {
        std::thread::sleep(Duration::from_millis(1));
    }
    home.set_read_text(false);
    assert!(outcome.recv_timeout(PATIENCE).unwrap().is_err());
    home.set_read_text(true);
    let outcome = waits(&home.app);
    while !home.app.0.texts.is_at_work() {
        std::thread::sleep(Duration::from_millis(1));
    }
    home.app.close();
    assert!(outcome.recv_timeout(PATIENCE).unwrap().is_err());
    assert_eq!(home.app.0.known_reading(&long.picture), None);
}
