//! Blobs on a connection of their own: asked about in groups, then sent one after the other.
//!
//! Invariants:
//!
//! 1. A blob counts as stored only when the server has said so; whoever feeds us may let go of it then, and
//!    not before.
//! 2. Nothing is read from anything but a regular file, and no more of it is in memory than a few chunks.
//! 3. What was sent and not answered when a call ends is sent again, whole; the server takes it once.

use super::UploadError;
use super::connection::{ANSWER_BYTES, authorize, of_status};
use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::time::Duration;
use stepwell_blob::BlobDirectory;
use stepwell_model::{BlobId, limits};
use stepwell_proto::v1;
use stepwell_proto::v1::ingest_client::IngestClient;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};
use tokio_stream::wrappers::ReceiverStream;
use tonic::codegen::Bytes;
use tonic::transport::Channel;
use tonic::{Code, Request, Status};

/// Blobs that are asked about, and then sent, in one call.
const GROUP: usize = 1_000;
/// Chunks between us and HTTP/2.
const OUTGOING_CHUNKS: usize = 2;
/// Time that the server may take to say what it misses, or to take the call: it may have to sync its disk, or
/// be busy with others.
const TURN_TIMEOUT: Duration = Duration::from_secs(60);
/// Time that the server may neither take a chunk nor answer before the connection counts as broken; longer
/// than it takes to sync a film.
const PROGRESS_TIMEOUT: Duration = Duration::from_secs(180);
/// Interval at which we look around when nobody calls.
const TICK: Duration = Duration::from_millis(100);

/// The place of blobs: under their own name, or under that of a stream's link.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    pub(crate) blobs: &'a BlobDirectory,
    pub(crate) links: &'a Path,
}

/// Whom the sending of blobs tells, and who may end it.
pub(crate) trait BlobFeed {
    /// The server has the blob on its disk.
    fn stored(&mut self, id: BlobId) -> Result<(), UploadError>;
    /// The server will never take the blob.
    fn refused(&mut self, id: BlobId, reason: &str) -> Result<(), UploadError>;
    /// The blob cannot be read here. It is passed over.
    fn unreadable(&mut self, id: BlobId, error: &io::Error);
    /// Returns whether to stop where we are.
    fn stops(&mut self) -> bool;
}

/// Brings blobs to the server. Returns once each was answered or found unreadable, or we are to stop.
pub(crate) async fn send<F: BlobFeed>(
    channel: &Channel,
    token: &str,
    source: Source<'_>,
    ids: &[BlobId],
    feed: &mut F,
) -> Result<(), UploadError> {
    for group in ids.chunks(GROUP) {
        if feed.stops() {
            return Ok(());
        }
        let sha256 = group.iter().map(name).collect();
        let request = authorize(Request::new(v1::FindMissingBlobsRequest { sha256 }), token)?;
        let reply = until_stopped(feed, client(channel).find_missing_blobs(request)).await?;
        let Some(reply) = reply else { return Ok(()) };
        let missing: HashSet<Bytes> = reply.into_inner().sha256.into_iter().collect();
        let (missing, stored): (Vec<BlobId>, Vec<BlobId>) = group.iter().partition(|id| missing.contains(&id.0[..]));
        stored.into_iter().try_for_each(|id| feed.stored(id))?;
        put(channel, token, source, missing, feed).await?;
    }
    Ok(())
}

/// Sends the blobs of a group in one call.
async fn put<F: BlobFeed>(channel: &Channel, token: &str, source: Source<'_>, ids: Vec<BlobId>, feed: &mut F) -> Result<(), UploadError> {
    let mut reader = Reader { source, ids: ids.into_iter(), current: None, unanswered: HashSet::new() };
    let mut next = reader.next(feed)?;
    if next.is_none() {
        return Ok(());
    }
    let (sender, chunks) = mpsc::channel(OUTGOING_CHUNKS);
    let request = authorize(Request::new(ReceiverStream::new(chunks)), token)?;
    // The server answers the call when it is our turn; what we sent before would only wait in its memory.
    let Some(answers) = until_stopped(feed, client(channel).put_blobs(request)).await? else { return Ok(()) };
    let mut answers = answers.into_inner();
    let (mut sender, mut moved_at) = (Some(sender), Instant::now());
    loop {
        tokio::select! {
            answer = answers.message() => match answer.map_err(|status| of_blob_status(&status))? {
                Some(v1::BlobStored { sha256, refused }) => {
                    moved_at = Instant::now();
                    let id = sha256[..].try_into().map(BlobId);
                    let Some(id) = id.ok().filter(|id| reader.unanswered.remove(id)) else { continue };
                    if refused.is_empty() { feed.stored(id)? } else { feed.refused(id, &refused)? }
                }
                None if sender.is_none() && reader.unanswered.is_empty() => return Ok(()),
                None => return Err(UploadError::Connection("the server ended the sending of files".into())),
            },
            Some(permit) = async { sender.as_ref()?.reserve().await.ok() }, if sender.is_some() => if let Some(chunk) = next.take() {
                moved_at = Instant::now();
                permit.send(chunk);
                next = reader.next(feed)?;
            },
            () = sleep(TICK) => {}
        }
        if next.is_none() {
            // Ending our side makes the server end its own after the last answer.
            sender = None;
        }
        if feed.stops() {
            return Ok(());
        }
        if moved_at.elapsed() > PROGRESS_TIMEOUT {
            return Err(UploadError::Connection(format!("no file was taken within {} s", PROGRESS_TIMEOUT.as_secs())));
        }
    }
}

/// Cuts blobs into chunks.
struct Reader<'a> {
    source: Source<'a>,
    ids: std::vec::IntoIter<BlobId>,
    /// The blob whose chunks are being sent, and how many bytes of it are left.
    current: Option<(BlobId, File, u64)>,
    /// Blobs of which something was sent.
    unanswered: HashSet<BlobId>,
}

impl Reader<'_> {
    /// The next chunk; `None` after the last one.
    fn next(&mut self, feed: &mut impl BlobFeed) -> Result<Option<v1::BlobChunk>, UploadError> {
        let mut chunk = v1::BlobChunk::default();
        while self.current.is_none() {
            let Some(id) = self.ids.next() else { return Ok(None) };
            match self.source.blobs.open_link(id, self.source.links) {
                Ok((_, size)) if size > limits::BLOB_BYTES => {
                    feed.refused(id, &format!("it has {size} bytes, at most {} can be sent", limits::BLOB_BYTES))?;
                }
                Ok((file, size)) => {
                    (chunk.sha256, chunk.size) = (name(&id), size);
                    self.current = Some((id, file, size));
                }
                Err(error) => feed.unreadable(id, &error),
            }
        }
        let Some((id, file, left)) = &mut self.current else { return Ok(None) };
        self.unanswered.insert(*id);
        let mut data = vec![0; (*left).min(limits::BLOB_CHUNK_BYTES as u64) as usize];
        if let Err(error) = file.read_exact(&mut data) {
            // The call cannot go on within a blob.
            feed.unreadable(*id, &error);
            return Err(UploadError::Connection(format!("the content {id} cannot be read: {error}")));
        }
        *left -= data.len() as u64;
        if *left == 0 {
            self.current = None;
        }
        chunk.data = data.into();
        Ok(Some(chunk))
    }
}

/// Waits for an answer, but not beyond [`TURN_TIMEOUT`]; `None` if we are to stop.
async fn until_stopped<T>(feed: &mut impl BlobFeed, answer: impl Future<Output = Result<T, Status>>) -> Result<Option<T>, UploadError> {
    let answer = timeout(TURN_TIMEOUT, answer);
    tokio::pin!(answer);
    loop {
        tokio::select! {
            answer = &mut answer => return match answer {
                Ok(Ok(answer)) => Ok(Some(answer)),
                Ok(Err(status)) => Err(of_blob_status(&status)),
                Err(_) => Err(UploadError::Connection("the server does not answer".into())),
            },
            () = sleep(TICK) => if feed.stops() { return Ok(None) },
        }
    }
}

fn of_blob_status(status: &Status) -> UploadError {
    match status.code() {
        Code::Unimplemented => UploadError::NoFiles,
        _ => of_status(status),
    }
}

fn client(channel: &Channel) -> IngestClient<Channel> {
    IngestClient::new(channel.clone()).max_decoding_message_size(ANSWER_BYTES)
}

fn name(id: &BlobId) -> Bytes {
    Bytes::copy_from_slice(&id.0)
}
