//! The bytes of a body: read within limits of size and time, and unpacked within limits of size.

use std::io::Read as _;

use axum::body::Body;
use http_body_util::BodyExt as _;
use hyper::body::Body as _;
use ruzstd::decoding::FrameDecoder;
use ruzstd::decoding::errors::FrameDecoderError;
use sanbai_wire::Code;
use tokio::time::{Instant, timeout, timeout_at};

use crate::form::Packing;
use crate::hold::{Hold, take_of_each};
use crate::refusal::{Refusal, Why};
use crate::settings::Settings;

/// How far back a zstd frame may refer: what every decoder of HTTP must know (RFC 9659).
const ZSTD_WINDOW_MAX: u64 = 8 << 20;

/// Reads a body. What it holds counts from its first byte on.
pub(crate) async fn read(
    mut body: Body,
    settings: &Settings,
    until: Instant,
    holds: &mut [Hold<'_>],
) -> Result<Vec<u8>, Refusal> {
    if body.size_hint().lower() > settings.body_bytes_max as u64 {
        return Err(too_large(settings.body_bytes_max));
    }
    let mut bytes = Vec::new();
    loop {
        let frame = timeout_at(until, timeout(settings.body_idle_timeout, body.frame())).await;
        let frame = match frame {
            Ok(Ok(Some(Ok(frame)))) => frame,
            Ok(Ok(None)) => return Ok(bytes),
            Ok(Ok(Some(Err(_)))) => {
                let detail = "the body broke off or is no HTTP; the connection is closed";
                return Err(Refusal::new(Why::HttpFraming, detail));
            }
            Ok(Err(_)) | Err(_) => {
                let detail = "the body came too slowly; send it again, in smaller batches on a slow line";
                return Err(Refusal::new(Why::RequestTimeout, detail));
            }
        };
        let Ok(data) = frame.into_data() else { continue };
        if bytes.len() + data.len() > settings.body_bytes_max {
            return Err(too_large(settings.body_bytes_max));
        }
        if !take_of_each(holds, data.len()) {
            return Err(too_much());
        }
        bytes.extend_from_slice(&data);
    }
}

/// More is under way than may be.
pub(crate) fn too_much() -> Refusal {
    Refusal::new(Why::RateLimited, "too much is sent at once; send it again later")
}

fn too_large(max: usize) -> Refusal {
    Refusal::code(
        Code::BodyTooLarge,
        format!("the body has more than {max} bytes; send smaller batches"),
    )
}

/// Unpacks a body. Never holds more than the limit, however much it would become.
pub(crate) fn unpack(packed: Vec<u8>, packing: Packing, bytes_max: usize) -> Result<Vec<u8>, Refusal> {
    match packing {
        Packing::Plain => Ok(packed),
        Packing::Gzip => gunzip(&packed, bytes_max),
        Packing::Zstd => unzstd(&packed, bytes_max),
    }
}

fn gunzip(packed: &[u8], bytes_max: usize) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::new();
    let mut reader = flate2::bufread::MultiGzDecoder::new(packed).take(bytes_max as u64 + 1);
    reader.read_to_end(&mut bytes).map_err(|_| not_packed("gzip"))?;
    if bytes.len() > bytes_max {
        return Err(expands(bytes_max));
    }
    Ok(bytes)
}

fn unzstd(packed: &[u8], bytes_max: usize) -> Result<Vec<u8>, Refusal> {
    let mut decoder = FrameDecoder::new();
    decoder.set_max_window_size(ZSTD_WINDOW_MAX);
    let mut bytes = Vec::with_capacity(bytes_max);
    decoder
        .decode_all_to_vec(packed, &mut bytes)
        .map_err(|error| match error {
            FrameDecoderError::TargetTooSmall | FrameDecoderError::WindowSizeTooBig { .. } => expands(bytes_max),
            _ => not_packed("zstd"),
        })?;
    let stated = decoder.get_checksum_from_data();
    if stated.is_some() && stated != decoder.get_calculated_checksum() {
        return Err(not_packed("zstd"));
    }
    Ok(bytes)
}

fn expands(max: usize) -> Refusal {
    Refusal::code(
        Code::DecompressedTooLarge,
        format!("the body expands to more than {max} bytes; send smaller batches"),
    )
}

fn not_packed(as_what: &str) -> Refusal {
    Refusal::new(
        Why::HttpFraming,
        format!("the body is not packed as {as_what}, or breaks off; its content encoding says that it is"),
    )
}
