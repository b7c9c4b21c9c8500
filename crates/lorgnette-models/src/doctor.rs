//! What this machine has, for `doctor`.

use std::fmt;
use std::path::PathBuf;

use lorgnette_pixtral::{Checkpoint, FoundDevice, Kernels, found_devices};
use serde::Serialize;
use sysinfo::{MemoryRefreshKind, RefreshKind, System};

use crate::error::AppError;
use crate::folders::Folders;

/// What was found.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// This program's version.
    pub version: &'static str,
    /// The system's name and version.
    pub system: String,
    /// The processor.
    pub processor: Processor,
    /// Memory; absent where the system does not say.
    pub memory: Option<Memory>,
    /// What computes when nobody chooses.
    pub device: String,
    /// The devices that there are, with the reason each is or is not used.
    pub devices: Vec<DeviceReport>,
    /// For each that this build could use and that is not there, why.
    pub devices_not_used: Vec<String>,
    /// The person's folders.
    pub folders: Folders,
    /// Models in the models folder.
    pub models: Vec<ModelReport>,
}

/// The machine's memory.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Memory {
    /// Bytes of it.
    pub total_bytes: u64,
    /// Bytes that programs may still take.
    pub available_bytes: u64,
}

/// The processor and what is made of it.
#[derive(Debug, Clone, Serialize)]
pub struct Processor {
    /// Its instruction set family.
    pub architecture: &'static str,
    /// Threads that it runs at a time.
    pub n_threads: usize,
    /// Vector instructions that the kernels look for, and that it has.
    pub features: Vec<&'static str>,
    /// The kernels that quantised products use.
    pub kernels: String,
}

/// A device that was found.
#[derive(Debug, Clone, Serialize)]
pub struct DeviceReport {
    /// What `--device` calls it.
    pub choice: String,
    /// Its own name.
    pub name: String,
    /// Its memory, where it has its own.
    pub memory: Option<Memory>,
    /// Its driver's version.
    pub driver: Option<String>,
    /// It computes when nobody chooses.
    pub used: bool,
    /// Why it does, or does not.
    pub reason: String,
}

impl fmt::Display for DeviceReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.choice, self.name)?;
        let gib = |n_bytes: u64| n_bytes as f64 / (1_u64 << 30) as f64;
        if let Some(memory) = self.memory {
            let (total, available) = (gib(memory.total_bytes), gib(memory.available_bytes));
            write!(f, ", {total:.1} GiB, {available:.1} free")?;
        }
        if let Some(driver) = &self.driver {
            write!(f, ", driver {driver}")?;
        }
        write!(f, "; {}: {}", if self.used { "used" } else { "not used" }, self.reason)
    }
}

impl From<FoundDevice> for DeviceReport {
    fn from(device: FoundDevice) -> Self {
        let FoundDevice { choice, name, memory, driver, used, reason } = device;
        let memory = memory.map(|memory| Memory {
            total_bytes: memory.total_bytes,
            available_bytes: memory.free_bytes,
        });
        Self { choice, name, memory, driver, used, reason }
    }
}

/// A model that was found.
#[derive(Debug, Clone, Serialize)]
pub struct ModelReport {
    /// Where.
    pub path: PathBuf,
    /// Bytes of its weights; absent when it cannot be used.
    pub bytes: Option<u64>,
    /// Why it cannot be used.
    pub fault: Option<String>,
}

/// Looks at the machine.
///
/// # Errors
/// [`AppError::NoHome`] when the system names no home folder.
pub fn examine() -> Result<Report, AppError> {
    let (device, devices) = found_devices();
    let folders = Folders::find()?;
    let models = folders.installed_models().into_iter().map(model).collect();
    Ok(Report {
        version: env!("CARGO_PKG_VERSION"),
        system: System::long_os_version().unwrap_or_else(|_| std::env::consts::OS.into()),
        processor: processor(),
        memory: memory(),
        device: device.name,
        devices: devices.into_iter().map(DeviceReport::from).collect(),
        devices_not_used: device.not_used,
        folders,
        models,
    })
}

/// Memory as it is now.
pub fn memory() -> Option<Memory> {
    let refresh = RefreshKind::nothing().with_memory(MemoryRefreshKind::everything());
    let system = System::new_with_specifics(refresh).ok()?;
    Some(Memory { total_bytes: system.total_memory(), available_bytes: system.available_memory() })
}

fn model(path: PathBuf) -> ModelReport {
    match Checkpoint::open(&path) {
        Ok(checkpoint) => ModelReport { path, bytes: Some(checkpoint.n_bytes()), fault: None },
        Err(error) => ModelReport { path, bytes: None, fault: Some(error.to_string()) },
    }
}

fn processor() -> Processor {
    let n_threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let features = features();
    Processor {
        architecture: std::env::consts::ARCH,
        n_threads,
        kernels: Kernels::best().to_string(),
        features,
    }
}

#[cfg(target_arch = "x86_64")]
fn features() -> Vec<&'static str> {
    let all = [
        ("avx2", is_x86_feature_detected!("avx2")),
        ("fma", is_x86_feature_detected!("fma")),
        ("f16c", is_x86_feature_detected!("f16c")),
        ("avxvnni", is_x86_feature_detected!("avxvnni")),
        ("avx512f", is_x86_feature_detected!("avx512f")),
        ("avx512vnni", is_x86_feature_detected!("avx512vnni")),
        ("avx512bf16", is_x86_feature_detected!("avx512bf16")),
    ];
    all.into_iter().filter_map(|(name, has)| has.then_some(name)).collect()
}

#[cfg(target_arch = "aarch64")]
fn features() -> Vec<&'static str> {
    let all = [
        ("neon", std::arch::is_aarch64_feature_detected!("neon")),
        ("dotprod", std::arch::is_aarch64_feature_detected!("dotprod")),
        ("i8mm", std::arch::is_aarch64_feature_detected!("i8mm")),
        ("bf16", std::arch::is_aarch64_feature_detected!("bf16")),
    ];
    all.into_iter().filter_map(|(name, has)| has.then_some(name)).collect()
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn features() -> Vec<&'static str> {
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_told_in_a_line() {
        let card = DeviceReport {
            choice: "cuda:0".into(),
            name: "NVIDIA A10".into(),
            memory: Some(Memory { total_bytes: 24 << 30, available_bytes: 23 << 30 }),
            driver: Some("470.82".into()),
            used: false,
            reason: "driver 470.82 is too old: needs 580 (CUDA 13.0)".into(),
        };
        assert_eq!(
            card.to_string(),
            "cuda:0: NVIDIA A10, 24.0 GiB, 23.0 free, driver 470.82; \
             not used: driver 470.82 is too old: needs 580 (CUDA 13.0)"
        );
    }
}
