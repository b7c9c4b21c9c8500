use super::*;

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn what_is_written_is_read_again() {
    let folder = folder();
    let path = folder.path().join("config/settings.toml");
    let mut settings =
        Settings { model: Some(BUILT_IN.into()), seed: Some(7), ..Settings::default() };
    settings.keys.insert("addPictures".into(), "Ctrl+Shift+O".into());
    settings.write(&path).unwrap();
    assert_eq!(Settings::read(&path).unwrap(), settings);
    let names: Vec<_> = fs_err::read_dir(path.parent().unwrap()).unwrap().collect();
    assert_eq!(names.len(), 1, "nothing but the settings is left");
}

#[test]
fn without_a_file_there_are_defaults() {
    assert_eq!(Settings::read(&folder().path().join("none.toml")).unwrap(), Settings::default());
}

#[test]
fn keys_of_another_version_are_kept() {
    let folder = folder();
    let path = folder.path().join("settings.toml");
    fs_err::write(&path, "temperature = 0.5\nvoice = \"slow\"\n[speech]\nrate = 2\n").unwrap();
    let settings = Settings::read(&path).unwrap();
    assert!((settings.temperature - 0.5).abs() < 1e-9);
    settings.write(&path).unwrap();
    let text = fs_err::read_to_string(&path).unwrap();
    assert!(text.contains("voice = \"slow\"") && text.contains("rate = 2"), "{text}");
}

#[test]
fn a_file_that_is_no_settings_says_so_and_stays() {
    let folder = folder();
    let path = folder.path().join("settings.toml");
    fs_err::write(&path, "context = \"many\"").unwrap();
    let error = Settings::read(&path).unwrap_err();
    assert!(
        error.to_string().contains("context") || error.to_string().contains("string"),
        "{error}"
    );
    assert_eq!(fs_err::read_to_string(&path).unwrap(), "context = \"many\"");
}

#[test]
fn numbers_out_of_bounds_are_brought_back() {
    let settings = Settings {
        temperature: f64::NAN,
        top_p: 7.0,
        context: 0,
        text_percent: 9000,
        top_k: Some(0),
        ..Settings::default()
    };
    let settings = settings.within_bounds();
    assert!((settings.temperature - Settings::default().temperature).abs() < 1e-9);
    assert!((settings.top_p - 1.0).abs() < 1e-9);
    assert_eq!((settings.context, settings.text_percent, settings.top_k), (256, 300, None));
}

#[test]
fn settings_of_version_0_1_0_are_read_and_written_again_as_they_are() {
    let folder = folder();
    let path = folder.path().join("settings.toml");
    let written = include_str!("fixtures/0.1.0.toml");
    fs_err::write(&path, written).unwrap();
    let settings = Settings::read(&path).unwrap();
    assert_eq!(settings.other, toml::Table::new(), "every key is known");
    let before: toml::Table = written.parse().unwrap();
    let defaults = toml::Table::try_from(Settings::default()).unwrap();
    let read = toml::Table::try_from(&settings).unwrap();
    let unchanged: Vec<&String> = read
        .iter()
        .filter(|(key, value)| defaults.get(*key) == Some(*value))
        .map(|(key, _)| key)
        .collect();
    let later: Vec<&String> = read.keys().filter(|key| !before.contains_key(*key)).collect();
    assert_eq!(unchanged, later, "what 0.1.0 wrote differs from its default, the rest has it");
    settings.write(&path).unwrap();
    let mut again: toml::Table = fs_err::read_to_string(&path).unwrap().parse().unwrap();
    again.retain(|key, _| before.contains_key(key));
    assert_eq!(again, before);
}
