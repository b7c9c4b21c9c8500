//! A server's model that answers.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use lorgnette_engine::{Answer, AnswerEvent, AnswerOptions, AnswersEvent, Chat, Role, TurnPart};
use lorgnette_image::ImageConfig;
use lorgnette_interrupt::{Cancel, Interrupted};
use serde_json::{Map, Value};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use crate::assembly::Assembly;
use crate::error::RemoteError;
use crate::http::{Http, Patience, Stopped};
use crate::key::Key;
use crate::probe::{Probed, Software, probe};
use crate::server::{Server, Servers};
use crate::sse::Events;
use crate::wire::{self, Body, Message};

/// The longest side of a picture that is sent, in pixels: OpenAI's own servers take no more, and the
/// models of this family look at less.
const MAX_SIDE: u32 = 2048;
/// Requests in flight for several answers to one question.
const MOST_TOGETHER: usize = 4;

/// A server's model that answers. A drop closes all connections.
pub struct RemoteModel {
    server: Server,
    probed: Probed,
    asked: Arc<Asked>,
    /// `None` only while it is dropped.
    runtime: Option<Runtime>,
}

/// What each request needs.
struct Asked {
    http: Http,
    model: String,
    /// The model was heard thinking.
    thinks: AtomicBool,
}

/// How a picture is sent: as large as it is up to a longest side, in the numbers of its file, so that
/// they are the same again when they are bytes.
pub(crate) fn pixel_config(max_side: Option<u32>) -> ImageConfig {
    let config = ImageConfig {
        patch_size: 1,
        spatial_merge_size: 1,
        has_row_ends: false,
        max_side: MAX_SIDE,
        mean: [0.0; 3],
        std: [1.0; 3],
    };
    max_side.map_or(config, |max_side| config.with_max_side(max_side))
}

impl RemoteModel {
    /// Asks a server what it has, so that it can be remembered and is known to answer. Without a `model`
    /// it is the only one that the server has. `key` is a key that was typed and is nowhere yet.
    ///
    /// # Errors
    /// [`RemoteError`] says what is wrong with the server, its key or the model.
    pub fn find(
        mut server: Server,
        model: Option<&str>,
        key: Option<&str>,
        servers: &Servers,
        cancel: &Cancel,
    ) -> Result<Option<Self>, RemoteError> {
        server.model = String::new();
        let key = match key {
            Some(key) => Some(Key::typed(key)?),
            None => server.key.read(&server.name, servers.folder())?,
        };
        Self::reach(server, model, key, &Patience::default(), cancel)
    }

    /// Opens the model of a server that was connected. `None` when it was cancelled.
    ///
    /// # Errors
    /// [`RemoteError`] says what is wrong with the server, its key or the model.
    pub fn open(
        server: Server,
        servers: &Servers,
        patience: &Patience,
        cancel: &Cancel,
    ) -> Result<Option<Self>, RemoteError> {
        let model = server.model.clone();
        let key = server.key.read(&server.name, servers.folder())?;
        Self::reach(server, Some(&model), key, patience, cancel)
    }

    fn reach(
        mut server: Server,
        model: Option<&str>,
        key: Option<Key>,
        patience: &Patience,
        cancel: &Cancel,
    ) -> Result<Option<Self>, RemoteError> {
        let http = Http::new(server.address.clone(), key, patience.clone())?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("server")
            .enable_all()
            .build()
            .map_err(|error| RemoteError::Client { reason: error.to_string() })?;
        let probed = match runtime.block_on(probe(&http, model, cancel)) {
            Ok(probed) => probed,
            Err(Interrupted::Cancelled) => return Ok(None),
            Err(Interrupted::Failed(error)) => return Err(error),
        };
        server.model.clone_from(&probed.model);
        let asked = Asked { http, model: probed.model.clone(), thinks: AtomicBool::new(false) };
        Ok(Some(Self { server, probed, asked: Arc::new(asked), runtime: Some(runtime) }))
    }

    /// The server, and which of its models answers.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// Where pictures go, for people.
    pub fn host(&self) -> String {
        self.server.address.host()
    }

    /// What the server runs.
    pub fn software(&self) -> Software {
        self.probed.software
    }

    /// Tokens of a chat; `None` where the server does not say.
    pub fn context(&self) -> Option<usize> {
        self.probed.context
    }

    /// How large a picture is for this model, about: the server counts its tokens, and of most models of
    /// this size a token is 28 × 28 pixels.
    ///
    /// # Errors
    /// [`RemoteError::NoPictures`] if the server says that the model takes none.
    pub fn image_config(&self, max_side: Option<u32>) -> Result<ImageConfig, RemoteError> {
        if self.probed.reads_pictures == Some(false) {
            return Err(
                self.in_full(RemoteError::NoPictures { host: self.host(), model: String::new() })
            );
        }
        let config = ImageConfig { max_side: MAX_SIDE, ..ImageConfig::MISTRAL_3 };
        Ok(max_side.map_or(config, |max_side| config.with_max_side(max_side)))
    }

    /// How the pixels of a picture are prepared to be sent.
    pub fn pixel_config(max_side: Option<u32>) -> ImageConfig {
        pixel_config(max_side)
    }

    /// Asks for an answer. Events come on another thread, the finished answer to the receiver. An
    /// answer that was cancelled, or whose connection broke, is one as far as it came.
    pub fn answer(
        &self,
        chat: &Chat,
        options: &AnswerOptions,
        cancel: Cancel,
        mut emit: impl FnMut(AnswerEvent) + Send + 'static,
    ) -> mpsc::Receiver<Result<Answer, RemoteError>> {
        let asked = Arc::clone(&self.asked);
        let request = self.request(chat, options);
        self.spawn(async move {
            let (messages, options) = request?;
            asked.answer(&messages, &options, &cancel, &mut emit).await
        })
    }

    /// Asks for several answers to one question, some of them at the same time. The first that fails
    /// ends them all.
    pub fn answers(
        &self,
        chat: &Chat,
        options: &[AnswerOptions],
        cancel: Cancel,
        emit: impl FnMut(AnswersEvent) + Send + 'static,
    ) -> mpsc::Receiver<Result<Vec<Answer>, RemoteError>> {
        let asked = Arc::clone(&self.asked);
        let messages = self.messages(chat);
        let options: Result<Vec<_>, _> = options.iter().map(|one| self.options(one)).collect();
        self.spawn(async move { asked.answers(messages?, options?, &cancel, emit).await })
    }

    fn spawn<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, RemoteError>> + Send + 'static,
    ) -> mpsc::Receiver<Result<T, RemoteError>> {
        let (to_caller, result) = mpsc::channel();
        if let Some(runtime) = &self.runtime {
            let (host, model) = (self.host(), self.server.model.clone());
            runtime.spawn(async move {
                let ended = work.await.map_err(|error| in_full(error, &host, &model));
                // A caller that has gone does not want to know.
                let _ = to_caller.send(ended);
            });
        }
        result
    }

    fn request(
        &self,
        chat: &Chat,
        options: &AnswerOptions,
    ) -> Result<(Vec<Message>, Map<String, Value>), RemoteError> {
        Ok((self.messages(chat)?, self.options(options)?))
    }

    /// # Errors
    /// [`RemoteError::CannotContinue`] for an answer that is to go on: OpenAI's interface has no word for
    /// it. One that has only been thought about begins anew.
    fn messages(&self, chat: &Chat) -> Result<Vec<Message>, RemoteError> {
        let is_begun = chat.turns.last().is_some_and(|turn| {
            let is_text = |part: &TurnPart| matches!(part, TurnPart::Text(_));
            turn.role == Role::Assistant && turn.parts.iter().any(is_text)
        });
        // llama.cpp and Lorgnette go on with a last answer.
        let goes_on = matches!(self.probed.software, Software::LlamaCpp | Software::Lorgnette);
        if is_begun && !goes_on {
            return Err(RemoteError::CannotContinue { host: self.host() });
        }
        wire::messages(chat)
    }

    fn options(&self, options: &AnswerOptions) -> Result<Map<String, Value>, RemoteError> {
        let thinks = self.asked.thinks.load(Ordering::Relaxed);
        wire::options(options, self.probed.software, thinks)
            .map_err(|parameter| RemoteError::Parameter { host: self.host(), parameter })
    }

    fn in_full(&self, error: RemoteError) -> RemoteError {
        in_full(error, &self.host(), &self.server.model)
    }
}

impl Drop for RemoteModel {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // A look-up of a name that hangs is not waited for.
            runtime.shutdown_background();
        }
    }
}

/// The error with the model in it, which requests do not know.
fn in_full(error: RemoteError, host: &str, model: &str) -> RemoteError {
    let (host, model) = (host.to_owned(), model.to_owned());
    match error {
        RemoteError::WrongModel { model: named, there, .. } if named.is_empty() => {
            RemoteError::WrongModel { host, model, there }
        }
        RemoteError::NoPictures { model: named, .. } if named.is_empty() => {
            RemoteError::NoPictures { host, model }
        }
        error => error,
    }
}

impl Asked {
    async fn answer(
        &self,
        messages: &[Message],
        options: &Map<String, Value>,
        cancel: &Cancel,
        emit: &mut (dyn FnMut(AnswerEvent) + Send),
    ) -> Result<Answer, RemoteError> {
        let mut assembly = Assembly::new(self.http.address.host());
        match self.stream(messages, options, cancel, &mut assembly, emit).await {
            Ok(()) => self.finished(assembly, None),
            Err(Interrupted::Failed(error)) => self.finished(assembly, Some(error)),
            Err(Interrupted::Cancelled) => Ok(assembly.cancelled()),
        }
    }

    fn finished(
        &self,
        assembly: Assembly,
        failure: Option<RemoteError>,
    ) -> Result<Answer, RemoteError> {
        if assembly.thinks() {
            self.thinks.store(true, Ordering::Relaxed);
        }
        assembly.finish(failure)
    }

    /// Reads the stream to its end. What is left of it when this returns is not read: the connection is
    /// closed.
    async fn stream(
        &self,
        messages: &[Message],
        options: &Map<String, Value>,
        cancel: &Cancel,
        assembly: &mut Assembly,
        emit: &mut (dyn FnMut(AnswerEvent) + Send),
    ) -> Result<(), Stopped> {
        let body = serde_json::to_vec(&Body::new(&self.model, messages, options));
        let body = body.map_err(|error| RemoteError::Client { reason: error.to_string() })?;
        let url = self.http.address.of("chat/completions");
        let mut response = self.http.post(url, body, cancel).await?;
        let mut events = Events::default();
        let mut patience = self.http.patience.first;
        while let Some(piece) = self.http.piece(&mut response, patience, cancel).await? {
            let mut failed = None;
            let read = events.push(piece.as_ref(), |data| {
                assembly.push(data, emit).map_err(|error| {
                    failed = Some(error);
                    String::new()
                })
            });
            match (read, failed) {
                (_, Some(error)) => return Err(error.into()),
                (Err(reason), None) => return Err(self.http.not_openai(reason).into()),
                (Ok(()), None) => {}
            }
            if assembly.is_done() {
                return Ok(());
            }
            patience = self.patience_after(assembly);
        }
        Ok(())
    }

    fn patience_after(&self, assembly: &Assembly) -> Duration {
        let patience = &self.http.patience;
        match assembly {
            assembly if assembly.has_ended() => patience.end,
            assembly if assembly.has_begun() => patience.next,
            _ => patience.first,
        }
    }

    async fn answers(
        self: Arc<Self>,
        messages: Vec<Message>,
        options: Vec<Map<String, Value>>,
        cancel: &Cancel,
        mut emit: impl FnMut(AnswersEvent) + Send + 'static,
    ) -> Result<Vec<Answer>, RemoteError> {
        let messages = Arc::new(messages);
        let mut answers: Vec<Option<Answer>> = vec![None; options.len()];
        let mut waiting = options.into_iter().enumerate();
        // When this is dropped, what runs is stopped and its connections are closed.
        let mut running = JoinSet::new();
        let (to_here, mut events) = tokio::sync::mpsc::unbounded_channel();
        loop {
            while running.len() < MOST_TOGETHER
                && !cancel.is_cancelled()
                && let Some((index, options)) = waiting.next()
            {
                let (asked, messages) = (Arc::clone(&self), Arc::clone(&messages));
                let (cancel, to_here) = (cancel.clone(), to_here.clone());
                running.spawn(async move {
                    let mut emit = |event| {
                        let _ = to_here.send(AnswersEvent::Writing { index, event });
                    };
                    (index, asked.answer(&messages, &options, &cancel, &mut emit).await)
                });
            }
            tokio::select! {
                // All that an answer said comes before its end.
                biased;
                Some(event) = events.recv() => emit(event),
                ended = running.join_next() => match ended {
                    None => break,
                    Some(Ok((index, answer))) => {
                        while let Ok(event) = events.try_recv() {
                            emit(event);
                        }
                        let answer = answer?;
                        emit(AnswersEvent::Ended { index, answer: answer.clone() });
                        answers[index] = Some(answer);
                    }
                    Some(Err(error)) => {
                        return Err(RemoteError::Client { reason: error.to_string() });
                    }
                },
            }
        }
        Ok(answers.into_iter().flatten().collect())
    }
}
