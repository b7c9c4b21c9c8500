use super::*;
use crate::error::Fault;

#[test]
fn a_fault_has_what_its_words_need_and_survives_being_kept() {
    let source = ImageError::TooManyPixels { width: 70_000, height: 2000, max_pixels: 9 };
    let fault =
        Fault::from(AppError::from(PictureError::Image { name: "wide.png".into(), source }));
    assert_eq!(fault.id, FaultId::PictureTooManyPixels);
    let json = serde_json::to_string(&fault).unwrap();
    let gaps = r#""with":{"height":2000,"maxPixels":9,"name":"wide.png","width":70000}"#;
    assert!(json.contains(gaps), "{json}");
    assert_eq!(serde_json::from_str::<Fault>(&json).unwrap(), fault);
}

#[test]
fn faults_of_other_versions_are_said_as_they_were() {
    let old = r#"{"kind":"engine","message":"m","hint":"h"}"#;
    let newer = r#"{"kind":"engine","message":"m","hint":"h","id":"ofTomorrow","with":{"a":1}}"#;
    for json in [old, newer] {
        let fault: Fault = serde_json::from_str(json).unwrap();
        assert_eq!((fault.id, fault.message.as_str()), (FaultId::Other, "m"));
    }
}

#[test]
fn what_a_decoder_says_is_not_shown() {
    let source = ImageError::Damaged {
        format: lorgnette_image::Format::Png,
        source: "CRC error: expected 0x1 have 0x2 while decoding ChunkType { type: IDAT }".into(),
    };
    let error = AppError::from(PictureError::Image { name: "a.png".into(), source });
    assert_eq!(error.one_line(), "a.png: the PNG picture is damaged");
}
