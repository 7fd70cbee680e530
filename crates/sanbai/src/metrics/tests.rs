//! A daemon on loopback, what it tells, and a reader that believes nothing.

mod listener;
mod page;
mod rates;
mod world;
