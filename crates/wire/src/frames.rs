//! Files of protobuf events: each after its length, as a varint.

use crate::code::Code;
use crate::limits::RECORD_BYTES_MAX;
use crate::protobuf::{VARINT_BYTES_MAX, put_varint, varint};
use crate::reject::Reject;

/// What stands at the beginning of a buffer.
///
/// ```
/// use sanbai_wire::Frame;
///
/// let file = b"\x02ab\x01c\x05inc";
/// assert_eq!(Frame::first(file)?, Frame::Whole { content: b"ab", length: 3 });
/// assert_eq!(Frame::first(&file[3..])?, Frame::Whole { content: b"c", length: 2 });
/// assert_eq!(Frame::first(&file[5..])?, Frame::Broken { missing: 2 });
/// # Ok::<(), sanbai_wire::Reject>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame<'a> {
    /// A whole frame.
    Whole {
        /// The event or batch in it.
        content: &'a [u8],
        /// Bytes of the frame, its length in front included: what to go on behind.
        length: usize,
    },
    /// The buffer ends before the frame does: read on, or reject it at the end of the file.
    Broken {
        /// At least so many bytes are missing.
        missing: usize,
    },
    /// A frame over 1 MiB: count one rejection and pass over it.
    TooLong {
        /// Bytes of the frame, its length in front included.
        length: u64,
    },
}

impl<'a> Frame<'a> {
    /// The frame at the beginning of `buffer`; nothing is copied or allocated.
    ///
    /// # Errors
    ///
    /// [`Code::ProtoDecode`] where no length can be read: what follows cannot be told apart any more.
    pub fn first(buffer: &'a [u8]) -> Result<Self, Reject> {
        let Some((length, rest)) = varint(buffer) else {
            if buffer.len() < VARINT_BYTES_MAX && buffer.iter().all(|byte| *byte >= 0x80) {
                return Ok(Self::Broken { missing: 1 });
            }
            return Err(Reject::new(
                Code::ProtoDecode,
                "no length stands in front of the frame; is the file protobuf?",
            ));
        };
        let head = buffer.len().saturating_sub(rest.len());
        let content_length = usize::try_from(length)
            .ok()
            .filter(|length| *length <= RECORD_BYTES_MAX);
        let Some(content_length) = content_length else {
            let head = u64::try_from(head).unwrap_or(u64::MAX);
            return Ok(Self::TooLong {
                length: length.saturating_add(head),
            });
        };
        Ok(match rest.get(..content_length) {
            Some(content) => Self::Whole {
                content,
                length: head.saturating_add(content_length),
            },
            None => Self::Broken {
                missing: content_length.saturating_sub(rest.len()),
            },
        })
    }
}

/// Appends a frame with `content`.
pub(crate) fn push_frame(content: &[u8], out: &mut Vec<u8>) {
    put_varint(out, u64::try_from(content.len()).unwrap_or(u64::MAX));
    out.extend_from_slice(content);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_over_the_limit_is_told_before_its_bytes_are_there() {
        let mut head = Vec::new();
        put_varint(&mut head, 1 << 20);
        assert_eq!(Frame::first(&head), Ok(Frame::Broken { missing: 1 << 20 }));
        head.clear();
        put_varint(&mut head, (1 << 20) + 1);
        assert_eq!(Frame::first(&head), Ok(Frame::TooLong { length: (1 << 20) + 4 }));
        head.clear();
        put_varint(&mut head, u64::MAX);
        assert_eq!(Frame::first(&head), Ok(Frame::TooLong { length: u64::MAX }));
    }

    #[test]
    fn a_length_that_breaks_off_is_waited_for_and_one_that_goes_on_is_none() {
        assert_eq!(Frame::first(&[]), Ok(Frame::Broken { missing: 1 }));
        assert_eq!(Frame::first(&[0xff; 9]), Ok(Frame::Broken { missing: 1 }));
        assert_eq!(
            Frame::first(&[0xff; 10]).map_err(|reject| reject.code),
            Err(Code::ProtoDecode)
        );
        assert_eq!(
            Frame::first(&[0]),
            Ok(Frame::Whole {
                content: &[],
                length: 1
            })
        );
    }
}
