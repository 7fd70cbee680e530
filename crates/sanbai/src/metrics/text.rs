//! The text format of Prometheus (0.0.4) and that of OpenMetrics (1.0.0).

use std::fmt::{Display, Write as _};

use super::table::{Kind, Metric, TABLE};

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Prometheus,
    OpenMetrics,
}

impl Form {
    /// What whoever asks can read.
    pub(crate) fn of(accept: Option<&str>) -> Self {
        match accept {
            Some(accept) if accept.contains("application/openmetrics-text") => Self::OpenMetrics,
            _ => Self::Prometheus,
        }
    }

    pub(crate) const fn content_type(self) -> &'static str {
        match self {
            Self::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// A page that is being written.
#[derive(Debug)]
pub(crate) struct Page {
    form: Form,
    text: String,
}

/// The samples of one metric.
#[derive(Debug)]
pub(crate) struct Family<'p> {
    text: &'p mut String,
    metric: &'static Metric,
}

impl Page {
    pub(crate) const fn new(form: Form) -> Self {
        Self {
            form,
            text: String::new(),
        }
    }

    /// Begins a metric of the table. All its samples come now.
    pub(crate) fn family(&mut self, name: &str) -> Family<'_> {
        let metric = TABLE.get(name).expect("a test writes every metric");
        let family = match (self.form, metric.kind) {
            (Form::OpenMetrics, Kind::Counter) => name.strip_suffix("_total").unwrap_or(name),
            _ => name,
        };
        self.put(&["# HELP ", family, " ", &metric.en, "\n"]);
        self.put(&["# TYPE ", family, " ", metric.kind.as_str(), "\n"]);
        if let (Form::OpenMetrics, Some(unit)) = (self.form, &metric.unit) {
            self.put(&["# UNIT ", family, " ", unit, "\n"]);
        }
        Family {
            text: &mut self.text,
            metric,
        }
    }

    /// A metric without labels.
    pub(crate) fn one(&mut self, name: &str, value: impl Display) {
        self.family(name).put(&[], value);
    }

    pub(crate) fn finish(mut self) -> String {
        if self.form == Form::OpenMetrics {
            self.text.push_str("# EOF\n");
        }
        self.text
    }

    fn put(&mut self, parts: &[&str]) {
        parts.iter().for_each(|part| self.text.push_str(part));
    }
}

impl Family<'_> {
    /// One sample, with the values of the labels in the order of the table.
    pub(crate) fn put(&mut self, values: &[&str], value: impl Display) {
        debug_assert_eq!(values.len(), self.metric.labels.len(), "{}", self.metric.name);
        let text = &mut *self.text;
        text.push_str(&self.metric.name);
        let mut next = '{';
        for (name, value) in self.metric.labels.iter().zip(values) {
            text.push(next);
            text.push_str(name);
            text.push_str("=\"");
            escape(value, text);
            text.push('"');
            next = ',';
        }
        text.push_str(if next == ',' { "} " } else { " " });
        // Nothing fails that writes to memory.
        writeln!(text, "{value}").ok();
    }
}

/// In a value of a label backslash, quote and line feed are escaped.
fn escape(value: &str, text: &mut String) {
    let mut rest = value;
    while let Some(at) = rest.find(['\\', '"', '\n']) {
        let (before, special) = rest.split_at(at);
        text.push_str(before);
        text.push_str(match special.as_bytes().first() {
            Some(b'\n') => "\\n",
            Some(b'"') => "\\\"",
            _ => "\\\\",
        });
        rest = special.get(1..).unwrap_or_default();
    }
    text.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_labels_are_escaped() {
        let mut page = Page::new(Form::Prometheus);
        page.family("sanbai_outlets").put(&["a\\b\"c\nd网"], 7);
        let text = page.finish();
        let sample = text.lines().last();
        assert_eq!(sample, Some(r#"sanbai_outlets{day="a\\b\"c\nd网"} 7"#));
    }

    #[test]
    fn a_counter_of_open_metrics_is_named_without_its_suffix() {
        let mut page = Page::new(Form::OpenMetrics);
        page.family("sanbai_busy_seconds_total").put(&["scope", "0"], 1.5);
        let text = page.finish();
        let help = &TABLE["sanbai_busy_seconds_total"].en;
        let wanted = format!(
            "# HELP sanbai_busy_seconds {help}\n# TYPE sanbai_busy_seconds counter\n# UNIT sanbai_busy_seconds seconds\n\
             sanbai_busy_seconds_total{{stage=\"scope\",partition=\"0\"}} 1.5\n# EOF\n"
        );
        assert_eq!(text, wanted);
    }

    #[test]
    fn what_prometheus_asks_for_is_what_it_gets() {
        let asked = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1";
        assert_eq!(Form::of(Some(asked)), Form::OpenMetrics);
        assert_eq!(Form::of(Some("*/*")), Form::Prometheus);
        assert_eq!(Form::of(None), Form::Prometheus);
    }

    #[test]
    fn the_table_can_be_written_as_it_is() {
        for (name, metric) in &*TABLE {
            assert!(name.starts_with("sanbai_"), "{name}");
            assert!(
                !metric.en.contains(['\\', '"', '\n']),
                "{name}: its help would have to be escaped"
            );
            assert_eq!(name.ends_with("_total"), metric.kind == Kind::Counter, "{name}");
            let base = name.strip_suffix("_total").unwrap_or(name);
            if let Some(unit) = &metric.unit {
                assert!(base.ends_with(&format!("_{unit}")), "{name}: not in {unit}");
            }
        }
    }
}
