//! Batches of rows as readers of version 0.1 take them: zstd of a payload as in frames.

use crate::error::{ErrorCode, ServiceError};
use rustc_hash::FxHashMap;
use stepwell_codec::msgpack;
use stepwell_codec::pack::pack;
use stepwell_codec::payload::{KeyTable, PayloadBuilder};
use stepwell_proto::v1;
use stepwell_store::RowBatch;

/// The message of a batch of a label.
pub(super) fn message(label: &str, batch: &RowBatch) -> Result<v1::RowBatch, ServiceError> {
    let (mut table, mut builder) = (KeyTable::default(), PayloadBuilder::new());
    let (mut keys, mut shapes) = (FxHashMap::<String, u32>::default(), FxHashMap::<Box<[u32]>, u32>::default());
    for row in batch.rows() {
        let (mut shape, mut values) = (Vec::with_capacity(row.cells.len()), Vec::new());
        for (key, value) in row.cells {
            msgpack::write_value(&mut values, &value);
            shape.push(*keys.entry(key).or_insert_with_key(|key| {
                table.keys.push(key.as_str().into());
                table.keys.len() as u32 - 1
            }));
        }
        let shape = *shapes.entry(shape.into()).or_insert_with_key(|shape| {
            table.shapes.push(shape.clone());
            table.shapes.len() as u32 - 1
        });
        builder.row(&table, shape, row.step, row.time, row.sampled, &values);
    }
    let mut payload = Vec::new();
    let rows = builder.finish(&table, &mut payload);
    let packed =
        pack(&payload).map_err(|error| ServiceError::new(ErrorCode::Internal, format!("rows could not be compressed: {error}")))?;
    Ok(v1::RowBatch { payload: packed.into(), rows, label: label.into(), ..Default::default() })
}
