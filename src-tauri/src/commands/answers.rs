//! Commands to ask, and to stop an answer.

use lorgnette_app::coordinator::{Asked, Listener, Progress};
use tauri::ipc::Channel;
use tokio::sync::oneshot;

use super::{AppState, Outcome, apart};
use crate::announce;
use crate::ipc::{AnswerEvent, AskDto};

/// Asks, and comes back when the answer has ended.
#[tauri::command]
#[specta::specta]
pub async fn ask(app: AppState<'_>, ask: AskDto, to_ui: Channel<AnswerEvent>) -> Outcome<()> {
    let app = app.inner().clone();
    let (done, ended) = oneshot::channel();
    apart(move || {
        app.set_screen_reader(announce::screen_reader_runs());
        let listener = |asked: &Asked| -> Listener {
            // A page that is gone asks for the chat when it is back.
            let _ = to_ui.send(asked.into());
            let mut done = Some(done);
            Box::new(move |progress| {
                let is_end = matches!(progress, Progress::Ended(_));
                let _ = to_ui.send(progress.into());
                if let Some(done) = done.take_if(|_| is_end) {
                    let _ = done.send(());
                }
            })
        };
        app.ask(ask.into(), listener)?;
        Ok(())
    })
    .await?;
    // An error only when the listener is gone, and then the answer has ended too.
    let _ = ended.await;
    Ok(())
}

/// Stops an answer that is being made or waits for its turn.
#[tauri::command]
#[specta::specta]
pub async fn stop(app: AppState<'_>, answer_id: i64) -> Outcome<()> {
    app.stop(answer_id);
    Ok(())
}
