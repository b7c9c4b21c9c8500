//! A server as a model: a client of inference servers with OpenAI's interface.
//!
//! In reading order:
//! - [`Address`]: where a server is, and which addresses are none
//! - [`Server`], [`Servers`]: the servers that were connected, in one file
//! - [`KeySource`]: where the key of a server is, which is never in that file
//! - [`RemoteModel`]: a server's model that answers
//! - `probe`: what a server says of itself
//! - `wire`: a chat as a request, and the chunks of an answer
//! - `sse`: a stream of events, in lines that have an end
//! - `http`: requests that can be cancelled, and what their failures mean
//! - `assembly`: an answer of chunks
//! - [`RemoteError`]: what can go wrong, and what to do
//!
//! Nothing that a server says is believed: lines, bodies and pauses have limits, and no redirect is
//! followed.

mod address;
mod assembly;
mod error;
mod http;
mod key;
mod model;
mod probe;
mod server;
mod sse;
mod wire;

pub use address::Address;
pub use error::RemoteError;
pub use http::Patience;
pub use key::{KeySource, StoredIn};
pub use model::RemoteModel;
pub use probe::Software;
pub use server::{Server, Servers};
