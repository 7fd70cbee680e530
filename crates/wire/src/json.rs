//! JSON: the canonical proto3 mapping of the event schema, read strictly and written canonically.

mod read;
mod text;
mod transcode;
mod write;

pub(crate) use read::{Reader, Shape};
pub(crate) use transcode::transcode;
pub(crate) use write::{push_text, write};
