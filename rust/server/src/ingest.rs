//! Ingest over gRPC: `Ingest.Attach`, one bidirectional stream per process, and beside it the calls for blobs
//! (see [`blobs`]).
//!
//! Handling of each message, and what a client may rely on:
//!
//! | from the client | answer |
//! |---|---|
//! | `Hello` (first, within 10 s) | `Welcome`; `Fatal` without a stream for another protocol, and the call ends |
//! | `OpenStream` | `StreamReady(durable)`; `Fatal` where the opening cannot be, or the run was deleted; `Throttle` and the end of the call with `UNAVAILABLE` where the store is away: connect again |
//! | `Frame` that begins at the number expected next | after the group commit, `Ack`: one per stream for all that became durable since the last |
//! | `Frame` that ends below that number | it is a duplicate: `Ack` of what is durable |
//! | `Frame` that begins above it | `Rewind(expected)`, once; what follows is passed over until the expected number comes (`Rewind` again each second) |
//! | `Frame` that is malformed, or whose run was deleted | `Fatal` for its stream, which is closed on this connection; nothing of the frame is stored, and no later `Ack` covers it |
//! | `Status` | nothing; it is a sign of life |
//! | `CloseStream` | nothing but the last `Ack`; then the stream is forgotten on this connection |
//!
//! **Throttle.** When the store cannot append (disk full, failed fsync, away), every frame of the group is
//! dropped, none of it is acknowledged, and each connection concerned gets one `Throttle(retry_after_millis,
//! reason)`. It concerns all streams of the connection that have frames without an `Ack`. The server then
//! expects each of these streams to go on at its last `Ack` + 1; frames that were already on their way are
//! passed over without an answer. So the client stops sending, waits, and sends again everything after the
//! last `Ack`. No `Rewind` goes with a `Throttle`; should the client go on at a wrong number after the wait,
//! it gets one as always.
//!
//! **Back-pressure.** A connection has at most [`IN_FLIGHT_BYTES`] of frames between arrival and answer, and
//! all connections share one budget ([`crate::ingest::commit`]). Beyond that the server stops reading, and
//! HTTP/2 flow control stops the client. A frame that finds no room in the common budget for 10 s is dropped
//! with a `Throttle`.
//!
//! **Drain.** When the server ends it says `Drain`, reads no more, acknowledges what was in flight, and ends
//! the call. The client connects again.

mod attach;
mod blobs;
mod check;
pub(crate) mod commit;
mod keys;
mod outbox;
mod sequence;
mod slots;

pub(crate) use check::check;

use crate::connections::peer_of;
use crate::state::context::Context;
use commit::Committer;
use futures_util::stream::BoxStream;
use keys::RunKeys;
use std::sync::Arc;
use stepwell_model::limits;
use stepwell_proto::v1;
use stepwell_proto::v1::ingest_server::{Ingest, IngestServer};
use tonic::{Request, Response, Status, Streaming};

/// Frames that one connection may have between arrival and answer.
const IN_FLIGHT_BYTES: usize = 16 << 20;
/// Length by which a message may be longer than its frame: ids, openings, framing.
const MESSAGE_SLACK_BYTES: usize = 64 << 10;
/// The largest message, over all services.
pub(crate) const MESSAGE_BYTES: usize = limits::FRAME_COMPRESSED_BYTES + MESSAGE_SLACK_BYTES;
/// Streams that one connection may open.
const CONNECTION_STREAMS: usize = 8_192;

/// The service.
pub(crate) struct IngestService {
    context: Arc<Context>,
    intake: Arc<attach::Intake>,
    uploads: blobs::Uploads,
}

impl IngestService {
    /// The service as a route, its messages bounded.
    pub(crate) fn server(context: Arc<Context>, committer: Arc<Committer>) -> IngestServer<Self> {
        let intake = Arc::new(attach::Intake { committer, run_keys: RunKeys::default() });
        IngestServer::new(Self { context, intake, uploads: blobs::Uploads::default() }).max_decoding_message_size(MESSAGE_BYTES)
    }
}

#[tonic::async_trait]
impl Ingest for IngestService {
    type AttachStream = BoxStream<'static, Result<v1::ServerMessage, Status>>;

    async fn attach(&self, request: Request<Streaming<v1::ClientMessage>>) -> Result<Response<Self::AttachStream>, Status> {
        Ok(Response::new(attach::start(Arc::clone(&self.context), Arc::clone(&self.intake), request.into_inner())))
    }

    async fn find_missing_blobs(
        &self,
        request: Request<v1::FindMissingBlobsRequest>,
    ) -> Result<Response<v1::FindMissingBlobsReply>, Status> {
        Ok(Response::new(blobs::find_missing(&self.context, request.into_inner()).await?))
    }

    type PutBlobsStream = BoxStream<'static, Result<v1::BlobStored, Status>>;

    async fn put_blobs(&self, request: Request<Streaming<v1::BlobChunk>>) -> Result<Response<Self::PutBlobsStream>, Status> {
        let peer = peer_of(request.extensions());
        Ok(Response::new(blobs::put(Arc::clone(&self.context), &self.uploads, peer, request.into_inner()).await?))
    }
}
