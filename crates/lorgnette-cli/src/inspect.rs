//! `lorgnette inspect` prints what a picture is and what it costs.

use indicatif::BinaryBytes;
use lorgnette_app::cost::{self, PictureCost};
use lorgnette_app::{ImageConfig, ModelConfig, pictures};
use serde::Serialize;

use crate::Ending;
use crate::args::Inspect;
use crate::output::{self, Failure};

#[derive(Serialize)]
struct Output {
    format: Option<String>,
    stored_width: u32,
    stored_height: u32,
    orientation: u8,
    width: u32,
    height: u32,
    animated: bool,
    #[serde(rename = "seen_width")]
    model_view_width: u32,
    #[serde(rename = "seen_height")]
    model_view_height: u32,
    cost: PictureCost,
}

/// Prints size, orientation, grid, tokens and cost.
pub fn run(args: &Inspect) -> Result<Ending, Failure> {
    let model = match &args.model {
        None => ModelConfig::PIXTRAL_12B,
        Some(path) => lorgnette_app::open::probe(path)?.config().clone(),
    };
    let Some(vision) = &model.vision else {
        return Err(lorgnette_app::open::no_vision().into());
    };
    let config = vision.image_config();
    let config = args.max_side.map_or(config, |max_side| config.with_max_side(max_side));
    let picture = pictures::decode(&args.picture)?;
    let (width, height) = (picture.width(), picture.height());
    let Some(cost) = cost::of_picture((width, height), &config, &model) else {
        return Err(lorgnette_app::open::no_vision().into());
    };
    let unit = config.unit();
    let output = Output {
        format: picture.format().map(|format| format.to_string()),
        stored_width: picture.stored_width(),
        stored_height: picture.stored_height(),
        orientation: picture.orientation(),
        width,
        height,
        animated: picture.is_animation(),
        model_view_width: cost.cols * unit,
        model_view_height: cost.rows * unit,
        cost,
    };
    if let Some(path) = &args.save {
        pictures::save_model_view(&picture, &config, path)?;
    }
    if args.json {
        output::print_json(&output)?;
    } else {
        output::print(&text(&output, &config))?;
    }
    Ok(Ending::Done)
}

fn text(output: &Output, config: &ImageConfig) -> String {
    let cost = &output.cost;
    let mut lines = vec![format!(
        "picture   {} × {} pixels, {}",
        output.width,
        output.height,
        output.format.as_deref().unwrap_or("raw")
    )];
    if output.orientation != 1 {
        lines.push(format!(
            "turned    stored as {} × {}, orientation {}",
            output.stored_width, output.stored_height, output.orientation
        ));
    }
    if output.animated {
        lines.push("animation the model sees only its first frame".into());
    }
    let shrunk = output.width.max(output.height) > config.max_side;
    lines.push(format!(
        "seen as   {} × {} pixels{}",
        output.model_view_width,
        output.model_view_height,
        if shrunk { ", made smaller" } else { "" }
    ));
    lines.push(format!("grid      {} rows × {} columns", cost.rows, cost.cols));
    lines.push(format!("tokens    {}", cost.n_tokens));
    lines.push(format!("memory    {} of keys and values", BinaryBytes(cost.kv_bytes)));
    lines.push(format!(
        "work      {:.2} TFLOP to encode, {:.2} TFLOP to read",
        cost.encode_flop / 1e12,
        cost.prefill_flop / 1e12
    ));
    lines.join("\n") + "\n"
}
