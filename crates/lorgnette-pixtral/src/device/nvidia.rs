//! What NVIDIA's driver says about its cards, without CUDA: through its management library, which
//! comes with every driver. So a build without CUDA, or a driver that is too old for one, can be
//! told from a machine without a card.

use super::DeviceMemory;

/// A version of CUDA or of a card's instructions: major, minor.
pub(super) type Version = (u32, u32);

/// A driver and its cards.
#[derive(Debug)]
pub(super) struct Nvidia {
    /// The driver's version, such as `580.65.06`.
    pub(super) driver: String,
    /// The CUDA that it can run.
    pub(super) cuda: Version,
    /// In the order of their slots.
    pub(super) cards: Vec<Card>,
}

/// A card that the driver names.
#[derive(Debug)]
pub(super) struct Card {
    pub(super) name: String,
    pub(super) memory: Option<DeviceMemory>,
    /// The version of its instructions, "compute capability".
    pub(super) capability: Option<Version>,
}

/// What this program was built for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Build {
    /// The CUDA it was built with; `None`: without.
    cuda: Option<Version>,
    /// The cards its kernels are for, as `scripts/cuda-toolchain` says: `8.0+`, or `8.9` alone.
    cards: Option<&'static str>,
}

impl Build {
    pub(super) const THIS: Self = Self {
        #[cfg(feature = "cuda")]
        cuda: Some(super::cuda::VERSION),
        #[cfg(not(feature = "cuda"))]
        cuda: None,
        cards: option_env!("LORGNETTE_CUDA_CARDS"),
    };
}

/// Why a card cannot be used; `None`: by these numbers it can.
pub(super) fn fault(
    driver: &str,
    driver_cuda: Version,
    capability: Option<Version>,
    build: Build,
) -> Option<String> {
    let Some(built) = build.cuda else {
        return Some("this build has no CUDA (cargo feature `cuda`)".into());
    };
    // The driver compiles kernels when they are first used, and knows no newer form of them.
    if driver_cuda < built {
        let (major, minor) = built;
        return Some(format!(
            "driver {driver} is too old: needs {} (CUDA {major}.{minor})",
            first_driver(built)
        ));
    }
    let (cards, (major, minor)) = (build.cards?, capability?);
    if runs_on(cards, (major, minor)) {
        return None;
    }
    Some(format!("its compute capability is {major}.{minor}, and this build is for {cards}"))
}

/// Whether kernels for `cards` run on a card.
fn runs_on(cards: &str, card: Version) -> bool {
    let from = |text: &str| {
        let (major, minor) = text.split_once('.')?;
        Some((major.parse::<u32>().ok()?, minor.parse::<u32>().ok()?))
    };
    match cards.strip_suffix('+') {
        Some(first) => from(first).is_none_or(|first| card >= first),
        // Machine code runs on later cards of its generation; from 9.0 on it is built for one alone.
        None => from(cards).is_none_or(|only| {
            card == only || (only.0 < 9 && card.0 == only.0 && card.1 >= only.1)
        }),
    }
}

/// The first driver that runs a version of CUDA.
/// Source: CUDA's release notes, "CUDA Toolkit and Corresponding Driver Versions".
fn first_driver(cuda: Version) -> &'static str {
    match cuda {
        (11, _) => "470",
        (12, 0) => "525",
        (12, 1) => "530",
        (12, 2) => "535",
        (12, 3) => "545",
        (12, 4) => "550",
        (12, 5) => "555",
        (12, 6) => "560",
        (12, 8) => "570",
        (12, 9) => "575",
        (13, 0) => "580",
        _ => "a newer one",
    }
}

/// Asks the driver; why there is none to ask.
#[cfg(any(target_os = "linux", target_os = "windows"))]
pub(super) fn look() -> Result<Nvidia, String> {
    use nvml_wrapper::Nvml;
    use nvml_wrapper::error::NvmlError;

    let nvml = Nvml::init().map_err(|error| match error {
        NvmlError::LibloadingError(_) => "NVIDIA's driver is not installed".to_owned(),
        NvmlError::DriverNotLoaded => "NVIDIA's driver is installed and not running".to_owned(),
        NvmlError::LibRmVersionMismatch => {
            "NVIDIA's driver was replaced while it ran: restart this machine".to_owned()
        }
        error => format!("NVIDIA's driver does not answer: {error}"),
    })?;
    let silent = |error: NvmlError| format!("NVIDIA's driver does not answer: {error}");
    let version = nvml.sys_cuda_driver_version().map_err(silent)?.max(0).unsigned_abs();
    let n_cards = nvml.device_count().map_err(silent)?;
    // A card that fell off its bus is left out.
    let cards = (0..n_cards).filter_map(|index| {
        let card = nvml.device_by_index(index).ok()?;
        let memory = card.memory_info().ok();
        let capability = card.cuda_compute_capability().ok();
        Some(Card {
            name: card.name().ok()?,
            memory: memory
                .map(|memory| DeviceMemory { total_bytes: memory.total, free_bytes: memory.free }),
            capability: capability.map(|c| (c.major.unsigned_abs(), c.minor.unsigned_abs())),
        })
    });
    Ok(Nvidia {
        driver: nvml.sys_driver_version().map_err(silent)?,
        cuda: (version / 1000, version % 1000 / 10),
        cards: cards.collect(),
    })
}

/// There are none on this system.
#[cfg(not(any(target_os = "linux", target_os = "windows")))]
pub(super) fn look() -> Result<Nvidia, String> {
    Err("NVIDIA has no driver for this system".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(
        driver: (&str, Version),
        card: Version,
        build: (Version, &'static str),
        expected: &str,
    ) {
        let build = Build { cuda: Some(build.0), cards: Some(build.1) };
        let fault = fault(driver.0, driver.1, Some(card), build);
        assert_eq!(fault.as_deref().unwrap_or("works"), expected);
    }

    #[test]
    fn a_card_is_refused_with_the_reason() {
        let (old, new) = (("470.82", (11, 4)), ("580.65", (13, 0)));
        check(old, (8, 6), ((12, 0), "8.0+"), "driver 470.82 is too old: needs 525 (CUDA 12.0)");
        check(old, (8, 6), ((13, 0), "8.0+"), "driver 470.82 is too old: needs 580 (CUDA 13.0)");
        check(new, (8, 6), ((13, 0), "8.0+"), "works");
        check(new, (8, 6), ((12, 8), "8.0+"), "works");
        let of_75 = "its compute capability is 7.5, and this build is for 8.0+";
        check(new, (7, 5), ((13, 0), "8.0+"), of_75);
        let of_100 = "its compute capability is 10.0, and this build is for 9.0";
        check(new, (10, 0), ((13, 0), "9.0"), of_100);
        check(new, (9, 0), ((13, 0), "9.0"), "works");
    }

    #[test]
    fn a_build_without_cuda_says_so() {
        let build = Build { cuda: None, cards: None };
        assert!(fault("580.65", (13, 0), Some((8, 6)), build).unwrap().contains("no CUDA"));
    }

    #[test]
    fn machine_code_is_for_its_generation() {
        assert!(runs_on("8.0", (8, 9)) && !runs_on("8.9", (8, 6)) && !runs_on("8.0", (9, 0)));
        assert!(runs_on("8.0+", (12, 0)) && !runs_on("9.0", (9, 1)));
        // What nobody said refuses nobody.
        assert!(runs_on("", (3, 5)) && runs_on("x+", (3, 5)));
    }

    #[test]
    fn a_machine_without_a_card_says_why() {
        if let Err(reason) = look() {
            assert!(reason.contains("driver"), "{reason}");
        }
    }
}
