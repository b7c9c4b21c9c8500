use super::*;
use crate::{AnswerBy, Attachment, Chats, Draft, End, Filter, place};

const WORDS: &str = "The harbour lies quiet, and the ferry to the islands leaves at nine. ";

/// Chats as a person has them: many short ones, one with a long answer, pictures, a draft, and one
/// that was removed for good. Returns how many there are.
fn fill(folder: &Path) -> usize {
    let chats = Chats::open(folder).unwrap();
    let info = info(&"a".repeat(64));
    chats.add_picture(&info).unwrap();
    let attachment = Attachment {
        picture: info.id,
        name: "a.png".into(),
        region: None,
        turn: 1,
        max_side: Some(512),
    };
    let n_chats = 200;
    for i in 0..n_chats {
        let question = format!("Question {i}? {WORDS}");
        let (_, asked) =
            chats.add_question(None, None, &question, std::slice::from_ref(&attachment)).unwrap();
        let (_, answer) = chats.begin_answer(asked, AnswerBy::Model).unwrap();
        let text = WORDS.repeat(if i == 7 { 1000 } else { 1 + i % 5 });
        chats.end_answer(answer, &format!("Answer {i}. {text}"), &End::Whole, None, None).unwrap();
    }
    let (gone, _) = chats.add_question(None, None, "SECRET that was removed", &[]).unwrap();
    chats.delete(gone).unwrap();
    chats.purge(i64::MAX).unwrap();
    let (_, asked) = chats.add_question(None, None, "Read it exactly", &[]).unwrap();
    let (_, answer) = chats.begin_answer(asked, AnswerBy::Reader).unwrap();
    chats.end_answer(answer, "EXACT TEXT", &End::Whole, None, None).unwrap();
    let (_, thought_about) = chats.begin_answer(asked, AnswerBy::Model).unwrap();
    chats.write_thoughts(thought_about, "THOUGHTS").unwrap();
    chats.end_answer(thought_about, "TEXT", &End::Whole, None, None).unwrap();
    chats.set_draft(None, &Draft { text: "half a question".into(), pictures: vec![] }).unwrap();
    n_chats + 1
}

fn info(id: &str) -> PictureInfo {
    PictureInfo {
        id: id.into(),
        name: "a.png".into(),
        width: 640,
        height: 480,
        format: "PNG".into(),
        n_bytes: 1000,
        is_animation: false,
        notes: Vec::new(),
    }
}

/// Damages the file, reads what is left, and opens the new file. Returns the questions in it.
fn after(damage: impl FnOnce(&mut Vec<u8>)) -> (usize, Chats, tempfile::TempDir, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let n_chats = fill(folder.path());
    let path = place::file(folder.path());
    let mut bytes = fs_err::read(&path).unwrap();
    damage(&mut bytes);
    fs_err::write(&path, bytes).unwrap();
    let salvage = Salvage::read(&path).unwrap();
    let whole = tempfile::tempdir().unwrap();
    salvage.write(&place::file(whole.path()), |id| Some(info(id))).unwrap();
    let chats = Chats::open(whole.path()).unwrap();
    let filter = Filter { limit: 1000, ..Filter::default() };
    let titles = chats.list(&filter).unwrap().into_iter().map(|one| one.title).collect();
    (n_chats, chats, whole, titles)
}

#[test]
fn a_whole_file_is_read_whole() {
    let (n_chats, chats, _folder, titles) = after(|_| {});
    assert_eq!(titles.len(), n_chats);
    assert!(!titles.iter().any(|title| title.contains("SECRET")), "what was removed stays away");
    // The search finds 197, too.
    let filter = Filter { search: "Answer 7.".into(), limit: 99, ..Filter::default() };
    let mut found = chats.list(&filter).unwrap().into_iter().map(|one| chats.chat(one.id).unwrap());
    let chat = found.find(|chat| chat.messages[1].text.starts_with("Answer 7.")).unwrap();
    assert_eq!(chat.messages[1].text, format!("Answer 7. {}", WORDS.repeat(1000)));
    assert_eq!(chat.messages[1].end, Some(End::Whole));
    assert_eq!(chat.messages[0].pictures[0].max_side, Some(512));
    assert_eq!((chat.pictures[0].width, chat.pictures[0].n_bytes), (640, 1000));
    assert_eq!(chats.draft(None).unwrap().0.text, "half a question");
    let by_reader = Filter { search: "EXACT TEXT".into(), limit: 9, ..Filter::default() };
    let [exact] = &chats.list(&by_reader).unwrap()[..] else { panic!("one chat") };
    let messages = chats.messages(exact.id).unwrap();
    let by = messages.iter().map(|message| message.by).collect::<Vec<_>>();
    assert_eq!(by, [AnswerBy::Model, AnswerBy::Reader, AnswerBy::Model]);
    assert_eq!((messages[2].thoughts.as_str(), messages[2].text.as_str()), ("THOUGHTS", "TEXT"));
}

#[test]
fn what_was_written_last_is_read_from_where_it_waits() {
    let folder = tempfile::tempdir().unwrap();
    let chats = Chats::open(folder.path()).unwrap();
    chats.add_question(None, None, "Not yet in the file itself", &[]).unwrap();
    let salvage = Salvage::read(&place::file(folder.path())).unwrap();
    assert_eq!(salvage.n_chats_and_messages(), (1, 1));
}

#[test]
fn a_file_without_its_beginning_gives_what_the_rest_holds() {
    for n_lost in [100, 4096, 3 * 4096] {
        let (n_chats, _, _folder, titles) = after(|bytes| bytes[..n_lost].fill(0x20));
        assert!(titles.len() > n_chats * 9 / 10, "{} without {n_lost} bytes", titles.len());
    }
}

#[test]
fn a_file_that_was_cut_gives_what_is_before() {
    let (n_chats, _, _folder, titles) = after(|bytes| bytes.truncate(bytes.len() * 2 / 3));
    assert!(titles.len() > n_chats / 3, "{}", titles.len());
}

#[test]
fn pages_that_were_overwritten_cost_what_was_in_them() {
    for value in [0, 0xff] {
        let (n_chats, chats, _folder, titles) = after(|bytes| {
            // One page in ten, beginning with the schema's neighbour.
            for page in bytes.chunks_exact_mut(4096).skip(1).step_by(10) {
                page.fill(value);
            }
        });
        assert!(titles.len() > n_chats / 2, "{}", titles.len());
        // What refers to each other is there or was cut off from it.
        assert!(
            chats.list(&Filter { search: "ferry".into(), limit: 9, ..Filter::default() }).is_ok()
        );
        for summary in chats.list(&Filter { limit: 1000, ..Filter::default() }).unwrap() {
            chats.chat(summary.id).unwrap();
        }
    }
}

#[test]
fn nothing_is_left_of_noise() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("noise");
    fs_err::write(&path, b"this is no database".repeat(999)).unwrap();
    assert_eq!(Salvage::read(&path).unwrap().n_chats_and_messages(), (0, 0));
}
