use super::*;
use crate::error::Fault;

#[test]
fn a_fault_has_what_its_words_need_and_survives_being_kept() {
    let source = ImageError::SideTooLong { width: 70_000, height: 2, max_side: 65_535 };
    let fault = Fault::from(AppError::Picture { name: "wide.png".into(), source });
    assert_eq!(fault.id, FaultId::PictureTooLong);
    let json = serde_json::to_string(&fault).unwrap();
    let gaps = r#""with":{"height":2,"maxSide":65535,"name":"wide.png","width":70000}"#;
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
