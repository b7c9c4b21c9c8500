//! The options of `lorgnette serve`.

use std::net::IpAddr;
use std::num::NonZeroU16;

use clap::Args;
use lorgnette_serve::{DEFAULT_PORT, Origin, ServeError};

use super::Model;

#[derive(Args)]
pub struct Serve {
    #[command(flatten)]
    pub model: Model,
    /// The port to listen at; 0 takes one that is free
    #[arg(long, value_name = "N", default_value_t = DEFAULT_PORT)]
    pub port: u16,
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    #[arg(help = "The loopback address to listen at: 127.0.0.1 or ::1")]
    pub address: IpAddr,
    #[arg(long, value_name = "ORIGIN", value_parser = origin)]
    #[arg(
        help = "Let web pages of this origin ask, too, such as http://localhost:3000; may be given several times"
    )]
    pub allow_origin: Vec<Origin>,
    /// Answer every program of every person on this machine, whether it shows the token or not
    #[arg(long)]
    pub no_token: bool,
    /// The number of requests that may wait; who comes then is told when to come back
    #[arg(long, value_name = "N", default_value = "256")]
    pub queue: NonZeroU16,
    /// Print the token that clients have to show, and end
    #[arg(long, conflicts_with_all = ["no_token", "new_token"])]
    pub show_token: bool,
    /// Make another token, print it, and end; the old one holds no longer, in servers that run, too
    #[arg(long, conflicts_with = "no_token")]
    pub new_token: bool,
}

fn origin(text: &str) -> Result<Origin, String> {
    text.parse().map_err(|error: ServeError| format!("{error}; {}", error.hint()))
}
