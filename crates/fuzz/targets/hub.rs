//! Any bytes are what a hub lists of a repository, or are refused.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    lorgnette_weights::hub::read_listing(bytes);
});
