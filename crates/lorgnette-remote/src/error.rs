//! What can go wrong with a server, for a person to read.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// A server that cannot be connected or does not answer. The next question may be answered.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RemoteError {
    /// A text that is no address of a server.
    #[error("{text} is no address of a server: {reason}")]
    Address {
        /// The address, without a password.
        text: String,
        reason: String,
    },
    /// http to another machine, without the word for it.
    #[error("with http, everybody on the way to {host} can read the pictures")]
    PlainHttp { host: String },
    /// A name that a server cannot have.
    #[error("a server cannot be called {name:?}")]
    Name { name: String },
    /// The name of a model that is no server.
    #[error("{name} is the name of a model on this machine")]
    NameTaken { name: String },
    /// No server of that name was connected.
    #[error("no server is connected as {name}")]
    UnknownServer { name: String },
    /// The file of servers cannot be read.
    #[error("the servers in {} cannot be read: {reason}", path.display())]
    Servers { path: PathBuf, reason: String },
    /// A file that cannot be read or written; the source names it.
    #[error(transparent)]
    File(Arc<io::Error>),
    /// A key that is not where it should be.
    #[error("there is no key in {from}: {reason}")]
    Key { from: String, reason: String },
    /// Nobody listens, or the way there is broken.
    #[error("{host} cannot be reached: {reason}")]
    NotThere { host: String, reason: String },
    /// Nothing came for too long.
    #[error("{host} said nothing for {seconds} s")]
    Silent { host: String, seconds: u64 },
    /// The connection ended before the answer did.
    #[error("{host} ended the connection before the answer was whole")]
    Dropped { host: String },
    /// What came of an answer is not all of it.
    #[error("the answer is cut: {reason}")]
    Cut {
        /// Why the rest did not come.
        reason: String,
    },
    /// A redirect, which is not followed.
    #[error("{host} sends elsewhere, to {target}, and nothing was sent there")]
    Elsewhere { host: String, target: String },
    /// The key, or that there is none, is refused.
    #[error("{host} refuses {}", if *had_key { "the key" } else { "to answer without a key" })]
    WrongKey { host: String, had_key: bool },
    /// The server has no model of that id.
    #[error("{host} has no model {model}{}", instead(there))]
    WrongModel {
        host: String,
        model: String,
        /// Those that it has, as far as it says.
        there: Vec<String>,
    },
    /// Which of several models is meant was not said.
    #[error("{host} has several models{}", instead(there))]
    SeveralModels { host: String, there: Vec<String> },
    /// The model reads no pictures.
    #[error("{model} at {host} reads no pictures")]
    NoPictures { host: String, model: String },
    /// The chat has more tokens than the server takes.
    #[error("the chat is longer than {host} takes: {detail}")]
    ContextFull { host: String, detail: String },
    /// The request has more bytes than the server takes.
    #[error("the pictures are larger than {host} takes")]
    TooLarge { host: String },
    /// The server has too much to do, or still loads its model.
    #[error("{host} cannot answer now: {detail}")]
    Busy { host: String, detail: String },
    /// What was said is not OpenAI's interface.
    #[error("{host} does not speak OpenAI's interface: {reason}")]
    NotOpenAi { host: String, reason: String },
    /// The server refused the request, or failed.
    #[error("{host} answered with status {status}: {detail}")]
    Refused { host: String, status: u16, detail: String },
    /// The server failed while it wrote the answer.
    #[error("{host} failed while it answered: {detail}")]
    Failed { host: String, detail: String },
    /// Something was asked for that OpenAI's interface has no word for.
    #[error("{host} cannot be told {parameter}")]
    Parameter { host: String, parameter: &'static str },
    /// An answer cannot be gone on with.
    #[error("{host} cannot go on with an answer")]
    CannotContinue { host: String },
    /// A picture that cannot be sent.
    #[error("{name} cannot be sent: {reason}")]
    Picture { name: String, reason: String },
    /// The client cannot be made.
    #[error("no server can be asked: {reason}")]
    Client { reason: String },
}

impl RemoteError {
    pub(crate) fn file(error: io::Error) -> Self {
        Self::File(Arc::new(error))
    }

    /// Says what a person can do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::Address { .. } => {
                "give it as https://HOST/v1, or http://127.0.0.1:PORT on this machine".into()
            }
            Self::PlainHttp { .. } => {
                "use https, or say --allow-http where the network between is your own".into()
            }
            Self::Name { .. } => "use letters and digits, with - _ . between them".into(),
            Self::NameTaken { .. } => "choose another name".into(),
            Self::UnknownServer { .. } => {
                "`lorgnette models list` names them; `lorgnette models connect NAME URL` connects one"
                    .into()
            }
            Self::Servers { .. } => "correct the file, or delete it and connect them again".into(),
            Self::File(_) => "choose another place, or free some space".into(),
            Self::Key { .. } => {
                "put it there, or connect the server again with another --key-from".into()
            }
            Self::NotThere { .. } => {
                "start the server, and compare its address with that of `lorgnette models list`".into()
            }
            Self::Silent { .. } => {
                "look at what the server is doing; a smaller --max-side gives it less to read".into()
            }
            Self::Dropped { .. } | Self::Cut { .. } => "ask again; the server's own log says why it stopped".into(),
            Self::Elsewhere { .. } => {
                "if you trust that address, connect the server with it".into()
            }
            Self::WrongKey { had_key: true, .. } => {
                "connect the server again with the right key: --key-from".into()
            }
            Self::WrongKey { had_key: false, .. } => {
                "connect the server again with its key: --key-from keyring".into()
            }
            Self::WrongModel { .. } | Self::SeveralModels { .. } => {
                "connect the server again with one of its models: --model ID".into()
            }
            Self::NoPictures { .. } => {
                "choose a model that reads pictures; llama-server needs its --mmproj".into()
            }
            Self::ContextFull { .. } => {
                "use fewer pictures or a smaller --max-side, or begin a new chat".into()
            }
            Self::TooLarge { .. } | Self::Picture { .. } => "use a smaller --max-side".into(),
            Self::Busy { .. } => "ask again in a while".into(),
            Self::NotOpenAi { .. } => {
                "compare the address with that of `lorgnette models list`; it usually ends in /v1".into()
            }
            Self::Refused { .. } | Self::Failed { .. } => {
                "the server's own log says more; ask again".into()
            }
            Self::Parameter { .. } => "leave it out, or set it at the server".into(),
            Self::CannotContinue { .. } => "ask again".into(),
            Self::Client { .. } => "look at the proxy that the system names".into(),
        }
    }

    /// Whether it is the server's and no matter of what was asked: the next question fails as well.
    pub fn is_of_server(&self) -> bool {
        matches!(
            self,
            Self::Key { .. }
                | Self::NotThere { .. }
                | Self::Elsewhere { .. }
                | Self::WrongKey { .. }
                | Self::WrongModel { .. }
                | Self::NoPictures { .. }
                | Self::NotOpenAi { .. }
                | Self::Parameter { .. }
                | Self::Client { .. }
        )
    }
}

/// So many models are named; of the others, how many they are.
const MOST_MODELS: usize = 4;

/// The models that a server has, for a message.
fn instead(there: &[String]) -> String {
    match there {
        [] => String::new(),
        few if few.len() <= MOST_MODELS => format!("; it has {}", few.join(", ")),
        many => {
            let (named, others) = many.split_at(MOST_MODELS);
            format!("; it has {} and {} more", named.join(", "), others.len())
        }
    }
}
