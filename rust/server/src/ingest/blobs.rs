//! Blobs over gRPC: `Ingest.FindMissingBlobs` and `Ingest.PutBlobs`.
//!
//! Handling of each blob of `PutBlobs`, and what a client may rely on:
//!
//! | the blob | answer |
//! |---|---|
//! | its last chunk came, and its bytes have the SHA-256 that was said | `BlobStored`, once bytes and name survive a power loss |
//! | is there already | `BlobStored` with its first chunk; the others are passed over |
//! | its bytes have another SHA-256, or it is larger than [`limits::BLOB_BYTES`] | `BlobStored` with `refused`; nothing of it is kept |
//!
//! Answers come in any order, one per blob. A call ends with `UNAVAILABLE` where trying again later may help:
//! the disk is full or failed, the server is busy with [`CONCURRENT_CALLS`] others, or with half as many of
//! the same peer, the upload is so slow that it gives way to one that waits, a blob came below
//! [`LEAST_RATE`], the call is [`CALL_TIME`] old and between two blobs, or the server is going away (after
//! the answers to what was complete). It ends with `INVALID_ARGUMENT` where the chunks make no sense. What
//! was not answered is to be sent again, whole.
//!
//! **Bounds.** At most [`CONCURRENT_WRITES`] chunks are being written, and each call holds one more; a call
//! has at most [`UNANSWERED`] blobs whose answers the client has not taken. Beyond that the server stops
//! reading, and HTTP/2 flow control stops the client. The call is accepted only when it is its turn, so a
//! client that waits for that before it sends costs nothing until then.
//!
//! **Syncs.** Each blob is synced by itself, [`CONCURRENT_WRITES`] at a time: file systems with a journal
//! commit those together, and a checkpoint that is being written to the same disk is not waited for, as
//! `syncfs` would.

use super::slots::{Slot, Slots};
use crate::error::ServiceError;
use crate::state::context::Context;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use stepwell_blob::{BlobDirectory, Received};
use stepwell_model::{BlobId, limits};
use stepwell_proto::v1;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};

/// Calls that are served at once.
const CONCURRENT_CALLS: usize = 32;
/// Chunks that are written, or blobs that are synced, at once.
pub(crate) const CONCURRENT_WRITES: usize = 8;
/// Blobs of a call that are being synced, or whose answers the client has not taken.
const UNANSWERED: usize = 64;
/// Time that a call waits for its turn.
const TURN_WAIT: Duration = Duration::from_secs(10);
/// Time that a call may stay without a chunk.
const SILENCE: Duration = Duration::from_secs(120);
/// Time that a blob may keep the server waiting, besides what its bytes take at [`LEAST_RATE`].
const BLOB_WAIT: Duration = Duration::from_secs(30);
/// Bytes a second that must come of a blob.
const LEAST_RATE: u64 = 16 << 10;
/// After this time a call takes no further blob, so that no place is taken for ever.
const CALL_TIME: Duration = Duration::from_secs(3_600);
/// Time that the last answers may take when a call ends.
const LANDING_WAIT: Duration = Duration::from_secs(30);
/// Blobs that one request may ask about.
const ASKED_BLOBS: usize = 10_000;
/// A file that was written this long ago is on the disk, whoever wrote it: the system writes back what is
/// older than half a minute.
const SETTLED_AFTER: Duration = Duration::from_secs(120);

/// State that all calls share.
pub(super) struct Uploads {
    calls: Arc<Slots>,
    writes: Arc<Semaphore>,
}

impl Default for Uploads {
    fn default() -> Self {
        Self { calls: Slots::new(CONCURRENT_CALLS), writes: Arc::new(Semaphore::new(CONCURRENT_WRITES)) }
    }
}

/// Answers which blobs are wanted.
pub(super) async fn find_missing(
    context: &Arc<Context>,
    request: v1::FindMissingBlobsRequest,
) -> Result<v1::FindMissingBlobsReply, Status> {
    if request.sha256.len() > ASKED_BLOBS {
        return Err(Status::invalid_argument(format!("{} blobs were asked for, at most {ASKED_BLOBS} may be", request.sha256.len())));
    }
    let asked = request.sha256.iter().map(|bytes| blob_id(bytes)).collect::<Result<Vec<_>, _>>()?;
    let missing = context.read(move |context| {
        let mut missing = Vec::new();
        for id in asked {
            let Ok(modified) = context.blobs.path(id).metadata().and_then(|metadata| metadata.modified()) else {
                missing.push(id);
                continue;
            };
            // Whoever hears that a blob is here may delete his own.
            let is_fresh = modified.elapsed().map_or(true, |age| age < SETTLED_AFTER);
            let here = if is_fresh { is_settled(context, id) } else { context.claims.is_here(&context.blobs, id) };
            if !here.map_err(|error| ServiceError::unavailable(unavailable(&error)))? {
                missing.push(id);
            }
        }
        Ok(missing)
    });
    let sha256 = missing.await?.into_iter().map(|id| id.0.to_vec().into()).collect();
    Ok(v1::FindMissingBlobsReply { sha256 })
}

/// Takes blobs, once it is the call's turn.
pub(super) async fn put(
    context: Arc<Context>,
    uploads: &Uploads,
    peer: IpAddr,
    chunks: Streaming<v1::BlobChunk>,
) -> Result<BoxStream<'static, Result<v1::BlobStored, Status>>, Status> {
    let slot = uploads.calls.take(peer, TURN_WAIT).await;
    let Some(slot) = slot else { return Err(Status::unavailable("the server is busy with other uploads")) };
    // One place more than there are answers, for the end of the call.
    let (answers, receiver) = mpsc::channel(UNANSWERED + 1);
    let call = Call { context, slot, writes: Arc::clone(&uploads.writes), window: Arc::new(Semaphore::new(UNANSWERED)), answers };
    tokio::spawn(async move {
        let how = call.serve(chunks).await;
        // All of the window is free again when every blob has had its answer.
        let _ = timeout(LANDING_WAIT, call.window.acquire_many(UNANSWERED as u32)).await;
        if let Err(status) = how {
            let _ = call.answers.try_send(Answer { result: Err(status), _place: None });
        }
    });
    Ok(ReceiverStream::new(receiver).map(|answer| answer.result).boxed())
}

/// An answer on its way to the client; it gives its place in the window back when it is taken.
struct Answer {
    result: Result<v1::BlobStored, Status>,
    _place: Option<OwnedSemaphorePermit>,
}

/// One call.
struct Call {
    context: Arc<Context>,
    slot: Slot,
    writes: Arc<Semaphore>,
    window: Arc<Semaphore>,
    answers: mpsc::Sender<Answer>,
}

/// A blob of which some chunks have come.
struct Arriving {
    id: BlobId,
    size: u64,
    arrived: u64,
    fate: Fate,
    /// Time that the call had waited for its client when it began.
    waited_before: Duration,
}

impl Arriving {
    /// Time that the client may still take for the rest of it.
    fn patience(&self, waited: Duration) -> Duration {
        let allowed = BLOB_WAIT + Duration::from_secs(self.arrived / LEAST_RATE);
        allowed.saturating_sub(waited.saturating_sub(self.waited_before))
    }
}

/// Fate of the chunks that follow.
enum Fate {
    /// They are written; there is no file before the first one is.
    Write(Option<Received>),
    /// The blob was answered.
    PassOver,
}

impl Call {
    async fn serve(&self, mut chunks: Streaming<v1::BlobChunk>) -> Result<(), Status> {
        let mut arriving = None;
        loop {
            let is_late = arriving.is_none() && self.slot.age() > CALL_TIME;
            if is_late {
                return Err(Status::unavailable("the upload takes a place for too long; send the rest in another call"));
            }
            let patience = arriving.as_ref().map_or(SILENCE, |blob: &Arriving| blob.patience(self.slot.waited()).min(SILENCE));
            let chunk = tokio::select! {
                biased;
                () = self.context.stopped() => return Err(Status::unavailable("the server is going away; connect again")),
                () = self.answers.closed() => return Ok(()),
                () = self.slot.gives_way() => return Err(Status::unavailable("the upload is too slow to keep others waiting; send it again")),
                chunk = self.slot.for_client(timeout(patience, chunks.message())) => chunk,
            };
            let chunk = chunk.map_err(|_| match &arriving {
                Some(_) => Status::unavailable(format!("the blob comes at less than {LEAST_RATE} bytes/s; send it again")),
                None => Status::deadline_exceeded(format!("no chunk came for {} s", SILENCE.as_secs())),
            })??;
            self.slot.came(chunk.as_ref().map_or(0, |chunk| chunk.data.len()));
            match chunk {
                Some(chunk) => arriving = self.take(arriving, chunk).await?,
                None if arriving.is_none() => return Ok(()),
                None => return Err(Status::invalid_argument("the call ended within a blob")),
            }
        }
    }

    /// Takes one chunk, and returns its blob if more of it has to come.
    async fn take(&self, arriving: Option<Arriving>, chunk: v1::BlobChunk) -> Result<Option<Arriving>, Status> {
        let mut blob = match arriving {
            Some(blob) if chunk.sha256.is_empty() => blob,
            Some(blob) => return Err(Status::invalid_argument(format!("blob {} is not complete, and another one begins", blob.id))),
            None => self.begin(&chunk).await?,
        };
        let data = chunk.data;
        if data.len() > limits::BLOB_CHUNK_BYTES || data.is_empty() && blob.size > 0 {
            let problem = format!("a chunk has {} bytes; it must have some and at most {}", data.len(), limits::BLOB_CHUNK_BYTES);
            return Err(Status::invalid_argument(problem));
        }
        blob.arrived += data.len() as u64;
        if blob.arrived > blob.size {
            return Err(Status::invalid_argument(format!("blob {} has more than the {} bytes that were said", blob.id, blob.size)));
        }
        let whole = blob.arrived == blob.size;
        let Fate::Write(received) = blob.fate else { return Ok((!whole).then_some(blob)) };
        let context = Arc::clone(&self.context);
        if whole {
            self.settle(blob.id, move || store(&context, received, blob.id, &data)).await?;
            return Ok(None);
        }
        let received = self.write(move || append(&context.blobs, received, &data)).await?;
        Ok(Some(Arriving { fate: Fate::Write(Some(received)), ..blob }))
    }

    /// A blob begins.
    async fn begin(&self, chunk: &v1::BlobChunk) -> Result<Arriving, Status> {
        let (id, size) = (blob_id(&chunk.sha256)?, chunk.size);
        let mut blob = Arriving { id, size, arrived: 0, fate: Fate::PassOver, waited_before: self.slot.waited() };
        if size > limits::BLOB_BYTES {
            let refused = format!("it has {size} bytes, at most {} are taken", limits::BLOB_BYTES);
            self.settle(id, move || Ok(refused)).await?;
            return Ok(blob);
        }
        // One that comes in a single chunk is looked for when it is written: that is one change of threads
        // less.
        let context = Arc::clone(&self.context);
        if chunk.data.len() as u64 == size || !self.write(move || is_settled(&context, id)).await? {
            blob.fate = Fate::Write(None);
        } else {
            self.settle(id, || Ok(String::new())).await?;
        }
        Ok(blob)
    }

    /// Runs `work` on a blocking thread when it is its turn.
    async fn write<T: Send + 'static>(&self, work: impl FnOnce() -> io::Result<T> + Send + 'static) -> Result<T, Status> {
        let Ok(turn) = Arc::clone(&self.writes).acquire_owned().await else { return Err(Status::internal("there are no turns")) };
        let task = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work()
        });
        finished(task.await)
    }

    /// Runs the last of the work for a blob on a blocking thread when it is its turn, and answers it with why
    /// it is refused, which is empty if it is not. Does not wait for it.
    async fn settle(&self, id: BlobId, work: impl FnOnce() -> io::Result<String> + Send + 'static) -> Result<(), Status> {
        let place = tokio::select! {
            // A client that takes no answers is gone, or as good as.
            () = tokio::time::sleep(SILENCE) => return Err(Status::deadline_exceeded("the client takes no answers")),
            place = Arc::clone(&self.window).acquire_owned() => place,
        };
        let (Ok(place), Ok(turn)) = (place, Arc::clone(&self.writes).acquire_owned().await) else {
            return Err(Status::internal("there are no turns"));
        };
        let answers = self.answers.clone();
        tokio::spawn(async move {
            let task = tokio::task::spawn_blocking(move || {
                let _turn = turn;
                work()
            });
            let result = finished(task.await).map(|refused| v1::BlobStored { sha256: id.0.to_vec().into(), refused });
            // There is room: each of the window's places is one in the channel.
            let _ = answers.try_send(Answer { result, _place: Some(place) });
        });
        Ok(())
    }
}

fn finished<T>(outcome: Result<io::Result<T>, tokio::task::JoinError>) -> Result<T, Status> {
    match outcome {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => {
            tracing::warn!("a blob could not be stored: {error}");
            Err(Status::unavailable(unavailable(&error)))
        }
        Err(_) => Err(Status::internal("storing a blob met a fault in the server")),
    }
}

fn unavailable(error: &io::Error) -> String {
    format!("the server cannot store files: {error}")
}

/// Whether the blob is here and survives a power loss. Somebody relies on it from now on.
fn is_settled(context: &Context, id: BlobId) -> io::Result<bool> {
    match context.blobs.sync_blob(id) {
        Ok(()) => context.claims.is_here(&context.blobs, id),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn append(directory: &BlobDirectory, received: Option<Received>, data: &[u8]) -> io::Result<Received> {
    let mut received = received.map_or_else(|| Received::begin(directory), Ok)?;
    received.write(data)?;
    Ok(received)
}

/// Writes the last chunk and gives the blob its name, or says why it is refused.
fn store(context: &Context, received: Option<Received>, id: BlobId, data: &[u8]) -> io::Result<String> {
    if received.is_none() && is_settled(context, id)? {
        return Ok(String::new());
    }
    let found = append(&context.blobs, received, data)?.keep(id)?;
    if found == id {
        context.claims.came(id);
        return Ok(String::new());
    }
    Ok(format!("its bytes have the SHA-256 {found}: they were damaged on the way, or at their origin"))
}

fn blob_id(bytes: &[u8]) -> Result<BlobId, Status> {
    let known = bytes.try_into().map(BlobId);
    known.map_err(|_| Status::invalid_argument(format!("the name of a blob is 32 bytes, this one has {}", bytes.len())))
}
