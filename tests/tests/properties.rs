//! A verdict is a function of the set of events, whatever order and however often they come.

mod files;

use proptest::prelude::*;
use proptest::sample::Index;
use sanbai_core::case::Evidence;
use sanbai_core::parcel::Parcels;
use sanbai_core::time::{Span, Timestamp};
use sanbai_sim::scenario::Scenario;
use sanbai_wire::Decoded;

/// All scenarios, each with the name of its file.
fn scenarios() -> Vec<(String, Scenario)> {
    let files = files::all().into_iter();
    files
        .flat_map(|file| {
            file.scenarios
                .into_iter()
                .map(move |scenario| (file.name.clone(), scenario))
        })
        .collect()
}

/// All events in some order, and some of them again.
fn disordered(events: &[Decoded], order: &[Index], again: &[Index]) -> Vec<Decoded> {
    let mut events = events.to_vec();
    if events.is_empty() {
        return events;
    }
    let copies: Vec<Decoded> = again.iter().map(|index| index.get(&events).clone()).collect();
    events.extend(copies);
    for (place, index) in order.iter().enumerate() {
        let here = place % events.len();
        let there = index.index(events.len());
        events.swap(here, there);
    }
    events
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(32) })]

    #[test]
    fn order_and_repetition_change_no_verdict(
        order in prop::collection::vec(any::<Index>(), 24),
        again in prop::collection::vec(any::<Index>(), 0..6),
    ) {
        for (file, scenario) in scenarios() {
            let events = disordered(&scenario.events, &order, &again);
            for question in &scenario.questions {
                let expected = scenario.verdict(&scenario.events, question);
                prop_assert_eq!(scenario.verdict(&events, question), expected, "{}: {}", file, scenario.topic);
            }
        }
    }

    #[test]
    fn before_the_next_change_time_alone_changes_nothing(hours in 0_i64..100, share in 0_i64..1_000) {
        for (file, scenario) in scenarios() {
            for question in &scenario.questions {
                let Some(first) = scenario.events.iter().map(Decoded::intake_at).min() else { continue };
                let early = first.plus(Span::minutes(hours * 60 + share % 60));
                let known: Vec<Decoded> = scenario
                    .events
                    .iter()
                    .filter(|event| event.intake_at() <= early)
                    .cloned()
                    .collect();
                let body = |as_of| {
                    scenario.judged(&known, &question.at(as_of), |verdict, _| {
                        let mut body = verdict.clone();
                        (body.next_change.take(), format!("{body:?}"))
                    })
                };
                let Some((next, said)) = body(early) else { continue };
                let end = next.unwrap_or(early.plus(Span::days(30)));
                prop_assert!(end > early, "{file}: {}", scenario.topic);
                let whole = end.as_nanos() - early.as_nanos() - 1;
                let between = Timestamp::from_nanos(early.as_nanos() + whole / 1_000 * share);
                for later in [between, Timestamp::from_nanos(end.as_nanos() - 1)] {
                    let (_, again) = body(later).expect("the same events");
                    prop_assert_eq!(&again, &said, "{}: {} from {} to {}", file, scenario.topic, early, later);
                }
            }
        }
    }

    #[test]
    fn what_is_packed_is_what_was_given(
        order in prop::collection::vec(any::<Index>(), 24),
        again in prop::collection::vec(any::<Index>(), 0..6),
    ) {
        for (file, scenario) in scenarios() {
            let events = disordered(&scenario.events, &order, &again);
            let events: Vec<_> = events.iter().filter_map(Decoded::event).collect();
            let mut parcels = Parcels::default();
            for event in &events {
                parcels.apply(event).expect("its texts are short");
            }
            let packed = parcels.iter().next().unwrap_or_default();
            let given = Evidence::of(events.iter().copied());
            prop_assert_eq!(plain(&packed), plain(&given), "{}: {}", file, scenario.topic);
        }
    }
}

/// Evidence as a text. A copy without a time of upload was uploaded when it came in: both ways of saying it are the same.
fn plain(evidence: &Evidence<'_>) -> Vec<String> {
    let items = evidence.items().iter().map(|item| {
        let mut item = *item;
        item.event.uploaded_at = Some(item.event.upload_at());
        format!("{item:?}")
    });
    items.collect()
}
