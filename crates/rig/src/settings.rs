//! What a broker reads at its start.

use std::path::Path;

use crate::brokers::{Listener, Options, Security};
use crate::layout::Layout;

/// Any will do; the brokers of one rig share it.
pub(crate) const CLUSTER: &str = "c2FuYmFpLXJpZy1jbHVzdA";

/// Standard output gets warnings, and the line that says that the broker is ready.
pub(crate) const LOGGING: &str = "\
status=error
appender.out.type=Console
appender.out.name=out
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%d{HH:mm:ss.SSS} %p %c{1}: %m%n
rootLogger.level=warn
rootLogger.appenderRef.out.ref=out
logger.ready.name=kafka.server.KafkaRaftServer
logger.ready.level=info
";

/// The line of that logger once the broker takes requests.
pub(crate) const READY: &str = "Kafka Server started";

/// What holds for every broker: small, impatient, and as strict as the daemon asks of its topics.
const SETTINGS: &str = "\
process.roles=broker,controller
inter.broker.listener.name=INT
controller.listener.names=CTRL
unclean.leader.election.enable=false
auto.create.topics.enable=false
log.message.timestamp.type=LogAppendTime
log.segment.bytes=16777216
offsets.topic.num.partitions=3
transaction.state.log.num.partitions=3
share.coordinator.state.topic.num.partitions=3
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
group.consumer.min.session.timeout.ms=1000
group.consumer.session.timeout.ms=3000
group.consumer.min.heartbeat.interval.ms=200
group.consumer.heartbeat.interval.ms=500
broker.session.timeout.ms=4000
broker.heartbeat.interval.ms=500
replica.lag.time.max.ms=5000
num.network.threads=2
num.io.threads=2
";

/// The properties of broker `id`, whose files lie in `folder`.
pub(crate) fn properties(
    options: &Options,
    layout: &Layout,
    security: Option<&Security>,
    id: u16,
    folder: &Path,
) -> String {
    let everyone = 1..=options.count;
    let voters: Vec<String> = everyone
        .map(|voter| format!("{voter}@127.0.0.1:{}", layout.controller(voter)))
        .collect();
    let mut text = format!(
        "{SETTINGS}node.id={id}\nlog.dirs={}\ncontroller.quorum.voters={}\n",
        folder.join("log").display(),
        voters.join(",")
    );
    text += &copies(options.count);
    text += &listeners(options, layout, id);
    if let Some(security) = security {
        text += &secured(security);
    }
    // The last one counts.
    for (key, value) in &options.settings {
        text += &format!("{key}={value}\n");
    }
    text
}

/// Copies of each partition, and how many must be written before a message is acknowledged.
fn copies(count: u16) -> String {
    let copies = count.min(3);
    let least = if count < 3 { 1 } else { 2 };
    format!(
        "default.replication.factor={copies}\nmin.insync.replicas={least}\n\
         offsets.topic.replication.factor={copies}\n\
         transaction.state.log.replication.factor={copies}\ntransaction.state.log.min.isr={least}\n\
         share.coordinator.state.topic.replication.factor={copies}\n\
         share.coordinator.state.topic.min.isr={least}\n"
    )
}

fn listeners(options: &Options, layout: &Layout, id: u16) -> String {
    let mut listening = vec![format!("CTRL://127.0.0.1:{}", layout.controller(id))];
    let mut advertised = Vec::new();
    let mut protocols = vec!["CTRL:PLAINTEXT".to_owned()];
    for listener in Listener::ALL.into_iter().filter(|listener| options.has(*listener)) {
        let (name, protocol) = named(listener);
        listening.push(format!("{name}://127.0.0.1:{}", layout.listening(listener, id)));
        advertised.push(format!("{name}://127.0.0.1:{}", layout.advertised(listener, id)));
        protocols.push(format!("{name}:{protocol}"));
    }
    format!(
        "listeners={}\nadvertised.listeners={}\nlistener.security.protocol.map={}\n",
        listening.join(","),
        advertised.join(","),
        protocols.join(",")
    )
}

/// Name and protocol of a listener, as brokers write them.
fn named(listener: Listener) -> (&'static str, &'static str) {
    match listener {
        Listener::Plain => ("INT", "PLAINTEXT"),
        Listener::Proxied => ("EXT", "PLAINTEXT"),
        Listener::Tls => ("TLS", "SSL"),
        Listener::Sasl => ("SASL", "SASL_PLAINTEXT"),
        Listener::SaslTls => ("SASLTLS", "SASL_SSL"),
    }
}

/// TLS, where clients may show a certificate and one of a stranger is refused; users with SCRAM.
fn secured(security: &Security) -> String {
    let mut text = String::new();
    if let Some(certificates) = &security.certificates {
        text += &format!(
            "ssl.keystore.type=PEM\nssl.keystore.location={}\nssl.truststore.type=PEM\nssl.truststore.location={}\n\
             ssl.client.auth=requested\n",
            certificates.broker.display(),
            certificates.authority.display()
        );
    }
    text += "sasl.enabled.mechanisms=SCRAM-SHA-512\n";
    for name in ["sasl", "sasltls"] {
        text += &format!(
            "listener.name.{name}.scram-sha-512.sasl.jaas.config=\
             org.apache.kafka.common.security.scram.ScramLoginModule required;\n"
        );
    }
    text
}
