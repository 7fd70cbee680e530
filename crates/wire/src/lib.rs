//! Bytes to and from `sanbai-core`: protobuf, JSON, CloudEvents. Personal data stops here.

pub mod proto;
