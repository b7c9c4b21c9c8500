//! What the window may not do, as its configuration says it: a change of these files that opens a
//! door fails here.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

const WINDOWS: [&str; 3] = ["main", "panel", "start"];

fn read(path: &str) -> String {
    fs_err::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

fn json(path: &str) -> Value {
    serde_json::from_str(&read(path)).unwrap()
}

/// All strings in a value, keys too.
fn strings(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(values) => values.iter().flat_map(strings).collect(),
        Value::Object(map) => map
            .iter()
            .flat_map(|(key, value)| [vec![key.clone()], strings(value)].concat())
            .collect(),
        _ => vec![],
    }
}

#[test]
fn the_policy_lets_only_the_page_itself_in() {
    let config = json("tauri.conf.json");
    let security = &config["app"]["security"];
    let policy = security["csp"].as_object().unwrap();
    let allowed = [
        ("default-src", "'self'"),
        ("script-src", "'self'"),
        ("style-src", "'self'"),
        ("img-src", "'self' picture: http://picture.localhost"),
        ("font-src", "'self'"),
        ("connect-src", "ipc: http://ipc.localhost"),
        ("object-src", "'none'"),
        ("base-uri", "'none'"),
        ("form-action", "'none'"),
        ("frame-ancestors", "'none'"),
    ];
    let found: Vec<(&str, &str)> =
        policy.iter().map(|(key, value)| (key.as_str(), value.as_str().unwrap())).collect();
    let sorted = |mut policy: Vec<(&'static str, &'static str)>| {
        policy.sort_unstable();
        policy
    };
    assert_eq!(BTreeSet::from_iter(found), BTreeSet::from_iter(sorted(allowed.to_vec())));
    assert_eq!(security["freezePrototype"], true);
    for key in ["devCsp", "dangerousDisableAssetCspModification", "assetProtocol", "headers"] {
        assert!(security.get(key).is_none(), "{key}");
    }
}

#[test]
fn nothing_of_tauri_is_given_to_the_page() {
    let config = json("tauri.conf.json");
    assert_eq!(config["app"]["withGlobalTauri"], false);
    assert_eq!(config["app"]["windows"], Value::Array(vec![]), "windows are made in window.rs");
    assert_eq!(config["app"]["security"]["capabilities"], serde_json::json!(WINDOWS));
    assert!(config.get("plugins").is_none());
    let files =
        fs_err::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("capabilities")).unwrap();
    assert_eq!(files.count(), WINDOWS.len(), "one capability a window");
    for window in WINDOWS {
        let capability = json(&format!("capabilities/{window}.json"));
        assert_eq!(capability["windows"], serde_json::json!([window]));
        assert!(capability.get("remote").is_none());
        for text in strings(&capability["permissions"]) {
            let is_plain = text.starts_with("allow-") && !text.contains([':', '*']);
            assert!(is_plain, "{text}");
        }
    }
}

#[test]
fn the_page_may_call_each_command_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("contract.ts");
    lorgnette_window::contract::write(&path).unwrap();
    let contract = fs_err::read_to_string(path).unwrap();
    // `chats: (…) => __TAURI_INVOKE<ChatSummary[]>("chats", …)`
    let calls = contract.split("=> __TAURI_INVOKE").skip(1);
    let name = |call: &str| Some(call.split_once("(\"")?.1.split_once('"')?.0.to_owned());
    let registered: BTreeSet<String> = calls.filter_map(name).collect();
    assert!(registered.len() > 50, "{registered:?}");
    let allowed = |window| -> BTreeSet<String> {
        strings(&json(&format!("capabilities/{window}.json"))["permissions"]).into_iter().collect()
    };
    let (main, panel, start) = (allowed("main"), allowed("panel"), allowed("start"));
    let expected = registered.iter().map(|name| format!("allow-{}", name.replace('_', "-")));
    assert_eq!(&(&main | &panel) | &start, expected.collect(), "capabilities");
    assert!(start.iter().all(|name| name.starts_with("allow-start-")), "{start:?}");
    // The panel shows words of pictures of anything: it is to reach little.
    let of_both = BTreeSet::from(["allow-aloud".to_owned(), "allow-stop".to_owned()]);
    assert_eq!(&main & &panel, of_both);
    assert!((&panel - &of_both).iter().all(|name| name.starts_with("allow-panel-")));
}

#[test]
fn no_remote_host_is_named() {
    let here = ["http://picture.localhost", "http://ipc.localhost", "http://localhost:5173"];
    let capabilities = WINDOWS.map(|window| format!("capabilities/{window}.json"));
    for file in capabilities.iter().map(String::as_str).chain(["tauri.conf.json"]) {
        for text in strings(&json(file)) {
            let rest = here.iter().fold(text.clone(), |text, known| text.replace(known, ""));
            let is_schema = text.starts_with("https://schema.tauri.app/");
            assert!(is_schema || !rest.contains("://"), "{file}: {text}");
        }
    }
}

#[test]
fn no_plugin_opens_a_shell_a_file_or_the_network() {
    let manifest = read("Cargo.toml");
    let plugins: BTreeSet<&str> = manifest
        .lines()
        .filter_map(|line| line.strip_prefix("tauri-plugin-")?.split('.').next())
        .collect();
    assert_eq!(plugins, BTreeSet::from(["single-instance", "window-state"]));
}

#[test]
fn tauri_is_past_the_holes_that_are_known() {
    // CVE-2026-42184: before 2.11.1, a host that only began like the page's counted as it.
    let lock = read("../Cargo.lock");
    let version = lock
        .split("[[package]]")
        .find(|package| package.contains("\nname = \"tauri\"\n"))
        .and_then(|package| package.split("version = \"").nth(1)?.split('"').next())
        .unwrap();
    let parts: Vec<u32> = version.split('.').map(|part| part.parse().unwrap()).collect();
    assert!(parts >= vec![2, 11, 1], "{version}");
}
