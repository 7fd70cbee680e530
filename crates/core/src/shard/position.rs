//! Positions: the name of a cause, and the version of what follows from it.

use core::fmt;

/// Names one cause in the log of one partition.
///
/// As text it sorts as it compares, so that SQL, JSON and bytes agree.
///
/// ```
/// use sanbai_core::shard::position::Position;
///
/// let position = Position { generation: 1, offset: 1234, index: 7 };
/// assert_eq!(position.to_string(), "0001:00000000000000001234:00000007");
/// assert_eq!(Position::parse("0001:00000000000000001234:00000007"), Some(position));
/// assert_eq!(Position::parse("1:1234:7"), None, "one text for one position");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Position {
    /// Re-creations of the input topic, from 1. At most 9999.
    pub generation: u16,
    /// Offset of the record in its partition.
    pub offset: u64,
    /// Ordinal of the event in its record or, for a control record, of the parcel that it touches. At most 99,999,999.
    pub index: u32,
}

impl Position {
    /// Before everything.
    pub const START: Self = Self {
        generation: 0,
        offset: 0,
        index: 0,
    };

    /// Reads the text of a position; `None` for any other.
    pub fn parse(text: &str) -> Option<Self> {
        let [generation, offset, index] = [text.get(..4)?, text.get(5..25)?, text.get(26..34)?];
        if text.len() != 34 || text.get(4..5)? != ":" || text.get(25..26)? != ":" {
            return None;
        }
        let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if ![generation, offset, index].into_iter().all(is_number) {
            return None;
        }
        Some(Self {
            generation: generation.parse().ok()?,
            offset: offset.parse().ok()?,
            index: index.parse().ok()?,
        })
    }

    /// The same record, at another ordinal.
    #[must_use]
    pub const fn at(self, index: u32) -> Self {
        Self { index, ..self }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}:{:020}:{:08}", self.generation, self.offset, self.index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_sort_as_positions_compare() {
        let mut positions =
            [(1, 0, 0), (1, 0, 1), (1, 9, 0), (1, 10, 2), (2, 0, 0)].map(|(generation, offset, index)| Position {
                generation,
                offset,
                index,
            });
        positions.sort_by_key(Position::to_string);
        assert!(positions.is_sorted());
        assert!(
            positions
                .iter()
                .all(|position| Position::parse(&position.to_string()) == Some(*position))
        );
    }

    #[test]
    fn nothing_else_is_a_position() {
        for text in [
            "",
            "0001:00000000000000001234:0000007",
            "0001:00000000000000001234:+0000007",
            "0001-00000000000000001234:00000007",
            "0001:99999999999999999999:00000007",
            "一1:00000000000000001234:00000007",
        ] {
            assert_eq!(Position::parse(text), None, "{text}");
        }
    }
}
