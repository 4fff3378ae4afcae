//! Rows on their way to a client: packed into payloads on a blocking thread, sent through a bounded channel.

use crate::error::{ErrorCode, ServiceError};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use rustc_hash::FxHashMap;
use std::time::Duration;
use stepwell_codec::msgpack;
use stepwell_codec::pack::pack;
use stepwell_codec::payload::{KeyTable, PayloadBuilder};
use stepwell_model::Row;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio_stream::wrappers::ReceiverStream;

/// Bytes of a batch before compression, about; only a single row that is larger goes beyond.
const BATCH_BYTES: usize = 1 << 20;
/// Batches that wait for the client; with the one being made, some 4 MiB per reader.
const WAITING_BATCHES: usize = 2;
/// Time that a reader may take for one batch before it counts as gone.
const READER_WAIT: Duration = Duration::from_secs(60);

/// Some rows of one label, in step order.
#[derive(Debug)]
pub(crate) struct RowBatch {
    /// zstd of a payload as in frames, whose entries are rows.
    pub(crate) payload: Vec<u8>,
    /// Their number.
    pub(crate) rows: u32,
    /// Their label.
    pub(crate) label: String,
}

/// Batches as the reader takes them.
pub(crate) type Rows = BoxStream<'static, Result<RowBatch, ServiceError>>;

/// The reader is gone or too slow; there is nobody to tell.
#[derive(Debug)]
pub(super) struct ReaderGone;

/// Reason why sending ended early.
#[derive(Debug)]
pub(super) enum SendError {
    /// Nobody takes rows any more.
    Gone,
    /// The rows cannot be read; the reader is told.
    Failed(ServiceError),
}

impl From<ReaderGone> for SendError {
    fn from(_: ReaderGone) -> Self {
        Self::Gone
    }
}

impl<E: Into<ServiceError>> From<E> for SendError {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Runs `work` on a blocking thread; what it sends comes out of the stream. `turn` is given back when it
/// ends.
pub(super) fn stream(turn: OwnedSemaphorePermit, work: impl FnOnce(&mut BatchSender) -> Result<(), SendError> + Send + 'static) -> Rows {
    let (channel, batches) = mpsc::channel(WAITING_BATCHES);
    let runtime = Handle::current();
    tokio::task::spawn_blocking(move || {
        let _turn = turn;
        let mut sender = BatchSender { channel, runtime, label: String::new(), table: Table::default(), builder: PayloadBuilder::new() };
        let outcome = work(&mut sender).and_then(|()| Ok(sender.flush()?));
        if let Err(SendError::Failed(error)) = outcome {
            let _ = sender.put(Err(error));
        }
    });
    ReceiverStream::new(batches).boxed()
}

/// Packs rows and sends them.
pub(super) struct BatchSender {
    channel: mpsc::Sender<Result<RowBatch, ServiceError>>,
    runtime: Handle,
    label: String,
    table: Table,
    builder: PayloadBuilder,
}

impl BatchSender {
    /// Adds a row of `label`; waits while the reader is behind.
    pub(super) fn row(&mut self, label: &str, row: &Row) -> Result<(), ReaderGone> {
        if label != self.label {
            self.flush()?;
            label.clone_into(&mut self.label);
        }
        let mut values = Vec::new();
        row.cells.iter().for_each(|(_, value)| msgpack::write_value(&mut values, value));
        if self.builder.bytes() + values.len() > BATCH_BYTES {
            self.flush()?;
        }
        let shape = self.table.shape(row);
        self.builder.row(&self.table.keys, shape, row.step, row.time, row.sampled, &values);
        Ok(())
    }

    /// Sends what was collected.
    fn flush(&mut self) -> Result<(), ReaderGone> {
        if self.builder.count() == 0 {
            return Ok(());
        }
        let mut payload = Vec::new();
        let rows = self.builder.finish(&self.table.keys, &mut payload);
        // Rows of ever new shapes must not make the table grow for ever.
        self.table = Table::default();
        self.builder = PayloadBuilder::new();
        let batch = match pack(&payload) {
            Ok(payload) => Ok(RowBatch { payload, rows, label: self.label.clone() }),
            Err(error) => Err(ServiceError::new(ErrorCode::Internal, format!("rows could not be compressed: {error}"))),
        };
        self.put(batch)
    }

    fn put(&self, batch: Result<RowBatch, ServiceError>) -> Result<(), ReaderGone> {
        let sending = tokio::time::timeout(READER_WAIT, self.channel.send(batch));
        match self.runtime.block_on(sending) {
            Ok(Ok(())) => Ok(()),
            _ => Err(ReaderGone),
        }
    }
}

/// The keys and shapes of a batch, found by what they are.
#[derive(Default)]
struct Table {
    keys: KeyTable,
    key_index: FxHashMap<Box<str>, u32>,
    shape_index: FxHashMap<Box<[u32]>, u32>,
    last: Option<u32>,
}

impl Table {
    /// The index of the row's shape. Consecutive rows mostly share it.
    fn shape(&mut self, row: &Row) -> u32 {
        if let Some(last) = self.last {
            let shape = &self.keys.shapes[last as usize];
            let same = |(&key, cell): (&u32, &(String, _))| *self.keys.keys[key as usize] == *cell.0;
            if shape.len() == row.cells.len() && shape.iter().zip(&row.cells).all(same) {
                return last;
            }
        }
        let shape: Box<[u32]> = row.cells.iter().map(|(key, _)| self.key(key)).collect();
        let index = match self.shape_index.get(&shape) {
            Some(&index) => index,
            None => {
                let index = self.keys.shapes.len() as u32;
                self.keys.shapes.push(shape.clone());
                self.shape_index.insert(shape, index);
                index
            }
        };
        self.last = Some(index);
        index
    }

    fn key(&mut self, key: &str) -> u32 {
        if let Some(&index) = self.key_index.get(key) {
            return index;
        }
        let index = self.keys.keys.len() as u32;
        self.keys.keys.push(key.into());
        self.key_index.insert(key.into(), index);
        index
    }
}
