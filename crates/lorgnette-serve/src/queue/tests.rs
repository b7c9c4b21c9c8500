use std::sync::mpsc;
use std::thread;

use super::*;

fn queue(limit: usize) -> Arc<Queue> {
    Arc::new(Queue::new(limit))
}

/// Takes the next job, does it, and returns its ticket.
fn take_one(queue: &Queue) -> Ticket {
    let (ticket, job) = queue.take().expect("a job");
    job();
    queue.done(ticket, Duration::ZERO);
    ticket
}

fn nothing() -> Job {
    Box::new(|| {})
}

#[test]
fn the_order_is_that_of_arrival_and_not_of_being_ready() {
    let queue = queue(8);
    let places: Vec<Place> = (0..3).map(|_| queue.enter().unwrap()).collect();
    assert_eq!(places.iter().map(Place::n_before).collect::<Vec<_>>(), [0, 1, 2]);
    for place in places.iter().rev() {
        place.submit(nothing());
    }
    let order: Vec<Ticket> = (0..3).map(|_| take_one(&queue)).collect();
    assert_eq!(order, places.iter().map(Place::ticket).collect::<Vec<_>>());
    assert_eq!(queue.load(), (0, false));
}

#[test]
fn who_goes_is_not_waited_for() {
    let queue = queue(8);
    let (first, second, third) =
        (queue.enter().unwrap(), queue.enter().unwrap(), queue.enter().unwrap());
    second.submit(nothing());
    third.submit(nothing());
    let (sender, taken) = mpsc::channel();
    let of_thread = Arc::clone(&queue);
    let thread = thread::spawn(move || sender.send(take_one(&of_thread)));
    // The first has come, and nothing overtakes it while it is there.
    second.cancel().clone().cancel();
    let second_ticket = second.ticket();
    drop(first);
    assert_eq!(taken.recv().unwrap(), second_ticket);
    thread.join().unwrap().unwrap();
    drop(third);
    assert_eq!(queue.load(), (0, false));
}

#[test]
fn a_full_queue_says_when_to_come_back() {
    let queue = queue(2);
    let waiting = [queue.enter().unwrap(), queue.enter().unwrap()];
    assert!(matches!(queue.enter(), Err(Refusal::QueueFull { n_waiting: 2, after_s: 20 })));
    waiting[0].submit(nothing());
    let (ticket, _) = queue.take().unwrap();
    // What is in hand does not wait any more.
    let third = queue.enter().unwrap();
    assert_eq!((third.n_before(), queue.load()), (2, (2, true)));
    queue.done(ticket, Duration::ZERO);
    drop((waiting, third));
    assert_eq!(queue.load(), (0, false));
}

#[test]
fn who_goes_stops_what_is_in_hand() {
    let queue = queue(2);
    let place = queue.enter().unwrap();
    let cancel = place.cancel().clone();
    place.submit(nothing());
    let (ticket, _) = queue.take().unwrap();
    assert!(!cancel.is_cancelled());
    drop(place);
    assert!(cancel.is_cancelled());
    assert_eq!(queue.load(), (0, true), "until the thread has noticed");
    queue.done(ticket, Duration::ZERO);
    assert_eq!(queue.load(), (0, false));
}

#[test]
fn a_closed_queue_drops_what_waits_and_ends_the_thread() {
    let queue = queue(4);
    let (sender, receiver) = mpsc::channel::<()>();
    let place = queue.enter().unwrap();
    place.submit(Box::new(move || drop(sender)));
    queue.close();
    assert!(receiver.recv().is_err(), "the job went, and with it what it would have told");
    assert!(place.cancel().is_cancelled() && queue.is_closed());
    assert!(queue.take().is_none());
    assert!(matches!(queue.enter(), Err(Refusal::Stopping)));
    place.submit(nothing());
    drop(place);
    assert_eq!(queue.load(), (0, false));
}
