//! The intake of Sanbai over HTTP.

#![forbid(unsafe_code)]
