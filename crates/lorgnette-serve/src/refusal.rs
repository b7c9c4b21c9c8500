//! Why a request is not answered, in words and in the forms of both interfaces.

use std::io;
use std::time::Duration;

use axum::http::StatusCode;
use lorgnette_app::{AppError, EngineError, Fault, FaultKind};
use serde_json::{Value, json};

/// Why a request is not answered.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// It was sent to a name that is not ours.
    #[error("this server does not answer for the host {host}")]
    Host {
        /// The name that it was sent to.
        host: String,
    },
    /// It comes from a web page that was not allowed.
    #[error("web pages of {origin} may not ask here")]
    Origin {
        /// Where the page is from.
        origin: String,
    },
    /// It shows no token.
    #[error("this server wants its token")]
    NoToken,
    /// It shows another token.
    #[error("this is not the token of this server")]
    WrongToken,
    /// The token cannot be read.
    #[error("the token of this server cannot be read")]
    TokenFile(#[source] io::Error),
    /// There is nothing at that path.
    #[error("there is no {path} here")]
    NotFound {
        /// The path that was asked for.
        path: String,
    },
    /// The path is asked in another way.
    #[error("{path} is not asked by {method}")]
    Method {
        /// The path that was asked for.
        path: String,
        /// How it was asked.
        method: String,
    },
    /// The body is something else.
    #[error("the body is {what}, and application/json is wanted")]
    NotJson {
        /// What the request says it is.
        what: String,
    },
    /// The body is no JSON, or not of the form that is wanted.
    #[error("the body cannot be read: {reason}")]
    Malformed {
        /// What is wrong, and where.
        reason: String,
    },
    /// The body is too large.
    #[error("the body has more than {limit_bytes} bytes")]
    TooLarge {
        /// Bytes that a body may have.
        limit_bytes: usize,
    },
    /// The body did not come, or not all of it.
    #[error("the body did not come within {} s", limit.as_secs_f64())]
    Slow {
        /// The time that it may take.
        limit: Duration,
    },
    /// The body broke off.
    #[error("the body broke off")]
    BrokenOff,
    /// There is no room for another body.
    #[error("too many bodies wait")]
    NoRoom,
    /// The queue is full.
    #[error("{n_waiting} requests wait already")]
    QueueFull {
        /// Requests that wait.
        n_waiting: usize,
        /// Seconds after which it is worth to ask again.
        after_s: u64,
    },
    /// A part of the request cannot be done.
    #[error("{param}: {reason}")]
    Parameter {
        /// Which part, as `messages[0].content`.
        param: String,
        /// Why it cannot be done.
        reason: String,
        /// What to do now.
        hint: &'static str,
    },
    /// There is no such model.
    #[error("there is no model {name} here")]
    UnknownModel {
        /// What was asked for.
        name: String,
    },
    /// A picture, or the chat as a whole, cannot be answered by this model.
    #[error("{}", .0.message)]
    Unanswerable(Fault),
    /// It went wrong here.
    #[error("{}", .0.message)]
    Failed(Fault),
    /// It took too long.
    #[error("the answer took longer than {} s", limit.as_secs_f64())]
    TooLong {
        /// The time that it may take.
        limit: Duration,
    },
    /// The server is being stopped.
    #[error("the server is being stopped")]
    Stopping,
    /// It panicked, which is a bug.
    #[error("the server went wrong")]
    Bug,
}

impl Refusal {
    /// A part of the request that cannot be done.
    pub(crate) fn parameter(
        param: impl Into<String>,
        reason: impl Into<String>,
        hint: &'static str,
    ) -> Self {
        Self::Parameter { param: param.into(), reason: reason.into(), hint }
    }

    /// The status of the reply.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Host { .. } => StatusCode::MISDIRECTED_REQUEST,
            Self::Origin { .. } => StatusCode::FORBIDDEN,
            Self::NoToken | Self::WrongToken => StatusCode::UNAUTHORIZED,
            Self::NotFound { .. } | Self::UnknownModel { .. } => StatusCode::NOT_FOUND,
            Self::Method { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotJson { .. } => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Malformed { .. }
            | Self::Parameter { .. }
            | Self::BrokenOff
            | Self::Unanswerable(_) => StatusCode::BAD_REQUEST,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Slow { .. } => StatusCode::REQUEST_TIMEOUT,
            Self::NoRoom | Self::QueueFull { .. } | Self::Stopping => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::TooLong { .. } => StatusCode::GATEWAY_TIMEOUT,
            Self::TokenFile(_) | Self::Failed(_) | Self::Bug => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// What to do now.
    pub fn hint(&self) -> String {
        match self {
            Self::Host { .. } => "use the address that `lorgnette serve` printed".into(),
            Self::Origin { .. } => {
                "start the server with --allow-origin and the page's origin".into()
            }
            Self::NoToken | Self::WrongToken => {
                "send `Authorization: Bearer TOKEN`; `lorgnette serve --show-token` prints it"
                    .into()
            }
            Self::TokenFile(_) => "make a new one: `lorgnette serve --new-token`".into(),
            Self::NotFound { .. } => "docs/servers.md lists what there is".into(),
            Self::Method { .. } => "use GET for what is listed, and POST for what is asked".into(),
            Self::NotJson { .. } => "send `Content-Type: application/json`, uncompressed".into(),
            Self::Malformed { .. } => "correct the request; docs/servers.md has examples".into(),
            Self::TooLarge { .. } => "send fewer or smaller pictures".into(),
            Self::Slow { .. } | Self::BrokenOff => "send it again".into(),
            Self::NoRoom | Self::QueueFull { .. } => "ask again later".into(),
            Self::Parameter { hint, .. } => (*hint).into(),
            Self::UnknownModel { .. } => "`GET /v1/models` lists those that are here".into(),
            Self::Unanswerable(fault) | Self::Failed(fault) => fault.hint.clone(),
            Self::TooLong { .. } => "ask for less: fewer pictures, fewer tokens".into(),
            Self::Stopping => "ask again when it runs".into(),
            Self::Bug => "ask again; if it happens again, report it".into(),
        }
    }

    /// Seconds after which it is worth to ask again.
    pub fn retry_after_s(&self) -> Option<u64> {
        match self {
            Self::QueueFull { after_s, .. } => Some(*after_s),
            Self::NoRoom | Self::Stopping => Some(5),
            _ => None,
        }
    }

    /// In the form of OpenAI.
    pub(crate) fn openai(&self) -> Value {
        let (kind, code) = self.kind_and_code();
        let param = match self {
            Self::Parameter { param, .. } => Some(param.as_str()),
            Self::UnknownModel { .. } => Some("model"),
            _ => None,
        };
        let message = self.message();
        json!({ "error": { "message": message, "type": kind, "param": param, "code": code } })
    }

    /// In the form of Ollama.
    pub(crate) fn ollama(&self) -> Value {
        json!({ "error": self.message() })
    }

    fn message(&self) -> String {
        format!("{self}; {}", self.hint())
    }

    /// OpenAI's names, where it has one.
    fn kind_and_code(&self) -> (&'static str, Option<&'static str>) {
        const REQUEST: &str = "invalid_request_error";
        match self {
            Self::NoToken | Self::WrongToken => (REQUEST, Some("invalid_api_key")),
            Self::UnknownModel { .. } => (REQUEST, Some("model_not_found")),
            Self::Unanswerable(fault) => match fault.kind {
                FaultKind::ContextFull => (REQUEST, Some("context_length_exceeded")),
                FaultKind::Picture => (REQUEST, Some("invalid_image")),
                _ => (REQUEST, None),
            },
            Self::QueueFull { .. } | Self::NoRoom => ("overloaded_error", Some("overloaded")),
            Self::TokenFile(_)
            | Self::Failed(_)
            | Self::TooLong { .. }
            | Self::Stopping
            | Self::Bug => ("server_error", None),
            _ => (REQUEST, None),
        }
    }
}

/// What an answer fails with: by what was asked, or by what is here.
impl From<AppError> for Refusal {
    fn from(error: AppError) -> Self {
        let is_prompt = matches!(&error, AppError::Engine(EngineError::Prompt(_)));
        match error.kind() {
            FaultKind::ContextFull | FaultKind::Picture => Self::Unanswerable(error.into()),
            _ if is_prompt => Self::Unanswerable(error.into()),
            _ => Self::Failed(error.into()),
        }
    }
}

/// Checks that a parameter was refused, and why.
#[cfg(test)]
#[track_caller]
pub(crate) fn check_parameter<T: std::fmt::Debug>(
    refused: Result<T, Refusal>,
    expected: &str,
    why: &str,
) {
    match refused {
        Err(Refusal::Parameter { param, reason, .. }) => {
            assert_eq!(param, expected);
            assert!(reason.contains(why), "{reason}");
        }
        other => panic!("{other:?}"),
    }
}
