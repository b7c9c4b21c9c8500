//! A hub on loopback with a small checkpoint in two files, and what is made of it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lorgnette_gguf::safetensors::{
    Dtype, Header, SafetensorsTensor, SafetensorsWriter, header_len,
};
use lorgnette_gguf::{GgufHeader, GgufTensor, NumberFormat};
use lorgnette_interrupt::{Cancel, Interrupted};
use lorgnette_loopback::LoopbackHub;
use lorgnette_weights::http::{FetchOptions, Patience};
use lorgnette_weights::hub::{FileName, RepoName, Repository, Revision};
use lorgnette_weights::install::{self, InstallOptions, Made};
use lorgnette_weights::recipe::{Becomes, Output, Piece, Recipe, Rows, Source, Target};
use lorgnette_weights::{Hub, HubSettings, InstallEvent, Report, WeightsError};

pub const REPO: &str = "owner/model";
pub const FILES: [&str; 2] = ["a.safetensors", "b.safetensors"];
const N_ROWS: usize = 64;
const ROW_LEN: usize = 512;

pub struct World {
    pub server: LoopbackHub,
    pub dir: tempfile::TempDir,
    pub events: Arc<Mutex<Vec<InstallEvent>>>,
    pub cancel: Cancel,
}

/// Patience for tests: quick, but not quicker than a busy machine.
pub fn options() -> FetchOptions {
    FetchOptions {
        patience: Patience {
            connect: Duration::from_secs(10),
            stall: Duration::from_millis(700),
            max_tries: 4,
            first_pause: Duration::from_millis(5),
            longest_pause: Duration::from_secs(3),
        },
        part_bytes: 20_000,
        n_parts: 3,
        max_bytes_per_s: None,
    }
}

pub fn install_options() -> InstallOptions {
    InstallOptions {
        chunk_bytes: 8 * 1024,
        checkpoint_bytes: 0, // after every chunk
        checkpoint_time: Duration::from_mins(1),
        keep_sources: None,
    }
}

/// A checkpoint's file: two tensors of pseudo-random BF16 numbers.
pub fn checkpoint(seed: u32) -> Vec<u8> {
    let dir = tempfile::tempdir().expect("temp dir");
    let tensor = |name: &str| SafetensorsTensor {
        name: name.into(),
        shape: vec![N_ROWS, ROW_LEN],
        dtype: Dtype::BF16,
    };
    let declared = vec![tensor("q"), tensor("v")];
    let mut writer = SafetensorsWriter::create(dir.path(), declared, u64::MAX).expect("create");
    let mut state = seed;
    for name in ["q", "v"] {
        let numbers = (0..N_ROWS * ROW_LEN).flat_map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let x = (state >> 8) as f32 / (1 << 24) as f32 - 0.5;
            half::bf16::from_f32(x).to_le_bytes()
        });
        writer.append(name, &numbers.collect::<Vec<u8>>()).expect("append");
    }
    writer.finish().expect("finish");
    fs_err::read(dir.path().join("model.safetensors")).expect("read")
}

impl World {
    pub fn new() -> Self {
        let server = LoopbackHub::start();
        let files = FILES.iter().zip(1..).map(|(name, seed)| (*name, checkpoint(seed)));
        server.publish(REPO, &files.collect::<Vec<_>>());
        Self {
            server,
            dir: tempfile::tempdir().expect("temp dir"),
            events: Arc::default(),
            cancel: Cancel::default(),
        }
    }

    pub fn settings(&self) -> HubSettings {
        settings(&self.server.endpoint(), &self.dir.path().join("cache"))
    }

    pub fn report(&self) -> Report {
        let events = Arc::clone(&self.events);
        Report::new(move |event| events.lock().expect("lock").push(event))
    }

    pub fn hub(&self, settings: HubSettings, options: FetchOptions) -> Hub {
        Hub::new(settings, options, self.cancel.clone(), self.report()).expect("hub")
    }

    pub fn work(&self) -> PathBuf {
        self.dir.path().join("work")
    }

    /// Asks, plans and makes, as the app does.
    pub fn make(&self) -> Result<Made, WeightsError> {
        self.make_with(options())
    }

    pub fn make_with(&self, options: FetchOptions) -> Result<Made, WeightsError> {
        let hub = self.hub(self.settings(), options);
        let made = make(&hub, &self.work(), &self.cancel, &self.report());
        made.map_err(Interrupted::expect_failure)
    }

    /// The finished file.
    pub fn target(&self) -> Vec<u8> {
        fs_err::read(self.work().join("model.gguf")).expect("target")
    }

    /// Makes it with this behaviour; the file is that of a hub that behaves well.
    #[track_caller]
    pub fn check_same(&self) {
        let made = self.make().expect("made in spite of it");
        assert_eq!(made.files[0].n_bytes, self.target().len() as u64);
        let well = World::new();
        well.make().expect("made");
        assert!(self.target() == well.target(), "the file differs");
    }

    pub fn n_requests(&self, file: &str) -> usize {
        self.server.requests().iter().filter(|request| request.file() == Some(file)).count()
    }
}

pub fn settings(endpoint: &str, cache: &Path) -> HubSettings {
    HubSettings {
        endpoint: endpoint.parse().expect("address"),
        token: None,
        cache: cache.to_owned(),
        offline: false,
    }
}

pub fn repository(hub: &Hub) -> Result<Repository, Interrupted<WeightsError>> {
    hub.repository(&RepoName::new(REPO).expect("name"), &Revision::main())
}

pub fn make(
    hub: &Hub,
    work: &Path,
    cancel: &Cancel,
    report: &Report,
) -> Result<Made, Interrupted<WeightsError>> {
    let recipe = recipe(hub, &repository(hub)?)?;
    install::run(&recipe, Some(hub), work, &install_options(), cancel, report)
}

/// `q` turned into interleaved heads in `Q4_K`, `v` as it is in `Q8_0`, of both files.
pub fn recipe(hub: &Hub, repository: &Repository) -> Result<Recipe, Interrupted<WeightsError>> {
    let formats = [
        ("q", NumberFormat::Q4K, Rows::Interleaved { n_heads: 4 }),
        ("v", NumberFormat::Q8_0, Rows::All),
    ];
    let mut declared = Vec::new();
    for file in FILES {
        for (name, dtype, _) in formats {
            let (name, shape) = (format!("{file}.{name}"), vec![N_ROWS, ROW_LEN]);
            declared.push(GgufTensor { name, shape, dtype });
        }
    }
    let header = GgufHeader::new(Path::new("model.gguf"), &[], &declared).expect("a header");
    let mut offsets = header.offsets.iter();
    let mut sources = Vec::new();
    for name in FILES {
        let file = repository.file(name).expect("published");
        let first = hub.range(repository, file, 0..8)?;
        let first = first.as_slice().try_into().expect("eight bytes");
        let path = Path::new(name);
        let n_header = header_len(path, first, file.n_bytes).map_err(WeightsError::from)?;
        let json = hub.range(repository, file, 8..8 + n_header)?;
        let header = Header::parse(path, &json).map_err(WeightsError::from)?;
        header.check_size(path, file.n_bytes).map_err(WeightsError::from)?;
        let pieces = header.entries.into_iter().zip(formats).map(|(tensor, (_, dtype, rows))| {
            let offset = *offsets.next().expect("an offset for each");
            let outputs = vec![Output { target: 0, offset, dtype, rows }];
            let becomes =
                Becomes::Rows { dtype: Dtype::BF16, scale: 1.0, row_len: ROW_LEN, outputs };
            Piece { bytes: tensor.bytes, becomes }
        });
        sources.push(Source::of_hub(hub, repository, file, pieces.collect())?);
    }
    let name = FileName::new("model.gguf")?;
    let target = Target { name, header: header.bytes, n_bytes: header.n_file_bytes };
    Ok(Recipe { targets: vec![target], sources })
}
