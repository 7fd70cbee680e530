//! `sanbai config`: checks and shows the configuration, and its schema.

use std::io::Write as _;

use crate::config::{Config, Flags};
use crate::exit::{Exit, Sysexit};
use crate::{Outcome, daemon, output};

/// Check and show the configuration of the daemon
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Read it as the daemon would, with its secrets, and say what is wrong; exit 78 where something is
    Check(Flags),
    /// Print what file, environment and flags come to, secrets masked
    Show(Flags),
    /// Print what may stand in the file, as JSON Schema
    Schema,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let load = |flags: &Flags| Config::load(flags).map_err(|error| Sysexit::wrap(Exit::Configuration, error));
    let mut answers = output::answers();
    match &arguments.action {
        Action::Check(flags) => {
            let config = load(flags)?;
            let wrong = |error| Sysexit::wrap(Exit::Configuration, error);
            let sources = daemon::sources(&config.intake.sources).map_err(wrong)?;
            sources
                .may_listen_on(config.intake.address)
                .map_err(|error| wrong(anyhow::anyhow!("intake.address: {error}")))?;
            crate::logging::Filter::parse(&config.logging.filter).map_err(wrong)?;
            writeln!(answers, "配置正确 the configuration is right")?;
        }
        Action::Show(flags) => write!(answers, "{}", load(flags)?.to_toml()?)?,
        Action::Schema => writeln!(answers, "{}", Config::schema()?)?,
    }
    answers.flush()?;
    Ok(Outcome::Clean)
}
