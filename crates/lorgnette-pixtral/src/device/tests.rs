use super::*;

#[test]
fn choices_are_read_from_text_and_written_as_it() {
    for (text, choice) in [
        ("auto", DeviceChoice::Auto),
        ("cpu", DeviceChoice::Cpu),
        ("cuda:3", DeviceChoice::Cuda(3)),
        ("metal", DeviceChoice::Metal),
    ] {
        assert_eq!(text.parse(), Ok(choice));
        assert_eq!(choice.to_string(), text);
    }
    assert_eq!("cuda".parse(), Ok(DeviceChoice::Cuda(0)));
    for wrong in ["cuda:x", "cuda:-1", "cuda:", "gpu", ""] {
        assert!(wrong.parse::<DeviceChoice>().is_err(), "{wrong}");
    }
}

#[test]
fn the_cpu_needs_no_reason_and_is_the_last_resort() {
    let chosen = DeviceChoice::Cpu.open();
    assert!(chosen.device.is_cpu() && chosen.not_used.is_empty() && chosen.memory().is_none());
    for (choice, kind) in [(DeviceChoice::Cuda(99), "CUDA"), (DeviceChoice::Metal, "Metal")] {
        let chosen = choice.open();
        if chosen.device.is_cpu() {
            assert_eq!(chosen.choice, DeviceChoice::Cpu);
            let reason = &chosen.not_used[0];
            let start = format!("no {kind} device: ");
            assert!(reason.starts_with(&start) && reason.len() > start.len(), "{reason}");
        }
    }
}

#[test]
fn automatic_choice_is_silent_about_what_the_build_has_not() {
    let chosen = DeviceChoice::Auto.open();
    assert_ne!(chosen.choice, DeviceChoice::Auto);
    if cfg!(not(any(feature = "cuda", feature = "metal"))) {
        assert!(chosen.device.is_cpu() && chosen.not_used.is_empty());
    } else {
        assert_eq!(chosen.device.is_cpu(), !chosen.not_used.is_empty());
    }
}

#[test]
fn every_device_has_a_reason_and_one_is_used() {
    let (chosen, devices) = found();
    assert_eq!(devices.iter().filter(|device| device.used).count(), 1);
    assert!(devices.iter().all(|device| !device.reason.is_empty()));
    let used = devices.iter().find(|device| device.used).unwrap();
    assert_eq!(used.choice, chosen.choice.to_string());
}

#[test]
fn memory_that_ran_out_is_told_from_other_faults() {
    let says = |text: &str| candle_core::Error::Msg(text.into());
    assert!(is_out_of_memory(&says("DriverError(CUDA_ERROR_OUT_OF_MEMORY, \"out of memory\")")));
    assert!(is_out_of_memory(&says("CublasError(CUBLAS_STATUS_ALLOC_FAILED)").bt()));
    assert!(!is_out_of_memory(&says("DriverError(CUDA_ERROR_ILLEGAL_ADDRESS)")));
}
