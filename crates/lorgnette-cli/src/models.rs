//! `lorgnette models`: list, add, import, connect, verify, remove, path.

mod connect;

use std::io::{BufRead as _, IsTerminal as _};
use std::path::Path;

use indicatif::HumanDuration;
use lorgnette_app::models::library::{Quantisation, of_server};
use lorgnette_app::models::wording::bytes;
use lorgnette_app::models::{
    AddOptions, Fit, ImportOptions, Installed, Library, Model, ModelSource, ModelsError, Prepared,
    Summary,
};
use lorgnette_app::{AppError, Cancel, say, stderr};
use serde::Serialize;
use serde_json::json;

use crate::Ending;
use crate::args::{
    ModelsAdd, ModelsCommand, ModelsImport, ModelsList, ModelsMake, ModelsName, ModelsPath,
    ModelsRemove,
};
use crate::fetching::Fetching;
use crate::interrupt::CancelOnCtrlC;
use crate::output::{self, Failure, printable};

/// Runs one of the commands on models.
pub fn run(command: &ModelsCommand) -> Result<Ending, Failure> {
    let library = Library::find()?;
    match command {
        ModelsCommand::List(args) => list(&library, args),
        ModelsCommand::Add(args) => add(&library, args),
        ModelsCommand::Import(args) => import(&library, args),
        ModelsCommand::Connect(args) => connect::run(&library, args),
        ModelsCommand::Verify(args) => verify(&library, args),
        ModelsCommand::Remove(args) => remove(&library, args),
        ModelsCommand::Path(args) => path(&library, args),
    }
}

/// One model of `models list --json`.
#[derive(Serialize)]
struct Output<'a> {
    name: &'a str,
    title: &'a str,
    good_for: Option<&'a str>,
    licence: Option<&'a str>,
    installed: bool,
    n_bytes: Option<u64>,
    quantisation: Option<&'a str>,
    path: Option<&'a Path>,
    /// Bytes that come over the network; 0 when it is here.
    fetch_bytes: u64,
    /// Bytes that stay on the disk.
    disk_bytes: u64,
    /// Bytes on the disk at the most, while it is made.
    peak_disk_bytes: u64,
    /// Memory for an answer; absent where no model was opened to know it.
    memory_bytes: Option<u64>,
    unfinished: Option<u64>,
    /// The host that pictures go to; absent for models that answer here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pictures_go_to: Option<&'a str>,
    quantisations: &'a [Quantisation],
}

impl<'a> Output<'a> {
    fn of(model: &'a Model) -> Self {
        Self {
            name: &model.name,
            title: &model.title,
            good_for: model.good_for.as_deref(),
            licence: model.licence.as_deref(),
            installed: model.is_installed(),
            n_bytes: model.n_bytes,
            quantisation: model.quantisation.as_deref(),
            path: model.path.as_deref(),
            fetch_bytes: model.fetch_bytes(),
            disk_bytes: model.disk_bytes(),
            peak_disk_bytes: model.peak_disk_bytes(),
            memory_bytes: model.offered().map(|offered| offered.memory_bytes),
            unfinished: model.unfinished_bytes,
            pictures_go_to: model.host(),
            quantisations: &model.quantisations,
        }
    }
}

fn list(library: &Library, args: &ModelsList) -> Result<Ending, Failure> {
    let mut listed = library.list()?;
    listed.extend(connect::servers()?.list()?.iter().map(of_server));
    if args.json {
        output::print_json(&listed.iter().map(Output::of).collect::<Vec<_>>())?;
    } else {
        let text: Vec<String> = listed.iter().map(describe).collect();
        output::print(&printable(&text.join("\n")))?;
    }
    Ok(Ending::Done)
}

/// Returns a model in a few lines of text.
fn describe(model: &Model) -> String {
    if let Some(host) = model.host() {
        return format!("{:<18} {}, remote: pictures go to {host}\n", model.name, model.title);
    }
    let state = match (model.is_installed(), model.n_bytes, model.unfinished_bytes) {
        (true, Some(n_bytes), _) => format!("installed, {}", bytes(n_bytes)),
        (true, None, _) => "part of the program".into(),
        (false, _, Some(_)) => "begun; `models add` continues it".into(),
        (false, ..) => "not installed".into(),
    };
    let quantisation = model.quantisation.as_ref().map(|q| format!(", {q}")).unwrap_or_default();
    let mut lines = vec![format!("{:<18} {}, {state}{quantisation}", model.name, model.title)];
    let mut more = |text: String| lines.push(format!("{:<18} {text}", ""));
    if let Some(good_for) = &model.good_for {
        more(good_for.clone());
    }
    if !model.is_installed() {
        for needs in &model.quantisations {
            let (disk, memory) =
                (fetched(needs.fetch_bytes, needs.disk_bytes), bytes(needs.memory_bytes));
            more(format!("{:<8} {disk}, about {memory} of memory", needs.name));
        }
    }
    lines.join("\n") + "\n"
}

/// Returns how much is fetched, and how much of it stays where that is another amount.
fn fetched(fetch_bytes: u64, disk_bytes: u64) -> String {
    let (fetch, disk) = (bytes(fetch_bytes), bytes(disk_bytes));
    match fetch_bytes {
        0 => format!("keeps {disk}"),
        _ if fetch == disk => format!("fetches and keeps {disk}"),
        _ => format!("fetches {fetch}, keeps {disk}"),
    }
}

fn add(library: &Library, args: &ModelsAdd) -> Result<Ending, Failure> {
    let source: ModelSource = args.model.parse()?;
    if let ModelSource::Local(path) = &source
        && !is_checkpoint(path)
    {
        return import_gguf(library, path, false, &args.make);
    }
    let mut options = options(&args.make)?;
    options.source_idx = args.source.saturating_sub(1);
    options.update = args.update;
    options.fetch.n_parts = args.connections;
    options.fetch.max_bytes_per_s = args.limit.map(|limit| ((limit * 1e6) as u64).max(1));
    make(library, &source, &options, &args.make)
}

fn import(library: &Library, args: &ModelsImport) -> Result<Ending, Failure> {
    if is_checkpoint(&args.path) && !args.link {
        let source = ModelSource::Local(args.path.clone());
        return make(library, &source, &options(&args.make)?, &args.make);
    }
    import_gguf(library, &args.path, args.link, &args.make)
}

/// Returns whether the folder has weights that are quantised here.
fn is_checkpoint(path: &Path) -> bool {
    ["config.json", "params.json"].iter().any(|name| path.join(name).is_file())
}

/// Takes GGUF files as they are.
fn import_gguf(
    library: &Library,
    path: &Path,
    link: bool,
    args: &ModelsMake,
) -> Result<Ending, Failure> {
    let options = ImportOptions { name: args.name.clone(), projector: args.mmproj.clone(), link };
    let import = library.prepare_import(path, &options)?;
    if !import.reads_pictures && !wants_text_only(&path.display().to_string(), args)? {
        return Ok(Ending::Cancelled);
    }
    let (cancel, _ctrl_c, fetching) = begin(args.json);
    let installed = import.run(&cancel, &fetching.report());
    fetching.clear();
    finish(installed?, &fetching, args.json, "nothing was left behind")
}

/// Returns whether the person wants a model that answers nothing about pictures: asked for, or said
/// at the terminal.
fn wants_text_only(name: &str, args: &ModelsMake) -> Result<bool, Failure> {
    if args.text_only {
        return Ok(true);
    }
    if args.yes || args.json || !std::io::stdin().is_terminal() {
        return Err(ModelsError::TextOnly { name: name.to_owned() }.into());
    }
    let question =
        "it has no vision part (mmproj), and answers nothing about pictures; take it? [y/N] ";
    ask(question, false)
}

fn options(make: &ModelsMake) -> Result<AddOptions, Failure> {
    Ok(AddOptions {
        scheme: make.quant,
        vision: make.vision,
        name: make.name.clone(),
        projector: make.mmproj.as_ref().map(|file| file.display().to_string()),
        context: make.context,
        keep_source: make.keep_source,
        ..AddOptions::from_environment()?
    })
}

/// Makes Ctrl+C end the work at the next piece of data.
fn begin(json: bool) -> (Cancel, CancelOnCtrlC, Fetching) {
    let cancel = Cancel::default();
    let ctrl_c = CancelOnCtrlC::new(&cancel);
    (cancel, ctrl_c, Fetching::new(json))
}

/// Prepares the work, asks the person, and makes the model.
fn make(
    library: &Library,
    source: &ModelSource,
    options: &AddOptions,
    args: &ModelsMake,
) -> Result<Ending, Failure> {
    let (cancel, _ctrl_c, fetching) = begin(args.json);
    let prepared = library.prepare(source, options, &cancel, &fetching.report());
    fetching.clear();
    let Some(prepared) = prepared? else { return Ok(Ending::Cancelled) };
    if args.json {
        output::print_json(&json!({ "event": "plan", "plan": prepared.summary }))?;
    } else {
        stderr::say(format_args!("{}", printable(&plan(&prepared.summary))));
    }
    if !agreed(&prepared, args)? {
        return Ok(Ending::Cancelled);
    }
    let installed = prepared.run(&cancel, &fetching.report());
    fetching.clear();
    let left = match source {
        ModelSource::Local(_) => "nothing was left behind",
        _ => "the same command continues from here",
    };
    finish(installed?, &fetching, args.json, left)
}

/// Says how it ended. `left` is what a person should know of a model that was stopped.
fn finish(
    installed: Option<Installed>,
    fetching: &Fetching,
    json: bool,
    left: &str,
) -> Result<Ending, Failure> {
    let Some(installed) = installed else {
        if !json {
            say!("stopped; {left}");
        }
        return Ok(Ending::Cancelled);
    };
    fetching.failure()?;
    if json {
        output::print_json(&json!({ "event": "installed", "model": installed }))?;
    } else {
        let (name, size) = (&installed.name, bytes(installed.n_bytes));
        say!("{name} is ready: {size}, verified and read back");
        output::print(&format!("{}\n", printable(&installed.path.display().to_string())))?;
    }
    Ok(Ending::Done)
}

/// Returns what will be done, in words.
fn plan(summary: &Summary) -> String {
    let Summary { fit, .. } = summary;
    let mut lines = vec![
        format!("model      {}, as {}", summary.title, summary.name),
        format!("source     {}", summary.source),
    ];
    if let Some(licence) = &summary.licence {
        lines.push(format!("licence    {licence}"));
    }
    for file in &summary.files {
        let checksum = file.checksum.as_ref().map_or("not published", |checksum| checksum.text());
        lines.push(format!("file       {}, {}, hash {checksum}", file.name, bytes(file.n_bytes)));
    }
    let fetch = match summary.fetch_bytes {
        0 => "fetches nothing, because all files are on this machine; ",
        _ => "",
    };
    let fetched = fetched(summary.fetch_bytes, summary.disk_bytes);
    lines.push(format!("bytes      {fetch}{fetched}"));
    if summary.done_bytes > 0 {
        let done = bytes(summary.done_bytes);
        lines.push(format!("done       {done} of the sources were done by an earlier run"));
    }
    let quantisation = summary.quantisation.map(|q| format!(" as {q}")).unwrap_or_default();
    let pictures = if summary.reads_pictures { "" } else { ", which reads no pictures" };
    lines.push(format!("model      {}{quantisation}{pictures}", bytes(summary.model_bytes)));
    let of = |have: Option<u64>| have.map_or("unknown".into(), bytes);
    let disk = (bytes(fit.disk_needed_bytes), of(fit.disk_free_bytes));
    lines.push(format!("disk       {} needed at the most, {} free", disk.0, disk.1));
    let memory = (bytes(fit.memory_needed_bytes), of(fit.memory_total_bytes));
    lines.push(format!("memory     about {} needed, {} in this machine", memory.0, memory.1));
    lines.push(format!("time       {}", time(fit)));
    lines.join("\n") + "\n"
}

fn time(fit: &Fit) -> String {
    let of = |seconds: f64| HumanDuration(std::time::Duration::from_secs_f64(seconds)).to_string();
    match (fit.about_s(), fit.quantise_s > 0.0) {
        (Some(seconds), _) => format!("about {}", of(seconds)),
        (None, true) => {
            format!("{} of quantising, or as long as fetching takes", of(fit.quantise_s))
        }
        (None, false) => "as long as fetching takes".into(),
    }
}

/// Returns whether the person wants it, after saying what it takes.
fn agreed(prepared: &Prepared, args: &ModelsMake) -> Result<bool, Failure> {
    let Summary { fit, .. } = &prepared.summary;
    let mut faults = Vec::new();
    if !fit.disk_fits() {
        faults.push("the disk has too little room for it");
    }
    if !fit.memory_fits() {
        faults.push("this machine has too little memory for it");
    }
    if !faults.is_empty() && !args.force {
        let what = faults.join(" and ");
        let instead = fit.fits_instead.map(ToOwned::to_owned);
        return Err(ModelsError::DoesNotFit { what, instead }.into());
    }
    let Summary { reads_pictures, title, .. } = &prepared.summary;
    if !reads_pictures && !args.text_only {
        return wants_text_only(title, args);
    }
    if args.yes {
        return Ok(true);
    }
    ask("continue? [Y/n] ", true)
}

/// Asks at the terminal. Without a terminal, `--yes` is needed.
fn ask(question: &str, by_default: bool) -> Result<bool, Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(AppError::NotAsked.into());
    }
    stderr::say(format_args!("{question}"));
    let mut answer = Vec::new();
    std::io::stdin().lock().read_until(b'\n', &mut answer).map_err(AppError::Write)?;
    Ok(match String::from_utf8_lossy(&answer).trim().to_lowercase().as_str() {
        // The end of the input is no answer; a line without words is one.
        "" => by_default && !answer.is_empty(),
        answer => answer.starts_with('y'),
    })
}

fn verify(library: &Library, args: &ModelsName) -> Result<Ending, Failure> {
    let (cancel, _ctrl_c, fetching) = begin(false);
    let verdicts = library.verify(&args.name, &cancel, &fetching.report());
    fetching.clear();
    let Some(verdicts) = verdicts? else { return Ok(Ending::Cancelled) };
    if args.json {
        output::print_json(&verdicts)?;
    } else {
        for verdict in &verdicts {
            let state = verdict.fault.as_deref().unwrap_or("whole");
            output::print(&printable(&format!("{}: {state}\n", verdict.name)))?;
        }
    }
    if verdicts.iter().all(|verdict| verdict.is_whole) {
        Ok(Ending::Done)
    } else {
        Err(ModelsError::Damaged { name: args.name.clone() }.into())
    }
}

fn remove(library: &Library, args: &ModelsRemove) -> Result<Ending, Failure> {
    if !args.yes && !ask(&format!("remove {}? [y/N] ", printable(&args.name)), false)? {
        return Ok(Ending::Cancelled);
    }
    let servers = connect::servers()?;
    if servers.find(&args.name).is_ok() {
        servers.remove(&args.name)?;
        say!("{} is no longer connected", printable(&args.name));
        return Ok(Ending::Done);
    }
    let n_bytes = library.remove(&args.name)?;
    say!("{} is removed; {} are free again", printable(&args.name), bytes(n_bytes));
    Ok(Ending::Done)
}

fn path(library: &Library, args: &ModelsPath) -> Result<Ending, Failure> {
    let path = match &args.name {
        Some(name) => library.path(name)?,
        None => library.dir().to_owned(),
    };
    print_path(&path)
}

/// Prints the path as it is: it is for programs, and escaping it would name another one.
fn print_path(path: &Path) -> Result<Ending, Failure> {
    output::print(&format!("{}\n", path.display()))?;
    Ok(Ending::Done)
}
