use std::time::Duration;

use super::*;
use crate::chats::{Chats, ChatsError, Filter};
use crate::coordinator::App;

struct Home {
    folder: tempfile::TempDir,
}

impl Home {
    /// Folders with one chat.
    fn new() -> Self {
        let home = Self { folder: tempfile::tempdir().unwrap() };
        let chats = Chats::open(&home.folders().data).unwrap();
        chats.add_question(None, None, "What is this?", &[]).unwrap();
        home
    }

    fn folders(&self) -> Folders {
        Folders::below(self.folder.path())
    }

    fn file(&self) -> PathBuf {
        self.folders().data.join("chats.sqlite3")
    }

    /// Starts, as soon as a thread of an earlier start has let go.
    fn open(&self) -> Result<App, AppError> {
        loop {
            match App::open(self.folders(), |_| {}) {
                Err(AppError::Chats(ChatsError::InUse { .. })) => {
                    std::thread::sleep(Duration::from_millis(10));
                }
                opened => return opened,
            }
        }
    }

    /// Takes a way on, as soon as a thread of an earlier start has let go.
    fn take(&self, way: &WayOn) -> Result<(), AppError> {
        loop {
            match take(way, &self.folders()) {
                Err(AppError::Chats(ChatsError::InUse { .. })) => {
                    std::thread::sleep(Duration::from_millis(10));
                }
                taken => return taken.map(drop),
            }
        }
    }

    /// The error of a start, and its ways on.
    fn fails(&self) -> (AppError, Vec<WayOn>) {
        let error = self.open().err().expect("it does not start");
        let ways = ways_on(&error, &self.folders());
        (error, ways)
    }

    /// The titles after a way on was taken.
    fn titles_after(&self, way: &WayOn) -> Vec<String> {
        self.take(way).unwrap();
        let app = self.open().unwrap();
        let all = app.chats().list(&Filter { limit: 9, ..Filter::default() }).unwrap();
        all.into_iter().map(|one| one.title).collect()
    }

    /// Files of the data folder whose name has this part.
    fn beside(&self, part: &str) -> Vec<PathBuf> {
        let entries = fs_err::read_dir(self.folders().data).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        paths.filter(|path| path.to_string_lossy().contains(part)).collect()
    }
}

#[test]
fn damaged_chats_are_repaired_and_kept() {
    let home = Home::new();
    let mut bytes = fs_err::read(home.file()).unwrap();
    bytes[..100].fill(0x7f);
    fs_err::write(home.file(), &bytes).unwrap();
    let (error, ways) = home.fails();
    assert_eq!(crate::Fault::from(&error).id, crate::FaultId::ChatsDamaged);
    assert_eq!(ways[0], WayOn::Repair { n_chats: 1, n_messages: 1 });
    assert!(ways.contains(&WayOn::BeginAnew) && ways.last() == Some(&WayOn::Quit), "{ways:?}");
    assert_eq!(fs_err::read(home.file()).unwrap(), bytes, "until a way is taken, all is as it was");
    assert_eq!(home.titles_after(&ways[0]), ["What is this?"]);
    let [aside] = &home.beside("-damaged")[..] else { panic!("{:?}", home.beside("")) };
    assert_eq!(fs_err::read(aside).unwrap(), bytes);
}

#[test]
fn damage_in_the_middle_is_seen_at_the_start() {
    let home = Home::new();
    let mut bytes = fs_err::read(home.file()).unwrap();
    for page in bytes.chunks_exact_mut(4096).skip(1) {
        page.fill(0);
    }
    fs_err::write(home.file(), &bytes).unwrap();
    let (_, ways) = home.fails();
    assert!(!ways.iter().any(|way| matches!(way, WayOn::Repair { .. })), "nothing is left");
    assert_eq!(home.titles_after(&WayOn::BeginAnew), [""; 0]);
    assert_eq!(home.beside("-set-aside").len(), 1);
    // The same once more finds another name.
    fs_err::write(home.file(), b"noise, and enough of it to be looked at".repeat(99)).unwrap();
    assert_eq!(home.titles_after(&WayOn::BeginAnew), [""; 0]);
    assert_eq!(home.beside("-set-aside").len(), 2);
}

#[test]
fn an_earlier_copy_can_be_opened() {
    let home = Home::new();
    Chats::open(&home.folders().data).unwrap().keep_copy().unwrap();
    fs_err::write(home.file(), b"noise, and enough of it to be looked at".repeat(99)).unwrap();
    let (_, ways) = home.fails();
    let [way @ WayOn::Restore { .. }, ..] = &ways[..] else { panic!("{ways:?}") };
    assert_eq!(home.titles_after(way), ["What is this?"]);
    assert_eq!(home.beside("-before-restoring").len(), 1);
    let unknown = ChatsCopy { name: "../../x".into(), made_ms: 0, n_bytes: 0 };
    let refused = home.take(&WayOn::Restore { copy: unknown });
    assert!(matches!(refused, Err(AppError::NotFound { .. })), "only what is listed");
}

#[test]
fn newer_chats_are_never_repaired_and_can_be_set_aside() {
    let home = Home::new();
    let db = rusqlite::Connection::open(home.file()).unwrap();
    db.pragma_update(None, "user_version", 99).unwrap();
    drop(db);
    let (error, ways) = home.fails();
    assert!(matches!(error, AppError::Chats(ChatsError::Newer { .. })));
    assert_eq!(ways, [WayOn::TryAgain, WayOn::BeginAnew, WayOn::ShowFolder, WayOn::Quit]);
}

#[test]
fn settings_that_cannot_be_read_are_kept_beside() {
    let home = Home::new();
    let path = settings_file(&home.folders());
    fs_err::create_dir_all(home.folders().config).unwrap();
    fs_err::write(&path, "theme = ").unwrap();
    let (error, ways) = home.fails();
    assert_eq!(folder_of(&error, &home.folders()), home.folders().config);
    assert_eq!(ways[0], WayOn::UsualSettings);
    assert_eq!(home.titles_after(&ways[0]), ["What is this?"]);
    let aside = fs_err::read_dir(home.folders().config).unwrap().next().unwrap().unwrap();
    assert_eq!(fs_err::read_to_string(aside.path()).unwrap(), "theme = ");
}

#[test]
fn what_may_pass_is_tried_again() {
    let home = Home::new();
    // Another program holds the file.
    let db = rusqlite::Connection::open(home.file()).unwrap();
    db.pragma_update(None, "locking_mode", "EXCLUSIVE").unwrap();
    db.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let (error, ways) = home.fails();
    assert_eq!(crate::Fault::from(&error).id, crate::FaultId::ChatsLocked, "{error:?}");
    assert_eq!(ways, [WayOn::TryAgain, WayOn::ShowFolder, WayOn::Quit]);
    drop(db);
    assert_eq!(home.titles_after(&WayOn::TryAgain), ["What is this?"]);
    // A folder stands where the file should be.
    let elsewhere = home.folders().data.join("elsewhere");
    crate::models::whole_file::rename(&home.file(), &elsewhere).unwrap();
    fs_err::create_dir(home.file()).unwrap();
    let (error, ways) = home.fails();
    assert_eq!(crate::Fault::from(&error).id, crate::FaultId::ChatsForbidden, "{error:?}");
    assert_eq!(ways[0], WayOn::TryAgain);
}
