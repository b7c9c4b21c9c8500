use lorgnette_app::Region;
use lorgnette_app::chats::{AnswerBy, Attachment, End, Filter, Message, PictureInfo};
use lorgnette_app::coordinator::Ask;
use lorgnette_app::folders::Folders;

use super::*;

/// An app in a folder of its own, whose model is never loaded.
fn app(folder: &Path) -> App {
    App::open(Folders::below(folder), |_| {}).unwrap()
}

const HOSTILE: &str =
    "</p><script>alert(1)</script> \"quoted\" </script><!-- data-picture=\"x\" src=\"data:image/";

/// Text as it stands in a picture, with signs that Markdown has a meaning for.
const EXACT: &str = "# 1. *Total*\n```\n> 12";

/// A thought that would end its fold.
const THOUGHT: &str = "Is it <b>green</b>?\n```\n</details><script>alert(2)</script>";

/// A chat with a picture, three branches, and an answer that would break out of a page.
fn make(app: &App) -> ChatId {
    let sign = include_bytes!("../../../assets/samples/sign.png");
    let picture = app.add_bytes("red & <green>", sign).unwrap();
    let other = include_bytes!("fixtures/0.1.0/picture-1.png");
    let other = app.add_bytes("blue", other).unwrap();
    let attach = |picture: PictureInfo| Attachment {
        picture: picture.id,
        name: picture.name,
        region: Some(Region { x: 0, y: 0, width: 1, height: 1 }),
        turn: 1,
        max_side: Some(512),
    };
    let chats = app.chats();
    let (chat, question) = chats.add_question(None, None, "What?", &[attach(other)]).unwrap();
    let (_, first) = chats.begin_answer(question, AnswerBy::Model).unwrap();
    chats.end_answer(first, "Blue.", &End::Whole, Some("Pocket"), None).unwrap();
    let (_, again) = chats.add_question(Some(chat), None, "And this?", &[attach(picture)]).unwrap();
    let (_, second) = chats.begin_answer(again, AnswerBy::Model).unwrap();
    chats.write_thoughts(second, THOUGHT).unwrap();
    chats.end_answer(second, HOSTILE, &End::Whole, Some("Pocket"), None).unwrap();
    let (_, exact) = chats.begin_answer(again, AnswerBy::Reader).unwrap();
    chats.end_answer(exact, EXACT, &End::Whole, None, None).unwrap();
    chats.choose_branch(second).unwrap();
    chat
}

/// What matters of a message: the parent's words, who says it, own thoughts and words, pictures.
type Said = (Option<String>, AnswerBy, [String; 2], Vec<Attachment>);

/// What matters of all messages.
fn told(app: &App, chat: ChatId) -> Vec<Said> {
    let all = app.chats().messages(chat).unwrap();
    let text = |id| all.iter().find(|message| message.id == id).map(|message| message.text.clone());
    let said = |m: &Message| [m.thoughts.clone(), m.text.clone()];
    let told = |m: &Message| (m.parent.and_then(text), m.by, said(m), m.pictures.clone());
    all.iter().map(told).collect()
}

#[track_caller]
fn check_comes_back(format: ExportFormat) {
    let folder = tempfile::tempdir().unwrap();
    let from = app(&folder.path().join("from"));
    let chat = make(&from);
    let path = folder.path().join(file_name("A: chat/with <signs>", format));
    write(&from, chat, format, &path).unwrap();
    let to = app(&folder.path().join("to"));
    let file = if format == ExportFormat::Markdown { path.join("chat.md") } else { path };
    let imported = import(&to, &file).unwrap();
    assert_eq!(told(&to, imported), told(&from, chat));
    let (of, again) = (to.chats().chat(imported).unwrap(), from.chats().chat(chat).unwrap());
    assert_eq!((of.title, of.messages.len()), (again.title, again.messages.len()));
}

#[test]
fn a_page_that_was_chosen_comes_back() {
    let pages = include_bytes!("../../lorgnette-image/tests/fixtures/bugs/tiff-three-pages.tif");
    let folder = tempfile::tempdir().unwrap();
    let from = app(&folder.path().join("from"));
    let first = from.add_bytes("pages.tif", pages).unwrap();
    let PictureInfo { id, name, .. } = from.choose_page(&first.id, 2).unwrap();
    let second = Attachment { picture: id, name, region: None, turn: 0, max_side: None };
    let (chat, _) =
        from.chats().add_question(None, None, "?", std::slice::from_ref(&second)).unwrap();
    for (format, file) in
        [(ExportFormat::Markdown, "chat/chat.md"), (ExportFormat::Html, "chat.html")]
    {
        let file = folder.path().join(file);
        let path =
            if format == ExportFormat::Html { file.as_path() } else { file.parent().unwrap() };
        write(&from, chat, format, path).unwrap();
        assert!(fs_err::read_to_string(&file).unwrap().contains("pages.tif, page 2"));
        let to = app(&folder.path().join(format!("to {format:?}")));
        let imported = import(&to, &file).unwrap();
        assert_eq!(told(&to, imported), told(&from, chat));
        assert_eq!(to.picture(&second.picture).unwrap().page(), Some(2));
    }
}

#[test]
fn a_folder_comes_back_with_pictures_and_branches() {
    check_comes_back(ExportFormat::Markdown);
}

#[test]
fn a_page_comes_back_with_pictures_and_branches() {
    check_comes_back(ExportFormat::Html);
}

#[test]
fn exact_text_is_exported_to_the_letter_and_says_that_no_model_wrote_it() {
    let folder = tempfile::tempdir().unwrap();
    let app = app(folder.path());
    let chat = make(&app);
    let exact = app.chats().messages(chat).unwrap().pop().unwrap();
    assert_eq!(exact.by, AnswerBy::Reader);
    app.chats().choose_branch(exact.id).unwrap();
    write(&app, chat, ExportFormat::Markdown, &folder.path().join("chat")).unwrap();
    let text = fs_err::read_to_string(folder.path().join("chat/chat.md")).unwrap();
    let expected = format!("## Exact text, no model\n\n````text\n{EXACT}\n````\n");
    assert!(text.ends_with(&expected), "{text}");
    let page = folder.path().join("chat.html");
    write(&app, chat, ExportFormat::Html, &page).unwrap();
    let page = fs_err::read_to_string(&page).unwrap();
    assert!(page.contains("<h2>Exact text, no model</h2>\n<p># 1. *Total*\n```\n&gt; 12</p>"));
}

#[test]
fn thoughts_are_exported_folded_and_to_the_letter() {
    let folder = tempfile::tempdir().unwrap();
    let app = app(folder.path());
    let chat = make(&app);
    write(&app, chat, ExportFormat::Markdown, &folder.path().join("chat")).unwrap();
    let text = fs_err::read_to_string(folder.path().join("chat/chat.md")).unwrap();
    let folded = format!(
        "## Pocket\n\n<details><summary>Thoughts</summary>\n\n````text\n{THOUGHT}\n````\n\n\
         </details>\n\n{HOSTILE}"
    );
    assert!(text.contains(&folded), "{text}");
    let page = folder.path().join("chat.html");
    write(&app, chat, ExportFormat::Html, &page).unwrap();
    let page = fs_err::read_to_string(&page).unwrap();
    let folded = "<details><summary>Thoughts</summary><p>Is it &lt;b&gt;green&lt;/b&gt;?\n```\n\
                  &lt;/details&gt;&lt;script&gt;alert(2)&lt;/script&gt;</p></details>\n<div>\n&lt;/p&gt;";
    assert!(page.contains(folded), "{page}");
    // Of answers without thoughts nothing is said.
    assert_eq!((text.matches("<summary>").count(), page.matches("<summary>").count()), (1, 1));
    let json = fs_err::read_to_string(folder.path().join("chat/chat.json")).unwrap();
    assert_eq!(json.matches("\"thoughts\"").count(), 1);
}

#[test]
fn a_page_runs_and_loads_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let app = app(folder.path());
    let chat = make(&app);
    let path = folder.path().join("chat.html");
    write(&app, chat, ExportFormat::Html, &path).unwrap();
    let page = fs_err::read_to_string(&path).unwrap();
    assert!(page.contains("default-src 'none'"));
    assert_eq!(page.matches("<script").count(), 1, "only the data");
    assert!(page.contains("red &amp; &lt;green&gt;"));
}

#[test]
fn what_is_no_chat_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let app = app(folder.path());
    let chat = make(&app);
    let export = folder.path().join("export");
    write(&app, chat, ExportFormat::Markdown, &export).unwrap();
    let data = export.join("chat.json");
    let good = fs_err::read_to_string(&data).unwrap();
    let n_chats = || app.chats().list(&Filter { limit: 99, ..Default::default() }).unwrap().len();
    let before = n_chats();
    for bad in [
        String::new(),
        "{}".into(),
        good.replace("lorgnette-chat", "other"),
        good.replace("\"version\": 1", "\"version\": 99"),
        good.replace("\"parent\": 0", "\"parent\": 77"),
        good.replace("picture-1.png", "../../etc/passwd"),
        good.replace("picture-1.png", "/etc/passwd"),
        good.replace("picture-1.png", "picture-2.png"),
        good[..good.len() / 2].to_owned(),
    ] {
        fs_err::write(&data, bad).unwrap();
        assert!(import(&app, &export.join("chat.md")).is_err());
    }
    fs_err::write(folder.path().join("x.html"), "<p>hello").unwrap();
    assert!(import(&app, &folder.path().join("x.html")).is_err());
    assert!(import(&app, &folder.path().join("none.md")).is_err());
    assert_eq!(n_chats(), before);
    // The app still answers: nothing was left half-done.
    assert!(
        app.ask(Ask::Again { answer: 999, by: AnswerBy::Model }, |_| Box::new(|_| {})).is_err()
    );
}

#[test]
fn names_are_good_on_every_system() {
    assert_eq!(file_name("a/b\\c:d*?\"<>|\n", ExportFormat::Markdown), "a b c d");
    assert_eq!(file_name("...", ExportFormat::Html), "Chat.html");
    assert_eq!(file_name("Reçu, n° 3", ExportFormat::Html), "Reçu, n 3.html");
}

#[test]
fn a_chat_that_version_0_1_0_exported_is_imported_with_its_branches_and_its_region() {
    let folder = tempfile::tempdir().unwrap();
    let app = app(folder.path());
    let exported = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/fixtures/0.1.0/chat.md");
    let chat = import(&app, &exported).unwrap();
    let shown = app.chats().chat(chat).unwrap();
    assert_eq!(shown.title, "A red picture");
    let texts: Vec<&str> = shown.messages.iter().map(|message| message.text.as_str()).collect();
    assert_eq!(texts, ["What colour is it?", "It is red."]);
    assert_eq!(shown.messages[1].siblings.len(), 2);
    let attachment = &shown.messages[0].pictures[0];
    let region = Region { x: 0, y: 0, width: 2, height: 2 };
    assert_eq!(
        (attachment.region, attachment.turn, attachment.max_side),
        (Some(region), 1, Some(512))
    );
    assert_eq!(app.pictures().view(attachment).unwrap().width(), 2);
}

/// Adds an answer page by page about the first two pages of a document, in the words of a language.
fn ask_about_pages(app: &App, pdf: &[u8], of: &str) -> ChatId {
    let document = app.add_bytes("report.pdf", pdf).unwrap();
    let pages = app.choose_pages(&document.id, &[1, 2]).unwrap();
    let attach = |picture: PictureInfo| Attachment {
        picture: picture.id,
        name: picture.name,
        region: None,
        turn: 0,
        max_side: None,
    };
    let pages: Vec<Attachment> = pages.into_iter().map(attach).collect();
    let chats = app.chats();
    let (chat, question) = chats.add_question(None, None, "What is on it?", &pages).unwrap();
    let (_, answer) = chats.begin_answer(question, AnswerBy::Pages).unwrap();
    let text = format!("## Page 1 {of} 3\n\n**A boiler**\n\n## Page 2 {of} 3\n\nA valve");
    chats.end_answer(answer, &text, &End::Whole, Some("Pocket"), None).unwrap();
    chat
}

#[test]
fn pages_of_a_document_are_shown_and_headings_lead_to_them_and_the_document_is_there_once() {
    let pdf = include_bytes!("../../lorgnette-image/tests/fixtures/documents/cairo.pdf");
    for of in ["of", "sur"] {
        let folder = tempfile::tempdir().unwrap();
        let from = app(&folder.path().join("from"));
        let chat = ask_about_pages(&from, pdf, of);
        let page = folder.path().join("chat.html");
        write(&from, chat, ExportFormat::Html, &page).unwrap();
        let html = fs_err::read_to_string(&page).unwrap();
        assert_eq!(html.matches("application/pdf").count(), 1);
        for number in 1..=2 {
            let shown =
                format!("<figure id=\"picture-{number}\"><img src=\"data:image/png;base64,");
            assert!(html.contains(&shown), "{number}");
            let named = format!("\" alt=\"report.pdf, page {number}\">");
            assert!(html.contains(&named), "{number}");
            let link = format!("<a href=\"#picture-{number}\">Page {number} {of} 3</a>");
            assert!(html.contains(&link), "{link}");
        }
        assert!(html.contains("<strong>A boiler</strong>"));
        let text = folder.path().join("chat");
        write(&from, chat, ExportFormat::Markdown, &text).unwrap();
        let markdown = fs_err::read_to_string(text.join("chat.md")).unwrap();
        assert!(markdown.contains("![report.pdf, page 2](shown-2.png)"), "{markdown}");
        assert!(markdown.contains(&format!("\n## [Page 2 {of} 3](shown-2.png)\n\nA valve\n")));
        let mut files: Vec<_> = fs_err::read_dir(&text)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        files.sort();
        let expected = ["chat.json", "chat.md", "picture-1.pdf", "shown-1.png", "shown-2.png"];
        assert_eq!(files, expected);
        for (name, file) in [("page", page), ("folder", text.join("chat.md"))] {
            let to = app(&folder.path().join(name));
            let imported = import(&to, &file).unwrap();
            assert_eq!(told(&to, imported), told(&from, chat));
        }
    }
}

#[test]
fn a_page_that_version_0_1_0_exported_is_imported() {
    let folder = tempfile::tempdir().unwrap();
    let app = app(folder.path());
    let png = include_bytes!("fixtures/0.1.0/picture-1.png");
    let json = include_str!("fixtures/0.1.0/chat.json");
    let exported: chat::Exported = serde_json::from_str(json).unwrap();
    let id = exported.pictures.keys().next().unwrap();
    let bytes = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, png);
    // As that version had it: type before bytes, name behind them.
    let page = format!(
        "<!doctype html>\n<h2>You</h2>\n<img data-picture=\"{id}\" \
         src=\"data:image/png;base64,{bytes}\" alt=\"red\">\n<p>What?</p>\n\
         <script type=\"application/json\" id=\"lorgnette-chat\">{json}</script>\n"
    );
    let file = folder.path().join("old.html");
    fs_err::write(&file, page).unwrap();
    let chat = import(&app, &file).unwrap();
    assert_eq!(app.chats().chat(chat).unwrap().title, "A red picture");
}
