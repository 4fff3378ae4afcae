//! Steps that are stored: which there are, and how many of others are new.

use crate::chunks::column::{ORDINAL_BITS, blob, read_one, unpack_integers};
use crate::chunks::directory;
use crate::db::error::store_error;
use rusqlite::{Connection, params};
use rustc_hash::FxHashMap;
use std::sync::Arc;
use stepwell_model::Step;
use stepwell_store::{StepRange, StoreError};

/// Whose steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StepsOf {
    /// All rows of the stream.
    Rows,
    /// The numbers of this key in the stream.
    Key(i64),
}

/// Reads the steps of row groups, each row group once.
pub(crate) struct StepReader<'c> {
    connection: &'c Connection,
    groups: FxHashMap<i64, Arc<Vec<Step>>>,
}

/// A set of steps of one origin, known by its bounds and size.
#[derive(Debug, Clone)]
pub(crate) struct Span {
    pub(crate) first: Step,
    pub(crate) last: Step,
    pub(crate) count: u64,
    pub(crate) origin: Origin,
}

/// Place of the steps of a span.
#[derive(Debug, Clone)]
pub(crate) enum Origin {
    /// In the row groups of this stream.
    Stream(i64),
    /// Here, rising.
    Steps(Arc<Vec<Step>>),
}

impl Span {
    /// A span of rising steps; none if there are none.
    pub(crate) fn of_steps(steps: Arc<Vec<Step>>) -> Option<Self> {
        let (first, last) = (*steps.first()?, *steps.last()?);
        Some(Self { first, last, count: steps.len() as u64, origin: Origin::Steps(steps) })
    }
}

impl<'c> StepReader<'c> {
    /// A reader over a snapshot.
    pub(crate) fn new(connection: &'c Connection) -> Self {
        Self { connection, groups: FxHashMap::default() }
    }

    /// The stored steps of a stream in row groups that overlap `first..=last`, rising.
    fn within(&mut self, of: StepsOf, stream: i64, first: Step, last: Step) -> Result<Vec<Step>, StoreError> {
        let groups: Vec<i64> = match of {
            StepsOf::Rows => self
                .connection
                .prepare_cached("SELECT id FROM blocks WHERE stream = ?1 AND first_step <= ?3 AND last_step >= ?2")
                .and_then(|mut select| select.query_map(params![stream, first, last], |row| row.get(0))?.collect()),
            StepsOf::Key(key) => {
                let chunks = directory::chunks(self.connection, key, stream, StepRange { first, last })?;
                Ok(chunks.iter().map(|chunk| chunk.id >> ORDINAL_BITS).collect())
            }
        }
        .map_err(store_error)?;
        let mut steps = Vec::new();
        for group in groups {
            steps.extend_from_slice(&self.group(group)?);
        }
        steps.sort();
        steps.dedup();
        Ok(steps)
    }

    fn group(&mut self, id: i64) -> Result<Arc<Vec<Step>>, StoreError> {
        if let Some(steps) = self.groups.get(&id) {
            return Ok(steps.clone());
        }
        let sql = "SELECT row_count, steps FROM blocks WHERE id = ?1";
        let steps = Arc::new(read_one(self.connection, sql, id, |count, row| unpack_integers(blob(row, 1)?, count))?);
        self.groups.insert(id, steps.clone());
        Ok(steps)
    }

    /// Number of `steps`, rising, that are not stored for the stream.
    pub(crate) fn missing(&mut self, of: StepsOf, stream: i64, steps: &[Step]) -> Result<u64, StoreError> {
        let (Some(&first), Some(&last)) = (steps.first(), steps.last()) else { return Ok(0) };
        let stored = self.within(of, stream, first, last)?;
        let mut stored = stored.iter().peekable();
        let mut missing = 0;
        for step in steps {
            while stored.next_if(|next| *next < step).is_some() {}
            missing += u64::from(stored.peek() != Some(&step));
        }
        Ok(missing)
    }

    /// Number of different steps of the spans together. Steps are read only where spans overlap.
    pub(crate) fn count(&mut self, of: StepsOf, mut spans: Vec<Span>) -> Result<u64, StoreError> {
        spans.sort_by_key(|span| span.first);
        let (mut total, mut rest) = (0, &spans[..]);
        while let Some(first) = rest.first() {
            let (mut last, mut len) = (first.last, 1);
            while let Some(next) = rest.get(len).filter(|next| next.first <= last) {
                last = last.max(next.last);
                len += 1;
            }
            let (cluster, after) = rest.split_at(len);
            total += if let [span] = cluster { span.count } else { self.count_overlapping(of, cluster)? };
            rest = after;
        }
        Ok(total)
    }

    /// Reads all spans but the largest stored one, and looks for their steps in that one.
    fn count_overlapping(&mut self, of: StepsOf, spans: &[Span]) -> Result<u64, StoreError> {
        let stored = |span: &&Span| matches!(span.origin, Origin::Stream(_));
        let base = spans.iter().filter(stored).max_by_key(|span| span.count);
        let mut steps: Vec<Step> = Vec::new();
        for span in spans {
            match &span.origin {
                _ if base.is_some_and(|base| std::ptr::eq(base, span)) => {}
                Origin::Steps(own) => steps.extend_from_slice(own),
                Origin::Stream(stream) => steps.extend(self.within(of, *stream, span.first, span.last)?),
            }
        }
        steps.sort();
        steps.dedup();
        match base {
            Some(Span { count, origin: Origin::Stream(stream), .. }) => Ok(count + self.missing(of, *stream, &steps)?),
            _ => Ok(steps.len() as u64),
        }
    }
}
