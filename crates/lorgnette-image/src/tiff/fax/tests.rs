use super::*;

/// Packs bits that are written as text; spaces are for the reader.
fn packed(bits: &str) -> Vec<u8> {
    let bits: Vec<u8> = bits.bytes().filter(|b| *b != b' ').map(|b| b - b'0').collect();
    bits.chunks(8)
        .map(|byte| byte.iter().zip((0..8).rev()).map(|(bit, at)| bit << at).sum())
        .collect()
}

const END: &str = "000000000001";
/// 16 pixels: 4 white, 4 black, 8 white.
const LINE: &str = "1011 011 10011";

fn coding(is_bare: bool, is_two_dimensional: bool) -> Coding {
    Coding { width: 16, is_bare, is_two_dimensional, is_reversed: false }
}

#[test]
fn lines_with_ends_are_read_up_to_the_end_of_the_page() {
    // 101010: 16 white pixels.
    let bits = format!("{END}{LINE}{END}101010{END}{END}{END}{END}{END}{END}");
    assert_eq!(lines(&packed(&bits), coding(false, false), 9), [vec![4, 8, 16], vec![16]]);
}

#[test]
fn zeros_may_fill_up_before_an_end() {
    let bits = format!("0000{END}{LINE}00000{END}{LINE}");
    assert_eq!(lines(&packed(&bits), coding(false, false), 2).len(), 2);
}

#[test]
fn bare_lines_begin_with_a_byte() {
    let bits = format!("{LINE}0000 101010 00 {LINE}");
    let found = lines(&packed(&bits), coding(true, false), 3);
    assert_eq!(found, [vec![4, 8, 16], vec![16], vec![4, 8, 16]]);
}

#[test]
fn differences_follow_the_line_above() {
    // The same line; one pixel later and one earlier; a pass over the black run.
    let bits = format!("{END}1{LINE}{END}0 1 1 1{END}0 011 010 1{END}0 0001 1");
    let found = lines(&packed(&bits), coding(false, true), 9);
    assert_eq!(found, [vec![4, 8, 16], vec![4, 8, 16], vec![5, 7, 16], vec![16]]);
}

#[test]
fn a_damaged_line_is_the_one_above() {
    let bits = format!("{END}{LINE}{END}1011 0000000011{END}101010");
    let found = lines(&packed(&bits), coding(false, false), 3);
    assert_eq!(found, [vec![4, 8, 16], vec![4, 8, 16], vec![16]]);
}

#[test]
fn what_is_not_there_ends_the_page() {
    let bits = format!("{END}{LINE}{END}1011");
    assert_eq!(lines(&packed(&bits), coding(false, false), 9).len(), 1);
    assert!(lines(&[], coding(false, false), 9).is_empty());
    assert!(lines(&[], coding(true, false), 9).is_empty());
}

#[test]
fn bits_may_be_reversed() {
    let bits: Vec<u8> = packed(LINE).iter().map(|byte| byte.reverse_bits()).collect();
    let coding = Coding { is_reversed: true, ..coding(true, false) };
    assert_eq!(lines(&bits, coding, 1), [vec![4, 8, 16]]);
}

#[test]
fn changes_become_pixels() {
    let mut grey = Vec::new();
    draw(&[2, 3, 5], 5, &mut grey);
    draw(&[0, 5], 5, &mut grey);
    draw(&[], 5, &mut grey);
    assert_eq!(grey[..5], [255, 255, 0, 255, 255]);
    assert_eq!(grey[5..], [0, 0, 0, 0, 0, 255, 255, 255, 255, 255]);
}
