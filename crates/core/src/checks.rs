//! The rules that stand beside the duties, and the finds and suspect images that cannot wait.

pub(crate) mod data;
pub(crate) mod goods;
pub(crate) mod life;
pub(crate) mod registers;
pub(crate) mod screening;
pub(crate) mod upload;
