//! `lorgnette doctor`: what this machine has.

use indicatif::{BinaryBytes, HumanBytes};
use lorgnette_app::doctor::{self, Report};

use crate::Ending;
use crate::args::Doctor;
use crate::output::{self, Failure, printable};

/// Prints the report.
pub fn run(args: &Doctor) -> Result<Ending, Failure> {
    let report = doctor::examine()?;
    if args.json {
        output::print_json(&report)?;
    } else {
        output::print(&printable(&text(&report)))?;
    }
    Ok(Ending::Done)
}

fn text(report: &Report) -> String {
    let Report { processor, folders, .. } = report;
    let mut lines = vec![
        format!("version    {}", report.version),
        format!("system     {}", report.system),
        format!("processor  {}, {} threads", processor.architecture, processor.n_threads),
        format!("features   {}", processor.features.join(" ")),
        format!("kernels    {}", processor.kernels),
        format!("device     {}", report.device),
    ];
    lines.extend(report.devices.iter().map(|device| format!("           {device}")));
    lines.extend(report.devices_not_used.iter().map(|reason| format!("           {reason}")));
    if let Some(memory) = report.memory {
        let (total, available) =
            (BinaryBytes(memory.total_bytes), BinaryBytes(memory.available_bytes));
        lines.push(format!("memory     {total}, {available} available"));
    }
    for (what, path) in [
        ("data", &folders.data),
        ("config", &folders.config),
        ("cache", &folders.cache),
        ("models", &folders.models),
    ] {
        lines.push(format!("{what:<10} {}", path.display()));
    }
    for model in &report.models {
        let state = match (&model.bytes, &model.fault) {
            (Some(bytes), _) => HumanBytes(*bytes).to_string(),
            (None, fault) => format!("cannot be used: {}", fault.as_deref().unwrap_or_default()),
        };
        lines.push(format!("model      {}, {state}", model.path.display()));
    }
    if report.models.is_empty() {
        lines.push("model      none installed".into());
    }
    lines.join("\n") + "\n"
}
