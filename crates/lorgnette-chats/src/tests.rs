use lorgnette_engine::Timings;
use lorgnette_image::Region;

use super::*;

fn open(folder: &tempfile::TempDir) -> Chats {
    Chats::open(folder.path()).unwrap()
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// A picture that is known, and how a question has it.
fn picture(chats: &Chats, letter: char) -> Attachment {
    let id: String = std::iter::repeat_n(letter, 64).collect();
    let info = PictureInfo {
        id: id.clone(),
        name: format!("{letter}.png"),
        width: 640,
        height: 480,
        format: "PNG".into(),
        n_bytes: 1000,
        is_animation: false,
        notes: vec![lorgnette_image::Note::Page { shown: 1, of: 3 }],
    };
    chats.add_picture(&info).unwrap();
    let region = Some(Region { x: 1, y: 2, width: 3, height: 4 });
    Attachment { picture: id, name: info.name, region, turn: 1, max_side: Some(512) }
}

/// A question with its answer.
fn say(
    chats: &Chats,
    chat: Option<ChatId>,
    leaf: Option<MessageId>,
    question: &str,
    answer: &str,
) -> (ChatId, MessageId) {
    let (chat, asked) = chats.add_question(chat, leaf, question, &[]).unwrap();
    let (_, answered) = chats.begin_answer(asked, AnswerBy::Model).unwrap();
    chats
        .end_answer(answered, answer, &End::Whole, Some("Pocket"), Some(&Timings::default()))
        .unwrap();
    (chat, answered)
}

fn texts(chat: &StoredChat) -> Vec<&str> {
    chat.messages.iter().map(|message| message.text.as_str()).collect()
}

fn found(chats: &Chats, search: &str) -> Vec<String> {
    let filter = Filter { search: search.into(), limit: 100, ..Filter::default() };
    chats.list(&filter).unwrap().into_iter().map(|summary| summary.title).collect()
}

#[test]
fn what_was_said_is_there_after_a_restart() {
    let folder = folder();
    let chats = open(&folder);
    let attachment = picture(&chats, 'a');
    let (chat, question) = chats
        .add_question(None, None, "What is\nthis?", std::slice::from_ref(&attachment))
        .unwrap();
    let (_, answer) = chats.begin_answer(question, AnswerBy::Model).unwrap();
    let timings = Timings { n_answer_tokens: 3, ..Timings::default() };
    chats.end_answer(answer, "A cat.", &End::Length, Some("Pocket"), Some(&timings)).unwrap();
    let before = chats.chat(chat).unwrap();
    drop(chats);
    let after = open(&folder).chat(chat).unwrap();
    assert_eq!(after, before);
    assert_eq!(after.title, "What is this?");
    assert_eq!(after.messages[0].pictures, [attachment]);
    assert_eq!(
        (&after.messages[1].end, after.messages[1].timings.as_ref()),
        (&Some(End::Length), Some(&timings))
    );
    assert_eq!(after.pictures.len(), 1);
}

#[test]
fn an_answer_that_was_cut_keeps_what_it_had() {
    let folder = folder();
    let chats = open(&folder);
    let (chat, question) = chats.add_question(None, None, "Tell me a story", &[]).unwrap();
    let (_, answer) = chats.begin_answer(question, AnswerBy::Model).unwrap();
    chats.write(answer, "Once upon").unwrap();
    // As a kill leaves it: no end was written.
    drop(chats);
    let chats = open(&folder);
    let chat = chats.chat(chat).unwrap();
    assert_eq!(texts(&chat), ["Tell me a story", "Once upon"]);
    assert_eq!(chat.messages[1].end, Some(End::Cut));
    assert_eq!(found(&chats, "upon").len(), 1, "it is found, too");
    chats.continue_answer(answer).unwrap();
    chats.end_answer(answer, "Once upon a time", &End::Whole, None, None).unwrap();
    assert_eq!(found(&chats, "a time").len(), 1);
    assert_eq!(chats.message(answer).unwrap().end, Some(End::Whole));
}

#[test]
fn branches_stay_and_are_chosen() {
    let folder = folder();
    let chats = open(&folder);
    let (chat, first) = say(&chats, None, None, "One?", "1");
    say(&chats, Some(chat), Some(first), "Two?", "2");
    let question = chats.message(first).unwrap().parent.unwrap();
    let (_, again) = chats.begin_answer(question, AnswerBy::Model).unwrap();
    chats.end_answer(again, "uno", &End::Whole, None, None).unwrap();
    let shown = chats.chat(chat).unwrap();
    assert_eq!(texts(&shown), ["One?", "uno"]);
    assert_eq!(shown.messages[1].siblings, [first, again]);
    // A message by itself has them, too: it is what the window is told when the answer ends.
    assert_eq!(chats.message(again).unwrap().siblings, [first, again]);
    let shown = chats.choose_branch(first).unwrap();
    assert_eq!(texts(&shown), ["One?", "1", "Two?", "2"]);
    // Another first question is a branch, too.
    let (_, other) = chats.add_question(Some(chat), None, "Eins?", &[]).unwrap();
    assert_eq!(chats.message(other).unwrap().siblings, [question, other]);
    let shown = chats.chat(chat).unwrap();
    assert_eq!((texts(&shown), shown.messages[0].siblings.len()), (vec!["Eins?"], 2));
}

#[test]
fn a_question_goes_on_only_in_its_own_chat() {
    let folder = folder();
    let chats = open(&folder);
    let (one, leaf) = say(&chats, None, None, "One?", "1");
    let (two, _) = say(&chats, None, None, "Two?", "2");
    assert!(matches!(
        chats.add_question(Some(two), Some(leaf), "?", &[]),
        Err(ChatsError::NotFound { .. })
    ));
    assert!(matches!(
        chats.add_question(None, Some(leaf), "?", &[]),
        Err(ChatsError::NotFound { .. })
    ));
    assert!(matches!(
        chats.add_question(Some(99), None, "?", &[]),
        Err(ChatsError::NotFound { .. })
    ));
    assert_eq!(chats.chat(one).unwrap().messages.len(), 2);
    assert!(
        matches!(chats.begin_answer(leaf, AnswerBy::Model), Err(ChatsError::NotFound { .. })),
        "an answer has no answer"
    );
}

#[test]
fn deleting_can_be_taken_back_until_it_is_purged() {
    let folder = folder();
    let chats = open(&folder);
    let attachment = picture(&chats, 'a');
    let used = picture(&chats, 'b');
    let (chat, _) =
        chats.add_question(None, None, "gone", std::slice::from_ref(&attachment)).unwrap();
    let (other, _) = chats.add_question(None, None, "stays", std::slice::from_ref(&used)).unwrap();
    chats.set_draft(Some(chat), &Draft { text: "x".into(), pictures: vec![] }).unwrap();
    chats.delete(chat).unwrap();
    assert_eq!(found(&chats, ""), ["stays"]);
    assert_eq!(found(&chats, "gone"), [""; 0]);
    let deleted = Filter { deleted: true, limit: 9, ..Filter::default() };
    assert_eq!(chats.list(&deleted).unwrap().len(), 1);
    chats.restore(chat).unwrap();
    assert_eq!(found(&chats, "gone"), ["gone"]);
    chats.delete(chat).unwrap();
    assert_eq!(chats.purge(0).unwrap(), 0, "not yet");
    assert_eq!(chats.purge(i64::MAX).unwrap(), 1);
    assert!(matches!(chats.restore(chat), Err(ChatsError::NotFound { .. })));
    assert_eq!(chats.forget_pictures(i64::MAX).unwrap(), [attachment.picture]);
    assert_eq!(chats.chat(other).unwrap().pictures[0].id, used.picture);
    assert_eq!(chats.draft(Some(chat)).unwrap().0, Draft::default());
}

#[test]
fn a_draft_and_its_pictures_stay() {
    let folder = folder();
    let chats = open(&folder);
    let draft = Draft { text: "What".into(), pictures: vec![picture(&chats, 'a')] };
    chats.set_draft(None, &draft).unwrap();
    assert_eq!(chats.forget_pictures(i64::MAX).unwrap(), [""; 0]);
    drop(chats);
    let chats = open(&folder);
    let (stored, files) = chats.draft(None).unwrap();
    assert_eq!((stored, files.len()), (draft, 1));
    chats.set_draft(None, &Draft::default()).unwrap();
    assert_eq!(chats.draft(None).unwrap().0, Draft::default());
}

#[test]
fn search_finds_parts_of_words_in_titles_and_texts() {
    let folder = folder();
    let chats = open(&folder);
    let (chat, leaf) =
        say(&chats, None, None, "The receipt of the café", "The total is 14.15 \"euro\".");
    say(&chats, Some(chat), Some(leaf), "And the date?", "収据の日付は三月です。 100% sure_thing");
    say(&chats, None, None, "Weather", "Rain.");
    for search in [
        "receipt",
        "ECEIP",
        "cafe",
        "total 14.15",
        "\"euro\"",
        "日付は",
        "of",
        "re",
        "receipt %",
        "total of",
    ] {
        assert_eq!(found(&chats, search), ["The receipt of the café"], "{search}");
    }
    for search in ["receipts", "total snow", "%", "_", "NEAR", "receipt OR weather", "receipt _x"] {
        assert_eq!(found(&chats, search), [""; 0], "{search}");
    }
    chats.rename(chat, "Lunch").unwrap();
    assert_eq!(found(&chats, "lun"), ["Lunch"]);
    let filter = Filter { search: "TOTAL".into(), limit: 9, ..Filter::default() };
    let snippet = chats.list(&filter).unwrap()[0].snippet.clone().unwrap();
    assert_eq!(snippet, "The \u{2}total\u{3} is 14.15 \"euro\".");
}

#[test]
fn search_finds_what_is_written_in_pictures_until_they_are_gone() {
    let folder = folder();
    let chats = open(&folder);
    let shown = picture(&chats, 'a');
    let (chat, _) =
        chats.add_question(None, None, "What is wrong?", std::slice::from_ref(&shown)).unwrap();
    say(&chats, None, None, "Weather", "Rain.");
    assert_eq!(chats.unread_pictures(1).unwrap(), [shown.picture.as_str()]);
    assert_eq!(chats.text(&shown.picture, 1).unwrap(), None);
    let old = PictureText { text: "Error code 0x80070006".into(), reading: "{}".into() };
    assert!(chats.set_text(&shown.picture, 1, &old).unwrap());
    let read = PictureText { text: "Windows Update\nError code: 0x80070005".into(), ..old };
    let late = read.clone();
    chats.set_text(&shown.picture, 2, &read).unwrap();
    assert_eq!(chats.text(&shown.picture, 2).unwrap(), Some(read));
    assert_eq!(chats.text(&shown.picture, 1).unwrap(), None, "another reader");
    assert_eq!(chats.unread_pictures(2).unwrap(), [""; 0]);
    for search in ["0x80070005", "error windows", "CODE: 0x", "update of"] {
        let expected: &[&str] = if search == "update of" { &[] } else { &["What is wrong?"] };
        assert_eq!(found(&chats, search), expected, "{search}");
    }
    assert_eq!(found(&chats, "0x80070006"), [""; 0]);
    let hit = |search: &str| {
        let filter = Filter { search: search.into(), limit: 9, ..Filter::default() };
        let summary = chats.list(&filter).unwrap().remove(0);
        (summary.snippet.unwrap(), summary.snippet_picture)
    };
    let (snippet, picture) = hit("80070005");
    assert_eq!(snippet, "Windows Update Error code: 0x\u{2}80070005\u{3}");
    assert_eq!(picture.as_deref(), Some(shown.picture.as_str()));
    assert_eq!(hit("wrong").1, None);
    // "at" stands in "What", but all of it stands in the picture alone.
    assert_eq!(hit("at update").1.as_deref(), Some(shown.picture.as_str()));
    let said_alone = |search: &str| {
        let search = search.into();
        let filter = Filter { search, without_pictures: true, limit: 9, ..Filter::default() };
        chats.list(&filter).unwrap().into_iter().map(|one| one.snippet_picture).collect::<Vec<_>>()
    };
    for search in ["80070005", "wrong update", "wrong 0x"] {
        assert_eq!(said_alone(search), [], "{search}");
    }
    assert_eq!(said_alone("wrong"), [None]);
    chats.delete(chat).unwrap();
    assert_eq!(found(&chats, "0x80070005"), [""; 0]);
    chats.purge(i64::MAX).unwrap();
    assert_eq!(chats.forget_pictures(i64::MAX).unwrap(), [shown.picture.as_str()]);
    assert!(!chats.set_text(&shown.picture, 2, &late).unwrap(), "it is gone");
    let n_left: (i64, i64) = chats
        .with(|db| {
            let count = |table: &str| {
                let sql = format!("SELECT count(*) FROM {table} WHERE {table} MATCH '80070005'");
                db.query_row(&sql, [], super::first)
            };
            Ok((
                db.query_row("SELECT count(*) FROM texts", [], super::first)?,
                count("read_words")?,
            ))
        })
        .unwrap();
    assert_eq!(n_left, (0, 0));
}

/// Whether these bytes stand in any file of a folder, or of one below it.
fn is_on_disk(folder: &Path, bytes: &[u8]) -> bool {
    let found = |path: PathBuf| {
        if path.is_dir() {
            return is_on_disk(&path, bytes);
        }
        fs_err::read(&path).unwrap().windows(bytes.len()).any(|window| window == bytes)
    };
    fs_err::read_dir(folder).unwrap().any(|entry| found(entry.unwrap().path()))
}

#[test]
fn text_that_was_removed_is_nowhere_until_its_picture_is_shown_again() {
    let folder = folder();
    let chats = open(&folder);
    let attachments = ['a', 'b'].map(|letter| picture(&chats, letter));
    let [first, second] = [&attachments[0].picture, &attachments[1].picture];
    chats.add_question(None, None, "What is wrong?", &attachments).unwrap();
    let read = PictureText { text: "Xylophones and zithers".into(), reading: "{}".into() };
    chats.set_text(first, 1, &read).unwrap();
    chats.keep_copy().unwrap();
    chats.forget_texts().unwrap();
    assert_eq!((chats.text(first, 1).unwrap(), found(&chats, "xylophones")), (None, vec![]));
    assert_eq!(chats.unread_pictures(1).unwrap(), [""; 0], "nobody asked for it again");
    assert_eq!(chats.unread_pictures(2).unwrap(), [""; 0]);
    // One that is asked about later is read as ever.
    let later = picture(&chats, 'c');
    chats.add_question(None, None, "And this?", std::slice::from_ref(&later)).unwrap();
    assert_eq!(chats.unread_pictures(1).unwrap(), [later.picture.as_str()]);
    drop(chats);
    for trace in ["Xylophones", "xyl", "zithers"] {
        assert!(!is_on_disk(folder.path(), trace.as_bytes()), "{trace}");
    }
    let chats = open(&folder);
    chats.set_text(second, 1, &read).unwrap();
    assert_eq!(found(&chats, "xylophones"), ["What is wrong?"]);
    assert_eq!(chats.unread_pictures(2).unwrap(), [later.picture.as_str(), second.as_str()]);
}

#[test]
fn thoughts_stay_beside_the_answer_and_search_does_not_find_them() {
    let folder = folder();
    let chats = open(&folder);
    let (_, question) = chats.add_question(None, None, "What is it?", &[]).unwrap();
    let (_, answer) = chats.begin_answer(question, AnswerBy::Model).unwrap();
    let stored = |chats: &Chats| {
        let message = chats.message(answer).unwrap();
        (message.thoughts, message.text)
    };
    chats.write_thoughts(answer, "Perhaps a zeppelin").unwrap();
    // As a kill leaves it, before the first word of the answer.
    drop(chats);
    let chats = open(&folder);
    assert_eq!(stored(&chats), ("Perhaps a zeppelin".into(), String::new()));
    assert_eq!(chats.message(answer).unwrap().end, Some(End::Cut));
    chats.write_thoughts(answer, "too late").unwrap();
    assert_eq!(stored(&chats).0, "Perhaps a zeppelin", "it has ended");
    chats.continue_answer(answer).unwrap();
    chats.write_thoughts(answer, "Perhaps a zeppelin, or a balloon").unwrap();
    chats.end_answer(answer, "It is a whale.", &End::Whole, None, None).unwrap();
    let expected = ("Perhaps a zeppelin, or a balloon".into(), "It is a whale.".into());
    assert_eq!(stored(&chats), expected);
    assert_eq!(found(&chats, "whale"), ["What is it?"]);
    for search in ["zeppelin", "balloon", "zeppelin whale"] {
        assert_eq!(found(&chats, search), [""; 0], "{search}");
    }
}

#[test]
fn who_answered_stays() {
    let folder = folder();
    let chats = open(&folder);
    let (chat, question) = chats.add_question(None, None, "Read it", &[]).unwrap();
    let (_, exact) = chats.begin_answer(question, AnswerBy::Reader).unwrap();
    chats.end_answer(exact, "Exactly this", &End::Whole, None, None).unwrap();
    let (_, pages) = chats.begin_answer(question, AnswerBy::Pages).unwrap();
    assert_eq!(chats.message(pages).unwrap().by, AnswerBy::Pages);
    let (_, summary) = chats.begin_answer(question, AnswerBy::Summary).unwrap();
    assert_eq!(chats.message(summary).unwrap().by, AnswerBy::Summary);
    let (_, told) = chats.begin_answer(question, AnswerBy::Model).unwrap();
    chats.end_answer(told, "About this", &End::Whole, Some("Pocket"), None).unwrap();
    drop(chats);
    let chats = open(&folder);
    let by = |id| chats.message(id).unwrap().by;
    assert_eq!(
        [question, exact, told].map(by),
        [AnswerBy::Model, AnswerBy::Reader, AnswerBy::Model]
    );
    let message = |parent, is_model, by, text: &str| NewMessage {
        parent,
        is_model,
        by,
        thoughts: String::new(),
        text: text.into(),
        pictures: Vec::new(),
        created_ms: 0,
        model: None,
    };
    let whole = [
        message(None, false, AnswerBy::Model, "Read it"),
        message(Some(0), true, AnswerBy::Reader, "Exactly this"),
    ];
    let added = chats.add_whole("Added", &whole).unwrap();
    assert_eq!(chats.chat(added).unwrap().messages[1].by, AnswerBy::Reader);
    assert_eq!(chats.chat(chat).unwrap().messages[1].by, AnswerBy::Model);
}

#[test]
fn pinned_chats_stand_first_and_pages_do_not_overlap() {
    let folder = folder();
    let chats = open(&folder);
    let ids: Vec<ChatId> =
        (0..25).map(|i| say(&chats, None, None, &format!("chat {i}"), "x").0).collect();
    chats.pin(ids[3], true).unwrap();
    let page = |offset| chats.list(&Filter { offset, limit: 10, ..Filter::default() }).unwrap();
    let all: Vec<ChatId> =
        [0, 10, 20].into_iter().flat_map(page).map(|summary| summary.id).collect();
    assert_eq!((all.len(), all[0]), (25, ids[3]));
    let mut sorted = all.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, ids);
}

#[test]
fn two_programs_do_not_hold_the_same_chats() {
    let folder = folder();
    let first = open(&folder);
    assert!(matches!(Chats::open(folder.path()), Err(ChatsError::InUse { .. })));
    drop(first);
    open(&folder);
}

#[test]
fn newer_chats_are_left_alone_and_damaged_ones_say_so() {
    let folder = folder();
    drop(open(&folder));
    let path = folder.path().join("chats.sqlite3");
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    assert!(matches!(Chats::open(folder.path()), Err(ChatsError::Newer { found: 99, .. })));
    fs_err::write(
        &path,
        b"this is no database, though it is long enough to look like one".repeat(99),
    )
    .unwrap();
    let _ = fs_err::remove_file(folder.path().join("chats.sqlite3-wal"));
    let error = Chats::open(folder.path()).err().unwrap();
    assert_eq!(error.fault(), Some(ChatsFault::Damaged));
    assert!(error.to_string().contains("chats.sqlite3"), "{error}");
}

#[test]
fn chats_of_every_released_version_open_with_all_that_is_in_them() {
    // Each release adds its schema and what it wrote.
    let released = [(1, include_str!("schema/1.sql"), include_str!("schema/1-filled.sql"))];
    for (version, schema, filled) in released {
        let folder = folder();
        let db = Connection::open(folder.path().join("chats.sqlite3")).unwrap();
        db.execute_batch(schema).unwrap();
        db.execute_batch(filled).unwrap();
        db.pragma_update(None, "user_version", version).unwrap();
        drop(db);
        let chats = open(&folder);
        assert_eq!(found(&chats, ""), ["Pinned and named", "What does the button say?"]);
        assert_eq!(found(&chats, "install"), ["What does the button say?"]);
        let chat = chats.chat(1).unwrap();
        assert_eq!(
            texts(&chat),
            ["What does the button say?", "Install later", "And the title?", "Update"]
        );
        assert_eq!(chat.messages[3].end, Some(End::Cut));
        assert_eq!(chat.messages[1].siblings.len(), 2);
        assert!(chat.messages.iter().all(|message| message.by.is_model()));
        assert!(chat.messages.iter().all(|message| message.thoughts.is_empty()));
        assert_eq!(
            chat.messages[0].pictures[0].region,
            Some(Region { x: 10, y: 20, width: 300, height: 200 })
        );
        assert_eq!(chats.draft(Some(2)).unwrap().0.text, "half a question");
        chats.delete(1).unwrap();
        assert_eq!(chats.purge(i64::MAX).unwrap(), 2, "one was deleted before");
    }
}

#[test]
fn faults_and_timings_that_version_0_1_0_stored_are_read() {
    let folder = folder();
    let chats = open(&folder);
    let (_, answer) = say(&chats, None, None, "Why?", "Because");
    drop(chats);
    let db = Connection::open(folder.path().join("chats.sqlite3")).unwrap();
    let fault = r#"{"kind":"contextFull","message":"the chat has 9000 tokens","hint":"begin a new chat","id":"contextFull","with":{"needed":9000,"capacity":8192}}"#;
    let timings = r#"{"n_encoded_pictures":1,"n_recalled_pictures":2,"encode_s":0.5,"n_read_tokens":300,"n_cached_tokens":40,"prefill_s":1.5,"first_token_s":2.5,"n_answer_tokens":9,"n_guessed_tokens":4,"decode_s":3.5}"#;
    db.execute(
        "UPDATE messages SET state = 'failed', fault = ?2, timings = ?3 WHERE id = ?1",
        params![answer, fault, timings],
    )
    .unwrap();
    drop(db);
    let message = open(&folder).message(answer).unwrap();
    let Some(End::Failed(read)) = message.end else { panic!("{:?}", message.end) };
    let fault: serde_json::Value = serde_json::from_str(fault).unwrap();
    assert_eq!(read.told(), Some(fault));
    let read = message.timings.unwrap();
    assert_eq!((read.n_recalled_pictures, read.n_drafted_tokens), (2, 4));
    assert_eq!(serde_json::to_string(&read).unwrap(), timings, "what is stored now is the same");
}
