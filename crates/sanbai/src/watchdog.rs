//! Tells systemd that the daemon lives, as often as the unit asks (`WatchdogSec=`): one that does not is started again.

use std::sync::Arc;

use sd_notify::NotifyState;

use crate::metrics::Metrics;

/// Messages within the time that the unit allows: one may be late.
const MESSAGES: u32 = 3;

/// Goes on until the daemon ends; does nothing where nobody watches.
pub(crate) async fn tell(metrics: Arc<Metrics>) {
    let Some(most) = sd_notify::watchdog_enabled() else {
        return;
    };
    let mut every = tokio::time::interval(most / MESSAGES);
    loop {
        every.tick().await;
        let metrics = Arc::clone(&metrics);
        // What `/livez` says, looked at as there.
        let looked = tokio::task::spawn_blocking(move || metrics.lives()).await;
        match looked.map(|checks| checks.into_iter().find(|check| !check.is_ok)) {
            Ok(None) => {
                if let Err(error) = sd_notify::notify(&[NotifyState::Watchdog]) {
                    tracing::warn!(%error, "systemd was not told");
                }
            }
            Ok(Some(failed)) => tracing::error!(check = failed.name, "does not live: systemd is not told that it does"),
            Err(error) => tracing::error!(%error, "looking whether it lives had panicked"),
        }
    }
}
