//! Exit codes of the daemon and of the commands that speak to it: those of sysexits.h.

use std::fmt;

/// Why it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// 64: what was asked for cannot be.
    Usage,
    /// 65: what is stored cannot be read.
    Data,
    /// 69: something that is needed is not there.
    Unavailable,
    /// 70: a fault of this program.
    Internal,
    /// 74: the disk does not let us.
    InputOutput,
    /// 75: try again later.
    TemporaryFailure,
    /// 78: the configuration is wrong.
    Configuration,
}

impl Exit {
    /// The number.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Usage => 64,
            Self::Data => 65,
            Self::Unavailable => 69,
            Self::Internal => 70,
            Self::InputOutput => 74,
            Self::TemporaryFailure => 75,
            Self::Configuration => 78,
        }
    }

    /// The one of a number; any other is a fault of this program.
    pub(crate) fn of_code(code: u8) -> Self {
        [
            Self::Usage,
            Self::Data,
            Self::Unavailable,
            Self::InputOutput,
            Self::TemporaryFailure,
            Self::Configuration,
        ]
        .into_iter()
        .find(|exit| exit.code() == code)
        .unwrap_or(Self::Internal)
    }
}

/// Marks an error with the code with which the process ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sysexit(pub(crate) Exit);

impl Sysexit {
    /// The error, marked. Where it is marked already, the first mark stands.
    pub(crate) fn wrap(exit: Exit, error: anyhow::Error) -> anyhow::Error {
        if error.downcast_ref::<Self>().is_some() {
            return error;
        }
        error.context(Self(exit))
    }
}

impl fmt::Display for Sysexit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Exit::Usage => "this cannot be asked for",
            Exit::Data => "what is stored cannot be read",
            Exit::Unavailable => "not available",
            Exit::Internal => "a fault of this program",
            Exit::InputOutput => "the disk does not let us",
            Exit::TemporaryFailure => "not now",
            Exit::Configuration => "the configuration is wrong",
        })
    }
}
