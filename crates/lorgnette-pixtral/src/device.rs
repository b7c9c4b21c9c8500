//! The one place where it is decided what computes.

#[cfg(feature = "cuda")]
mod cuda;
#[cfg(feature = "metal")]
mod metal;
mod nvidia;

use std::fmt;

use candle_core::Device;
use sysinfo::{MemoryRefreshKind, RefreshKind, System};

use self::nvidia::{Build, Nvidia};

/// What a person asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DeviceChoice {
    /// A GPU if there is one that works, else the CPU.
    #[default]
    Auto,
    /// The CPU, also where there is a GPU.
    Cpu,
    /// The CUDA device of that number.
    Cuda(usize),
    /// Apple's GPU through Metal.
    Metal,
}

impl std::str::FromStr for DeviceChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "metal" => Ok(Self::Metal),
            "cuda" => Ok(Self::Cuda(0)),
            _ => text
                .strip_prefix("cuda:")
                .and_then(|number| number.parse().ok())
                .map(Self::Cuda)
                .ok_or_else(|| "use auto, cpu, cuda, cuda:N or metal".to_owned()),
        }
    }
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(number) => write!(f, "cuda:{number}"),
            Self::Metal => f.write_str("metal"),
        }
    }
}

/// What computes, and why it is not something faster.
#[derive(Debug, Clone)]
pub struct ChosenDevice {
    /// The device as the tensor library knows it.
    pub device: Device,
    /// What chooses it; never [`DeviceChoice::Auto`].
    pub choice: DeviceChoice,
    /// `CPU`, or the kind of device and its own name, as `CUDA 0, NVIDIA L4`.
    pub name: String,
    /// For each device that was wanted and is not used, why.
    pub not_used: Vec<String>,
}

/// Bytes of memory, a device's or the machine's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeviceMemory {
    /// Bytes that are built in.
    pub total_bytes: u64,
    /// Bytes that programs may still take, without swapping.
    pub free_bytes: u64,
}

/// The machine's memory as it is now; `None` where the system does not say.
pub fn machine_memory() -> Option<DeviceMemory> {
    let refresh = RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram());
    let system = System::new_with_specifics(refresh).ok()?;
    let (total_bytes, free_bytes) = (system.total_memory(), system.available_memory());
    Some(DeviceMemory { total_bytes, free_bytes })
}

/// A device of this machine, used or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundDevice {
    /// What `--device` calls it.
    pub choice: String,
    /// The name that its driver gives it.
    pub name: String,
    /// Its memory, where it has its own.
    pub memory: Option<DeviceMemory>,
    /// The version of its driver, where it has one of its own.
    pub driver: Option<String>,
    /// It is what computes when nobody chooses.
    pub used: bool,
    /// Why it is, or is not.
    pub reason: String,
}

impl ChosenDevice {
    fn cpu(not_used: Vec<String>) -> Self {
        Self { device: Device::Cpu, choice: DeviceChoice::Cpu, name: "CPU".into(), not_used }
    }

    /// The device's memory as it is now; `None` for a CPU.
    pub fn memory(&self) -> Option<DeviceMemory> {
        memory(&self.device)
    }
}

impl DeviceChoice {
    /// Opens the device. Never fails: the CPU is always there, and `not_used` says why it had to be.
    pub fn open(self) -> ChosenDevice {
        let opened = match self {
            Self::Cuda(number) => cuda(number),
            Self::Metal => metal(),
            // What is not in this build was not wanted either.
            Self::Auto if cfg!(feature = "cuda") => cuda(0),
            Self::Auto if cfg!(feature = "metal") => metal(),
            Self::Cpu | Self::Auto => return ChosenDevice::cpu(Vec::new()),
        };
        opened.unwrap_or_else(|reason| ChosenDevice::cpu(vec![reason]))
    }
}

/// The devices of this machine, with what is chosen of them when nobody chooses.
pub fn found() -> (ChosenDevice, Vec<FoundDevice>) {
    let chosen = DeviceChoice::Auto.open();
    let mut devices = Vec::new();
    if let Ok(Nvidia { driver, cuda, cards }) = nvidia::look() {
        for (number, card) in cards.into_iter().enumerate() {
            let fault = nvidia::fault(&driver, cuda, card.capability, Build::THIS);
            devices.push(found_device(
                &chosen,
                DeviceChoice::Cuda(number),
                card.name,
                card.memory,
                Some(driver.clone()),
                fault,
            ));
        }
    }
    #[cfg(feature = "metal")]
    if let Ok(opened) = metal() {
        let memory = opened.memory();
        devices.push(found_device(&chosen, opened.choice, opened.name, memory, None, None));
    }
    devices.push(FoundDevice {
        choice: DeviceChoice::Cpu.to_string(),
        name: "CPU".into(),
        memory: None,
        driver: None,
        used: chosen.choice == DeviceChoice::Cpu,
        reason: match chosen.choice {
            DeviceChoice::Cpu => "nothing faster can be used".into(),
            _ => "computes what does not fit on the GPU".into(),
        },
    });
    (chosen, devices)
}

fn found_device(
    chosen: &ChosenDevice,
    choice: DeviceChoice,
    name: String,
    memory: Option<DeviceMemory>,
    driver: Option<String>,
    fault: Option<String>,
) -> FoundDevice {
    let used = chosen.choice == choice;
    let reason = match fault {
        _ if used => "works".into(),
        Some(fault) => fault,
        // The first is tried, and its reason is the one that there is.
        None => match chosen.not_used.first() {
            Some(reason) => reason.clone(),
            None => format!("another one is used; --device {choice} chooses it"),
        },
    };
    FoundDevice { choice: choice.to_string(), name, memory, driver, used, reason }
}

/// The memory of a device as it is now; `None` for a CPU.
pub(crate) fn memory(device: &Device) -> Option<DeviceMemory> {
    if device.is_cpu() {
        return None;
    }
    #[cfg(feature = "cuda")]
    if let Device::Cuda(device) = device {
        return cuda::memory(device);
    }
    #[cfg(feature = "metal")]
    if let Device::Metal(device) = device {
        return Some(metal::memory(device));
    }
    None
}

/// Whether the device has no memory left. Candle boxes what a driver says: its text is all there is.
pub(crate) fn is_out_of_memory(error: &candle_core::Error) -> bool {
    let text = error.to_string();
    let names = [
        "CUDA_ERROR_OUT_OF_MEMORY",
        "CUBLAS_STATUS_ALLOC_FAILED",
        "Failed to create metal resource",
    ];
    names.iter().any(|name| text.contains(name))
}

/// Opens a CUDA device, or says why not.
fn cuda(number: usize) -> Result<ChosenDevice, String> {
    let no_device = |reason: String| format!("no CUDA device: {reason}");
    if !cfg!(feature = "cuda") {
        return Err(no_device("this build has no CUDA (cargo feature `cuda`)".into()));
    }
    let nvidia = nvidia::look().map_err(no_device)?;
    let Some(card) = nvidia.cards.first() else {
        return Err(no_device(format!("driver {} finds no card", nvidia.driver)));
    };
    // Cards are numbered otherwise there than here, but share the driver; for one card it is the same.
    let capability = if nvidia.cards.len() == 1 { card.capability } else { None };
    if let Some(fault) = nvidia::fault(&nvidia.driver, nvidia.cuda, capability, Build::THIS) {
        return Err(no_device(format!("{}: {fault}", card.name)));
    }
    #[cfg(feature = "cuda")]
    {
        cuda::open(number).map_err(no_device)
    }
    #[cfg(not(feature = "cuda"))]
    {
        Err(no_device(format!("number {number}")))
    }
}

/// Opens Apple's GPU, or says why not.
fn metal() -> Result<ChosenDevice, String> {
    #[cfg(feature = "metal")]
    {
        metal::open().map_err(|reason| format!("no Metal device: {reason}"))
    }
    #[cfg(not(feature = "metal"))]
    {
        Err("no Metal device: this build has no Metal (cargo feature `metal`)".into())
    }
}

/// What the tensor library has no error for is a panic; here it is a reason.
#[cfg(any(feature = "cuda", feature = "metal"))]
fn guarded(
    open: impl FnOnce() -> candle_core::Result<Device> + std::panic::UnwindSafe,
) -> Result<Device, String> {
    match std::panic::catch_unwind(open) {
        Ok(Ok(device)) => Ok(device),
        Ok(Err(error)) => Err(first_line(&error)),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
            let text = text.and_then(|text| text.lines().next());
            Err(text.unwrap_or("it could not be opened").to_owned())
        }
    }
}

#[cfg(any(feature = "cuda", feature = "metal"))]
fn first_line(error: &candle_core::Error) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests;
