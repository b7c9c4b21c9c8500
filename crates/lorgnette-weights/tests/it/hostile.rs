//! A network that breaks, lies and blocks. Each case ends in the right file or in an error that
//! says what to do.

use std::time::Duration;

use lorgnette_interrupt::{Cancel, Interrupted};
use lorgnette_loopback::Behaviour;
use lorgnette_weights::{InstallEvent, WeightsError};

use crate::world::{FILES, World, options, repository};

const FILE: &str = FILES[0];

/// Misbehaves at the first requests for the content of the first file.
fn at_first(world: &World, n_times: usize, behaviour: Behaviour) {
    // Two requests for the header come before those for the content.
    world.server.behave(move |request| match request.file() {
        Some(FILE) if (2..2 + n_times).contains(&request.n_before) => behaviour.clone(),
        _ => Behaviour::Well,
    });
}

fn always(world: &World, behaviour: Behaviour) {
    at_first(world, usize::MAX - 2, behaviour);
}

#[test]
fn a_hub_that_behaves_well() {
    let world = World::new();
    let made = world.make().expect("made");
    assert_eq!(made.files.len(), 1);
    assert_eq!(made.files[0].n_bytes, world.target().len() as u64);
    assert!(
        world
            .events
            .lock()
            .unwrap()
            .iter()
            .all(|event| !matches!(event, InstallEvent::Waiting { .. }))
    );
    // Going on with what is done fetches nothing but headers.
    let before = world.n_requests(FILE);
    world.make().expect("made again");
    assert_eq!(world.n_requests(FILE), before + 2);
}

#[test]
fn connections_that_drop() {
    for part in [0.01, 0.5, 0.99] {
        let world = World::new();
        at_first(&world, 3, Behaviour::DropAt(part));
        world.check_same();
    }
}

#[test]
fn connections_that_always_drop_early_but_give_something() {
    let world = World::new();
    always(&world, Behaviour::DropAt(0.4));
    world.check_same();
}

#[test]
fn connections_that_give_nothing_end_the_patience() {
    let world = World::new();
    always(&world, Behaviour::DropAt(0.0));
    let error = world.make().expect_err("no byte ever");
    assert!(matches!(error, WeightsError::Connect { .. }), "{error:?}");
    assert!(error.hint().contains("goes on where it stopped"));
}

#[test]
fn stalls() {
    let world = World::new();
    at_first(&world, 1, Behaviour::StallAt(0.3));
    world.check_same();
    let events = world.events.lock().unwrap();
    let said = events.iter().any(
        |event| matches!(event, InstallEvent::Waiting { reason, .. } if reason.contains("nothing came")),
    );
    assert!(said, "{events:?}");
}

#[test]
fn servers_that_know_no_ranges() {
    let world = World::new();
    world.server.behave(|request| match request.file() {
        Some(_) => Behaviour::IgnoreRange,
        None => Behaviour::Well,
    });
    world.check_same();
}

#[test]
fn servers_that_know_no_ranges_and_drop() {
    let world = World::new();
    world.server.behave(|request| match (request.file(), request.n_before) {
        (Some(FILE), 5) => Behaviour::Status(500, Vec::new()),
        (Some(_), _) => Behaviour::IgnoreRange,
        _ => Behaviour::Well,
    });
    world.check_same();
}

#[test]
fn lies_in_content_range() {
    let world = World::new();
    at_first(&world, 2, Behaviour::ContentRange("bytes 0-9/*".into()));
    // The first part begins at 0, so that only others can tell.
    world.check_same();

    for lie in ["bytes 7-20006/*", "nonsense", ""] {
        let world = World::new();
        always(&world, Behaviour::ContentRange(lie.into()));
        let error = world.make().expect_err("never the right range");
        assert!(matches!(error, WeightsError::Answer { .. }), "{lie}: {error:?}");
    }
    let world = World::new();
    always(&world, Behaviour::ContentRange("bytes 0-19999/20000".into()));
    let error = world.make().expect_err("another size");
    assert!(matches!(error, WeightsError::WrongSize { found_bytes: 20_000, .. }), "{error:?}");
}

#[test]
fn a_web_page_instead_of_a_file() {
    let world = World::new();
    always(&world, Behaviour::Html);
    let error = world.make().expect_err("a page");
    assert!(matches!(error, WeightsError::WebPage { .. }), "{error:?}");
    assert!(error.hint().contains("browser"));
}

#[test]
fn a_web_page_instead_of_the_list() {
    let world = World::new();
    world.server.behave(|_| Behaviour::Html);
    let error = world.make().expect_err("a page");
    assert!(matches!(error, WeightsError::WebPage { .. }), "{error:?}");
}

#[test]
fn a_range_that_is_not_there() {
    let world = World::new();
    always(&world, Behaviour::Status(416, Vec::new()));
    let mut one = options();
    one.n_parts = 1;
    let error = world.make_with(one).expect_err("416");
    assert!(matches!(error, WeightsError::Answer { .. }), "{error:?}");
    assert_eq!(world.n_requests(FILE), 2 + 1, "it is not asked again and again");
}

#[test]
fn too_many_requests_wait_as_they_are_told() {
    let world = World::new();
    at_first(&world, 1, Behaviour::Status(429, vec![("Retry-After", "1".into())]));
    world.check_same();
    let events = world.events.lock().unwrap();
    let pauses = events.iter().filter_map(|event| match event {
        InstallEvent::Waiting { pause, .. } => Some(*pause),
        _ => None,
    });
    assert_eq!(pauses.collect::<Vec<_>>(), [Duration::from_secs(1)]);
}

#[test]
fn a_pause_beyond_all_patience_is_an_error_at_once() {
    let world = World::new();
    always(&world, Behaviour::Status(429, vec![("Retry-After", "86400".into())]));
    let error = world.make().expect_err("a day");
    assert!(matches!(error, WeightsError::Status { status: 429, .. }), "{error:?}");
}

#[test]
fn servers_that_fail_for_a_while_and_for_ever() {
    let world = World::new();
    at_first(&world, 2, Behaviour::Status(500, Vec::new()));
    world.check_same();

    let world = World::new();
    always(&world, Behaviour::Status(503, Vec::new()));
    let mut one = options();
    one.n_parts = 1;
    let error = world.make_with(one).expect_err("always");
    assert!(matches!(error, WeightsError::Status { status: 503, .. }), "{error:?}");
    assert_eq!(world.n_requests(FILE), 2 + 4, "as often as patience says");
}

#[test]
fn gated_repositories_say_what_to_do() {
    for status in [401, 403] {
        let world = World::new();
        let headers = vec![("X-Error-Code", "GatedRepo".to_owned())];
        world.server.behave(move |_| Behaviour::Status(status, headers.clone()));
        let error = world.make().expect_err("gated");
        assert!(matches!(error, WeightsError::Gated { with_token: false, .. }), "{error:?}");
        assert!(error.hint().contains("HF_TOKEN") && error.hint().contains("/owner/model"));
    }
}

#[test]
fn what_is_not_there_is_not_called_gated() {
    let world = World::new();
    let headers = vec![("X-Error-Code", "RepoNotFound".to_owned())];
    world.server.behave(move |_| Behaviour::Status(401, headers.clone()));
    let error = world.make().expect_err("not there");
    assert!(matches!(error, WeightsError::NotFound { .. }), "{error:?}");
}

#[test]
fn the_token_does_not_follow_to_another_host() {
    let world = World::new();
    let (other, hub) = (world.server.other_host(), world.server.endpoint());
    world.server.behave(move |request| {
        if request.file().is_none() {
            return Behaviour::Well;
        }
        let is_hub = hub.ends_with(&request.host);
        match request.path.strip_suffix("?back") {
            // Away, and from there back to the hub: the token stays at home either way.
            _ if is_hub && !request.path.contains('?') => {
                Behaviour::Redirect(format!("{other}{}?away", request.path))
            }
            None if !is_hub => {
                Behaviour::Redirect(format!("{hub}{}?back", request.path.trim_end_matches("?away")))
            }
            _ => Behaviour::Redirect(format!("{other}/nowhere")),
        }
    });
    let mut settings = world.settings();
    settings.token = Some("secret".into());
    let hub = world.hub(settings, options());
    let repository = repository(&hub).expect("list");
    let file = repository.file(FILE).expect("file");
    let end = hub.range(&repository, file, 0..8).expect_err("it leads nowhere");
    assert!(matches!(end, Interrupted::Failed(WeightsError::NotFound { .. })), "{end:?}");

    let requests = world.server.requests();
    let with_token = |request: &&lorgnette_loopback::Request| request.authorization.is_some();
    let with: Vec<_> = requests.iter().filter(with_token).map(|request| &request.path).collect();
    assert_eq!(with.len(), 2, "the list and the first request for the file: {with:?}");
    assert!(with.iter().all(|path| !path.ends_with("?away") && !path.ends_with("?back")));
    assert!(requests.iter().any(|request| request.path.ends_with("?away")));
    assert!(requests.iter().any(|request| request.path.ends_with("?back")));
}

#[test]
fn redirects_without_end() {
    let world = World::new();
    world.server.behave(|request| match request.file() {
        Some(_) => Behaviour::Redirect("?again".into()),
        None => Behaviour::Well,
    });
    let error = world.make().expect_err("in a circle");
    assert!(matches!(error, WeightsError::Redirect { .. }), "{error:?}");
}

#[test]
fn a_file_that_changes_is_begun_again() {
    let world = World::new();
    at_first(&world, 2, Behaviour::Etag("\"old\"".into()));
    world.check_same();
    let events = world.events.lock().unwrap();
    let n = events.iter().filter(|event| matches!(event, InstallEvent::Restarted { .. })).count();
    assert_eq!(n, 1);
}

#[test]
fn a_wrong_byte_costs_its_file_and_nothing_else() {
    let world = World::new();
    let mut one = options();
    one.n_parts = 1;
    one.part_bytes = 1 << 20;
    // The second file is wrong once: fetched again, and the first is not.
    world.server.behave(|request| match (request.file(), request.n_before) {
        (Some(file), 2) if file == FILES[1] => Behaviour::WrongByte,
        _ => Behaviour::Well,
    });
    world.make_with(one.clone()).expect("made");
    assert_eq!((world.n_requests(FILES[0]), world.n_requests(FILES[1])), (3, 4));
    let well = World::new();
    well.make().expect("made");
    assert!(world.target() == well.target());
}

#[test]
fn a_file_that_stays_wrong_is_an_error_and_leaves_nothing() {
    let world = World::new();
    world.server.publish_wrong_hash(FILES[1]);
    let error = world.make().expect_err("never right");
    let WeightsError::WrongHash { file, expected } = &error else { panic!("{error:?}") };
    assert_eq!((file.as_str(), expected.as_str()), (FILES[1], "0".repeat(64).as_str()));
    // The first file's part is kept, the second's is not.
    let journal = fs_err::read(world.work().join("journal.json")).expect("journal");
    let journal: serde_json::Value = serde_json::from_slice(&journal).expect("JSON");
    assert_eq!(journal["sources"][0]["is_proved"], true);
    assert_eq!(journal["sources"][1]["n_done"], 0);
}

#[test]
fn headers_that_cannot_be() {
    let checkpoint = crate::world::checkpoint(1);
    let n_header = u64::from_le_bytes(checkpoint[..8].try_into().expect("eight bytes")) as usize;
    let header = String::from_utf8(checkpoint[8..8 + n_header].to_vec()).expect("JSON");
    let with_header = |header: &str| {
        let n_header = (header.len() as u64).to_le_bytes();
        [&n_header, header.as_bytes(), &checkpoint[8 + header.len()..]].concat()
    };
    let endless = [&(1_u64 << 63).to_le_bytes(), &checkpoint[8..]].concat();
    // Both tensors have 65,536 bytes, one behind the other.
    let overlapping = with_header(&header.replace("[65536,131072]", "[65535,131071]"));
    let truncated = checkpoint[..checkpoint.len() - 1].to_vec();
    let cut_in_its_header = checkpoint[..20].to_vec();
    for (what, content) in [
        ("endless", endless),
        ("overlapping", overlapping),
        ("truncated", truncated),
        ("cut in its header", cut_in_its_header),
    ] {
        let world = World::new();
        assert_ne!(content, checkpoint, "{what} differs");
        let files = [(FILES[0], content), (FILES[1], crate::world::checkpoint(2))];
        world.server.publish(crate::world::REPO, &files);
        let error = world.make().expect_err(what);
        assert!(matches!(error, WeightsError::Header { .. }), "{what}: {error:?}");
        assert!(error.to_string().contains(FILES[0]), "{what}: {error}");
        assert!(!world.work().join("model.gguf").exists(), "{what}: nothing was begun");
    }
}

#[test]
fn a_list_of_names_alone_is_completed_by_the_files_themselves() {
    for behaviour in [Behaviour::Well, Behaviour::IgnoreRange] {
        let world = World::new();
        world.server.list_names_alone();
        world.server.behave(move |request| match request.file() {
            Some(_) => behaviour.clone(),
            None => Behaviour::Well,
        });
        world.check_same();
    }
}

#[test]
fn a_token_that_cannot_be_sent_is_not_sent() {
    let world = World::new();
    let mut settings = world.settings();
    settings.token = Some("hf_\u{FFFD}secret".into());
    let hub = lorgnette_weights::Hub::new(settings, options(), Cancel::default(), world.report());
    assert!(matches!(hub.err(), Some(WeightsError::Token)));
    assert!(world.server.requests().is_empty());
}

#[test]
fn names_that_lead_out_of_the_folder_are_no_files() {
    let world = World::new();
    let name = "../../evil.safetensors";
    world.server.publish(crate::world::REPO, &[(name, vec![1]), ("a/b", vec![1]), (FILE, vec![1])]);
    let repository = repository(&world.hub(world.settings(), options())).expect("list");
    let names: Vec<_> = repository.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, [FILE]);
}

#[test]
fn the_cache_of_other_programs_is_used_and_verified() {
    let world = World::new();
    let cache = world.dir.path().join("cache/models--owner--model/snapshots");
    let cache = cache.join(lorgnette_loopback::COMMIT);
    fs_err::create_dir_all(&cache).expect("folder");
    for (name, seed) in FILES.iter().zip(1..) {
        fs_err::write(cache.join(name), crate::world::checkpoint(seed)).expect("write");
    }
    world.check_same();
    assert_eq!(world.n_requests(FILES[0]), 0, "nothing is fetched");

    // A damaged copy is not believed: the file is fetched.
    let mut damaged = crate::world::checkpoint(1);
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    fs_err::write(cache.join(FILES[0]), damaged).expect("write");
    fs_err::remove_dir_all(world.work()).expect("remove");
    world.check_same();
    assert!(world.n_requests(FILES[0]) > 0);
}

#[test]
fn offline_means_that_no_request_is_sent() {
    let world = World::new();
    let mut settings = world.settings();
    settings.offline = true;
    let end = repository(&world.hub(settings, options())).expect_err("not in the cache");
    assert!(matches!(end, Interrupted::Failed(WeightsError::Offline { .. })), "{end:?}");
    assert!(world.server.requests().is_empty());
}

#[test]
fn cancelling_keeps_what_is_done() {
    let world = World::new();
    let cancel = world.cancel.clone();
    world.server.behave(move |request| {
        if request.file() == Some(FILES[1]) && request.n_before == 3 {
            cancel.cancel();
        }
        Behaviour::Well
    });
    let hub = world.hub(world.settings(), options());
    let end = crate::world::make(&hub, &world.work(), &world.cancel, &world.report());
    assert!(matches!(end, Err(Interrupted::Cancelled)), "{end:?}");
    world.server.behave(|_| Behaviour::Well);
    let before = world.n_requests(FILES[0]);
    let resumed = World { cancel: Cancel::default(), ..world };
    resumed.check_same();
    assert_eq!(resumed.n_requests(FILES[0]), before + 2, "the first file was done");
}
