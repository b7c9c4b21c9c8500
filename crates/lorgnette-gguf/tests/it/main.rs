//! Files written here, read by other people's readers.

mod gguf;
mod safetensors;
