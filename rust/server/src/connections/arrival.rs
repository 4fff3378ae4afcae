//! Bodies of requests on their way in: their bytes within a budget, and in time.
//!
//! Parts of requests that cannot be worked on yet lie in memory, so all peers together have one
//! budget for it, and each a part of that. A body that does not come at a least rate ends with an error, and
//! gives its share back.

use super::watched::Request;
use crate::connections::budget::{ByteBudget, Share};
use crate::error::{ErrorCode, ServiceError};
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::State;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use http_body::{Frame, SizeHint};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Instant, Sleep};
use tonic::Status;

/// Bytes of requests that have arrived in part, of all peers.
pub(crate) const ARRIVING_BYTES: usize = 96 << 20;
/// Of these, those of one peer.
pub(crate) const ARRIVING_BYTES_OF_PEER: usize = 48 << 20;
/// Size up to which a body is not counted: the buffers of its connection take as much.
const FREE_BYTES: usize = 16 << 10;
/// Time that a request waits for its share.
const SHARE_WAIT: Duration = Duration::from_secs(10);
/// Time that the rest of a request may take, besides what its size needs.
const BODY_WAIT: Duration = Duration::from_secs(10);
/// Time that the rest of a request that is too large is read for.
const PASS_OVER_WAIT: Duration = Duration::from_secs(2);
/// The least rate, in bytes a second: a tenth of what a poor line carries.
const LEAST_RATE: u64 = 16 << 10;
/// Bytes before a gRPC message: whether it is compressed, and its length.
const PREFIX_BYTES: usize = 5;

/// When the rest of `bytes` must be here.
fn deadline(bytes: usize) -> Instant {
    Instant::now() + BODY_WAIT + Duration::from_secs(bytes as u64 / LEAST_RATE)
}

/// Reads the body of a request before it is worked on; too long, too slow or too much with those of others,
/// it is refused.
pub(crate) async fn whole(State((budget, most)): State<(Arc<ByteBudget>, usize)>, request: axum::extract::Request, next: Next) -> Response {
    let Some(watched) = request.extensions().get::<Arc<Request>>().cloned() else {
        return ServiceError::new(ErrorCode::Internal, "a request came without its connection").into_response();
    };
    if request.body().is_end_stream() {
        watched.arrived();
        return next.run(request).await;
    }
    let (head, body) = request.into_parts();
    match collect(&budget, &watched, body, most).await {
        Ok((bytes, share)) => {
            watched.arrived();
            let response = next.run(axum::extract::Request::from_parts(head, Body::from(bytes))).await;
            drop(share);
            response
        }
        Err(error) => error.into_response(),
    }
}

async fn collect(budget: &Arc<ByteBudget>, request: &Request, body: Body, most: usize) -> Result<(Bytes, Vec<Share>), ServiceError> {
    let too_large = || ServiceError::new(ErrorCode::TooLarge, format!("a request may have at most {} MiB", most >> 20));
    if body.size_hint().lower() > most as u64 {
        pass_over(body.into_data_stream(), most).await;
        return Err(too_large());
    }
    let (mut bytes, mut shares, mut counted) = (Vec::new(), Vec::new(), FREE_BYTES);
    let mut chunks = body.into_data_stream();
    let deadline = deadline(most);
    let mut silent = Instant::now() + BODY_WAIT;
    loop {
        let chunk = tokio::time::timeout_at(deadline.min(silent), chunks.next()).await;
        let slow = |_| ServiceError::new(ErrorCode::Timeout, "the body of the request comes too slowly");
        let Some(chunk) = chunk.map_err(slow)? else { return Ok((bytes.into(), shares)) };
        let chunk = chunk.map_err(|error| ServiceError::invalid(format!("the body of the request cannot be read: {error}")))?;
        if bytes.len() + chunk.len() > most {
            drop((bytes, shares));
            pass_over(chunks, most).await;
            return Err(too_large());
        }
        bytes.extend_from_slice(&chunk);
        silent = Instant::now() + BODY_WAIT;
        while bytes.len() > counted {
            // In steps, so that a length that is only declared takes nothing.
            let step = (bytes.len() - counted).max(4 * FREE_BYTES);
            let share = Arc::clone(budget).take(request.peer(), step, SHARE_WAIT).await;
            shares.push(share.ok_or_else(|| ServiceError::unavailable("the server takes in as many requests as it can; try again"))?);
            counted += step;
        }
    }
}

/// Reads what a client goes on sending, which would not hear the answer otherwise: closing a connection with
/// bytes that nobody read resets it. At most twice `most` bytes, and not for long.
async fn pass_over(mut chunks: axum::body::BodyDataStream, most: usize) {
    let mut passed = 0;
    let reading = async {
        while let Some(Ok(chunk)) = chunks.next().await {
            passed += chunk.len();
            if passed > 2 * most {
                break;
            }
        }
    };
    let _ = tokio::time::timeout(PASS_OVER_WAIT, reading).await;
}

/// The body of a gRPC request: each message that is larger than [`FREE_BYTES`] has its share from its first
/// bytes until the service asks for the next one, which it does when it has found a place for this one.
pub(super) struct Messages {
    body: hyper::body::Incoming,
    budget: Arc<ByteBudget>,
    request: Arc<Request>,
    /// The prefix of the message that is arriving, as far as it is here.
    prefix: [u8; PREFIX_BYTES],
    prefix_bytes: usize,
    /// Rest of the message.
    left: usize,
    /// That of the message that is arriving, or was handed over last.
    share: Option<Share>,
    /// Data whose message waits for its share.
    waiting: Option<(BoxFuture<'static, Option<Share>>, Bytes)>,
    late: Option<Pin<Box<Sleep>>>,
    deadline: Option<Instant>,
    most: usize,
}

impl Messages {
    /// `most`: bytes of the largest message.
    pub(super) fn new(body: hyper::body::Incoming, budget: Arc<ByteBudget>, request: Arc<Request>, most: usize) -> Self {
        let prefix = [0; PREFIX_BYTES];
        Self { body, budget, request, prefix, prefix_bytes: 0, left: 0, share: None, waiting: None, late: None, deadline: None, most }
    }

    /// Goes over arriving bytes; returns the length of the message that begins in them and does not end
    /// there.
    fn pass(&mut self, mut data: &[u8]) -> Option<usize> {
        let mut begun = None;
        while !data.is_empty() {
            if self.left == 0 {
                let taken = (PREFIX_BYTES - self.prefix_bytes).min(data.len());
                self.prefix[self.prefix_bytes..self.prefix_bytes + taken].copy_from_slice(&data[..taken]);
                self.prefix_bytes += taken;
                data = &data[taken..];
                if self.prefix_bytes < PREFIX_BYTES {
                    break;
                }
                let [_, length @ ..] = self.prefix;
                self.left = u32::from_be_bytes(length) as usize;
                self.prefix_bytes = 0;
                begun = Some(self.left);
                (self.deadline, self.late) = (Some(deadline(self.left.min(self.most))), None);
            }
            let taken = self.left.min(data.len());
            self.left -= taken;
            data = &data[taken..];
            if self.left == 0 {
                begun = None;
                (self.deadline, self.late) = (None, None);
                self.request.arrived();
            }
        }
        begun
    }

    fn is_within_message(&self) -> bool {
        self.left > 0 || self.prefix_bytes > 0
    }
}

impl HttpBody for Messages {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        if !this.is_within_message() {
            // Whoever asks for more has done with what he had.
            this.share = None;
        }
        if let Some((share, data)) = &mut this.waiting {
            let Some(share) = ready!(share.as_mut().poll(context)) else {
                return Poll::Ready(Some(Err(Status::unavailable("the server takes in as many messages as it can; try again"))));
            };
            let data = std::mem::take(data);
            (this.share, this.waiting) = (Some(share), None);
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
        let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(context) else {
            let Some(deadline) = this.deadline else { return Poll::Pending };
            let late = this.late.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
            ready!(late.as_mut().poll(context));
            return Poll::Ready(Some(Err(Status::deadline_exceeded("the message comes too slowly"))));
        };
        let Some(Ok(frame)) = frame else {
            return Poll::Ready(frame.map(|frame| frame.map_err(|error| Status::unavailable(format!("the request broke off: {error}")))));
        };
        let data = match frame.into_data() {
            Ok(data) => data,
            Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
        };
        let begun = this.pass(&data);
        if this.deadline.is_none() && this.is_within_message() {
            this.deadline = Some(deadline(0));
        }
        if let Some(length) = begun.filter(|length| *length > FREE_BYTES) {
            this.share = None;
            match this.budget.try_take(this.request.peer(), length.min(this.most)) {
                Some(share) => this.share = Some(share),
                None => {
                    let share = Arc::clone(&this.budget).take(this.request.peer(), length.min(this.most), SHARE_WAIT);
                    this.waiting = Some((Box::pin(share), data));
                    context.waker().wake_by_ref();
                    return Poll::Pending;
                }
            }
        }
        Poll::Ready(Some(Ok(Frame::data(data))))
    }

    fn is_end_stream(&self) -> bool {
        self.waiting.is_none() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
