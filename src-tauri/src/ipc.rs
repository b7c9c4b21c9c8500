//! What crosses to a page and back in a shape of its own. What crosses as the app has it derives its
//! binding there, under the feature `ipc`; all of it together is `ui/src/contract.ts`.

mod answers;
mod chats;
mod events;
mod fault;
mod menu;
mod models;
mod panel;
mod pictures;
mod servers;
mod settings;
mod shell;
mod speech;
mod start;
mod status;

pub use answers::{AnswerEvent, AskDto};
pub use chats::{ChatDto, DraftDto, ImportedDto, MessageDto, OpenDraftDto};
pub use events::{AppEvent, AppEvents, FromDto, OldPicturesDto};
pub use fault::UiError;
pub use menu::{EditDto, MenuDto, MenuItemDto};
pub use models::{AddedModelDto, ModelDto, ModelStateDto};
pub use panel::PanelEvent;
pub use pictures::{AddedDto, AttachmentDto, PastedDto, PictureDto, RefusedFileDto, attachments};
pub use servers::{ConnectedDto, NewServerDto, ServedDto};
pub use settings::{FoldersDto, KeyBindingDto, SettingsDto};
pub use shell::{BootDto, DoctorDto, NetworkDto, NewestVersionDto, PlatformDto};
pub use speech::{AloudDto, CheckDto};
pub use start::FailedStartDto;
pub use status::{MemoryDto, StatusDto};
