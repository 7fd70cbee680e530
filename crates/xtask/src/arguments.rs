//! Command-line arguments, without a crate for them: xtask is what everybody waits for first.

use std::collections::VecDeque;

/// What is left of the command line. Each getter takes out what it understands; [`Arguments::finish`] refuses the rest.
#[derive(Debug)]
pub(crate) struct Arguments(VecDeque<String>);

impl Arguments {
    /// The arguments of this process, without its own name.
    pub(crate) fn from_env() -> Self {
        Self(std::env::args().skip(1).collect())
    }

    /// The first word, if any.
    pub(crate) fn next_word(&mut self) -> Option<String> {
        self.0.pop_front()
    }

    /// Whether the flag is there.
    pub(crate) fn flag(&mut self, name: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|word| word != name);
        self.0.len() != before
    }

    /// The word after the option, if the option is there. The last one counts.
    pub(crate) fn value(&mut self, name: &str) -> anyhow::Result<Option<String>> {
        Ok(self.values(name)?.pop())
    }

    /// The words after each occurrence of the option.
    pub(crate) fn values(&mut self, name: &str) -> anyhow::Result<Vec<String>> {
        let mut values = Vec::new();
        while let Some(at) = self.0.iter().position(|word| word == name) {
            let value = self.0.remove(at + 1);
            self.0.remove(at);
            values.push(value.ok_or_else(|| anyhow::anyhow!("`{name}` needs a value"))?);
        }
        Ok(values)
    }

    /// Every word left that is not an option. Ask for the options first.
    pub(crate) fn words(&mut self) -> Vec<String> {
        let (options, words) = self.0.drain(..).partition(|word| word.starts_with('-'));
        self.0 = options;
        words.into()
    }

    /// Fails if anything was not understood.
    pub(crate) fn finish(self) -> anyhow::Result<()> {
        let left: Vec<String> = self.0.into();
        anyhow::ensure!(left.is_empty(), "not understood: {}", left.join(" "));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(line: &str) -> Arguments {
        Arguments(line.split(' ').map(str::to_owned).collect())
    }

    #[test]
    fn options_may_stand_anywhere() {
        let mut line = arguments("fuzz s10 --seconds 5 --keep time");
        assert_eq!(line.next_word().as_deref(), Some("fuzz"));
        assert_eq!(line.value("--seconds").unwrap().as_deref(), Some("5"));
        assert!(line.flag("--keep"));
        assert_eq!(line.words(), ["s10", "time"]);
        line.finish().unwrap();
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        assert_eq!(
            arguments("--chek").finish().unwrap_err().to_string(),
            "not understood: --chek"
        );
        let error = arguments("ci --without").values("--without").unwrap_err();
        assert_eq!(error.to_string(), "`--without` needs a value");
    }
}
