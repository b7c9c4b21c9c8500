//! Finds out whether a JPEG is complete.

/// Returns whether the picture's end marker is there.
///
/// The decoder fills what is missing with grey and reports nothing. A half-downloaded photograph must
/// not be described as one of fog.
/// Source: ITU-T T.81, B.1.1: markers, and stuffed zeros after 0xFF inside coded data.
pub(crate) fn has_end(bytes: &[u8]) -> bool {
    const END: u8 = 0xd9;
    let mut rest = bytes.get(2..).unwrap_or_default();
    loop {
        // Outside a scan this skips padding, and junk that decoders forgive.
        let Some(idx) = rest.iter().position(|&byte| byte == 0xff) else {
            return false;
        };
        rest = &rest[idx + 1..];
        match rest.first() {
            None => return false,
            Some(&END) => return true,
            // A stuffed zero, a restart, or a marker without a body: nothing to jump over.
            Some(0x00 | 0x01 | 0xd0..=0xd8 | 0xff) => {}
            // Inside coded data a marker still has its body: tables between progressive scans.
            Some(_) => {
                let [_, high, low, ..] = rest else {
                    return false;
                };
                let length = usize::from(*high) << 8 | usize::from(*low);
                let Some(after) = rest.get(1 + length.max(2)..) else {
                    return false;
                };
                rest = after;
            }
        }
    }
}

#[cfg(test)]
mod tests;
