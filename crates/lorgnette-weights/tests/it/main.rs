//! Files written here, read by other people's readers; and models made from a hub that misbehaves.

mod gguf;
mod hostile;
mod killed;
mod safetensors;
mod store;
mod world;
