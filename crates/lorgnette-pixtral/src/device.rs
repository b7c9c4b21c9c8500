//! The one place where it is decided what computes.

use candle_core::Device;

/// What a person asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DeviceChoice {
    /// A GPU if there is one that works, else the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// The CUDA device of that number.
    Cuda(usize),
    /// Apple's GPU.
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

/// What computes, and why it is not something faster.
#[derive(Debug, Clone)]
pub struct ChosenDevice {
    /// The device.
    pub device: Device,
    /// `CPU`, `CUDA 0` or `Metal`.
    pub name: String,
    /// For each device that was wanted and is not used, why.
    pub not_used: Vec<String>,
}

impl DeviceChoice {
    /// Opens the device. Never fails: the CPU is always there, and `not_used` says why it had to be.
    pub fn open(self) -> ChosenDevice {
        let mut not_used = Vec::new();
        let mut attempt = |name: String, device: Result<Device, String>| match device {
            Ok(device) => Some((device, name)),
            Err(reason) => {
                not_used.push(format!("{name}: {reason}"));
                None
            }
        };
        let found = match self {
            Self::Cpu => None,
            Self::Cuda(number) => attempt(format!("CUDA {number}"), cuda(number)),
            Self::Metal => attempt("Metal".into(), metal()),
            Self::Auto => {
                attempt("CUDA 0".into(), cuda(0)).or_else(|| attempt("Metal".into(), metal()))
            }
        };
        let (device, name) = found.unwrap_or((Device::Cpu, "CPU".into()));
        ChosenDevice { device, name, not_used }
    }
}

fn cuda(number: usize) -> Result<Device, String> {
    if !candle_core::utils::cuda_is_available() {
        return Err("this build has no CUDA (cargo feature `cuda`)".into());
    }
    guarded(|| Device::new_cuda(number))
}

fn metal() -> Result<Device, String> {
    if !candle_core::utils::metal_is_available() {
        return Err("this build has no Metal (cargo feature `metal`)".into());
    }
    guarded(|| Device::new_metal(0))
}

/// A driver library that is missing is a panic in `cudarc`; here it is a reason.
fn guarded(
    open: impl FnOnce() -> candle_core::Result<Device> + std::panic::UnwindSafe,
) -> Result<Device, String> {
    match std::panic::catch_unwind(open) {
        Ok(Ok(device)) => Ok(device),
        Ok(Err(error)) => Err(error.to_string().lines().next().unwrap_or_default().to_owned()),
        Err(_) => Err("its driver library could not be loaded".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_are_read_from_text() {
        assert_eq!("cuda:3".parse(), Ok(DeviceChoice::Cuda(3)));
        assert_eq!("cuda".parse(), Ok(DeviceChoice::Cuda(0)));
        assert_eq!("auto".parse(), Ok(DeviceChoice::Auto));
        assert!("cuda:x".parse::<DeviceChoice>().is_err());
        assert!("gpu".parse::<DeviceChoice>().is_err());
    }

    #[test]
    fn the_cpu_needs_no_reason_and_is_the_last_resort() {
        let chosen = DeviceChoice::Cpu.open();
        assert!(chosen.device.is_cpu() && chosen.not_used.is_empty());
        if !candle_core::utils::metal_is_available() {
            let chosen = DeviceChoice::Metal.open();
            assert!(chosen.device.is_cpu());
            assert!(chosen.not_used[0].starts_with("Metal: "), "{:?}", chosen.not_used);
        }
    }
}
