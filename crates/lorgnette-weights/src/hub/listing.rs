//! What a hub or a mirror lists of a repository. Only the commit and the names must be there.

use std::path::Path;

use serde_json::Value;

use super::names::FileName;
use crate::checksum::Checksum;

/// A repository as it is listed.
pub(super) struct Listing {
    /// The commit, if it is one.
    pub(super) commit: Option<String>,
    /// SPDX identifier of its licence; several with commas between them.
    pub(super) licence: Option<String>,
    /// The files at its top whose names are names of files.
    pub(super) files: Vec<Listed>,
    /// Names of weights in its folders, for messages alone.
    pub(super) in_folders: Vec<String>,
}

/// A file as it is listed.
pub(super) struct Listed {
    pub(super) name: FileName,
    /// `None` where the list has names alone.
    pub(super) n_bytes: Option<u64>,
    pub(super) checksum: Option<Checksum>,
}

impl Listing {
    /// Reads the answer; `None` when it is no list.
    pub(super) fn read(json: &[u8]) -> Option<Self> {
        let json: Value = serde_json::from_slice(json)
            .inspect_err(|error| tracing::info!("a list of files: {error}"))
            .ok()?;
        let commit = json["sha"].as_str().filter(|sha| Checksum::git_blob(sha).is_some());
        let files = json
            .get("siblings")
            .map_or(Some(&[][..]), |files| files.as_array().map(Vec::as_slice))?;
        Some(Self {
            commit: commit.map(ToOwned::to_owned),
            licence: licence(&json["cardData"]["license"]),
            files: files.iter().filter_map(Listed::read).collect(),
            in_folders: files.iter().filter_map(weights_in_folder).collect(),
        })
    }
}

/// The name of a file of weights that is in a folder.
fn weights_in_folder(json: &Value) -> Option<String> {
    let name = json["rfilename"].as_str().filter(|name| name.contains('/'))?;
    let extension = Path::new(name).extension()?;
    let is_weights =
        ["gguf", "safetensors"].iter().any(|known| extension.eq_ignore_ascii_case(known));
    is_weights.then(|| name.chars().filter(|c| !c.is_control()).take(200).collect())
}

/// A licence or a list of them, as model cards have it.
fn licence(json: &Value) -> Option<String> {
    let names = match json {
        Value::String(name) => vec![name.as_str()],
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        _ => return None,
    };
    let names = names.join(", ");
    (!names.is_empty()).then_some(names)
}

impl Listed {
    fn read(json: &Value) -> Option<Self> {
        // Anything else is none of ours: a name from the network never becomes a path.
        let name = FileName::new(json["rfilename"].as_str()?).ok()?;
        let lfs = &json["lfs"];
        let n_bytes = lfs["size"].as_u64().or(json["size"].as_u64());
        let sha256 = lfs["sha256"].as_str().or(lfs["oid"].as_str());
        let sha256 = sha256.map(|hash| hash.trim_start_matches("sha256:"));
        let checksum = match sha256 {
            Some(hash) => Checksum::sha256(hash),
            // Without a size, it may be git's name of a pointer to the content.
            None => {
                json["blobId"].as_str().filter(|_| n_bytes.is_some()).and_then(Checksum::git_blob)
            }
        };
        Some(Self { name, n_bytes, checksum })
    }

    /// Whether models are made of such files: others need no size.
    pub(super) fn is_for_models(&self) -> bool {
        let extension = Path::new(self.name.as_str()).extension().unwrap_or_default();
        ["json", "jinja", "safetensors", "gguf"]
            .iter()
            .any(|known| extension.eq_ignore_ascii_case(known))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

    fn read(json: &Value) -> Option<Listing> {
        Listing::read(json.to_string().as_bytes())
    }

    #[test]
    fn a_licence_may_be_a_list() {
        for (licence, expected) in [
            (r#""mit""#, Some("mit")),
            (r#"["apache-2.0", "mit"]"#, Some("apache-2.0, mit")),
            ("[]", None),
            ("null", None),
            (r#"{"name": "mit"}"#, None),
        ] {
            let json = format!(r#"{{"sha": "{COMMIT}", "cardData": {{"license": {licence}}}}}"#);
            let listing = Listing::read(json.as_bytes()).expect("a list");
            assert_eq!(listing.licence.as_deref(), expected, "{licence}");
        }
        let odd = serde_json::json!({ "sha": COMMIT, "cardData": "none" });
        assert_eq!(read(&odd).expect("a list").licence, None);
    }

    #[test]
    fn files_are_taken_as_far_as_they_are_described() {
        let hash = "0".repeat(64);
        let json = serde_json::json!({ "sha": COMMIT, "siblings": [
            { "rfilename": "a.gguf", "lfs": { "size": 7, "oid": format!("sha256:{hash}") } },
            { "rfilename": "b.json", "size": 3, "blobId": COMMIT },
            { "rfilename": "c.safetensors", "blobId": COMMIT },
            { "rfilename": "../d.json" }, { "name": "e.json" }, 7,
            { "rfilename": "Q8_0/f.gguf" }, { "rfilename": "assets/g.png" },
        ] });
        let Listing { files, in_folders, .. } = read(&json).expect("a list");
        assert_eq!(in_folders, ["Q8_0/f.gguf"]);
        let sizes: Vec<_> = files.iter().map(|file| (file.name.as_str(), file.n_bytes)).collect();
        assert_eq!(sizes, [("a.gguf", Some(7)), ("b.json", Some(3)), ("c.safetensors", None)]);
        assert_eq!(files[0].checksum, Checksum::sha256(&hash));
        assert_eq!(files[1].checksum, Checksum::git_blob(COMMIT));
        assert_eq!(files[2].checksum, None, "it may be that of a pointer");
        for json in [&b""[..], b"{", br#"{"siblings": 3}"#] {
            assert!(Listing::read(json).is_none());
        }
    }
}
