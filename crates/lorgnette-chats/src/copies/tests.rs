use super::*;
use crate::{ChatsFault, Filter};

fn open(folder: &Path) -> Chats {
    Chats::open(folder).unwrap()
}

fn titles(chats: &Chats) -> Vec<String> {
    let all = chats.list(&Filter { limit: 99, ..Filter::default() }).unwrap();
    all.into_iter().map(|one| one.title).collect()
}

/// Gives a copy another age.
fn age(folder: &Path, copy: &ChatsCopy, days: i64) {
    let name = format!("chats-{}.sqlite3", stamp(now_ms() - days * DAY_MS));
    let copies = folder.join(FOLDER);
    lorgnette_files::rename(&copies.join(&copy.name), &copies.join(name)).unwrap();
}

#[test]
fn a_copy_is_kept_once_a_week_and_the_oldest_go() {
    let folder = tempfile::tempdir().unwrap();
    let chats = open(folder.path());
    chats.keep_weekly_copy().unwrap();
    assert!(chats.copies().is_empty(), "there is nothing to be kept yet");
    chats.add_question(None, None, "First", &[]).unwrap();
    for _ in 0..2 {
        chats.keep_weekly_copy().unwrap();
        assert_eq!(chats.copies().len(), 1);
    }
    // Week after week.
    for week in 0..6 {
        // The oldest first, so that none takes the name of another.
        for copy in chats.copies().into_iter().rev() {
            let days = (now_ms() - copy.made_ms) / DAY_MS;
            age(folder.path(), &copy, days + 8);
        }
        chats.keep_weekly_copy().unwrap();
        assert_eq!(chats.copies().len(), MAX_COPIES.min(week + 2));
    }
    let ages: Vec<i64> = chats.copies().iter().map(|copy| copy.made_ms).collect();
    assert!(ages.is_sorted_by(|a, b| a > b), "{ages:?}");
}

#[test]
fn a_copy_brings_back_what_was_and_what_is_stays_beside() {
    let folder = tempfile::tempdir().unwrap();
    let chats = open(folder.path());
    chats.add_question(None, None, "Then", &[]).unwrap();
    chats.keep_copy().unwrap();
    chats.add_question(None, None, "Now", &[]).unwrap();
    assert!(matches!(chats.restore_copy("other"), Err(ChatsError::NotFound { .. })));
    assert!(matches!(chats.restore_copy("../chats.sqlite3"), Err(ChatsError::NotFound { .. })));
    let [copy] = &chats.copies()[..] else { panic!("{:?}", chats.copies()) };
    chats.restore_copy(&copy.name).unwrap();
    assert_eq!(titles(&chats), ["Then"]);
    // It goes on from there, and nothing of now is lost.
    chats.add_question(None, None, "Later", &[]).unwrap();
    drop(chats);
    assert_eq!(titles(&open(folder.path())), ["Later", "Then"]);
    let entries = fs_err::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
    let beside = |path: &PathBuf| path.to_string_lossy().contains("-before-restoring");
    let beside: Vec<PathBuf> = entries.filter(beside).collect();
    assert_eq!(beside.len(), 1, "{beside:?}");
    let whole = tempfile::tempdir().unwrap();
    fs_err::copy(&beside[0], place::file(whole.path())).unwrap();
    assert_eq!(titles(&open(whole.path())), ["Now", "Then"]);
}

#[test]
fn a_damaged_copy_is_not_restored_and_damaged_chats_are_not_copied() {
    let folder = tempfile::tempdir().unwrap();
    let chats = open(folder.path());
    chats.add_question(None, None, "Then", &[]).unwrap();
    chats.keep_copy().unwrap();
    let name = chats.copies()[0].name.clone();
    let copy = folder.path().join(FOLDER).join(&name);
    let whole = fs_err::read(&copy).unwrap();
    fs_err::write(&copy, &whole[..whole.len() / 2]).unwrap();
    assert!(matches!(chats.restore_copy(&name), Err(ChatsError::Database { .. })));
    assert_eq!(titles(&chats), ["Then"], "the chats are as they were");
    fs_err::write(&copy, &whole).unwrap();
    drop(chats);

    // Damage that is found while the program runs is told, and looked for at the next start.
    let chats = open(folder.path());
    let path = place::file(folder.path());
    let mut bytes = fs_err::read(&path).unwrap();
    for page in bytes.chunks_exact_mut(4096).skip(1) {
        page.fill(0xff);
    }
    fs_err::write(&path, bytes).unwrap();
    assert!(matches!(chats.keep_copy(), Err(ChatsError::Database { .. })));
    assert_eq!(chats.copies().len(), 1, "the good one is kept");
    drop(chats);
    let error = Chats::open(folder.path()).err().unwrap();
    let ChatsError::Database { source, .. } = &error else { panic!("{error:?}") };
    assert_eq!(ChatsFault::of(source), ChatsFault::Damaged);
}

#[test]
fn a_copy_is_kept_before_a_new_version_and_without_it_nothing_is_changed() {
    let folder = tempfile::tempdir().unwrap();
    let chats = open(folder.path());
    chats.add_question(None, None, "Before", &[]).unwrap();
    drop(chats);
    let steps = [&schema::STEPS[..], &["ALTER TABLE chats ADD COLUMN colour TEXT"]].concat();
    // Where the folder of copies should be, a file is in the way.
    let in_the_way = folder.path().join(FOLDER);
    fs_err::write(&in_the_way, "x").unwrap();
    assert!(matches!(place::connect(folder.path(), &steps), Err(ChatsError::Write(_))));
    assert_eq!(titles(&open(folder.path())), ["Before"]);
    fs_err::remove_file(&in_the_way).unwrap();

    let connection = place::connect(folder.path(), &steps).unwrap();
    assert_eq!(schema::version(&connection).unwrap(), schema::NEWEST + 1);
    drop(connection);
    let copies = list(folder.path());
    assert_eq!(copies.len(), 1);
    let newer = Chats::open(folder.path());
    assert!(matches!(newer, Err(ChatsError::Newer { found, .. }) if found > schema::NEWEST));
    // What the older version wrote is in the copy, for the older version.
    let new = fetch(folder.path(), &copies[0].name).unwrap();
    place::replace(folder.path(), Some(&new), "newer").unwrap();
    assert_eq!(titles(&open(folder.path())), ["Before"]);
}

#[test]
fn what_is_removed_for_good_goes_from_the_copies_too() {
    let folder = tempfile::tempdir().unwrap();
    let chats = open(folder.path());
    chats.add_question(None, None, "Stays", &[]).unwrap();
    let (gone, _) = chats.add_question(None, None, "Zyzzyva", &[]).unwrap();
    chats.keep_copy().unwrap();
    chats.delete(gone).unwrap();
    chats.purge(i64::MAX).unwrap();
    chats.renew_copies().unwrap();
    let copies = chats.copies();
    assert_eq!(copies.len(), 1);
    let bytes = fs_err::read(folder.path().join(FOLDER).join(&copies[0].name)).unwrap();
    assert!(!bytes.windows(7).any(|part| part.eq_ignore_ascii_case(b"zyzzyva")));
}
