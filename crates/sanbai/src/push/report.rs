//! What was accepted and what was refused, for people, for a file, and for programs.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;

use anyhow::ensure;
use serde::Deserialize;

use crate::push::batch::Batch;
use crate::rejects::{Place, Rejects};
use crate::{Outcome, output};

/// So many refused events are printed.
const PRINTED: u64 = 20;

/// What a daemon answered to a batch.
#[derive(Debug, Deserialize)]
pub(crate) struct Answer {
    events: Vec<EventAnswer>,
}

/// What became of one event.
#[derive(Debug, Deserialize)]
#[serde(tag = "status", rename_all = "lowercase")]
enum EventAnswer {
    Accepted {
        index: usize,
    },
    Refused {
        index: usize,
        code: String,
        #[serde(default)]
        pointer: String,
        #[serde(default)]
        detail: String,
    },
}

/// What became of all events.
pub(crate) struct Report {
    rejects: Rejects,
    is_printed: bool,
    accepted: u64,
    refused: BTreeMap<String, u64>,
    controls: u64,
    batches: u64,
}

impl Report {
    pub(crate) fn new(rejects: Option<&Path>, is_printed: bool) -> anyhow::Result<Self> {
        Ok(Self {
            rejects: Rejects::open(rejects)?,
            is_printed,
            accepted: 0,
            refused: BTreeMap::new(),
            controls: 0,
            batches: 0,
        })
    }

    /// Takes the answer to a batch: one for each event, in their order.
    pub(crate) fn take(&mut self, batch: &Batch, answer: &Answer) -> anyhow::Result<()> {
        let (answered, sent) = (answer.events.len(), batch.places.len());
        ensure!(
            answered == sent,
            "the daemon answered {answered} events where {sent} were sent"
        );
        self.batches += 1;
        for (place, event) in answer.events.iter().enumerate() {
            let (EventAnswer::Accepted { index } | EventAnswer::Refused { index, .. }) = event;
            ensure!(
                *index == place,
                "the daemon answered events in another order than they were sent in"
            );
            let (path, place) = &batch.places[place];
            match event {
                EventAnswer::Accepted { .. } => self.accepted += 1,
                EventAnswer::Refused {
                    code, pointer, detail, ..
                } => self.refuse(path, *place, code, pointer, detail)?,
            }
        }
        Ok(())
    }

    /// An event was refused.
    pub(crate) fn refuse(
        &mut self,
        path: &Path,
        place: Place,
        code: &str,
        pointer: &str,
        detail: &str,
    ) -> anyhow::Result<()> {
        let before = self.refused_total();
        *self.refused.entry(code.to_owned()).or_default() += 1;
        if self.is_printed && before < PRINTED {
            let index = place.index.map_or_else(String::new, |index| format!(" event {index}"));
            let (path, name, number) = (path.display(), place.name, place.number);
            let at = if pointer.is_empty() { "" } else { " at " };
            let line = format!("{path} {name} {number}{index}: {code}{at}{pointer}: {detail}");
            let mut answers = output::answers();
            // The words come from elsewhere.
            writeln!(answers, "{}", line.replace(char::is_control, " "))?;
            answers.flush()?;
        }
        self.rejects.write_code(path, place, code, pointer, detail)
    }

    /// A control record was passed over.
    pub(crate) const fn control(&mut self) {
        self.controls += 1;
    }

    fn refused_total(&self) -> u64 {
        self.refused.values().sum()
    }

    /// Says the sum. `repeated`: how many times a batch was sent again.
    pub(crate) fn finish(self, is_json: bool, repeated: u64) -> anyhow::Result<Outcome> {
        let refused = self.refused_total();
        let mut answers = output::answers();
        if is_json {
            let sum = serde_json::json!({
                "accepted": self.accepted,
                "refused": refused,
                "refusedByCode": self.refused,
                "batches": self.batches,
                "repeated": repeated,
                "controls": self.controls,
            });
            writeln!(answers, "{sum}")?;
        } else {
            if refused > PRINTED {
                writeln!(answers, "… and {} more; --rejects FILE keeps all", refused - PRINTED)?;
            }
            writeln!(
                answers,
                "已接受 accepted {} · 拒绝 refused {refused} · 批 batches {}, 重发 sent again {repeated}",
                self.accepted, self.batches
            )?;
            if refused > 0 {
                let codes = self.refused.iter().map(|(code, count)| format!("{code} × {count}"));
                let codes = codes.collect::<Vec<_>>().join(", ");
                writeln!(
                    answers,
                    "拒绝 refused: {} (docs/bad-input.md)",
                    codes.replace(char::is_control, " ")
                )?;
            }
            if self.controls > 0 {
                writeln!(
                    answers,
                    "控制记录略过 control records (ticks and the like) passed over: {}",
                    self.controls
                )?;
            }
        }
        answers.flush()?;
        self.rejects.close()?;
        Ok(if refused == 0 {
            Outcome::Clean
        } else {
            Outcome::Findings
        })
    }
}
