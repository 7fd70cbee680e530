//! The topics: how they are made, and whether they are as they must be.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, ConfigResource, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use super::KafkaOpenError;
use super::context::{Context, Pulse};
use super::settings::KafkaSettings;
use crate::local::Retention;
use crate::log::Topic;
use crate::stage::Layout;

/// Most bytes of a batch of each topic but the registry, whose rule files are larger: what the largest record takes that we
/// write (256 KiB), with room for its headers.
const MESSAGE_BYTES: (u32, u32) = (393_216, 1_048_576);

/// How long brokers may take.
const ANSWER: Duration = Duration::from_secs(20);

/// A client that only asks and makes topics.
pub(super) type Asking = AdminClient<Context>;

pub(super) fn asking(settings: &KafkaSettings, pulse: &Arc<Pulse>) -> Result<Asking, KafkaError> {
    settings.client().create_with_context(Context(Arc::clone(pulse)))
}

/// How topics are to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Partitions of events, and of all topics that have as many.
    pub parcels: u32,
    /// Partitions of sections, and of all topics that have as many.
    pub scopes: u32,
    /// Copies of each partition; `None`: what the brokers do by themselves.
    pub replication: Option<u16>,
    /// Records keep the time that the producer says: for tests and rehearsals, whose time is another.
    pub is_rehearsal: bool,
    /// How long records are kept.
    pub retention: Retention,
}

/// Something about a topic that is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The topic.
    pub topic: String,
    /// The setting.
    pub setting: &'static str,
    /// What it is.
    pub found: String,
    /// What it must be.
    pub wanted: String,
    /// Records can be lost or misread as it is; else it is only less safe than it could be.
    pub is_grave: bool,
}

/// Makes and checks topics.
pub struct Topics {
    settings: KafkaSettings,
    asking: Asking,
    runtime: tokio::runtime::Runtime,
}

impl std::fmt::Debug for Topics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Topics")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl Topics {
    /// Connects.
    ///
    /// # Errors
    /// Where a setting is refused.
    pub fn new(settings: KafkaSettings) -> Result<Self, KafkaOpenError> {
        let asking = asking(&settings, &Arc::default())?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        Ok(Self {
            settings,
            asking,
            runtime: runtime.map_err(|error| KafkaOpenError::Setting(error.to_string()))?,
        })
    }

    /// Makes the topics that are not there; gives their names.
    ///
    /// # Errors
    /// Where brokers do not answer, or refuse one.
    pub fn create(&self, plan: &Plan) -> Result<Vec<String>, KafkaOpenError> {
        let layout = Layout {
            generation: 1,
            parcels: plan.parcels,
            scopes: plan.scopes,
        };
        let names = Topic::ALL.map(|topic| (topic, self.settings.name(topic)));
        let wanted = names.each_ref().map(|(topic, _)| wanted(*topic, plan));
        let topics = names.iter().zip(&wanted).map(|((topic, name), wanted)| {
            let partitions = i32::try_from(layout.partitions(*topic)).unwrap_or(i32::MAX);
            let copies = plan.replication.map_or(-1, i32::from);
            let topic = NewTopic::new(name, partitions, TopicReplication::Fixed(copies));
            wanted.iter().fold(topic, |topic, (key, value)| topic.set(key, value))
        });
        let topics: Vec<NewTopic<'_>> = topics.collect();
        let options = AdminOptions::new()
            .request_timeout(Some(ANSWER))
            .operation_timeout(Some(ANSWER));
        let made = self.runtime.block_on(self.asking.create_topics(&topics, &options));
        let made = made.map_err(|error| KafkaOpenError::Unavailable(error.to_string()))?;
        let mut new = Vec::new();
        for made in made {
            match made {
                Ok(name) => new.push(name),
                Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
                Err((name, code)) => return Err(KafkaOpenError::Setting(format!("{name}: {code}"))),
            }
        }
        Ok(new)
    }

    /// What is not as it must be. Partitions are looked at when the log is opened.
    ///
    /// # Errors
    /// Where brokers do not answer, or topics are missing.
    pub fn check(&self, is_rehearsal: bool) -> Result<Vec<Finding>, KafkaOpenError> {
        let found = super::watch::find(&self.settings, &Arc::default())?;
        let layout = super::watch::layout(&self.settings, &found)?;
        let names = Topic::ALL.map(|topic| self.settings.name(topic));
        let asked: Vec<ResourceSpecifier<'_>> = names.iter().map(|name| ResourceSpecifier::Topic(name)).collect();
        let options = AdminOptions::new().request_timeout(Some(ANSWER));
        let told = self.runtime.block_on(self.asking.describe_configs(&asked, &options));
        let told = told.map_err(|error| KafkaOpenError::Unavailable(error.to_string()))?;
        let plan = Plan {
            parcels: layout.parcels,
            scopes: layout.scopes,
            replication: None,
            is_rehearsal,
            retention: Retention::default(),
        };
        let mut findings = Vec::new();
        for ((topic, name), told) in Topic::ALL.into_iter().zip(&names).zip(told) {
            let told = told.map_err(|code| KafkaOpenError::Unavailable(format!("{name}: {code}")))?;
            judge(name, &settings_of(&told), &wanted(topic, &plan), &mut findings);
            if let Some(copies) = self.copies(name).filter(|copies| *copies < 3) {
                findings.push(Finding {
                    topic: name.clone(),
                    setting: "replication",
                    found: copies.to_string(),
                    wanted: "3 or more".to_owned(),
                    is_grave: false,
                });
            }
        }
        Ok(findings)
    }

    /// Fewest copies of any partition.
    fn copies(&self, name: &str) -> Option<usize> {
        let told = self.asking.inner().fetch_metadata(Some(name), ANSWER).ok()?;
        let partitions = told.topics().first()?.partitions().iter();
        partitions.map(|partition| partition.replicas().len()).min()
    }
}

fn settings_of(resource: &ConfigResource) -> BTreeMap<&str, &str> {
    let entries = resource.entries.iter();
    entries
        .filter_map(|entry| Some((entry.name.as_str(), entry.value.as_deref()?)))
        .collect()
}

/// The settings of a topic.
fn wanted(topic: Topic, plan: &Plan) -> Vec<(&'static str, String)> {
    // In a rehearsal brokers would take records of another time for old ones, or refuse them as too new.
    let keep = plan.retention.of(topic).filter(|_| !plan.is_rehearsal);
    let keep = keep.map_or_else(|| "-1".to_owned(), |keep| keep.as_millis().to_string());
    let bytes = if topic == Topic::Registry {
        MESSAGE_BYTES.1
    } else {
        MESSAGE_BYTES.0
    };
    let stamped = if plan.is_rehearsal {
        "CreateTime"
    } else {
        "LogAppendTime"
    };
    let mut wanted = vec![
        ("cleanup.policy", "delete".to_owned()),
        ("retention.ms", keep),
        ("retention.bytes", "-1".to_owned()),
        ("max.message.bytes", bytes.to_string()),
        ("message.timestamp.type", stamped.to_owned()),
        ("unclean.leader.election.enable", "false".to_owned()),
    ];
    if plan.is_rehearsal {
        wanted.push(("message.timestamp.after.max.ms", i64::MAX.to_string()));
    }
    if let Some(copies) = plan.replication {
        let least = if copies >= 3 { 2 } else { 1 };
        wanted.push(("min.insync.replicas", least.to_string()));
    }
    wanted
}

/// Holds what is against what must be.
fn judge(name: &str, told: &BTreeMap<&str, &str>, wanted: &[(&'static str, String)], findings: &mut Vec<Finding>) {
    let number = |text: &str| text.parse::<i64>().ok();
    for (setting, wanted) in wanted {
        let found = told.get(setting).copied().unwrap_or("");
        let (is_right, is_grave) = match *setting {
            // -1 is for ever.
            "retention.ms" | "retention.bytes" => {
                let (found, least) = (number(found), number(wanted));
                (found == Some(-1) || (least != Some(-1) && found >= least), true)
            }
            "max.message.bytes" => (number(found) >= number(wanted), true),
            "unclean.leader.election.enable" => (found == wanted, false),
            _ => (found == wanted, true),
        };
        if !is_right {
            findings.push(Finding {
                topic: name.to_owned(),
                setting,
                found: found.to_owned(),
                wanted: wanted.clone(),
                is_grave,
            });
        }
    }
    let codec = told.get("compression.type").copied().unwrap_or("producer");
    if codec == "zstd" {
        findings.push(Finding {
            topic: name.to_owned(),
            setting: "compression.type",
            found: codec.to_owned(),
            wanted: "producer, lz4, gzip or none: this build cannot read zstd".to_owned(),
            is_grave: true,
        });
    }
    let least = told.get("min.insync.replicas").and_then(|least| number(least));
    if least.is_some_and(|least| least < 2) {
        findings.push(Finding {
            topic: name.to_owned(),
            setting: "min.insync.replicas",
            found: least.unwrap_or_default().to_string(),
            wanted: "2 or more".to_owned(),
            is_grave: false,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(told: &[(&str, &str)]) -> Vec<&'static str> {
        let plan = Plan {
            parcels: 4,
            scopes: 1,
            replication: None,
            is_rehearsal: false,
            retention: Retention::default(),
        };
        let right = wanted(Topic::ParcelEvents, &plan);
        let mut settings: BTreeMap<&str, &str> = right.iter().map(|(name, value)| (*name, value.as_str())).collect();
        settings.insert("min.insync.replicas", "2");
        settings.extend(told.iter().copied());
        let mut findings = Vec::new();
        judge("sanbai.parcel-events", &settings, &right, &mut findings);
        findings.into_iter().map(|finding| finding.setting).collect()
    }

    #[test]
    fn a_topic_as_it_is_made_is_right_and_others_are_told_by_setting() {
        assert!(findings(&[]).is_empty());
        assert!(findings(&[("retention.ms", "-1")]).is_empty());
        assert_eq!(findings(&[("retention.ms", "60000")]), ["retention.ms"]);
        assert_eq!(findings(&[("cleanup.policy", "compact")]), ["cleanup.policy"]);
        assert_eq!(
            findings(&[("message.timestamp.type", "CreateTime")]),
            ["message.timestamp.type"]
        );
        assert_eq!(findings(&[("compression.type", "zstd")]), ["compression.type"]);
        assert_eq!(findings(&[("min.insync.replicas", "1")]), ["min.insync.replicas"]);
    }
}
