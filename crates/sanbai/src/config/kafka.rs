//! Where brokers are, which partitions are ours, and who we are to them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use sanbai_engine::kafka::{Choice, KafkaSettings, Sasl, Security, Tls};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Config, Duration, masked, read_secret};

/// The brokers of Apache Kafka, if the log is there.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Kafka {
    /// `HOST:PORT,…`. Without any the log is in the data directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) brokers: Option<String>,
    /// The consumer group.
    pub(crate) group: String,
    /// `all` for one daemon, `group` for several, or a list such as `parcel:0-3,scope:0`.
    pub(crate) assignment: String,
    /// Re-creations of the topics, from 1.
    #[schemars(range(min = 1))]
    pub(crate) generation: u16,
    /// What stands before the names of the topics.
    pub(crate) topic_prefix: String,
    /// How long a daemon that is silent keeps its partitions, in a group.
    pub(crate) session_timeout: Duration,
    /// Most memory for records that wait to be applied, in MiB.
    #[schemars(range(min = 4, max = 4096))]
    pub(crate) buffer_mb: usize,
    /// TLS, if the brokers want it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tls: Option<TlsConfig>,
    /// User and password, if the brokers want them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sasl: Option<SaslConfig>,
    /// Settings of librdkafka that are passed on.
    pub(crate) client: BTreeMap<String, String>,
}

impl Default for Kafka {
    fn default() -> Self {
        Self {
            brokers: None,
            group: "sanbai".to_owned(),
            assignment: "all".to_owned(),
            generation: 1,
            topic_prefix: String::new(),
            session_timeout: Duration::seconds(30),
            buffer_mb: 64,
            tls: None,
            sasl: None,
            client: BTreeMap::new(),
        }
    }
}

/// TLS. What is not given is the system's.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct TlsConfig {
    /// A file with the certificates that are trusted, in PEM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ca: Option<PathBuf>,
    /// A file with our certificate, in PEM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) certificate: Option<PathBuf>,
    /// A file with its key, in PEM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<PathBuf>,
}

/// SASL/SCRAM.
#[derive(Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct SaslConfig {
    /// `SCRAM-SHA-512` or `SCRAM-SHA-256`.
    #[serde(default = "scram")]
    pub(crate) mechanism: String,
    /// The user.
    pub(crate) user: String,
    /// The password. Better in a file.
    #[serde(default, serialize_with = "masked", skip_serializing_if = "Option::is_none")]
    pub(crate) password: Option<String>,
    /// A file that holds the password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) password_file: Option<PathBuf>,
}

fn scram() -> String {
    "SCRAM-SHA-512".to_owned()
}

impl std::fmt::Debug for SaslConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SaslConfig")
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

impl Kafka {
    /// Whether what is said fits together.
    pub(super) fn check(&self, config: &Config) -> anyhow::Result<()> {
        let choice = choice(&self.assignment)?;
        if self.brokers.is_none() {
            if choice != Choice::All {
                bail!("kafka.assignment: is for brokers, and kafka.brokers names none");
            }
            return Ok(());
        }
        if self.generation == 0 {
            bail!("kafka.generation: out of range; allowed: from 1 on");
        }
        if !(4..=4096).contains(&self.buffer_mb) {
            bail!("kafka.buffer-mb: out of range; allowed: 4 to 4096");
        }
        if self.session_timeout < Duration::seconds(1) {
            bail!("kafka.session-timeout: out of range; allowed: 1s or more");
        }
        if choice != Choice::All && config.tokens.key_file.is_none() {
            bail!(
                "tokens.key-file: several daemons must make the same tokens: name the file of keys that all of them have"
            );
        }
        if let Some(sasl) = &self.sasl
            && !matches!(sasl.mechanism.as_str(), "SCRAM-SHA-256" | "SCRAM-SHA-512")
        {
            bail!("kafka.sasl.mechanism: allowed: SCRAM-SHA-256, SCRAM-SHA-512");
        }
        let settings = KafkaSettings {
            client: self.client.clone(),
            ..KafkaSettings::new("")
        };
        if let Some(name) = settings.forbidden() {
            bail!("kafka.client.{name}: is set by the daemon: it rests on that setting that nothing is lost");
        }
        Ok(())
    }

    /// The same for the engine; `None` where there are no brokers.
    ///
    /// # Errors
    /// Where a secret cannot be read.
    pub(crate) fn settings(&self) -> anyhow::Result<Option<KafkaSettings>> {
        let Some(brokers) = &self.brokers else { return Ok(None) };
        let sasl = match &self.sasl {
            None => None,
            Some(sasl) => Some(Sasl {
                mechanism: sasl.mechanism.clone(),
                user: sasl.user.clone(),
                password: password(sasl)?,
            }),
        };
        let tls = self.tls.as_ref().map(|tls| Tls {
            ca: tls.ca.clone(),
            certificate: tls.certificate.clone(),
            key: tls.key.clone(),
        });
        Ok(Some(KafkaSettings {
            group: self.group.clone(),
            assignment: choice(&self.assignment)?,
            generation: self.generation,
            prefix: self.topic_prefix.clone(),
            security: Security { tls, sasl },
            session_timeout: self.session_timeout.get(),
            buffer_bytes: self.buffer_mb << 20,
            client: self.client.clone(),
            ..KafkaSettings::new(brokers.clone())
        }))
    }
}

fn password(sasl: &SaslConfig) -> anyhow::Result<String> {
    match (&sasl.password, &sasl.password_file) {
        (Some(password), None) => Ok(password.clone()),
        (None, Some(path)) => {
            let text = read_secret(path).context("kafka.sasl.password-file")?;
            Ok(text.trim_end_matches(['\r', '\n']).to_owned())
        }
        _ => bail!("kafka.sasl: wants either password or password-file"),
    }
}

/// Reads which partitions are ours.
fn choice(text: &str) -> anyhow::Result<Choice> {
    match text {
        "all" => return Ok(Choice::All),
        "group" => return Ok(Choice::Group),
        _ => {}
    }
    let wrong = "kafka.assignment: allowed: all, group, or a list such as parcel:0-3,parcel:7,scope:0";
    let (mut parcels, mut scopes) = (Vec::new(), Vec::new());
    for part in text.split(',') {
        let (shard, range) = part.trim().split_once(':').context(wrong)?;
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (first, last): (u32, u32) = (first.parse().context(wrong)?, last.parse().context(wrong)?);
        if first > last || last >= 4096 {
            bail!(wrong);
        }
        match shard {
            "parcel" => parcels.extend(first..=last),
            "scope" => scopes.extend(first..=last),
            _ => bail!(wrong),
        }
    }
    Ok(Choice::List { parcels, scopes })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_are_all_those_of_the_group_or_a_list() {
        assert_eq!(choice("all").ok(), Some(Choice::All));
        assert_eq!(choice("group").ok(), Some(Choice::Group));
        let list = Choice::List {
            parcels: vec![0, 1, 2, 7],
            scopes: vec![0],
        };
        assert_eq!(choice("parcel:0-2,parcel:7,scope:0").ok(), Some(list));
        for wrong in [
            "",
            "some",
            "parcel",
            "parcel:2-1",
            "parcel:x",
            "outlet:0",
            "parcel:0-4096",
        ] {
            assert!(choice(wrong).is_err(), "{wrong}");
        }
    }
}
