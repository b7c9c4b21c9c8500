//! What this machine has, for `doctor`.

use std::fmt;
use std::path::PathBuf;

use lorgnette_pixtral::{
    DeviceChoice, DeviceMemory, FoundDevice, Kernels, found_devices, machine_memory,
};
use serde::Serialize;
use sysinfo::System;

use crate::error::ModelsError;
use crate::folders::Folders;
use crate::library::Library;
use crate::open::{DEFAULT_CONTEXT, KvChoice, KvQuestion};

/// The program and the machine it runs on.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The program's version.
    pub version: &'static str,
    /// The system's name and version.
    pub system: String,
    pub processor: Processor,
    /// Absent where the system does not say.
    pub memory: Option<Memory>,
    /// What computes when nobody chooses.
    pub device: String,
    /// The devices that there are, with the reason why each is or is not used.
    pub devices: Vec<DeviceReport>,
    /// Why each device is not there that this build could use.
    pub devices_not_used: Vec<String>,
    pub folders: Folders,
    /// What lies in the models folder.
    pub models: Vec<ModelReport>,
}

/// The memory of the machine, or of a device.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Memory {
    pub total_bytes: u64,
    /// Bytes that programs may still take.
    pub available_bytes: u64,
}

/// The processor, and which kernels run on it.
#[derive(Debug, Clone, Serialize)]
pub struct Processor {
    /// The family of its instruction set.
    pub architecture: &'static str,
    /// Threads that it runs at a time.
    pub n_threads: usize,
    /// The vector instructions that it has, of those that the kernels look for.
    pub features: Vec<&'static str>,
    /// The kernels for quantised products.
    pub kernels: String,
}

/// A device of this machine.
#[derive(Debug, Clone, Serialize)]
pub struct DeviceReport {
    /// What `--device` calls it.
    pub choice: String,
    /// The name that its maker gave it.
    pub name: String,
    /// Absent for a device without memory of its own.
    pub memory: Option<Memory>,
    /// The version of its driver.
    pub driver: Option<String>,
    /// It computes when nobody chooses.
    pub used: bool,
    /// Why it is used, or is not.
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

/// A line for each thing, as `doctor` prints it and bug reports quote it.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { processor, folders, .. } = self;
        writeln!(f, "version    {}", self.version)?;
        writeln!(f, "system     {}", self.system)?;
        writeln!(f, "processor  {}, {} threads", processor.architecture, processor.n_threads)?;
        writeln!(f, "features   {}", processor.features.join(" "))?;
        writeln!(f, "kernels    {}", processor.kernels)?;
        writeln!(f, "device     {}", self.device)?;
        for device in &self.devices {
            writeln!(f, "           {device}")?;
        }
        for reason in &self.devices_not_used {
            writeln!(f, "           {reason}")?;
        }
        if let Some(memory) = self.memory {
            let (total, available) = (size(memory.total_bytes), size(memory.available_bytes));
            writeln!(f, "memory     {total}, {available} available")?;
        }
        writeln!(f, "data       {}", folders.data.display())?;
        writeln!(f, "config     {}", folders.config.display())?;
        writeln!(f, "cache      {}", folders.cache.display())?;
        write!(f, "models     {}", folders.models.display())?;
        for model in &self.models {
            write!(f, "\nmodel      {model}")?;
        }
        if self.models.is_empty() {
            write!(f, "\nmodel      none installed")?;
        }
        Ok(())
    }
}

impl fmt::Display for ModelReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, ", self.path.display())?;
        match (self.bytes, &self.fault) {
            (Some(bytes), _) => {
                f.write_str(&size(bytes))?;
                self.kv.as_ref().map_or(Ok(()), |kv| write!(f, ", keys and values in {kv}"))
            }
            (None, fault) => {
                write!(f, "cannot be used: {}", fault.as_deref().unwrap_or_default())
            }
        }
    }
}

/// Bytes in the largest unit of which there is one.
fn size(bytes: u64) -> String {
    const UNITS: [(u64, &str); 4] =
        [(1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    match UNITS.into_iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) => format!("{:.2} {name}", bytes as f64 / unit as f64),
        None => format!("{bytes} B"),
    }
}

impl From<FoundDevice> for DeviceReport {
    fn from(device: FoundDevice) -> Self {
        let FoundDevice { choice, name, memory, driver, used, reason } = device;
        Self { choice, name, memory: memory.map(Memory::from), driver, used, reason }
    }
}

impl From<DeviceMemory> for Memory {
    fn from(memory: DeviceMemory) -> Self {
        Self { total_bytes: memory.total_bytes, available_bytes: memory.free_bytes }
    }
}

/// Something in the models folder that looks like a model.
#[derive(Debug, Clone, Serialize)]
pub struct ModelReport {
    pub path: PathBuf,
    /// Bytes of its weights; absent when it cannot be used.
    pub bytes: Option<u64>,
    /// The number format of its keys and values by the memory that is free now, at the usual length of a
    /// chat; absent when it cannot be used.
    pub kv: Option<String>,
    /// Why it cannot be used.
    pub fault: Option<String>,
}

/// Examines the program, the machine and the models folder.
///
/// # Errors
/// [`ModelsError::NoHome`] when the system names no home folder.
pub fn examine() -> Result<Report, ModelsError> {
    let (device, devices) = found_devices();
    let folders = Folders::find()?;
    let library = Library::at(&folders.models);
    let on_cpu = device.choice == DeviceChoice::Cpu;
    let paths = library.paths().into_iter();
    let models = paths.map(|path| model(&library, path, on_cpu)).collect();
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

/// The machine's memory as it is now; `None` where the system does not say.
pub fn memory() -> Option<Memory> {
    machine_memory().map(Memory::from)
}

fn model(library: &Library, path: PathBuf, on_cpu: bool) -> ModelReport {
    match library.open(&path) {
        Ok(checkpoint) => {
            let n_bytes = checkpoint.n_bytes();
            let kv = KvChoice::Auto.choose(&KvQuestion {
                config: checkpoint.config(),
                n_bytes,
                context: DEFAULT_CONTEXT,
                on_cpu,
                free_bytes: memory().map(|memory| memory.available_bytes),
            });
            let kv = Some(kv.format.to_string());
            ModelReport { path, bytes: Some(n_bytes), kv, fault: None }
        }
        Err(error) => ModelReport { path, bytes: None, kv: None, fault: Some(error.one_line()) },
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
    #[test]
    fn a_report_is_a_line_for_each_thing() {
        let report = Report {
            version: "1.2.3",
            system: "Linux 6.1".into(),
            processor: Processor {
                architecture: "x86_64",
                n_threads: 8,
                features: vec!["avx2", "fma"],
                kernels: "AVX2".into(),
            },
            memory: Some(Memory { total_bytes: 16 << 30, available_bytes: 3 << 29 }),
            device: "CPU".into(),
            devices: Vec::new(),
            devices_not_used: vec!["CUDA: no driver".into()],
            folders: Folders::below(std::path::Path::new("/home")),
            models: vec![
                ModelReport {
                    path: "/m/a".into(),
                    bytes: Some(5 << 20),
                    kv: Some("q8_0".into()),
                    fault: None,
                },
                ModelReport {
                    path: "/m/b".into(),
                    bytes: None,
                    kv: None,
                    fault: Some("cut off".into()),
                },
            ],
        };
        let text = report.to_string().replace(std::path::MAIN_SEPARATOR, "/");
        let expected = "\
version    1.2.3
system     Linux 6.1
processor  x86_64, 8 threads
features   avx2 fma
kernels    AVX2
device     CPU
           CUDA: no driver
memory     16.00 GiB, 1.50 GiB available
data       /home/data
config     /home/config
cache      /home/cache
models     /home/models
model      /m/a, 5.00 MiB, keys and values in q8_0
model      /m/b, cannot be used: cut off";
        assert_eq!(text, expected);
        let none = Report { models: Vec::new(), ..report };
        assert!(none.to_string().ends_with("\nmodel      none installed"));
    }
}
