//! The command line as its users meet it: the real binary, real files, real pipes.

mod check;
mod demo;
mod explain;
mod generate;
mod id;
mod operate;
mod order;
mod privacy;
mod push;
mod push_tls;
mod rejects;
mod replay;
mod rules;
mod support;
