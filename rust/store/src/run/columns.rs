//! Choice of the cells of configuration and summary that come along in a list of runs: never all, whatever a
//! run has.

use crate::api::StoreError;
use crate::query::RunInfo;
use crate::row::{RUNTIME, STEP, TIMESTAMP, is_automatic};
use crate::run::field::{Field, find};
use std::borrow::Cow;
use std::collections::BTreeSet;
use stepwell_model::Value;

/// Choice of cells by their keys.
#[derive(Debug, Clone, PartialEq)]
pub enum Cells {
    /// The first by name.
    First(usize),
    /// These, under these names; dots lead into dicts.
    Keys(BTreeSet<String>),
}

/// Choice of cells of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Columns {
    /// Of the configuration.
    pub config: Cells,
    /// Of the summary. `_step`, `_timestamp` and `_runtime` always come.
    pub summary: Cells,
}

impl Default for Columns {
    fn default() -> Self {
        Self { config: Cells::First(usize::MAX), summary: Cells::First(usize::MAX) }
    }
}

impl Columns {
    /// Those of these names, as filters have them: `config.lr`, `summary.loss`. What comes with every run may
    /// be named, too.
    ///
    /// # Errors
    /// `Invalid` where a name is none of a field.
    pub fn named(names: &[String]) -> Result<Self, StoreError> {
        let (mut config, mut summary) = (BTreeSet::new(), BTreeSet::new());
        for name in names {
            match Field::parse(name)? {
                Field::Config(key) => drop(config.insert(key)),
                Field::Summary(key) => drop(summary.insert(key)),
                _ => {}
            }
        }
        Ok(Self { config: Cells::Keys(config), summary: Cells::Keys(summary) })
    }

    /// The run with these cells alone.
    pub fn cut(&self, mut run: RunInfo) -> RunInfo {
        let cut = |cells: &Cells, pairs: Vec<(String, Value)>, with_automatic| {
            let all = |stays: &mut dyn FnMut(&str) -> bool| pairs.iter().filter(|(key, _)| stays(key)).cloned().collect();
            cells.choose(with_automatic, |key| find(&pairs, key), all)
        };
        run.config = cut(&self.config, std::mem::take(&mut run.config), false);
        run.summary = cut(&self.summary, std::mem::take(&mut run.summary), true);
        run
    }
}

impl Cells {
    /// The cells that are chosen, by name: `find` has those of keys, and `all` gives those whose name passes a
    /// test.
    pub fn choose<'v>(
        &self,
        with_automatic: bool,
        find: impl Fn(&str) -> Option<Cow<'v, Value>>,
        all: impl FnOnce(&mut dyn FnMut(&str) -> bool) -> Vec<(String, Value)>,
    ) -> Vec<(String, Value)> {
        let automatic = |key: &str| with_automatic && is_automatic(key);
        match self {
            Self::First(limit) => {
                let mut left = *limit;
                all(&mut |key| {
                    let stays = automatic(key) || left > 0;
                    left -= usize::from(stays && !automatic(key));
                    stays
                })
            }
            Self::Keys(keys) => {
                let automatics = [STEP, TIMESTAMP, RUNTIME].into_iter().filter(|_| with_automatic);
                let names: BTreeSet<&str> = keys.iter().map(String::as_str).chain(automatics).collect();
                names.into_iter().filter_map(|key| Some((key.to_owned(), Field::lookup(key, &find)?.into_owned()))).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{RowFacts, assemble};
    use crate::statement::Statements;
    use stepwell_model::RunPath;

    fn run(keys: &[&str]) -> RunInfo {
        let last_values = keys.iter().map(|key| ((*key).to_owned(), Value::Int(1))).collect();
        let path = RunPath::new("e", "p", "r").unwrap();
        let mut run = assemble(path, 0, &[], &Statements::default(), RowFacts { last_values, ..RowFacts::default() }, 0);
        run.config = vec![("lr".into(), Value::Int(1)), ("opt".into(), Value::Map(vec![("name".into(), Value::Int(2))]))];
        run
    }

    fn keys(pairs: &[(String, Value)]) -> String {
        pairs.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_summary_is_cut_and_its_size_said() {
        let cut = |summary: Cells| {
            let run = Columns { summary, ..Columns::default() }.cut(run(&["_step", "a", "b", "c"]));
            assert_eq!(keys(&run.config), "lr opt");
            (keys(&run.summary), run.summary_keys)
        };
        assert_eq!(cut(Cells::First(9)), ("_step a b c".to_owned(), 4));
        assert_eq!(cut(Cells::First(2)), ("_step a b".to_owned(), 4));
        assert_eq!(cut(Cells::First(1)), ("_step a".to_owned(), 4));
        assert_eq!(cut(Cells::Keys(["c".to_owned(), "x".to_owned()].into())), ("_step c".to_owned(), 4));
    }

    #[test]
    fn named_columns_lead_into_dicts_and_come_alone() {
        let names = ["config.opt.name", "config.absent", "summary_metrics.b", "summary._step", "state"].map(str::to_owned);
        let run = Columns::named(&names).unwrap().cut(run(&["_step", "a", "b"]));
        assert_eq!(run.config, [("opt.name".to_owned(), Value::Int(2))]);
        assert_eq!((keys(&run.summary), run.summary_keys), ("_step b".to_owned(), 3));
        assert!(Columns::named(&["color".to_owned()]).unwrap_err().to_string().contains("\"color\""));
    }
}
