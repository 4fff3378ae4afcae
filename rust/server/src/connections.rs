//! Connections of a server: accepted within limits, served over HTTP/1.1 and HTTP/2, and ended where they
//! only take up room.
//!
//! | what | limit |
//! |---|---|
//! | connections | what the descriptors of the process allow without those kept for store and blobs ([`RESERVED_DESCRIPTORS`]), at most [`MOST`]; of one peer three quarters of that |
//! | the head of a request | [`HEAD_BYTES`], within [`Waits::head`] |
//! | between two requests | [`Waits::idle`] |
//! | the body of a request | see [`arrival`] |
//! | an answer that the client does not take | [`Waits::answer`] without a byte |
//!
//! At the limit of connections, [`admission`] decides who goes. A peer is an address, whatever its
//! port.

mod admission;
mod answer;
pub(crate) mod arrival;
pub(crate) mod budget;
pub(crate) mod seldom;
mod socket;
mod watched;

pub(crate) use admission::Admission;
use watched::Verdict;
pub(crate) use watched::{Request, Watched};

use crate::connections::budget::ByteBudget;
use answer::Answer;
use arrival::Messages;
use axum::Router;
use axum::body::Body;
use axum::http::{Method, Response, StatusCode, Version, header};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use rustix::process::{Resource, getrlimit};
use seldom::Seldom;
use socket::Socket;
use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tower::Service;

/// Connections at most, however many descriptors there are: each takes some 30 KiB.
const MOST: usize = 8_192;
/// Descriptors that connections leave for the store, for blobs and for files that are sent; of few
/// descriptors a quarter.
const RESERVED_DESCRIPTORS: usize = 512;
/// Number of those accepted at once that may wait for their turn.
const BACKLOG: i32 = 4_096;
/// Requests of one HTTP/2 connection that are served at once; clients wait with more.
const CONNECTION_REQUESTS: u32 = 64;
/// Bytes that HTTP/1 reads ahead, and with it those of the head of a request: a longer one is refused. Each
/// connection may hold so many.
const HEAD_BYTES: usize = 32 << 10;
/// Bytes of requests that HTTP/2 takes in before they are asked for, per connection.
const RECEIVE_WINDOW_BYTES: u32 = 512 << 10;
/// Bytes of an answer that HTTP/2 takes before the client does.
const SEND_BUFFER_BYTES: usize = 64 << 10;
/// Time that a client may take to close an HTTP/2 connection that it was told to close.
const CLOSE_WAIT: Duration = Duration::from_secs(5);
/// Rest after accepting failed.
const ACCEPT_REST: Duration = Duration::from_millis(50);

/// Limits of the connections of a server.
#[derive(Debug, Clone, Copy)]
pub struct ConnectionLimits {
    /// Connections at most; `None`: as many as the descriptors of the process allow.
    pub most: Option<usize>,
    /// Time that the head of a request may take, and the first request.
    pub head_wait: Duration,
    /// Time that a connection may stay between two requests.
    pub idle_wait: Duration,
    /// Time that a client may take nothing of an answer.
    pub answer_wait: Duration,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self { most: None, head_wait: Duration::from_secs(10), idle_wait: Duration::from_secs(60), answer_wait: Duration::from_secs(30) }
    }
}

/// Time that a connection waits for its client.
#[derive(Debug, Clone, Copy)]
struct Waits {
    head: Duration,
    idle: Duration,
    answer: Duration,
}

impl ConnectionLimits {
    /// The table of connections that keeps these limits.
    pub(crate) fn admission(&self) -> Arc<Admission> {
        let descriptors = getrlimit(Resource::Nofile).current.map_or(usize::MAX, |current| usize::try_from(current).unwrap_or(usize::MAX));
        let possible = descriptors.saturating_sub(RESERVED_DESCRIPTORS.min(descriptors / 4)).min(MOST);
        let most = self.most.unwrap_or(possible).min(possible).max(1);
        Admission::new(most, (most - most / 4).max(1))
    }
}

/// Service of connections.
pub(crate) struct Connections {
    pub(crate) limits: ConnectionLimits,
    pub(crate) admission: Arc<Admission>,
    /// For messages that arrive.
    pub(crate) arriving: Arc<ByteBudget>,
    /// For answers that clients have not taken.
    pub(crate) answering: Arc<ByteBudget>,
    /// Bytes of the largest message over gRPC.
    pub(crate) message_bytes: usize,
    pub(crate) routes: Router,
}

/// Returns once a server is to end.
pub(crate) async fn stopped(mut stopping: watch::Receiver<bool>) {
    // An error means that the server itself is gone.
    let _ = stopping.wait_for(|stopping| *stopping).await;
}

impl Connections {
    /// Serves until the server is to end, and then until every connection is done with what it had begun.
    pub(crate) async fn serve(self, listener: TcpListener, stopping: watch::Receiver<bool>) {
        // The standard library asks for 128, which a training job with a thousand ranks overruns.
        let _ = rustix::net::listen(&listener, BACKLOG);
        let this = Arc::new(self);
        // Every connection holds a sender; the end of all is the end of the channel.
        let (open, mut all_closed) = mpsc::channel::<Infallible>(1);
        let troubles = Seldom::default();
        loop {
            let accepted = tokio::select! {
                () = stopped(stopping.clone()) => break,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, address)) => {
                    let Some(place) = this.admission.admit(address.ip().to_canonical()) else { continue };
                    // Small answers must not wait for large ones to fill a packet.
                    let _ = stream.set_nodelay(true);
                    let waits = Waits { head: this.limits.head_wait, idle: this.limits.idle_wait, answer: this.limits.answer_wait };
                    let watched = Watched::new(place, waits);
                    let (this, stopping, open) = (Arc::clone(&this), stopping.clone(), open.clone());
                    tokio::spawn(async move {
                        this.serve_one(stream, watched, stopping).await;
                        drop(open);
                    });
                }
                Err(error) => {
                    troubles.warn(format_args!("a connection could not be accepted: {error}"));
                    tokio::time::sleep(ACCEPT_REST).await;
                }
            }
        }
        drop(listener);
        drop(open);
        let _ = all_closed.recv().await;
    }

    async fn serve_one(self: &Arc<Self>, stream: TcpStream, watched: Arc<Watched>, stopping: watch::Receiver<bool>) {
        let socket = TokioIo::new(Socket::new(stream, Arc::clone(&watched), self.limits.answer_wait));
        let mut builder = auto::Builder::new(TokioExecutor::new());
        builder.http1().timer(TokioTimer::new()).header_read_timeout(None).max_buf_size(HEAD_BYTES);
        builder
            .http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(CONNECTION_REQUESTS)
            .initial_connection_window_size(RECEIVE_WINDOW_BYTES)
            .initial_stream_window_size(RECEIVE_WINDOW_BYTES)
            .max_send_buf_size(SEND_BUFFER_BYTES)
            // For WebSockets over HTTP/2.
            .enable_connect_protocol();
        let (this, of_requests) = (Arc::clone(self), Arc::clone(&watched));
        let service = service_fn(move |request| this.answer(request, &of_requests));
        let connection = builder.serve_connection_with_upgrades(socket, service);
        tokio::pin!(connection);
        let stopped = stopped(stopping);
        tokio::pin!(stopped);
        let look = tokio::time::sleep(self.limits.head_wait);
        tokio::pin!(look);
        let (mut is_stopping, mut is_closing) = (false, false);
        loop {
            tokio::select! {
                // What it failed for is between the client and its network.
                _ = connection.as_mut() => return,
                () = watched.place().evicted() => return,
                () = &mut stopped, if !is_stopping => {
                    is_stopping = true;
                    if watched.is_waiting() {
                        return;
                    }
                    connection.as_mut().graceful_shutdown();
                }
                () = &mut look => match watched.look() {
                    Verdict::LookAgain(when) => {
                        is_closing = false;
                        look.as_mut().reset(when.into());
                    }
                    Verdict::Close => return,
                    Verdict::Finish if is_closing => return,
                    Verdict::Finish => {
                        is_closing = true;
                        connection.as_mut().graceful_shutdown();
                        look.as_mut().reset(tokio::time::Instant::now() + CLOSE_WAIT.min(self.limits.idle_wait));
                    }
                }
            }
        }
    }

    fn answer(
        self: &Arc<Self>,
        request: hyper::Request<Incoming>,
        watched: &Arc<Watched>,
    ) -> impl Future<Output = Result<Response<Answer>, Infallible>> + use<> {
        let begun = watched.begin(request.version() == Version::HTTP_2);
        let is_grpc = request.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc"));
        let is_connect = request.method() == Method::CONNECT;
        let mut request = if is_grpc {
            request.map(|body| Body::new(Messages::new(body, Arc::clone(&self.arriving), Arc::clone(&begun), self.message_bytes)))
        } else {
            request.map(Body::new)
        };
        request.extensions_mut().insert(Arc::clone(&begun));
        let (mut routes, watched, answering) = (self.routes.clone(), Arc::clone(watched), Arc::clone(&self.answering));
        async move {
            let response = match routes.call(request).await {
                Ok(response) => response,
                Err(never) => match never {},
            };
            if response.status() == StatusCode::SWITCHING_PROTOCOLS || is_connect {
                // The socket, or a stream of it, belongs to a WebSocket from here on, which works until it is
                // closed.
                watched.hand_over();
                watched.place().work_to_the_end();
            }
            if !is_grpc {
                begun.arrived();
            }
            Ok(response.map(|body| Answer::new(body, begun, answering)))
        }
    }
}

/// Whose request it is; a request that did not come over a connection of this server is this machine's.
pub(crate) fn peer_of(extensions: &axum::http::Extensions) -> IpAddr {
    extensions.get::<Arc<Request>>().map_or(IpAddr::from([127, 0, 0, 1]), |request| request.peer())
}
