//! Pictures to try.

/// A picture to try, and a question about it.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(feature = "ipc", derive(serde::Serialize, specta::Type))]
pub struct Sample {
    /// What it is called.
    pub name: &'static str,
    /// A question that it answers.
    pub question: &'static str,
    /// The bytes of a PNG file.
    #[cfg_attr(feature = "ipc", serde(skip))]
    pub png: &'static [u8],
}

/// The samples that ship with the program.
pub const SAMPLES: [Sample; 3] = [
    Sample {
        name: "dialog",
        question: "What does the button say?",
        png: include_bytes!("../../../assets/samples/dialog.png"),
    },
    Sample {
        name: "receipt",
        question: "What is the total?",
        png: include_bytes!("../../../assets/samples/receipt.png"),
    },
    Sample {
        name: "sign",
        question: "What does it say?",
        png: include_bytes!("../../../assets/samples/sign.png"),
    },
];

/// The one of that name.
pub fn find(name: &str) -> Option<&'static Sample> {
    SAMPLES.iter().find(|sample| sample.name == name)
}
