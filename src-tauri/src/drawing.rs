//! How the webview draws where no graphics processor does it.
//!
//! `WebKitGTK` draws with OpenGL wherever there is one, also one that the processor only imitates. It
//! draws faster without, and puts layers together faster without: with it, each frame of anything that
//! moves costs one of the whole window, which a network at work waits for (docs/benchmarks.md).

/// What tells `WebKitGTK` to draw, and to put layers together, without OpenGL.
#[cfg(target_os = "linux")]
const VARIABLES: [&str; 2] =
    ["WEBKIT_SKIA_ENABLE_CPU_RENDERING", "WEBKIT_DISABLE_COMPOSITING_MODE"];

/// Turns OpenGL off for the webview where the processor would only imitate it. To be called before any
/// other thread runs and before the first webview is made. What the person has set stays.
#[cfg(target_os = "linux")]
pub fn choose() {
    if has_graphics(std::path::Path::new("/dev")) {
        return;
    }
    for variable in VARIABLES.into_iter().filter(|name| std::env::var_os(name).is_none()) {
        #[expect(unsafe_code, reason = "the only thread; the webview is told in no other way")]
        // SAFETY: `run` calls this first, so no other thread reads or writes the environment.
        unsafe {
            std::env::set_var(variable, "1");
        }
    }
}

#[cfg(not(target_os = "linux"))]
pub fn choose() {}

/// Whether a driver offers to render: Mesa's as a render node, NVIDIA's own also beside it. The driver
/// of a virtual machine may offer it and compute nothing; OpenGL then stays on.
#[cfg(target_os = "linux")]
fn has_graphics(devices: &std::path::Path) -> bool {
    let begins = |folder: &std::path::Path, name: &str| {
        fs_err::read_dir(folder).is_ok_and(|entries| {
            entries.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with(name))
        })
    };
    begins(&devices.join("dri"), "renderD") || devices.join("nvidia0").exists()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use fs_err as fs;

    use super::has_graphics;

    #[test]
    fn a_render_node_or_a_card_of_nvidia_is_graphics_a_screen_alone_is_not() {
        let devices = tempfile::tempdir().unwrap();
        let devices = devices.path();
        assert!(!has_graphics(devices));
        fs::create_dir(devices.join("dri")).unwrap();
        fs::write(devices.join("dri/card0"), "").unwrap();
        assert!(!has_graphics(devices));
        fs::write(devices.join("dri/renderD128"), "").unwrap();
        assert!(has_graphics(devices));
        fs::remove_dir_all(devices.join("dri")).unwrap();
        fs::write(devices.join("nvidia0"), "").unwrap();
        assert!(has_graphics(devices));
    }
}
