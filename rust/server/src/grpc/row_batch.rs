//! Batches of rows as wire messages: columns of little-endian numbers, each packed where that is worth it.

use super::row_payload;
use crate::api::rows::Batches;
use crate::error::{ErrorCode, ServiceError};
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use rustc_hash::FxHashMap;
use std::sync::Arc;
use stepwell_codec::msgpack::{write_array_len, write_value};
use stepwell_codec::pack::pack_if_smaller;
use stepwell_proto::v1;
use stepwell_proto::v1::array::Form;
use stepwell_store::RowBatch;
use stepwell_store::row::Cells;
use tonic::Status;

/// Bytes below which nothing is packed.
const PLAIN_BYTES: usize = 1 << 10;
/// Batches in which a column is not tried again that packing has not made smaller.
const PLAIN_BATCHES: u32 = 15;

/// The messages of an answer.
pub(super) fn messages(batches: Batches<v1::RowBatch>) -> BoxStream<'static, Result<v1::RowBatch, Status>> {
    batches.map(|batch| Ok(batch?)).boxed()
}

/// A part of a batch that is packed by itself.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Place {
    Steps,
    Times,
    Rows,
    Cells(Arc<str>),
}

/// Makes the messages of one answer, and remembers which columns are noise.
#[derive(Debug)]
pub(super) struct Encoder {
    in_columns: bool,
    /// Batches in which these are left plain.
    plain: FxHashMap<Place, u32>,
}

impl Encoder {
    /// One for a reader that takes columns, or for one of version 0.1.
    pub(super) fn new(in_columns: bool) -> Self {
        Self { in_columns, plain: FxHashMap::default() }
    }

    /// The message of a batch of a label.
    pub(super) fn message(&mut self, label: &str, batch: &RowBatch) -> Result<v1::RowBatch, ServiceError> {
        if !self.in_columns {
            return row_payload::message(label, batch);
        }
        let mut columns = Vec::with_capacity(batch.columns.len());
        for column in &batch.columns {
            let rows = column.rows.as_ref().map(|rows| self.array(Place::Rows, bytes_of(rows, u32::to_le_bytes))).transpose()?;
            let place = Place::Cells(Arc::clone(&column.key));
            let cells = match &column.cells {
                Cells::Ints(cells) => v1::row_column::Cells::Ints(self.array(place, bytes_of(cells, i64::to_le_bytes))?),
                Cells::Floats(cells) => v1::row_column::Cells::Floats(self.array(place, bytes_of(cells, f64::to_le_bytes))?),
                Cells::Values(cells) => {
                    let mut bytes = Vec::new();
                    write_array_len(&mut bytes, cells.len());
                    cells.iter().for_each(|cell| write_value(&mut bytes, cell));
                    v1::row_column::Cells::Values(self.array(place, bytes)?)
                }
            };
            columns.push(v1::RowColumn { key: column.key.to_string(), rows, cells: Some(cells) });
        }
        Ok(v1::RowBatch {
            rows: batch.len() as u32,
            label: label.into(),
            steps: Some(self.array(Place::Steps, bytes_of(&batch.steps, i64::to_le_bytes))?),
            times: Some(self.array(Place::Times, bytes_of(&batch.times, i64::to_le_bytes))?),
            sampled: bits(&batch.sampled),
            columns,
            ..Default::default()
        })
    }

    fn array(&mut self, place: Place, raw: Vec<u8>) -> Result<v1::Array, ServiceError> {
        let plain = |raw: Vec<u8>| Ok(v1::Array { form: Some(Form::Plain(raw.into())) });
        if raw.len() < PLAIN_BYTES {
            return plain(raw);
        }
        if let Some(left) = self.plain.get_mut(&place).filter(|left| **left > 0) {
            *left -= 1;
            return plain(raw);
        }
        let packed = pack_if_smaller(&raw);
        match packed.map_err(|error| ServiceError::new(ErrorCode::Internal, format!("rows could not be compressed: {error}")))? {
            Some(packed) => Ok(v1::Array { form: Some(Form::Zstd(packed.into())) }),
            None => {
                self.plain.insert(place, PLAIN_BATCHES);
                plain(raw)
            }
        }
    }
}

fn bytes_of<T: Copy, const N: usize>(numbers: &[T], bytes: impl Fn(T) -> [u8; N]) -> Vec<u8> {
    let mut all = vec![0; N * numbers.len()];
    all.as_chunks_mut::<N>().0.iter_mut().zip(numbers).for_each(|(chunk, number)| *chunk = bytes(*number));
    all
}

/// A bit per row, lowest first; empty if none is set.
fn bits(rows: &[bool]) -> Bytes {
    if !rows.contains(&true) {
        return Bytes::new();
    }
    let byte = |eight: &[bool]| eight.iter().rev().fold(0, |byte, &bit| byte << 1 | u8::from(bit));
    rows.chunks(8).map(byte).collect()
}
