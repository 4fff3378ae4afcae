//! The body of an answer on its way out: in slices, its bytes within a budget until the client has taken
//! them.

use super::watched::Request;
use crate::connections::budget::{ByteBudget, Share};
use axum::body::{Body, Bytes, HttpBody};
use futures_util::future::BoxFuture;
use http_body::{Frame, SizeHint};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

/// HTTP/2 copies what it is given into its send buffer, however little the client takes; so it is given
/// little at a time.
const SLICE_BYTES: usize = 64 << 10;
/// Time that an answer waits for its share while clients leave others untaken.
const SHARE_WAIT: Duration = Duration::from_secs(10);

/// The body of an answer.
pub(super) struct Answer {
    body: Body,
    request: Arc<Request>,
    budget: Arc<ByteBudget>,
    rest: Bytes,
    /// That of `rest`, where it is more than a slice.
    share: Option<Share>,
    waiting: Option<BoxFuture<'static, Option<Share>>>,
    is_offered: bool,
}

impl Answer {
    pub(super) fn new(body: Body, request: Arc<Request>, budget: Arc<ByteBudget>) -> Self {
        Self { body, request, budget, rest: Bytes::new(), share: None, waiting: None, is_offered: false }
    }
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if std::mem::take(&mut self.is_offered) {
            self.request.watched().place().taken();
        }
        if self.rest.is_empty() {
            self.share = None;
            match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => {
                        if data.len() > SLICE_BYTES {
                            let share = Arc::clone(&self.budget).take(self.request.peer(), data.len(), SHARE_WAIT);
                            self.waiting = Some(Box::pin(share));
                        }
                        self.rest = data;
                    }
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                other => return Poll::Ready(other),
            }
        }
        if let Some(waiting) = &mut self.waiting {
            let Some(share) = ready!(waiting.as_mut().poll(context)) else {
                let reason = "clients leave more answers untaken than the server holds";
                return Poll::Ready(Some(Err(axum::Error::new(std::io::Error::other(reason)))));
            };
            (self.share, self.waiting) = (Some(share), None);
        }
        let length = self.rest.len().min(SLICE_BYTES);
        let slice = self.rest.split_to(length);
        if !self.is_end_stream() {
            self.is_offered = true;
            self.request.watched().place().offer();
        }
        Poll::Ready(Some(Ok(Frame::data(slice))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (inner, rest) = (self.body.size_hint(), self.rest.len() as u64);
        let mut hint = SizeHint::new();
        hint.set_lower(inner.lower() + rest);
        if let Some(upper) = inner.upper() {
            hint.set_upper(upper + rest);
        }
        hint
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        if self.is_offered {
            self.request.watched().place().taken();
        }
    }
}
