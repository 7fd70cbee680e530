//! Random events, valid by the schema: the same seed throws the same.

use crate::json::push_text;
use crate::limits::TextKind;
use crate::proto::schema::PARCEL_EVENT;
use crate::schema::{Field, Kind, Label, Message};

/// Throws numbers (SplitMix64).
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn throw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// A number below `limit`.
    pub(super) fn below(&mut self, limit: usize) -> usize {
        let limit = u64::try_from(limit.max(1)).expect("small");
        usize::try_from(self.throw().checked_rem(limit).unwrap_or(0)).expect("small")
    }

    pub(super) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    /// Digits and capitals, with no ID number or phone number in them.
    fn code(&mut self) -> String {
        let length = self.below(9).saturating_add(1);
        (0..length)
            .map(|_| self.pick(b"ABCXYZ0123456789-_."))
            .map(char::from)
            .collect()
    }

    fn uuid(&mut self) -> String {
        let (a, b) = (self.throw(), self.throw());
        let text = format!("{a:016x}{b:016x}");
        [&text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..]].join("-")
    }

    fn text(&mut self, field: &Field, kind: TextKind) -> String {
        match (kind, field.json) {
            (_, "day") => (self.pick(&["2026-03-09", "2026-03-10"])).to_owned(),
            (_, "brand") => self.pick(&["SF", "ZTO", "sf"]).to_owned(),
            (TextKind::EventId, _) => self.uuid(),
            (TextKind::Waybill, _) => format!("{} w{}", self.code(), self.code()),
            (TextKind::Identifier | TextKind::WorkIdentifier | TextKind::Code | TextKind::WorkCode, _) => self.code(),
            (TextKind::Words, _) => {
                (self.pick(&["books", "书 籍", "=1+1", "<b>\"\\/", "联系13912345678", "é\u{1f600}"])).to_owned()
            }
            (TextKind::Raw, _) => (self.pick(&[
                "440308199901101512",
                "13912345678",
                "王小明",
                "EA1234567",
                "440308199901101513",
            ]))
            .to_owned(),
            (TextKind::Masked, _) => (self.pick(&["王**", "1********34", "13912345678", "王小明"])).to_owned(),
            (TextKind::Token, _) => format!("hs256:k{}:q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQ", self.below(9)),
            (TextKind::Day, _) => (self.pick(&["2030-01-31", "long-term", "长期"])).to_owned(),
            (TextKind::Place, _) => (self.pick(&["440117", "44", "440117103000", "440117103"])).to_owned(),
            (TextKind::Digest, _) => (self.pick(&["aB", "01"])).repeat(32),
            (TextKind::Image, _) => format!("M1:{}", self.code()).replace("..", "-"),
        }
    }

    fn value(&mut self, field: &Field, out: &mut String) {
        match &field.kind {
            Kind::Text(rule) => push_text(&self.text(field, rule.kind), out),
            Kind::Flag => out.push_str(self.pick(&["true", "false"])),
            Kind::Count(_) if field.json == "schemaVersion" => out.push('1'),
            Kind::Count(limits) => {
                let span = usize::try_from(limits.max.saturating_sub(limits.min)).expect("64 bits");
                let above = u32::try_from(self.below(span.saturating_add(1))).expect("in the span");
                out.push_str(&limits.min.saturating_add(above).to_string());
            }
            Kind::Choice(choice) => {
                // The unspecified one says nothing where something is required.
                let (number, name) = self.pick(choice.values.get(1..).expect("more than one"));
                let short = name.strip_prefix(choice.prefix).expect("prefixed").to_ascii_lowercase();
                match self.below(3) {
                    0 => out.push_str(&number.to_string()),
                    1 => push_text(name, out),
                    _ => push_text(&short, out),
                }
            }
            Kind::Time => {
                let (hour, second) = (self.below(24), self.below(60));
                let fraction = self.pick(&["", ".5", ".123", ".123456789"]);
                out.push_str(&format!("\"2026-03-10T{hour:02}:00:{second:02}{fraction}+08:00\""));
            }
            Kind::Nested(message) => self.message(message, out),
        }
    }

    fn fields(&mut self, message: &'static Message) -> Vec<&'static Field> {
        let happenings: Vec<&Field> = message.fields.iter().filter(|field| field.is_happening()).collect();
        let mut fields: Vec<&Field> = message
            .fields
            .iter()
            .filter(|field| !field.is_happening() && (is_needed(message, field) || self.below(3) > 0))
            .collect();
        if !happenings.is_empty() {
            fields.push(self.pick(&happenings));
        }
        if self.below(2) == 0 {
            for place in 0..fields.len() {
                let other = self.below(fields.len());
                fields.swap(place, other);
            }
        }
        fields
    }

    /// An object, its fields sometimes in another order than the schema's.
    pub(super) fn message(&mut self, message: &'static Message, out: &mut String) {
        out.push('{');
        for (index, field) in self.fields(message).into_iter().enumerate() {
            if index > 0 {
                out.push_str(self.pick(&[",", " ,\n ", ", "]));
            }
            push_text(if self.below(4) == 0 { field.proto } else { field.json }, out);
            out.push_str(self.pick(&[":", ": "]));
            if field.label != Label::Repeated {
                self.value(field, out);
                continue;
            }
            out.push('[');
            for entry in 0..self.below(4) {
                if entry > 0 {
                    out.push(',');
                }
                self.value(field, out);
            }
            out.push(']');
        }
        out.push('}');
    }

    /// An event.
    pub(super) fn event(&mut self) -> String {
        let mut json = String::new();
        self.message(&PARCEL_EVENT, &mut json);
        json
    }
}

fn is_needed(message: &Message, field: &Field) -> bool {
    matches!(
        (message.name, field.json),
        (
            "ParcelEvent",
            "eventId" | "brand" | "waybill" | "site" | "subject" | "occurredAt"
        ) | ("Departed", "leg")
            | ("Arrived", "from")
            | ("Retracted", "eventId")
            | ("ScreenerShift", "change")
            | ("DeclaredVolume", "day")
    )
}
