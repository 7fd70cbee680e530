//! `sanbai upgrade`.

use super::controls::Print;
use super::{SYSEXITS, number};
use crate::Outcome;
use crate::orders::Order;
use crate::orders::client::{self, Where};

const WHAT_HAPPENS: &str = "\
What happens: a record is appended to every partition of events. The build that runs applies everything before it, writes
a snapshot of each parcel shard exactly there, and parks it (behaviour_changed). Events are taken all the while, and wait.
Then stop that daemon and start the build that has behaviour N: it goes on from these snapshots. Going back is the same
command with the old number, given while the new build runs.";

/// Hand the log over to the build that has another behaviour
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{WHAT_HAPPENS}\n\n{SYSEXITS}"))]
pub(crate) struct Arguments {
    /// Number of the other behaviour, as the notes of its release name it
    #[arg(long, value_name = "N")]
    to: u32,
    #[command(flatten)]
    at: Where,
    #[command(flatten)]
    print: Print,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let done = client::simple(&arguments.at.load()?, &Order::Upgrade { to: arguments.to })?;
    arguments.print.done(&done, || {
        let (from, to) = (number(&done, "from"), number(&done, "to"));
        let partitions = number(&done, "partitions");
        format!(
            "已下令换版 {partitions} partitions are handed over from behaviour {from} to {to}\n\
             1. 等待 wait until `sanbai status` says of every parcel shard: parked: behaviour_changed\n\
             2. 停止 stop this build, and start the one that has behaviour {to}\n\
             退回 to go back: sanbai upgrade --to {from}, while that build runs"
        )
    })
}
