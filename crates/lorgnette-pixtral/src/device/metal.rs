//! Opening Apple's GPU. Type-checked on other systems at most; compiled on macOS by the workflow.

use candle_core::{Device, MetalDevice};

use super::{ChosenDevice, DeviceChoice, DeviceMemory, first_line, guarded};

/// Opens it, or says why not.
pub(super) fn open() -> Result<ChosenDevice, String> {
    let device = guarded(|| Device::new_metal(0))?;
    let name = device.as_metal_device().map(|metal| metal.metal_device().architecture_name());
    let name = format!("Metal, {}", name.map_err(|error| first_line(&error))?);
    Ok(ChosenDevice { device, choice: DeviceChoice::Metal, name, not_used: Vec::new() })
}

/// What the system advises to use at the most, and what of it is free. The memory is the machine's.
pub(super) fn memory(device: &MetalDevice) -> DeviceMemory {
    let device = device.metal_device();
    let total_bytes = device.recommended_max_working_set_size() as u64;
    let used_bytes = device.current_allocated_size() as u64;
    DeviceMemory { total_bytes, free_bytes: total_bytes.saturating_sub(used_bytes) }
}
