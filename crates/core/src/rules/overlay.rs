//! What cannot be read in a rule file: every key is tried alone on the built-in set, so that all faults are found.
//!
//! A key is tried on a set that holds no more than it needs, whatever else the file says: the work grows with the file,
//! not with its square.

use toml::{Table, Value};

use super::set::RuleSet;
use crate::finding::Code;

/// Tables of the set to which a file may add entries, each with the same keys.
const ENTRIES: [&str; 4] = ["profile_set", "indicator", "law", "brand"];
/// The table of which the entries are those that there are.
const RULES: &str = "rule";
/// Tables of lists: long ones, and empty where they are not needed.
const LISTS: [&str; 2] = ["exemptions", "documents"];

/// Reads a rule set.
pub(super) fn read(table: Table) -> Result<RuleSet, toml::de::Error> {
    Value::Table(table).try_into()
}

/// Lays over `base`, which can be read, whatever of a file can be read, and says of the rest what is wrong with it.
pub(super) fn lay_over_readable(base: Table, over: Table) -> (Table, Vec<String>) {
    let mut laying = Laying {
        bare: bare(&base),
        table: base.clone(),
        base,
        faults: Vec::new(),
    };
    laying.lay(&[], over);
    (laying.table, laying.faults)
}

/// A set without entries and lists.
fn bare(base: &Table) -> Table {
    let mut bare = base.clone();
    for (key, value) in &mut bare {
        let Value::Table(section) = value else { continue };
        if ENTRIES.contains(&key.as_str()) || key == RULES {
            section.clear();
        } else if LISTS.contains(&key.as_str()) {
            section
                .iter_mut()
                .for_each(|(_, list)| *list = Value::Array(Vec::new()));
        }
    }
    bare
}

struct Laying {
    /// The set over which the file is laid.
    base: Table,
    /// The same without entries and lists.
    bare: Table,
    table: Table,
    faults: Vec<String>,
}

impl Laying {
    fn lay(&mut self, path: &[&str], over: Table) {
        for (key, value) in over {
            let path: Vec<&str> = path.iter().copied().chain([key.as_str()]).collect();
            match (find(&mut self.table, &path), value) {
                (Some(Value::Table(_)), Value::Table(above)) => self.lay(&path, above),
                (None, _) if matches!(path.as_slice(), [RULES, code] if Code::parse(code).is_none()) => {
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
        let Some(neighbour) = self.neighbour(section) else {
            return;
        };
        let Some(Value::Table(entries)) = self.table.get_mut(*section) else {
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
            let path = [section, name, key.as_str()];
            let mut trial = self.trial(&path);
            let taken = |table: &mut Table| match find(table, &[section, name]) {
                Some(Value::Table(entry)) => entry.remove(key),
                _ => None,
            };
            taken(&mut trial);
            if read(trial).is_ok() {
                taken(&mut self.table);
            } else {
                self.fault(&path, "is missing");
            }
        }
    }

    /// The first entry of a section.
    fn neighbour(&self, section: &str) -> Option<Value> {
        let entries = self.base.get(section)?.as_table()?;
        entries.iter().next().map(|(_, neighbour)| neighbour.clone())
    }

    fn put(&mut self, path: &[&str], value: Value) {
        let mut trial = self.trial(path);
        if !insert(&mut trial, path, value.clone()) {
            return;
        }
        match read(trial) {
            Ok(_) => {
                insert(&mut self.table, path, value);
            }
            Err(error) => self.fault(path, error.message()),
        }
    }

    /// A set that can be read, and of which everything that stands beside a path is there. A new entry is as its neighbour.
    fn trial(&self, path: &[&str]) -> Table {
        let mut trial = self.bare.clone();
        let [section, name, ..] = path else { return trial };
        let Some(Value::Table(inner)) = trial.get_mut(*section) else {
            return trial;
        };
        if ENTRIES.contains(section) || *section == RULES {
            let known = self.base.get(*section).and_then(|entries| entries.get(*name)).cloned();
            if let Some(entry) = known.or_else(|| self.neighbour(section)) {
                inner.insert((*name).to_owned(), entry);
            }
        }
        trial
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

/// Puts a value at a path; `false` where there is no table that it could stand in.
fn insert(table: &mut Table, path: &[&str], value: Value) -> bool {
    let Some((key, parents)) = path.split_last() else {
        return false;
    };
    let parent = if parents.is_empty() {
        Some(table)
    } else {
        find(table, parents).and_then(Value::as_table_mut)
    };
    let Some(parent) = parent else { return false };
    parent.insert((*key).to_owned(), value);
    true
}
