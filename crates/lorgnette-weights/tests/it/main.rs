//! Models made from a hub that misbehaves.

mod hostile;
mod killed;
mod store;
mod world;
