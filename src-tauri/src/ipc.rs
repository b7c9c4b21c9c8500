//! What crosses to the page and back: the types of `ui/src/backend/bindings.ts`.

mod answers;
mod chats;
mod events;
mod fault;
mod models;
mod panel;
mod pictures;
mod rest;
mod settings;
mod speech;
mod status;

pub use answers::{AnswerEvent, AskDto};
pub use chats::{ChatDto, ChatSummaryDto, DraftDto, ImportedDto, MessageDto, OpenDraftDto};
pub use events::{AppEvent, AppEvents, FromDto};
pub use fault::UiError;
pub use models::{ModelDto, ModelStateDto};
pub use panel::{PanelEvent, WishDto};
pub use pictures::{
    AddedDto, AttachmentDto, EstimateDto, FaultDto, PastedDto, PictureDto, attachments,
};
pub use rest::{
    BootDto, DoctorDto, EditDto, FoldersDto, LinkDto, MenuDto, MenuItemDto, NetworkDto,
    PlatformDto, SampleDto,
};
pub use settings::SettingsDto;
pub use speech::{AloudDoDto, AloudDto, CheckDto, VoiceDto};
pub use status::{MemoryDto, PreparationDto, StatusDto};
