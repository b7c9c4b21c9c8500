//! The engine from outside, with a small random network.

mod prompts;
mod requests;
mod sources;
mod texts;
mod thinker;
mod thoughts;
mod tiny;
mod together;
