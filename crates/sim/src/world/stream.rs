//! The stream: events of all parcels in the order of their intake.

use std::collections::BTreeMap;

use sanbai_wire::proto::event::ParcelEvent;

use super::civil::MINUTE;
use super::outbound::{self, Wish, opening_hours};
use super::schedule::{Slot, Way};
use super::story::Story;
use super::{Truth, World, disorder, inbound, specials, violations};

/// How much of the stream is sorted at a time. Only the numbers of the parcels that go on later are held meanwhile.
const BUCKET: i64 = 15 * MINUTE;

/// Tells all events to `emit`, in the order in which they would be received, and to `truth` what was planted, when its
/// parcel first appears.
///
/// Memory is bounded by the events of a quarter of an hour and eight bytes for each parcel on its way.
pub fn generate(world: &World, emit: &mut dyn FnMut(ParcelEvent), truth: &mut dyn FnMut(Truth)) {
    let mut waiting: BTreeMap<i64, Vec<u64>> = BTreeMap::new();
    let mut next = (0 < world.plan.parcels).then(|| world.slot(0));
    let mut due: Vec<(i64, u64, ParcelEvent)> = Vec::new();
    loop {
        let new = next.map(|slot| slot.anchor.div_euclid(BUCKET));
        let Some(bucket) = waiting.keys().next().copied().into_iter().chain(new).min() else {
            break;
        };
        for index in waiting.remove(&bucket).unwrap_or_default() {
            take(world.story(world.slot(index)), bucket, &mut due, &mut waiting);
        }
        while let Some(slot) = next.filter(|slot| slot.anchor.div_euclid(BUCKET) <= bucket) {
            let story = world.story(slot);
            if let Some(known) = world.truth(&story) {
                truth(known);
            }
            take(story, bucket, &mut due, &mut waiting);
            next = (slot.index + 1 < world.plan.parcels).then(|| world.slot(slot.index + 1));
        }
        due.sort_by_key(|(intake, index, _)| (*intake, *index));
        for (_, _, event) in due.drain(..) {
            emit(event);
        }
    }
}

/// Takes the events of a bucket out of a story, and notes when it goes on.
fn take(
    mut story: Story<'_>,
    bucket: i64,
    due: &mut Vec<(i64, u64, ParcelEvent)>,
    waiting: &mut BTreeMap<i64, Vec<u64>>,
) {
    let intakes: Vec<i64> = story.intakes().collect();
    let steps = std::mem::take(&mut story.steps);
    for (intake, step) in intakes.iter().zip(steps) {
        if intake.div_euclid(BUCKET) == bucket {
            due.push((*intake, story.slot.index, story.event(step)));
        }
    }
    let later = intakes
        .into_iter()
        .map(|intake| intake.div_euclid(BUCKET))
        .filter(|later| *later > bucket)
        .min();
    if let Some(later) = later {
        waiting.entry(later).or_default().push(story.slot.index);
    }
}

impl World {
    /// The whole story of a parcel: always the same for its number.
    fn story(&self, slot: Slot) -> Story<'_> {
        let mut story = Story::new(self, slot);
        if let Some(violation) = slot.planted {
            let start = if violation.inbound {
                slot.anchor
            } else {
                opening_hours(&mut story)
            };
            violations::commit(&mut story, violation, start);
            return story;
        }
        let special = match slot.way {
            Way::Outbound => {
                let special = specials::tell(&mut story, slot.anchor);
                if !special {
                    let wish = Wish::any(&mut story.dice);
                    outbound::tell(&mut story, slot.anchor, &wish);
                }
                special
            }
            Way::Inbound => {
                inbound::tell(&mut story, None);
                false
            }
            Way::Tail => {
                let outlet = inbound::ordinary_outlet(&mut story);
                inbound::tell(&mut story, Some(outlet));
                return story;
            }
        };
        match (self.plan.disorder, special) {
            (true, false) => disorder::ordinary(&mut story),
            (true, true) => disorder::any(&mut story),
            (false, _) => {}
        }
        story
    }

    fn truth(&self, story: &Story<'_>) -> Option<Truth> {
        let (planted, codes) = match story.slot.planted {
            Some(violation) => (violation.name, violation.codes.to_vec()),
            None if story.suffers_outage() => ("uploaded after an outage", Vec::new()),
            None => return None,
        };
        Some(Truth {
            brand: story.net.brand.code,
            waybill: story.waybill.clone(),
            planted,
            codes,
        })
    }
}
