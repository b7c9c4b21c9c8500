use super::*;

#[track_caller]
fn check(from: &str, to: &str, expected: bool) {
    assert_eq!(allowed(from, to), expected, "{from} -> {to}");
}

#[test]
fn arrows_go_down() {
    check("lorgnette-pixtral", "lorgnette-image", true);
    check("lorgnette-engine", "lorgnette-pixtral", true);
    check("lorgnette-engine", "lorgnette-image", true);
    check("lorgnette-app", "lorgnette-engine", true);
    check("lorgnette-app", "lorgnette-weights", true);
    check("lorgnette-app", "lorgnette-models", true);
    check("lorgnette-models", "lorgnette-weights", true);
    check("lorgnette-app", "lorgnette-chats", true);
}

#[test]
fn no_arrow_goes_back() {
    check("lorgnette-image", "lorgnette-pixtral", false);
    check("lorgnette-kernels", "lorgnette-image", false);
    check("lorgnette-pixtral", "lorgnette-engine", false);
    check("lorgnette-engine", "lorgnette-app", false);
    check("lorgnette-models", "lorgnette-app", false);
    check("lorgnette-models", "lorgnette-speech", false);
    check("lorgnette-weights", "lorgnette-models", false);
    check("lorgnette-weights", "lorgnette-app", false);
    check("lorgnette-chats", "lorgnette-app", false);
    check("lorgnette-chats", "lorgnette-speech", false);
}

#[test]
fn weights_and_the_network_do_not_know_each_other() {
    check("lorgnette-weights", "lorgnette-pixtral", false);
    check("lorgnette-pixtral", "lorgnette-weights", false);
    check("lorgnette-engine", "lorgnette-weights", false);
}

#[test]
fn shells_use_the_app_and_the_server_only() {
    for shell in SHELLS {
        check(shell, "lorgnette-app", true);
        check(shell, "lorgnette-serve", true);
        check("lorgnette-serve", shell, false);
        check(shell, "lorgnette-engine", false);
        check("lorgnette-app", shell, false);
    }
    check("lorgnette-cli", "src-tauri", false);
    check("lorgnette-serve", "lorgnette-app", true);
    check("lorgnette-serve", "lorgnette-engine", false);
    check("lorgnette-app", "lorgnette-serve", false);
}

#[test]
fn chores_use_all_and_nothing_uses_them() {
    check("xtask", "lorgnette-kernels", true);
    check("xtask", "lorgnette-cli", true);
    check("lorgnette-app", "xtask", false);
}

#[test]
fn a_crate_without_a_place_has_no_arrows() {
    check("lorgnette-new", "lorgnette-image", false);
    check("lorgnette-app", "lorgnette-new", false);
}

#[test]
fn edges_are_found_in_cargos_own_words() {
    let metadata = serde_json::from_str(
        r#"{"packages": [
            {"manifest_path": "/x/crates/lorgnette-image/Cargo.toml", "dependencies": [
                {"name": "lorgnette-engine", "kind": "dev", "path": "/x/crates/lorgnette-engine"},
                {"name": "lorgnette-weights", "kind": "dev", "path": "/x/crates/lorgnette-weights"},
                {"name": "half", "kind": null}]},
            {"manifest_path": "/x/src-tauri/Cargo.toml", "dependencies": [
                {"name": "lorgnette-app", "kind": null, "path": "/x/crates/lorgnette-app"}]}
        ]}"#,
    )
    .expect("json");
    let found: Vec<String> =
        edges(&metadata).iter().map(|(from, to)| format!("{from} -> {to}")).collect();
    assert_eq!(found, ["lorgnette-image -> lorgnette-engine", "src-tauri -> lorgnette-app"]);
}
