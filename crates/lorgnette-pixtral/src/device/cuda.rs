//! Opening a CUDA device.
//!
//! Built by `scripts/cuda-toolchain` (`cuda_dlopen`), the program loads NVIDIA's libraries here and not
//! when it starts. Where one is missing, cudarc would panic: they are asked for before.

use candle_core::cuda_backend::cudarc;
use candle_core::{CudaDevice, Device};

use super::nvidia::Version;
use super::{ChosenDevice, DeviceChoice, DeviceMemory, first_line, guarded};

/// The CUDA that this program was built with.
pub(super) const VERSION: Version =
    (cudarc::driver::sys::CUDA_VERSION / 1000, cudarc::driver::sys::CUDA_VERSION % 1000 / 10);

/// Opens the device of that number, or says why not.
pub(super) fn open(number: usize) -> Result<ChosenDevice, String> {
    #[cfg(cuda_dlopen)]
    libraries::check()?;
    let device = guarded(move || Device::new_cuda_with_stream(number))?;
    let cuda = device.as_cuda_device().map_err(|error| first_line(&error))?;
    #[expect(
        unsafe_code,
        reason = "candle has one stream for a device, and tracks uses across several"
    )]
    // SAFETY: all tensors of this device are made, used and freed on its one stream, in the order of the
    // calls, whichever thread makes them; events between streams would order nothing more.
    unsafe {
        cuda.disable_event_tracking();
    }
    let name = cuda.cuda_stream().context().name().unwrap_or_default();
    let choice = DeviceChoice::Cuda(number);
    Ok(ChosenDevice {
        choice,
        name: format!("CUDA {number}, {name}"),
        device,
        not_used: Vec::new(),
    })
}

/// The device's memory as it is now.
pub(super) fn memory(device: &CudaDevice) -> Option<DeviceMemory> {
    let (free, total) = device.cuda_stream().context().mem_get_info().ok()?;
    Some(DeviceMemory { total_bytes: total as u64, free_bytes: free as u64 })
}

#[cfg(cuda_dlopen)]
mod libraries {
    use std::path::PathBuf;
    use std::sync::OnceLock;

    use candle_core::cuda_backend::cudarc::{cublas, cublaslt, curand, driver};
    use libloading::Library;

    use super::VERSION;

    /// Names a folder with NVIDIA's libraries. Without it, a folder `cuda` beside the program is
    /// looked at, and then where the system looks.
    const FOLDER: &str = "LORGNETTE_CUDA_LIBRARIES";

    /// Whether all libraries are there; which one is not.
    pub(super) fn check() -> Result<(), String> {
        static OURS: OnceLock<Vec<Library>> = OnceLock::new();
        OURS.get_or_init(from_folder);
        type IsPresent = unsafe fn() -> bool;
        let all: [(&str, &str, IsPresent); 4] = [
            ("CUDA", "it comes with NVIDIA's driver", driver::sys::is_culib_present),
            ("cuBLASLt", "it comes with cuBLAS", cublaslt::sys::is_culib_present),
            ("cuBLAS", "it is part of the CUDA toolkit", cublas::sys::is_culib_present),
            ("cuRAND", "it is part of the CUDA toolkit", curand::sys::is_culib_present),
        ];
        for (name, origin, is_present) in all {
            #[expect(unsafe_code, reason = "loading a library runs its initialisers")]
            // SAFETY: these are NVIDIA's libraries, which using the device loads anyway.
            let is_there = unsafe { is_present() };
            if !is_there {
                let (major, _) = VERSION;
                return Err(format!(
                    "the library {name} for CUDA {major} is not installed ({origin}; docs/devices.md says how)"
                ));
            }
        }
        Ok(())
    }

    /// Loads the libraries of the folder, each before those that ask for it. A name that is asked for
    /// later is then found among what is loaded. What is not there is looked for by the system.
    fn from_folder() -> Vec<Library> {
        let beside = || Some(std::env::current_exe().ok()?.parent()?.join("cuda"));
        let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from).or_else(beside) else {
            return Vec::new();
        };
        // A shell may not have replaced it.
        let folder = match (folder.strip_prefix("~"), std::env::home_dir()) {
            (Ok(below), Some(home)) => home.join(below),
            _ => folder,
        };
        let major = VERSION.0;
        let names = if cfg!(windows) {
            [
                format!("cublasLt64_{major}.dll"),
                format!("cublas64_{major}.dll"),
                "curand64_10.dll".into(),
            ]
        } else {
            [
                format!("libcublasLt.so.{major}"),
                format!("libcublas.so.{major}"),
                "libcurand.so.10".into(),
            ]
        };
        let paths = names.into_iter().map(|name| folder.join(name)).filter(|path| path.is_file());
        paths
            .filter_map(|path| {
                #[expect(unsafe_code, reason = "loading a library runs its initialisers")]
                // SAFETY: NVIDIA's libraries, by name, in the folder that the person names or that came
                // with the program.
                unsafe { Library::new(path) }.ok()
            })
            .collect()
    }
}
