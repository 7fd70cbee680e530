//! The commands of an operator, with a running daemon and on its directory.

mod bucket;
mod daemon;
mod doctor;
mod files;
mod orders;
mod recorded;
mod rejects;
mod reload;
mod upgrade;
