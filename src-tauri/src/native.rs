//! The system's own dialog, for what cannot be said in a page.

/// Whether there is a desktop to show something on.
#[cfg(target_os = "linux")]
pub fn has_display() -> bool {
    // The event loop does the same a moment later, and panics where we can still say why.
    gtk::init().is_ok()
}

#[cfg(not(target_os = "linux"))]
pub fn has_display() -> bool {
    true
}

/// Says what happened and asks what to do, on the main thread. Returns which of the answers was given;
/// `None` when the dialog was closed. Of more answers than three, only GTK shows all.
#[cfg(target_os = "linux")]
pub fn ask(message: &str, hint: &str, answers: &[&str]) -> Option<usize> {
    use gtk::prelude::*;
    use gtk::{ButtonsType, DialogFlags, MessageDialog, MessageType, ResponseType, Window};

    let (kind, buttons) = (MessageType::Error, ButtonsType::None);
    let dialog = MessageDialog::new(None::<&Window>, DialogFlags::empty(), kind, buttons, message);
    // What a screen reader says first.
    dialog.set_title(message);
    dialog.set_secondary_text(Some(hint));
    for (answer, number) in answers.iter().zip(0_u16..) {
        dialog.add_button(answer, ResponseType::Other(number));
    }
    dialog.set_default_response(ResponseType::Other(0));
    let response = dialog.run();
    dialog.close();
    match response {
        ResponseType::Other(number) => Some(usize::from(number)),
        _ => None,
    }
}

#[cfg(not(target_os = "linux"))]
pub fn ask(message: &str, hint: &str, answers: &[&str]) -> Option<usize> {
    use rfd::{MessageButtons, MessageDialog, MessageDialogResult, MessageLevel};

    let owned = |i: usize| answers.get(i).copied().unwrap_or_default().to_owned();
    let buttons = match answers.len() {
        0 | 1 => MessageButtons::OkCustom(owned(0)),
        2 => MessageButtons::OkCancelCustom(owned(0), owned(1)),
        _ => MessageButtons::YesNoCancelCustom(owned(0), owned(1), owned(answers.len() - 1)),
    };
    let result = MessageDialog::new()
        .set_level(MessageLevel::Error)
        .set_title("Lorgnette")
        .set_description(format!("{message}\n\n{hint}"))
        .set_buttons(buttons)
        .show();
    match result {
        MessageDialogResult::Custom(answer) => answers.iter().position(|one| *one == answer),
        _ => None,
    }
}
