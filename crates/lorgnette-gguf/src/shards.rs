//! A model that `llama-gguf-split` cut into several files, which are read together.
//!
//! Each part says in its metadata which one it is; only the first has the metadata of the model.
//! Source: llama.cpp `tools/gguf-split/gguf-split.cpp`, and `llama_split_path` in `src/llama.cpp`.

use std::path::Path;

use crate::error::GgufError;
use crate::reader::{GgufFile, Value};

/// The most parts that the format can count.
const MAX_PARTS: i64 = 65_535;

/// The name of a part, as `pixtral-00001-of-00003.gguf`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShardName {
    /// What the names of all parts begin with.
    pub stem: String,
    /// Which part it is, counted from 1.
    pub number: usize,
    /// How many parts there are.
    pub n_shards: usize,
    /// The extension as the file has it: `gguf` in either case.
    pub extension: String,
}

impl ShardName {
    /// Reads a file's name; `None` when it is not that of a part.
    pub fn parse(file_name: &str) -> Option<Self> {
        let (name, extension) = file_name.rsplit_once('.')?;
        let (name, n_shards) = name.rsplit_once("-of-")?;
        let (stem, number) = name.rsplit_once('-')?;
        let (number, n_shards) = (five_digits(number)?, five_digits(n_shards)?);
        let is_part = extension.eq_ignore_ascii_case("gguf")
            && (1..=n_shards).contains(&number)
            && n_shards > 1;
        let (stem, extension) = (stem.to_owned(), extension.to_owned());
        is_part.then_some(Self { stem, number, n_shards, extension })
    }

    /// As [`Self::parse`], of the last part of a path.
    pub fn of_path(path: &Path) -> Option<Self> {
        Self::parse(path.file_name()?.to_str()?)
    }

    /// The names of all parts in their order.
    pub fn names(&self) -> impl Iterator<Item = String> {
        (1..=self.n_shards).map(|number| self.renumbered(number))
    }

    /// The name of another part.
    pub fn renumbered(&self, number: usize) -> String {
        let Self { stem, n_shards, extension, .. } = self;
        format!("{stem}-{number:05}-of-{n_shards:05}.{extension}")
    }
}

fn five_digits(text: &str) -> Option<usize> {
    let is_number = text.len() == 5 && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

impl GgufFile {
    /// Reads the header of `path`, and those of the other parts if it is one of several.
    ///
    /// # Errors
    /// Those of [`GgufFile::open`], [`GgufError::MissingShard`], and [`GgufError::ShardName`] when the
    /// name does not say where the other parts are.
    pub fn open_with_shards(path: &Path) -> Result<Self, GgufError> {
        let file = Self::open(path)?;
        let n_shards = file.n_shards()?;
        if n_shards == 1 {
            return Ok(file);
        }
        let name = ShardName::of_path(path).filter(|name| name.n_shards == n_shards);
        let Some(name) = name else {
            return Err(GgufError::ShardName { file: path.to_owned(), n_shards });
        };
        let mut parts = Vec::new();
        for part in name.names() {
            let part = path.with_file_name(part);
            if !part.is_file() {
                return Err(GgufError::MissingShard { file: part, n_shards });
            }
            parts.push(Self::open(&part)?);
        }
        Self::join(parts)
    }

    /// How many files the model is in.
    ///
    /// # Errors
    /// [`GgufError::Malformed`] for a number that cannot be.
    pub fn n_shards(&self) -> Result<usize, GgufError> {
        match self.get("split.count") {
            None => Ok(1),
            Some(Value::Int(n)) if (0..=MAX_PARTS).contains(n) => Ok((*n as usize).max(1)),
            Some(_) => Err(GgufError::malformed(self.path(), "it cannot be in so many parts")),
        }
    }

    /// Makes one header of those of all parts in their order. It has the path of the first.
    ///
    /// # Errors
    /// [`GgufError::Malformed`] when they do not belong together.
    pub fn join(parts: Vec<Self>) -> Result<Self, GgufError> {
        let n_shards = parts.len();
        for (part_idx, part) in parts.iter().enumerate() {
            if part.n_shards()? != n_shards || part.int("split.no") != i64::try_from(part_idx).ok()
            {
                let reason = format!("it is not part {} of {n_shards}", part_idx + 1);
                return Err(GgufError::malformed(part.path(), reason));
            }
        }
        let mut parts = parts.into_iter();
        let Some(mut whole) = parts.next() else {
            return Err(GgufError::malformed(Path::new("a model"), "it has no parts"));
        };
        for part in parts {
            let (file, tensors) = part.into_tensors();
            for (name, tensor) in tensors {
                if whole.insert(&name, tensor) {
                    let reason = format!("tensor {name} is in another part too");
                    return Err(GgufError::malformed(file.path(), reason));
                }
            }
        }
        let n_tensors = whole.tensors().len();
        match whole.int("split.tensors.count") {
            Some(n) if usize::try_from(n) != Ok(n_tensors) => {
                let reason = format!("its parts have {n_tensors} of {n} tensors");
                Err(GgufError::malformed(whole.path(), reason))
            }
            _ => Ok(whole),
        }
    }

    fn int(&self, key: &str) -> Option<i64> {
        match self.get(key)? {
            Value::Int(n) => Some(*n),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_parts() {
        let name = ShardName::parse("My model (1).Q4-00002-of-00003.GGUF").unwrap();
        assert_eq!((name.stem.as_str(), name.number, name.n_shards), ("My model (1).Q4", 2, 3));
        let names: Vec<String> = name.names().collect();
        assert_eq!(names[0], "My model (1).Q4-00001-of-00003.GGUF");
        assert_eq!(names.len(), 3);
        for name in [
            "model.gguf",
            "model-00001-of-00001.gguf",
            "model-00000-of-00002.gguf",
            "model-00003-of-00002.gguf",
            "model-1-of-2.gguf",
            "model-00001-of-00002.safetensors",
            "-of-00002.gguf",
            "00001-of-00002.gguf",
        ] {
            assert_eq!(ShardName::parse(name), None, "{name}");
        }
    }
}
