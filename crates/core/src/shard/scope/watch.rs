//! Watching: which alerts are looked at after a section, and what is said of them.

use super::day::OutletDay;
use super::lifecycle::{AlertState, Pending, Said};
use super::outlet::Outlet;
use super::shard::{Judged, ScopeShard, place_on};
use super::target::Question;
use super::{AlertRule, OutletAlert, ScopeOutput, ScopeSink};
use crate::registry::{RegistryView, days::noon};
use crate::shard::position::Position;
use crate::time::CivilDay;

impl ScopeShard {
    /// Forgets the days that can no longer change.
    pub(super) fn freeze(&mut self, registry: RegistryView<'_>) {
        let Some(clock) = &mut self.clock else { return };
        if clock.freeze(registry) {
            let first = clock.frozen_before;
            self.days = self.days.split_off(&first);
            self.queue.retain(|(_, _, day, _)| *day >= first);
        }
    }

    /// Adds the alerts that stand or are about to: the registers may say something else now.
    pub(super) fn look_at_alerts(&self, judged: &mut Judged) {
        for (day, kept) in &self.days {
            let outlets = kept.alerts.keys().map(|(outlet, _)| (outlet.clone(), *day));
            judged.extend(outlets);
        }
    }

    /// Adds the outlets of days that are over, and those of which nothing was heard.
    pub(super) fn close_days(&mut self, registry: RegistryView<'_>, judged: &mut Judged) {
        let Some(clock) = &mut self.clock else { return };
        for day in clock.close(registry) {
            let outlets = self.days.get(&day).into_iter().flat_map(|kept| kept.outlets.keys());
            judged.extend(outlets.map(|outlet| (outlet.clone(), day)));
        }
        let days = clock.close_silence();
        for day in days {
            self.look_for_silent(day, registry, judged);
        }
    }

    /// Walks the register once for a day that is over.
    fn look_for_silent(&self, day: CivilDay, registry: RegistryView<'_>, judged: &mut Judged) {
        let Some(clock) = &self.clock else { return };
        let question = Question::new(registry, clock, self.territory, day);
        let kept = self.days.get(&day);
        let mut working = ("", true);
        for (brand, key, site) in registry.sites(noon(day)) {
            if !question.is_watched(brand, key, site) {
                continue;
            }
            if working.0 != brand {
                working = (brand, registry.is_working_day(brand, day));
            }
            let counts = kept.and_then(|kept| kept.outlet(brand, key));
            if working.1 && !counts.is_some_and(|counts| counts.has_parcels()) {
                judged.insert((Outlet::new(brand, key), day));
            }
        }
    }

    /// Adds the alerts whose hold has passed.
    pub(super) fn look_at_due(&mut self, judged: &mut Judged) {
        let Some(now) = self.source_clock() else { return };
        while let Some(due) = self.queue.pop_first() {
            if due.0 > now {
                self.queue.insert(due);
                break;
            }
            let (_, outlet, day, _) = due;
            judged.insert((outlet, day));
        }
    }

    /// Looks at every alert of these outlets and days.
    pub(super) fn judge(&mut self, at: Position, judged: Judged, registry: RegistryView<'_>, out: &mut impl ScopeSink) {
        let Some(clock) = self.clock else { return };
        for (outlet, day) in judged {
            if clock.is_frozen(day) {
                continue;
            }
            let question = Question::new(registry, &clock, self.territory, day);
            self.judge_outlet(&question, outlet, &mut |rule, said, values, outlet| {
                let alert = OutletAlert {
                    id: rule.alert_id(&outlet.brand, &outlet.site, day),
                    rule,
                    change: said.change,
                    severity: said.severity,
                    brand: &outlet.brand,
                    site: &outlet.site,
                    place: place_on(outlet, day, registry),
                    day,
                    values: rule.value_names().iter().copied().zip(values).collect(),
                    at: clock.now,
                };
                out.put(at, ScopeOutput::Alert(alert));
            });
        }
    }

    fn judge_outlet(
        &mut self,
        question: &Question<'_>,
        outlet: Outlet,
        say: &mut impl FnMut(AlertRule, Said, Vec<i64>, &Outlet),
    ) {
        let (day, now) = (question.day, question.clock.now);
        let counts = self.days.get(&day).and_then(|kept| kept.outlets.get(&outlet));
        let totals = counts.map(OutletDay::totals).unwrap_or_default();
        let mut key = (outlet, AlertRule::SilentOutlet);
        for rule in AlertRule::ALL {
            key.1 = rule;
            let before = self.days.get(&day).and_then(|kept| kept.alerts.get(&key));
            let before = before.cloned().unwrap_or_default();
            let mut state = before.clone();
            let values = || question.values(rule, &totals);
            let target = question.target(rule, &key.0, &totals);
            let said = state.settle(target, question.hold(rule), now, values);
            if state != before {
                self.keep(&key, day, before.pending, state);
            }
            if let Some(said) = said {
                say(rule, said, values(), &key.0);
            }
        }
    }

    /// Keeps what is known of an alert now, and when it is looked at again.
    fn keep(&mut self, key: &(Outlet, AlertRule), day: CivilDay, was: Option<Pending>, state: AlertState) {
        let due = |pending: Pending| (pending.due, key.0.clone(), day, key.1);
        if let Some(was) = was.map(due) {
            self.queue.remove(&was);
        }
        if let Some(is) = state.pending.map(due) {
            self.queue.insert(is);
        }
        if state.is_empty() {
            if let Some(kept) = self.days.get_mut(&day) {
                kept.alerts.remove(key);
            }
        } else {
            self.days.entry(day).or_default().alerts.insert(key.clone(), state);
        }
    }
}
