//! What cannot be read in a rule file: every key is tried alone on the built-in set, so that all faults are found.

use toml::{Table, Value};

use super::set::RuleSet;
use crate::finding::Code;

/// Tables of the set to which a file may add entries, each with the same keys.
const ENTRIES: [&str; 4] = ["profile_set", "indicator", "law", "brand"];

/// Reads a rule set.
pub(super) fn read(table: Table) -> Result<RuleSet, toml::de::Error> {
    Value::Table(table).try_into()
}

/// Lays over `base`, which can be read, whatever of a file can be read, and says of the rest what is wrong with it.
pub(super) fn lay_over_readable(base: Table, over: Table) -> (Table, Vec<String>) {
    let mut laying = Laying {
        table: base,
        faults: Vec::new(),
    };
    laying.lay(&[], over);
    (laying.table, laying.faults)
}

struct Laying {
    table: Table,
    faults: Vec<String>,
}

impl Laying {
    fn lay(&mut self, path: &[&str], over: Table) {
        for (key, value) in over {
            let path: Vec<&str> = path.iter().copied().chain([key.as_str()]).collect();
            match (find(&mut self.table, &path), value) {
                (Some(Value::Table(_)), Value::Table(above)) => self.lay(&path, above),
                (None, _) if matches!(path.as_slice(), ["rule", code] if Code::parse(code).is_none()) => {
                    self.fault(&path, "no rule has that code");
                }
                (None, Value::Table(entry)) if matches!(path.as_slice(), [section, _] if ENTRIES.contains(section)) => {
                    self.add(&path, entry);
                }
                (_, value) => self.put(&path, value),
            }
        }
    }

    /// Adds an entry. Each of its keys is tried in place of that of a neighbour; then it has to do without the neighbour's.
    fn add(&mut self, path: &[&str], entry: Table) {
        let [section, name] = path else { return };
        let Some(Value::Table(entries)) = self.table.get_mut(*section) else {
            return;
        };
        let Some(neighbour) = entries.iter().next().map(|(_, neighbour)| neighbour.clone()) else {
            return;
        };
        let borrowed: Vec<String> = neighbour
            .as_table()
            .into_iter()
            .flat_map(|keys| keys.keys().filter(|key| !entry.contains_key(*key)).cloned())
            .collect();
        entries.insert((*name).to_owned(), neighbour);
        self.lay(path, entry);
        for key in &borrowed {
            let mut table = self.table.clone();
            if let Some(Value::Table(entry)) = find(&mut table, path) {
                entry.remove(key);
            }
            if read(table.clone()).is_ok() {
                self.table = table;
            } else {
                self.fault(&[section, name, key], "is missing");
            }
        }
    }

    fn put(&mut self, path: &[&str], value: Value) {
        let Some((key, parents)) = path.split_last() else {
            return;
        };
        let mut table = self.table.clone();
        let parent = if parents.is_empty() {
            Some(&mut table)
        } else {
            find(&mut table, parents).and_then(Value::as_table_mut)
        };
        let Some(parent) = parent else { return };
        parent.insert((*key).to_owned(), value);
        match read(table.clone()) {
            Ok(_) => self.table = table,
            Err(error) => self.fault(path, error.message()),
        }
    }

    fn fault(&mut self, path: &[&str], what: &str) {
        self.faults.push(format!("{}: {what}", path.join(".")));
    }
}

fn find<'t>(table: &'t mut Table, path: &[&str]) -> Option<&'t mut Value> {
    let (first, rest) = path.split_first()?;
    let mut value = table.get_mut(*first)?;
    for key in rest {
        value = value.as_table_mut()?.get_mut(*key)?;
    }
    Some(value)
}
