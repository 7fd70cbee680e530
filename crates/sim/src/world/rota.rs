//! Who screens when: three shifts a day at every machine.
//!
//! A story picks any screener of the site. Where machines and shifts are told, too ([`Plan::subjects`](super::Plan)), the
//! one on duty takes the place of the one picked.

use sanbai_wire::proto::event::parcel_event::Happening;
use sanbai_wire::proto::registry::SiteKind;

use super::civil::{MINUTE, day_of, midnight};
use super::network::Site;
use super::story::Story;

/// Shifts of a day.
pub(super) const SHIFTS: usize = 3;
/// Where the shifts of a processing centre begin and the last ends, minutes from midnight on. Nothing is screened while
/// its machines are off.
const HUB: [i64; SHIFTS + 1] = [8 * 60 + 30, 14 * 60 + 30, 20 * 60 + 30, 28 * 60 + 30];
/// The same of an outlet.
const OUTLET: [i64; SHIFTS + 1] = [5 * 60 + 40, 11 * 60 + 30, 17 * 60 + 30, 23 * 60 + 30];

/// When the shifts of a day begin, and when the last ends.
pub(super) fn bounds(site: &Site, day: i64) -> [i64; SHIFTS + 1] {
    let minutes = if site.kind == SiteKind::ProcessingCentre {
        HUB
    } else {
        OUTLET
    };
    minutes.map(|minute| midnight(day) + minute * MINUTE)
}

/// Who has a shift at a machine, by the place of the machine; people take turns from day to day.
pub(super) fn screener(site: &Site, machine: usize, day: i64, shift: usize) -> &str {
    let turn = (shift as i64 + day).rem_euclid(SHIFTS as i64) as usize;
    &site.screeners[(machine * SHIFTS + turn) % site.screeners.len()]
}

/// Who is on duty at a machine; `None` while it is off. A machine of nobody's is minded from the first.
fn on_duty<'w>(site: &'w Site, device: &str, at: i64) -> Option<&'w str> {
    let machine = site.machines.iter().position(|known| known == device).unwrap_or(0);
    [day_of(at) - 1, day_of(at)].into_iter().find_map(|day| {
        let bounds = bounds(site, day);
        let shift = (0..SHIFTS).find(|shift| (bounds[*shift]..bounds[*shift + 1]).contains(&at))?;
        Some(screener(site, machine, day, shift))
    })
}

/// Lets every screening be done by whoever is on duty. People who should not screen at all stay.
pub(super) fn keep(story: &mut Story<'_>) {
    for place in 0..story.steps.len() {
        let step = &mut story.steps[place];
        let (site, before) = (step.site, step.operator);
        let Happening::XrayScreened(screened) = &mut step.happening else {
            continue;
        };
        let next = on_duty(site, &screened.device, step.at).filter(|_| site.screeners.iter().any(|own| own == before));
        let Some(next) = next else { continue };
        step.operator = next;
        next.clone_into(&mut screened.screener);
        if let Some(mark) = &mut screened.mark {
            next.clone_into(&mut mark.operator);
        }
        // Who opens his own image is still the same person.
        for step in &mut story.steps {
            if step.operator == before && matches!(step.happening, Happening::OpenChecked(_)) {
                step.operator = next;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::world::{Plan, World};

    #[test]
    fn nobody_minds_two_machines_or_two_shifts_of_a_day() {
        let world = World::new(&Plan {
            parcels: 300_000,
            ..Plan::default()
        });
        for network in &world.networks {
            let hub = &network.hub;
            for day in 20_000..20_007 {
                let shifts = (0..hub.machines.len()).flat_map(|machine| (0..SHIFTS).map(move |shift| (machine, shift)));
                let people: BTreeSet<&str> = shifts
                    .map(|(machine, shift)| screener(hub, machine, day, shift))
                    .collect();
                assert_eq!(people.len(), hub.machines.len() * SHIFTS);
            }
        }
        assert!(world.networks.iter().any(|network| network.hub.machines.len() > 5));
    }
}
