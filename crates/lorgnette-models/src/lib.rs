//! Models: where they come from, whether they fit, how they are made, opened and measured.
//!
//! Getting one:
//! - [`source`]: where a model comes from
//! - [`convert`]: a checkpoint on its way to a GGUF pair
//! - [`add`], `import`: from a source, or from files on this machine, to an installed model
//! - [`fit`]: whether the machine has what a model takes
//! - [`downloads`]: models of the catalogue that are fetched beside everything else
//!
//! Having some:
//! - [`library`]: the models folder, and the list of all that there are and that can be had
//! - [`connect`]: servers in that list
//! - [`folders`]: where things lie on this machine
//! - [`wording`]: bytes, names and lists of names in messages
//!
//! Using one:
//! - [`open`], `best`: a model from disk to an engine that answers, or a server that does, and which
//!   one when nobody says
//! - [`cost`]: what a picture costs before it costs
//! - [`speed`], [`calibration`]: how fast models were here, and how fast untried ones will be;
//!   [`SpeedLog`] is both
//! - [`bench`], [`doctor`]: measurements, and what the machine has

pub mod add;
pub mod bench;
mod best;
mod builtin;
pub mod calibration;
pub mod connect;
pub mod convert;
pub mod cost;
pub mod doctor;
pub mod downloads;
mod error;
pub mod fit;
pub mod folders;
mod import;
pub mod library;
pub mod open;
pub mod source;
pub mod speed;
mod speed_log;
pub mod whole_file;
pub mod wording;

pub use add::{AddOptions, Installed, Prepared, Summary};
pub use best::PassedOver;
pub use builtin::{BUILT_IN, REFUSAL, own_words};
pub use convert::pair::VisionFormat;
pub use downloads::{Downloads, FetchNews, FetchPhase, FetchState};
pub use error::{ModelsError, one_line};
pub use fit::Fit;
pub use import::{Import, ImportOptions};
pub use library::{Circumstances, Fits, Library, Model, ModelState, PublishedAt, Recommended};
pub use lorgnette_gguf::QuantScheme;
pub use lorgnette_interrupt::Cancel;
pub use lorgnette_remote::{self as remote, RemoteError, RemoteModel};
pub use lorgnette_weights::http::{FetchOptions, Patience};
pub use lorgnette_weights::{HubSettings, InstallEvent, Report, WeightsError};
pub use open::{LocalModel, ModelChoice, OpenModel, OpenOptions};
pub use source::ModelSource;
pub use speed_log::SpeedLog;
