use std::sync::mpsc::TryRecvError;

use super::*;
use crate::error::AppError;

fn reading() -> Arc<Reading> {
    Arc::new(Reading { lines: Vec::new(), unreadable: Vec::new(), shrunk: None })
}

/// Takes what is next, which must be there.
#[track_caller]
fn next(queue: &TextQueue) -> What {
    match queue.next() {
        Next::Read(what) => what,
        Next::Look => panic!("nothing waits"),
        Next::Closed => panic!("it is closed"),
    }
}

fn ask(queue: &TextQueue, picture: &str) -> Receiver<Told> {
    queue.ask(What::picture(picture, false))
}

fn is_read(told: &Receiver<Told>) -> bool {
    matches!(told.try_recv(), Ok(Told::Ended(Ok(_))))
}

fn is_stopped(told: &Receiver<Told>) -> bool {
    matches!(told.try_recv(), Err(TryRecvError::Disconnected))
}

/// The window's own reading may have begun before somebody listens.
#[test]
fn who_comes_late_hears_how_the_text_begins() {
    let queue = TextQueue::default();
    let _early = ask(&queue, "a");
    next(&queue);
    let begins = Progress::Begins { text: "The first line".into() };
    queue.progressed(&begins);
    queue.progressed(&Progress::Recognise { n_done: 1, n_lines: 2 });
    let late = queue.ask(What::picture("a", true));
    assert!(matches!(late.try_recv(), Ok(Told::Progress(told)) if told == begins));
    assert!(late.try_recv().is_err(), "told once");
}

#[test]
fn what_was_asked_for_last_is_read_first_and_what_gave_way_is_read_again() {
    let queue = TextQueue::default();
    let (first, second) = (ask(&queue, "a"), ask(&queue, "b"));
    let running = next(&queue);
    assert_eq!(running.picture, "b");
    let third = ask(&queue, "c");
    assert!(running.cancel.is_cancelled(), "it gives way");
    queue.ended(Err(Interrupted::Cancelled));
    for (picture, told) in [("c", third), ("b", second), ("a", first)] {
        let what = next(&queue);
        assert_eq!((what.picture.as_str(), what.cancel.is_cancelled()), (picture, false));
        queue.progressed(&Progress::Recognise { n_done: 1, n_lines: 2 });
        assert!(matches!(told.try_recv(), Ok(Told::Progress(_))));
        queue.ended(Ok(reading()));
        assert!(is_read(&told) && is_stopped(&told), "told once");
    }
    assert!(!queue.is_at_work());
}

#[test]
fn one_picture_is_read_once_whoever_waits_for_it() {
    let queue = TextQueue::default();
    let before = [ask(&queue, "a"), ask(&queue, "a")];
    let what = next(&queue);
    let meanwhile = queue.ask(What::picture("a", true));
    assert!(!what.cancel.is_cancelled());
    // A person asked for it by now.
    queue.stop(|what| !what.is_asked_for);
    assert!(!what.cancel.is_cancelled());
    let fault = Fault::from(AppError::NotFound { what: "that picture" });
    queue.ended(Err(Interrupted::Failed(fault)));
    for told in before.iter().chain([&meanwhile]) {
        assert!(matches!(told.try_recv(), Ok(Told::Ended(Err(_)))));
    }
    assert!(queue.begin(&What::picture("old", false)), "nothing waits");
}

#[test]
fn one_that_is_asked_for_again_while_it_gives_way_is_read_once() {
    let queue = TextQueue::default();
    let first = ask(&queue, "a");
    next(&queue);
    let other = ask(&queue, "b");
    let again = ask(&queue, "a");
    queue.ended(Err(Interrupted::Cancelled));
    assert_eq!(next(&queue).picture, "a");
    queue.ended(Ok(reading()));
    assert!(is_read(&first) && is_read(&again));
    assert_eq!(next(&queue).picture, "b");
    queue.ended(Ok(reading()));
    assert!(is_read(&other));
    queue.look_in(Duration::ZERO);
    assert!(matches!(queue.next(), Next::Look), "nothing is left");
}

#[test]
fn pictures_of_old_chats_come_last_and_give_way_for_good() {
    let queue = TextQueue::default();
    let old = What::picture("old", false);
    let told = ask(&queue, "a");
    assert!(!queue.begin(&old), "somebody waits");
    next(&queue);
    queue.ended(Ok(reading()));
    assert!(is_read(&told));
    assert!(queue.begin(&old));
    assert_eq!(queue.picture_that_is_read().as_deref(), Some("old"));
    let told = ask(&queue, "b");
    assert!(old.cancel.is_cancelled());
    queue.ended(Err(Interrupted::Cancelled));
    assert_eq!(next(&queue).picture, "b");
    queue.ended(Ok(reading()));
    assert!(is_read(&told));
    queue.look_in(Duration::ZERO);
    assert!(matches!(queue.next(), Next::Look), "it is found again by a look");
}

#[test]
fn pixels_become_a_picture_while_they_wait_or_are_read() {
    let queue = TextQueue::default();
    let pixels = || {
        let png = lorgnette_image::rgba_to_png(1, 1, vec![255; 4]).unwrap();
        What::pixels(Arc::new(Picture::decode(&png).unwrap()))
    };
    let what = pixels();
    let ticket = what.ticket();
    let told = queue.ask(what);
    assert_eq!(queue.picture_that_is_read(), None);
    assert!(queue.is_now(ticket, "a"));
    let joined = queue.ask(What::picture("a", true));
    let running = next(&queue);
    assert!(running.pixels.is_some() && running.picture == "a");
    queue.ended(Ok(reading()));
    assert!(is_read(&told) && is_read(&joined));
    assert!(!queue.is_now(ticket, "a"), "it is read");
    // Two of which neither is a picture yet are not the same.
    let both = [queue.ask(pixels()), queue.ask(pixels())];
    for told in both.iter().rev() {
        next(&queue);
        queue.ended(Ok(reading()));
        assert!(is_read(told));
    }
}

#[test]
fn what_is_stopped_is_not_read_again() {
    let queue = TextQueue::default();
    let (first, second) = (ask(&queue, "a"), ask(&queue, "b"));
    let running = next(&queue);
    queue.stop(|_| true);
    assert!(running.cancel.is_cancelled() && is_stopped(&first) && is_stopped(&second));
    // Asked for before the thread has seen that it was stopped.
    let again = ask(&queue, "b");
    queue.ended(Err(Interrupted::Cancelled));
    assert_eq!(next(&queue).picture, "b");
    queue.close();
    assert!(is_stopped(&again));
    queue.ended(Err(Interrupted::Cancelled));
    assert!(matches!(queue.next(), Next::Closed));
    assert!(is_stopped(&ask(&queue, "c")) && !queue.begin(&What::picture("d", false)));
}
