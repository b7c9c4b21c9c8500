//! The page knows the commands and types as they are.

use std::path::Path;

#[test]
fn the_pages_contract_is_fresh() {
    let folder = tempfile::tempdir().unwrap();
    let fresh = folder.path().join("contract.ts");
    lorgnette_window::contract::write(&fresh).unwrap();
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/src/contract.ts");
    let read = |path: &Path| fs_err::read_to_string(path).unwrap().replace("\r\n", "\n");
    assert!(read(&committed) == read(&fresh), "they are stale: run `cargo xtask bindings`");
}
