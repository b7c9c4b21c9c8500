//! Git LFS: a repository that is cloned without it has short texts where the weights should be.

/// The beginning of such a text. Source: the specification of Git LFS, `docs/spec.md`.
const POINTER: &[u8] = b"version https://git-lfs.github.com/spec/";

/// Whether a file that begins with these bytes is a pointer of Git LFS, and not what it points to.
pub fn is_lfs_pointer(start: &[u8]) -> bool {
    start.starts_with(POINTER)
}

/// As [`is_lfs_pointer`], of the first eight bytes of a file of weights, which is all that a header
/// is measured by.
pub(crate) fn may_be_lfs_pointer(first: [u8; 8]) -> bool {
    POINTER.starts_with(&first)
}
