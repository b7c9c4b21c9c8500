use super::*;

#[test]
fn settings_change_keys_and_purposes_one_by_one() {
    let mut settings = Settings::default();
    settings.anywhere_keys.insert("screen".into(), String::new());
    settings.anywhere_purposes.insert("window".into(), "form".into());
    settings.anywhere_purposes.insert("region".into(), "poem".into());
    settings.anywhere_purposes.insert("silence".into(), "form".into());
    let bindings = key_bindings(&settings);
    let of = |action| bindings.iter().find(|binding| binding.action == action).unwrap();
    assert_eq!(of(QuickAction::Screen).keys, "");
    assert_eq!(of(QuickAction::Window).purpose, Some(Purpose::Form));
    assert_eq!(of(QuickAction::Region).purpose, Some(Purpose::Brief));
    assert_eq!(of(QuickAction::Silence).purpose, None);
    assert_eq!(of(QuickAction::Text).keys, "Ctrl+Alt+Shift+T");
}

#[test]
fn no_two_have_the_same_keys_or_name() {
    for one in [QuickAction::name as fn(QuickAction) -> &'static str, QuickAction::usual_keys] {
        let mut all = QuickAction::ALL.map(one).to_vec();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), QuickAction::ALL.len());
    }
    assert_eq!("text".parse(), Ok(QuickAction::Text));
    assert!("nothing".parse::<QuickAction>().is_err());
}
