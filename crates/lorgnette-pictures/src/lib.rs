//! Pictures on their way from a file to who looks at them: the model, the reader, the person.
//!
//! In reading order:
//! - [`file`]: files and streams to pictures the model can take
//! - [`store`]: the pictures that were added, by content
//! - [`view`]: how a model looks at a picture, whole or in parts
//! - [`text`]: the text of a picture, as a window lays it over the picture
//! - [`layer`]: the text that a document has of itself, where it fits what is seen
//! - [`sections`]: what was said page by page, and the steps of a summary of it
//! - [`notes`]: what a person should know about both, in words

mod error;
pub mod file;
pub mod layer;
pub mod notes;
pub mod sections;
pub mod store;
pub mod text;
pub mod view;

pub use error::PictureError;
