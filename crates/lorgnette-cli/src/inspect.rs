//! `lorgnette inspect` prints what a picture is and what it costs.

use indicatif::BinaryBytes;
use lorgnette_app::cost::{self, PictureCost};
use lorgnette_app::open::DEFAULT_CONTEXT;
use lorgnette_app::pictures::{Picture, PictureFile};
use lorgnette_app::view::View;
use lorgnette_app::{AppError, ImageConfig, ModelConfig, PictureError};
use serde::Serialize;

use crate::Ending;
use crate::args::Inspect;
use crate::output::{self, Failure};
use crate::output_file::{OutputFile, OutputKind};

/// Bytes of a PNG file before its second chunk: the signature and `IHDR`.
const BEFORE_MARK: usize = 33;
/// The second chunk of what `--save` writes, by which it is known again: `tEXt`, with its length and
/// its CRC.
const MARK: &[u8] = b"\0\0\0\x12tEXtSoftware\0Lorgnette\x77\xc7\x08\x56";
/// What `--save` writes.
const MODEL_VIEW: OutputKind = OutputKind {
    name: "a picture that inspect saved",
    is_one: |head| head.get(BEFORE_MARK..).is_some_and(|chunks| chunks.starts_with(MARK)),
};

#[derive(Serialize)]
struct Output {
    format: Option<String>,
    stored_width: u32,
    stored_height: u32,
    orientation: u8,
    width: u32,
    height: u32,
    animated: bool,
    /// How many pages a document has; of any other picture, and of an animation, 1.
    pages: u32,
    #[serde(rename = "seen_width")]
    model_view_width: u32,
    #[serde(rename = "seen_height")]
    model_view_height: u32,
    /// How many overlapping parts a model looks at it in; 1: all of it at once.
    parts: usize,
    /// The tokens of all parts.
    tokens: usize,
    /// What was left out, is missing or was changed.
    notes: Vec<String>,
    /// What it costs as one picture.
    cost: PictureCost,
}

/// Prints size, orientation, grid, tokens and cost.
pub fn run(args: &Inspect) -> Result<Ending, Failure> {
    let inputs = std::slice::from_ref(&args.picture);
    let save = args.save.as_deref().map(|path| OutputFile::new(path, &MODEL_VIEW, inputs));
    let save = save.transpose()?;
    let model = match &args.model {
        None => ModelConfig::PIXTRAL_12B,
        Some(path) => lorgnette_app::open::probe(path)?.config().clone(),
    };
    let Some(vision) = &model.vision else {
        return Err(lorgnette_app::open::no_vision().into());
    };
    let config = vision.image_config();
    let config = args.max_side.map_or(config, |max_side| config.with_max_side(max_side));
    let file = PictureFile::read(&args.picture)?;
    args.password.open(&file)?;
    let picture = file.page(args.page)?;
    let (width, height) = (picture.width(), picture.height());
    let Some(cost) = cost::of_picture((width, height), &config, &model) else {
        return Err(lorgnette_app::open::no_vision().into());
    };
    let view = View::of((width, height), &config, args.max_side, DEFAULT_CONTEXT);
    let unit = config.unit();
    let output = Output {
        format: picture.kind(),
        stored_width: picture.stored_width(),
        stored_height: picture.stored_height(),
        orientation: picture.orientation(),
        width,
        height,
        animated: picture.is_animation(),
        pages: file.n_pages()?,
        model_view_width: cost.cols * unit,
        model_view_height: cost.rows * unit,
        parts: view.regions.len(),
        tokens: view.n_tokens,
        notes: picture.notes().iter().cloned().chain(view.notes()).map(|n| n.to_string()).collect(),
        cost,
    };
    if let Some(view) = save {
        view.write(&model_view(&picture, &config, file.name().into())?)?;
    }
    if args.json {
        output::print_json(&output)?;
    } else {
        output::print(&text(&output, &config))?;
    }
    Ok(Ending::Done)
}

/// What the model sees of a picture, as a PNG file with our mark.
fn model_view(picture: &Picture, config: &ImageConfig, name: String) -> Result<Vec<u8>, AppError> {
    let png = picture.resized(config).and_then(|view| view.to_png());
    let mut png = png.map_err(|source| PictureError::Image { name, source })?;
    png.splice(BEFORE_MARK..BEFORE_MARK, MARK.iter().copied());
    Ok(png)
}

fn text(output: &Output, config: &ImageConfig) -> String {
    let cost = &output.cost;
    let mut lines = vec![format!(
        "picture   {} × {} pixels, {}",
        output.width,
        output.height,
        output.format.as_deref().unwrap_or("raw")
    )];
    if output.pages > 1 {
        lines.push(format!("pages     {}", output.pages));
    }
    if output.orientation != 1 {
        lines.push(format!(
            "turned    stored as {} × {}, orientation {}",
            output.stored_width, output.stored_height, output.orientation
        ));
    }
    lines.extend(output.notes.iter().map(|note| format!("note      {note}")));
    let shrunk = output.width.max(output.height) > config.max_side;
    lines.push(format!(
        "seen as   {} × {} pixels{}",
        output.model_view_width,
        output.model_view_height,
        if shrunk { ", made smaller" } else { "" }
    ));
    lines.push(format!("grid      {} rows × {} columns", cost.rows, cost.cols));
    lines.push(format!("tokens    {}", output.tokens));
    lines.push(format!("memory    {} of keys and values", BinaryBytes(cost.kv_bytes)));
    lines.push(format!(
        "work      {:.2} TFLOP to encode, {:.2} TFLOP to read",
        cost.encode_flop / 1e12,
        cost.prefill_flop / 1e12
    ));
    lines.join("\n") + "\n"
}
