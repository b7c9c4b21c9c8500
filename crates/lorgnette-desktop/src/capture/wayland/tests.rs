use super::*;

#[test]
fn only_files_that_pass_are_deleted() {
    let folders = ["/tmp".into(), "/home/me/.cache".into()];
    let is_passing = |path: &str| is_passing(Path::new(path), &folders);
    assert!(is_passing("/tmp/out.png"));
    assert!(is_passing("/home/me/.cache/portal/1.png"));
    assert!(!is_passing("/home/me/Pictures/Screenshot 1.png"));
    assert!(!is_passing("/tmpfiles/out.png"));
}
