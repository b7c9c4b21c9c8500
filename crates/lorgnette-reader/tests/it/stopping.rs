//! Cancelling, and what must not depend on threads.

use lorgnette_interrupt::{Cancel, Interrupted};
use lorgnette_reader::{Progress, Reader};

use crate::{READER, fixture, read};

#[test]
fn it_stops_between_batches_of_lines() {
    let picture = fixture("ui-12-light.png");
    let cancel = Cancel::default();
    cancel.cancel();
    let outcome = READER.read(&picture, &cancel, &mut |_| ());
    assert!(matches!(outcome, Err(Interrupted::Cancelled)));

    let cancel = Cancel::default();
    let mut most = 0;
    let outcome = READER.read(&picture, &cancel, &mut |at| {
        if let Progress::Recognise { n_done, n_lines } = at {
            assert!(n_done < n_lines, "it went on to the end");
            most = most.max(n_done);
            cancel.cancel();
        }
    });
    assert!(matches!(outcome, Err(Interrupted::Cancelled)));
    assert!(most > 0);
}

#[test]
fn any_number_of_threads_reads_the_same() {
    let picture = fixture("receipt-13.png");
    let expected = read(&picture);
    for n_threads in [1, 3] {
        let reader = Reader::new(Some(n_threads));
        assert_eq!(reader.read(&picture, &Cancel::default(), &mut |_| ()).unwrap(), expected);
    }
    assert_eq!(read(&picture), expected);
}

#[test]
fn progress_goes_up_to_the_end() {
    let picture = fixture("columns-13.png");
    let mut told = Vec::new();
    READER.read(&picture, &Cancel::default(), &mut |at| told.push(at)).unwrap();
    assert!(matches!(told[0], Progress::Detect { n_done: 0, .. }), "{told:?}");
    let Some(Progress::Recognise { n_done, n_lines }) = told.last() else { panic!("{told:?}") };
    assert_eq!(n_done, n_lines);
}

#[test]
fn how_a_text_begins_is_known_before_the_rest_is_looked_at() {
    for name in ["ui-12-light.png", "receipt-13.png"] {
        let (mut begins, mut n_after) = (None, 0);
        let reading = READER.read(&fixture(name), &Cancel::default(), &mut |at| match at {
            Progress::Begins { text } => begins = Some(text),
            _ if begins.is_some() => n_after += 1,
            _ => {}
        });
        let (text, begins) = (reading.unwrap().text(), begins.unwrap_or_default());
        assert!(!begins.is_empty() && text.starts_with(&begins), "{name}: {begins:?} of {text:?}");
        assert!(n_after > 1, "{name}");
    }
}
