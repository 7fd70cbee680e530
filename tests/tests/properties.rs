//! A verdict is a function of the set of events, whatever order and however often they come.

mod files;

use proptest::prelude::*;
use proptest::sample::Index;
use sanbai_core::case::Evidence;
use sanbai_core::parcel::Parcels;
use sanbai_sim::scenario::{Scenario, core_events};
use sanbai_wire::proto::event::ParcelEvent;

fn scenarios() -> Vec<Scenario> {
    files::all().into_iter().flat_map(|file| file.scenarios).collect()
}

/// All events in some order, and some of them again.
fn disordered(events: &[ParcelEvent], order: &[Index], again: &[Index]) -> Vec<ParcelEvent> {
    let mut events = events.to_vec();
    if events.is_empty() {
        return events;
    }
    let copies: Vec<ParcelEvent> = again.iter().map(|index| index.get(&events).clone()).collect();
    events.extend(copies);
    for (place, index) in order.iter().enumerate() {
        let here = place % events.len();
        let there = index.index(events.len());
        events.swap(here, there);
    }
    events
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(8) })]

    #[test]
    fn order_and_repetition_change_no_verdict(
        order in prop::collection::vec(any::<Index>(), 24),
        again in prop::collection::vec(any::<Index>(), 0..6),
    ) {
        for scenario in scenarios() {
            let events = disordered(&scenario.events, &order, &again);
            for question in &scenario.questions {
                let expected = scenario.verdict(&scenario.events, question);
                prop_assert_eq!(scenario.verdict(&events, question), expected, "{}", scenario.topic);
            }
        }
    }

    #[test]
    fn what_is_packed_is_what_was_given(
        order in prop::collection::vec(any::<Index>(), 24),
        again in prop::collection::vec(any::<Index>(), 0..6),
    ) {
        for scenario in scenarios() {
            let events = disordered(&scenario.events, &order, &again);
            let events = core_events(&events);
            let mut parcels = Parcels::default();
            for event in &events {
                parcels.apply(event).expect("its texts are short");
            }
            let packed = parcels.iter().next().unwrap_or_default();
            let given = Evidence::of(events.iter().copied());
            // A copy that says nothing of its upload was uploaded when it came in.
            let uploads = |evidence: &Evidence<'_>| -> Vec<_> {
                evidence.items().iter().map(|item| item.event.upload_at()).collect()
            };
            prop_assert_eq!(uploads(&packed), uploads(&given), "{}", &scenario.topic);
            prop_assert_eq!(plain(&packed), plain(&given), "{}", scenario.topic);
        }
    }
}

/// Evidence as a text, without the way in which the time of the upload is noted.
fn plain(evidence: &Evidence<'_>) -> Vec<String> {
    let items = evidence.items().iter().map(|item| {
        let mut item = *item;
        item.event.uploaded_at = Some(item.event.upload_at());
        format!("{item:?}")
    });
    items.collect()
}
