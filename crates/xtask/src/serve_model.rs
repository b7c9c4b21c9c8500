//! A hub on loopback that has a model of full size, and makes it as it is asked for.
//!
//! It serves the bytes that `make-model --format safetensors-bf16` writes, or with `--fp8` those of
//! `safetensors-fp8`, without the disk that they would take: 25 GB for Pixtral 12B.

use std::hash::{BuildHasher as _, RandomState};
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use lorgnette_gguf::safetensors::{INDEX_NAME, SafetensorsShard};
use lorgnette_loopback::{Behaviour, Content, LoopbackHub};
use sha2::{Digest as _, Sha256};

use crate::make_model::hugging_face::{self, Numbers};
use crate::make_model::random::{RandomWeights, Wanted};
use crate::make_model::shapes::Shape;

/// Serves a model with random weights as a hub does, until it is ended.
///
/// Prints the address for `HF_ENDPOINT` when it is ready; hashing a large model takes a minute.
#[derive(clap::Args)]
pub struct Args {
    /// The sizes of the network
    #[arg(long, default_value = "pixtral-12b")]
    shape: Shape,
    /// The name of the repository on the hub
    #[arg(long, default_value = "mistral-community/pixtral-12b")]
    repository: String,
    /// The decoder's matrices are in FP8
    #[arg(long)]
    fp8: bool,
    /// The share of answers whose connection breaks somewhere
    #[arg(long, default_value_t = 0.0)]
    drop: f64,
    /// The most Mbit a second, of all connections together
    #[arg(long)]
    mbit: Option<f64>,
    /// The seed of the random weights
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

impl Args {
    /// Serves until the process is ended.
    pub fn run(&self) -> Result<()> {
        let numbers = if self.fp8 { Numbers::Fp8 } else { Numbers::Bf16 };
        let config = self.shape.config();
        let (tensors, wanted): (Vec<_>, Vec<_>) =
            hugging_face::tensors(&config, numbers).into_iter().unzip();
        let shards = SafetensorsShard::plan(
            Path::new(&self.repository),
            tensors,
            hugging_face::MAX_SHARD_BYTES,
        )?;
        let weights = RandomWeights::new(self.seed, self.shape.is_tiny());
        let weights = Arc::new(Mutex::new(weights));
        let small = hugging_face::small_files(&config, numbers, &self.shape.tokenizer()?);
        let index = SafetensorsShard::index(&shards).map(|index| (INDEX_NAME, index));
        let small = small.into_iter().chain(index).map(|(name, text)| {
            let content: Arc<dyn Content> = Arc::new(text.into_bytes());
            (name.to_owned(), content)
        });
        let mut wanted = wanted.into_iter();
        let mut made: Vec<_> = shards
            .iter()
            .map(|shard| {
                let tensors = wanted.by_ref().take(shard.tensors.len()).collect();
                MadeShard::new(shard, tensors, Arc::clone(&weights))
            })
            .collect();
        // Threads of their own: one of the pool that waits for the weights would hold up who makes
        // them.
        std::thread::scope(|scope| {
            for shard in &mut made {
                scope.spawn(|| shard.hash());
            }
        });
        let hashed = made.into_iter().map(|shard| Arc::new(shard) as Arc<dyn Content>);
        let shards = shards.into_iter().map(|shard| shard.name).zip(hashed);

        let hub = LoopbackHub::start();
        hub.publish_contents(&self.repository, small.chain(shards));
        if let Some(mbit) = self.mbit {
            hub.limit(mbit * 1e6 / 8.0);
        }
        let (drop, random) = (self.drop, RandomState::new());
        hub.behave(move |request| {
            let draw = random.hash_one((&request.path, &request.range, request.n_before));
            let share = |bits: u64| (bits & 0xffff_ffff) as f64 / f64::from(u32::MAX);
            if share(draw) < drop { Behaviour::DropAt(share(draw >> 32)) } else { Behaviour::Well }
        });
        println!("{}", hub.endpoint());
        loop {
            std::thread::park();
        }
    }
}

/// One file of weights, made as it is read.
struct MadeShard {
    header: Vec<u8>,
    /// The byte at which each tensor begins in the file.
    tensors: Vec<(u64, Wanted)>,
    n_bytes: u64,
    weights: Arc<Mutex<RandomWeights>>,
    sha256: String,
}

/// The number of bytes that are hashed at a time.
const PIECE_BYTES: u64 = 16 << 20;

impl MadeShard {
    fn new(
        shard: &SafetensorsShard,
        wanted: Vec<Wanted>,
        weights: Arc<Mutex<RandomWeights>>,
    ) -> Self {
        let header = shard.header();
        let mut n_bytes = header.len() as u64;
        let mut tensors = Vec::new();
        for (tensor, wanted) in shard.tensors.iter().zip(wanted) {
            tensors.push((n_bytes, wanted));
            n_bytes += tensor.n_bytes().unwrap_or(0);
        }
        Self { header, tensors, n_bytes, weights, sha256: String::new() }
    }

    fn hash(&mut self) {
        let mut hash = Sha256::new();
        let mut at = 0;
        while at < self.n_bytes {
            let end = (at + PIECE_BYTES).min(self.n_bytes);
            hash.update(self.read(at..end));
            at = end;
        }
        self.sha256 = hex::encode(hash.finalize());
    }
}

impl Content for MadeShard {
    fn n_bytes(&self) -> u64 {
        self.n_bytes
    }

    fn read(&self, range: Range<u64>) -> Vec<u8> {
        let mut bytes = Vec::with_capacity((range.end - range.start) as usize);
        let n_header = self.header.len() as u64;
        if range.start < n_header {
            bytes.extend(&self.header[range.start as usize..range.end.min(n_header) as usize]);
        }
        let first = self.tensors.partition_point(|(start, _)| *start <= range.start);
        for (start, wanted) in &self.tensors[first.saturating_sub(1)..] {
            if *start >= range.end {
                break;
            }
            let row_bytes = (wanted.row_len * wanted.dtype.block_bytes()) as u64;
            let n_bytes = row_bytes * wanted.n_rows as u64;
            let inside = range.start.saturating_sub(*start)..(range.end - start).min(n_bytes);
            if inside.is_empty() {
                continue;
            }
            let rows = inside.start / row_bytes..inside.end.div_ceil(row_bytes);
            let made = self
                .weights
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .rows(wanted, rows.start as usize..rows.end as usize)
                .expect("what was planned can be made");
            let skipped = rows.start * row_bytes;
            bytes.extend(&made[(inside.start - skipped) as usize..(inside.end - skipped) as usize]);
        }
        bytes
    }

    fn sha256(&self) -> String {
        self.sha256.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The hub serves what `make-model` writes, however it is cut.
    #[test]
    fn the_same_bytes_as_on_the_disk() -> Result<()> {
        let dir = tempfile::tempdir()?;
        let shape = Shape::Tiny;
        let (config, numbers) = (shape.config(), Numbers::Bf16);
        let mut weights = RandomWeights::new(1, true);
        hugging_face::write(dir.path(), numbers, &config, &shape.tokenizer()?, &mut weights)?;
        let expected = fs_err::read(dir.path().join("model.safetensors"))?;

        let (tensors, wanted) = hugging_face::tensors(&config, numbers).into_iter().unzip();
        let [shard] = &SafetensorsShard::plan(dir.path(), tensors, u64::MAX)?[..] else {
            panic!("one shard")
        };
        let weights = Arc::new(Mutex::new(RandomWeights::new(1, true)));
        let made = MadeShard::new(shard, wanted, weights);
        assert_eq!(made.n_bytes(), expected.len() as u64);
        for step in [1009, 65_536, u64::MAX] {
            let mut bytes = Vec::new();
            while (bytes.len() as u64) < made.n_bytes() {
                let at = bytes.len() as u64;
                bytes.extend(made.read(at..at.saturating_add(step).min(made.n_bytes())));
            }
            assert!(bytes == expected, "in pieces of {step}");
        }
        Ok(())
    }
}
