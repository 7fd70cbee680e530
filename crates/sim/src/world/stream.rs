//! The stream: events of all parcels in the order of their intake.

use std::collections::{BTreeMap, VecDeque};

use sanbai_wire::proto::event::ParcelEvent;

use super::civil::MINUTE;
use super::outbound::{self, Wish, opening_hours};
use super::schedule::{Slot, Way};
use super::story::Story;
use super::subjects::Subjects;
use super::{Truth, World, disorder, inbound, rota, specials, violations};

/// How much of the stream is sorted at a time. Only the numbers of the parcels that go on later are held meanwhile.
const BUCKET: i64 = 15 * MINUTE;

/// What a world tells.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    /// An event, in the order in which it would be received.
    Event(Box<ParcelEvent>),
    /// What was planted in a parcel, when it first appears.
    Truth(Truth),
}

/// Everything that a world tells, made as it is asked for.
///
/// Memory is bounded by the events of a quarter of an hour and eight bytes for each parcel on its way.
#[derive(Debug)]
pub struct Stream<'w> {
    world: &'w World,
    /// Numbers of the parcels that go on in a later bucket.
    waiting: BTreeMap<i64, Vec<u64>>,
    next: Option<Slot>,
    subjects: Option<Subjects<'w>>,
    told: VecDeque<Told>,
}

/// Events of a bucket, with their intake and the number of their parcel.
type Due = Vec<(i64, u64, ParcelEvent)>;

impl World {
    /// Everything that the world tells.
    pub fn stream(&self) -> Stream<'_> {
        Stream {
            world: self,
            waiting: BTreeMap::new(),
            next: (0 < self.plan.parcels).then(|| self.slot(0)),
            subjects: self.plan.subjects.then(|| Subjects::new(self)),
            told: VecDeque::new(),
        }
    }
}

impl Iterator for Stream<'_> {
    type Item = Told;

    fn next(&mut self) -> Option<Told> {
        while self.told.is_empty() {
            self.bucket()?;
        }
        self.told.pop_front()
    }
}

impl Stream<'_> {
    /// Tells the next bucket; `None` after the last.
    fn bucket(&mut self) -> Option<()> {
        let world = self.world;
        let new = self.next.map(|slot| slot.anchor.div_euclid(BUCKET));
        let bucket = self.waiting.keys().next().copied().into_iter().chain(new).min()?;
        let mut due = Due::new();
        for index in self.waiting.remove(&bucket).unwrap_or_default() {
            take(world.story(world.slot(index)), bucket, &mut due, &mut self.waiting);
        }
        while let Some(slot) = self.next.filter(|slot| slot.anchor.div_euclid(BUCKET) <= bucket) {
            let story = world.story(slot);
            self.told.extend(world.truth(&story).map(Told::Truth));
            if let Some(subjects) = &mut self.subjects {
                subjects.count(&story);
            }
            take(story, bucket, &mut due, &mut self.waiting);
            self.next = (slot.index + 1 < world.plan.parcels).then(|| world.slot(slot.index + 1));
        }
        if let Some(subjects) = &mut self.subjects {
            // The stream ends with its last parcel.
            let goes_on = self.next.is_some() || !self.waiting.is_empty();
            let end = due.iter().map(|(intake, ..)| *intake).max().filter(|_| !goes_on);
            let before = subjects.before(end.unwrap_or((bucket + 1) * BUCKET)).into_iter();
            due.extend(before.map(|(intake, event)| (intake, u64::MAX, event)));
        }
        due.sort_by_key(|(intake, index, _)| (*intake, *index));
        self.told
            .extend(due.into_iter().map(|(_, _, event)| Told::Event(Box::new(event))));
        Some(())
    }
}

/// Tells all events to `emit` and all that was planted to `truth`, in the order of [`World::stream`].
pub fn generate(world: &World, emit: &mut dyn FnMut(ParcelEvent), truth: &mut dyn FnMut(Truth)) {
    for told in world.stream() {
        match told {
            Told::Event(event) => emit(*event),
            Told::Truth(known) => truth(known),
        }
    }
}

/// Takes the events of a bucket out of a story, and notes when it goes on.
fn take(mut story: Story<'_>, bucket: i64, due: &mut Due, waiting: &mut BTreeMap<i64, Vec<u64>>) {
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
        let mut story = self.tell(slot);
        if self.plan.subjects {
            rota::keep(&mut story);
        }
        story
    }

    fn tell(&self, slot: Slot) -> Story<'_> {
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
