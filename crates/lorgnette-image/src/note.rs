//! What a person should know about a picture that its pixels do not say.

use std::fmt;

use image::metadata::Orientation;
use serde::{Deserialize, Serialize};

/// A fact about how a picture is shown: what was left out, what is missing, what was changed.
///
/// Its text is one sentence without a full stop.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ipc", derive(specta::Type))]
#[serde(tag = "note", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Note {
    /// The file has several pictures, and one of them is shown. Reduced copies are not counted.
    Page {
        /// The number of the page that is shown, from 1.
        shown: u32,
        /// The number of pages in the file.
        of: u32,
    },
    /// The file is an animation, and one frame of it is shown.
    Frame {
        /// The number of the frame that is shown, from 1.
        shown: u32,
        /// The number of frames in the file.
        of: u32,
        /// The number of empty frames before it that were passed over.
        skipped: u32,
    },
    /// The file is a raw photo, and the preview that the camera put into it is shown.
    Preview {
        /// The name of the raw format, such as `NEF`.
        kind: String,
    },
    /// A part of the picture is not in the file. It is shown in grey.
    Incomplete {
        /// The missing share of the picture, in percent, at least 1.
        percent: u8,
        /// The side where it is missing; `None` if it is missing in several places.
        side: Option<Side>,
    },
    /// A part of the picture is in the file without its detail.
    Coarse {
        /// The share of the picture without detail, in percent, at least 1.
        percent: u8,
        /// The side where it is coarse; `None` if it is coarse in several places.
        side: Option<Side>,
    },
    /// A part of the page of a document could not be drawn.
    Undrawn,
    /// The document ends too early, and what is left of it is shown.
    CutOff,
    /// What is there is light and has nothing behind it, so it is shown on a dark ground.
    OnDark,
    /// All of the picture is transparent.
    Clear,
    /// The transparency says that nothing is there, so nobody filled it in, and it was ignored.
    OpaqueAlpha,
    /// Only the lower bits of each sample are used, so the picture was made brighter.
    FewBits {
        /// The number of bits that are used.
        used: u8,
        /// The number of bits of a sample.
        of: u8,
    },
    /// The model sees the picture so much smaller that small print cannot be read.
    Shrunk {
        /// How many pixels of a side become one.
        times: u32,
    },
    /// The picture is long, and the model looks at it in overlapping parts.
    Parts {
        /// The number of parts.
        n: u32,
        /// The tokens that all parts take.
        n_tokens: u32,
    },
}

impl Note {
    /// Returns whether something that is in the file, or should be, cannot be seen in the picture.
    pub fn is_loss(&self) -> bool {
        match self {
            Self::Page { .. }
            | Self::Frame { .. }
            | Self::Preview { .. }
            | Self::Incomplete { .. }
            | Self::Coarse { .. }
            | Self::Undrawn
            | Self::CutOff
            | Self::Clear
            | Self::Shrunk { .. } => true,
            Self::OnDark | Self::OpaqueAlpha | Self::FewBits { .. } | Self::Parts { .. } => false,
        }
    }
}

/// One side of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ipc", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Side {
    Upper,
    Lower,
    Left,
    Right,
}

impl Side {
    /// Returns where the lower side of a stored picture is after the picture was turned upright.
    pub(crate) fn of_lower(orientation: Orientation) -> Self {
        match orientation {
            Orientation::NoTransforms | Orientation::FlipHorizontal => Self::Lower,
            Orientation::Rotate180 | Orientation::FlipVertical => Self::Upper,
            Orientation::Rotate90 | Orientation::Rotate270FlipH => Self::Left,
            Orientation::Rotate270 | Orientation::Rotate90FlipH => Self::Right,
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Upper => "upper",
            Self::Lower => "lower",
            Self::Left => "left",
            Self::Right => "right",
        })
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Page { shown, of } => write!(f, "page {shown} of {of} is shown"),
            Self::Frame { shown, of, skipped } => {
                write!(f, "frame {shown} of {of} is shown")?;
                match skipped {
                    0 => Ok(()),
                    1 => f.write_str("; the one before it is empty"),
                    _ => f.write_str("; those before it are empty"),
                }
            }
            Self::Preview { kind } => {
                write!(f, "the preview inside the raw photo ({kind}) is shown")
            }
            Self::Incomplete { percent, side } => {
                write!(f, "{} is missing", part(*percent, *side))
            }
            Self::Coarse { percent: 100, .. } => f.write_str("the fine detail is missing"),
            Self::Coarse { percent, side } => {
                write!(f, "the fine detail of {} is missing", part(*percent, *side))
            }
            Self::OnDark => f.write_str("it is light on nothing, so it is shown on a dark ground"),
            Self::Undrawn => f.write_str("a part of the page could not be drawn"),
            Self::CutOff => f.write_str("the document is cut off, so some of it may be missing"),
            Self::Clear => f.write_str("all of it is transparent"),
            Self::OpaqueAlpha => {
                f.write_str("its transparency was never filled in, so it is shown without")
            }
            Self::Shrunk { times } => write!(
                f,
                "it is made {times} times smaller, so small print cannot be read; cut out the part \
                 that matters"
            ),
            Self::Parts { n, n_tokens } => {
                write!(
                    f,
                    "it is long, so it is looked at in {n} overlapping parts, {n_tokens} tokens"
                )
            }
            Self::FewBits { used, of } => {
                write!(f, "it uses {used} of {of} bits, so it was made brighter")
            }
        }
    }
}

/// Says a share of a picture as people do.
fn part(percent: u8, side: Option<Side>) -> String {
    let Some(side) = side else {
        return format!("{percent} % of the picture");
    };
    match percent {
        22..=28 => format!("the {side} quarter"),
        30..=36 => format!("the {side} third"),
        45..=55 => format!("the {side} half"),
        64..=69 => format!("the {side} two thirds"),
        72..=78 => format!("the {side} three quarters"),
        _ => format!("the {side} {percent} %"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_said_as_people_do() {
        let missing = |percent, side| Note::Incomplete { percent, side }.to_string();
        assert_eq!(missing(50, Some(Side::Lower)), "the lower half is missing");
        assert_eq!(missing(34, Some(Side::Left)), "the left third is missing");
        assert_eq!(missing(12, Some(Side::Lower)), "the lower 12 % is missing");
        assert_eq!(missing(50, None), "50 % of the picture is missing");
        let coarse = Note::Coarse { percent: 48, side: Some(Side::Lower) };
        assert_eq!(coarse.to_string(), "the fine detail of the lower half is missing");
    }

    #[test]
    fn skipped_frames_are_said() {
        let frame = |skipped| Note::Frame { shown: 3, of: 12, skipped }.to_string();
        assert_eq!(frame(0), "frame 3 of 12 is shown");
        assert_eq!(frame(2), "frame 3 of 12 is shown; those before it are empty");
    }

    #[test]
    fn notes_are_json_with_a_name_each() {
        let json = serde_json::to_string(&Note::Page { shown: 1, of: 3 }).unwrap();
        assert_eq!(json, r#"{"note":"page","shown":1,"of":3}"#);
        let note = Note::Incomplete { percent: 50, side: Some(Side::Lower) };
        let json = serde_json::to_string(&note).unwrap();
        assert_eq!(json, r#"{"note":"incomplete","percent":50,"side":"lower"}"#);
        assert_eq!(serde_json::from_str::<Note>(&json).unwrap(), note);
    }
}
