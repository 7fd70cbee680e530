//! One scenario for each row of the bad-input matrix that concerns decoding: bytes in, code and pointer out.

mod form;
mod personal;
mod protobuf;
mod support;
mod values;
