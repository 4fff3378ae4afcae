//! `/api/v1/live`: a WebSocket per tab on which a standing `series:batch` is answered again whenever its
//! answer changes.
//!
//! Every 250 ms the connection asks the store which runs of the watched project changed. Only then it reads,
//! and it sends only what differs from what it sent last, so an idle connection costs one small question. A
//! push is awaited before the next one is made: a slow client is behind by one push, never by a queue; and
//! the memory of all clients together is bounded ([`crate::state::pushing`]). See docs/http-api.md for the
//! messages.

mod watch;

use crate::api::REQUEST_BYTES;
use crate::api::series::SeriesQuery;
use crate::connections::Request;
use crate::error::ServiceError;
use crate::state::context::Context;
use crate::state::pushing::Held;
use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout};
use watch::{Push, Watch};

/// At most four pushes a second.
const PUSH_EVERY: Duration = Duration::from_millis(250);
/// Time by which the pause after a look is longer than the look at least, so that watching long series leaves
/// the processor to others.
const PAUSE_PER_LOOK: u32 = 3;
/// Interval at which a peer is asked for a sign of life.
const PING_EVERY: Duration = Duration::from_secs(15);
/// Silence after which a peer is gone.
const PEER_WAIT: Duration = Duration::from_secs(45);
/// Time that one push may take to be taken.
const SEND_WAIT: Duration = Duration::from_secs(20);
/// Bytes that the socket buffers for a client, beyond which a send waits: one large push.
const SEND_BYTES: usize = 32 << 20;

#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "lowercase")]
enum Command {
    Subscribe { id: u64, batch: SeriesQuery },
    Pause,
    Resume,
}

/// The route of the WebSocket.
pub(crate) fn routes() -> Router<Arc<Context>> {
    Router::new().route("/live", get(connect))
}

/// Opens the WebSocket.
async fn connect(
    State(context): State<Arc<Context>>,
    Extension(asked): Extension<Arc<Request>>,
    upgrade: WebSocketUpgrade,
) -> Result<Response, ServiceError> {
    let tab = context.tab()?;
    let held = context.pushing.tab(asked.peer());
    drop(asked);
    let upgrade = upgrade.max_message_size(REQUEST_BYTES).max_frame_size(REQUEST_BYTES).max_write_buffer_size(SEND_BYTES);
    Ok(upgrade.on_upgrade(move |socket| async move {
        let _tab = tab;
        let rest_until = Instant::now();
        let connection = Connection { context, held, socket, watch: None, largest_push: 0, subscribed_bytes: 0, paused: false, rest_until };
        connection.serve().await;
    }))
}

/// The peer is gone or takes nothing.
struct Gone;

struct Connection {
    context: Arc<Context>,
    held: Held,
    socket: WebSocket,
    watch: Option<Watch>,
    /// Bytes of the largest push so far: the socket keeps a buffer of that size.
    largest_push: usize,
    /// Bytes of the message that it subscribed with.
    subscribed_bytes: usize,
    paused: bool,
    rest_until: Instant,
}

impl Connection {
    async fn serve(mut self) {
        let context = Arc::clone(&self.context);
        let stopped = context.stopped();
        tokio::pin!(stopped);
        let (mut heard, mut pinged) = (Instant::now(), Instant::now());
        let mut tick = tokio::time::interval(PUSH_EVERY);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let outcome = tokio::select! {
                () = self.held.evicted() => return,
                () = &mut stopped => {
                    let close = CloseFrame { code: 1001, reason: "the server is going away".into() };
                    let _ = self.send(Message::Close(Some(close))).await;
                    return;
                }
                message = self.socket.recv() => match message {
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                    Some(Ok(message)) => {
                        heard = Instant::now();
                        self.take(message).await
                    }
                },
                now = tick.tick() => {
                    if now.duration_since(heard) > PEER_WAIT {
                        return;
                    }
                    if now.duration_since(pinged) > PING_EVERY {
                        pinged = now;
                        if self.send(Message::Ping(bytes::Bytes::new())).await.is_err() {
                            return;
                        }
                    }
                    if now < self.rest_until { Ok(()) } else { self.push().await }
                }
            };
            if outcome.is_err() {
                return;
            }
        }
    }

    async fn take(&mut self, message: Message) -> Result<(), Gone> {
        let Message::Text(text) = message else { return Ok(()) };
        let said_bytes = text.len();
        match serde_json::from_str(&text) {
            Ok(Command::Pause) => self.paused = true,
            Ok(Command::Resume) => {
                self.paused = false;
                return self.push().await;
            }
            Ok(Command::Subscribe { id, batch }) => match Watch::new(id, batch, self.watch.take()) {
                Ok(watch) => {
                    // What is remembered of a subscription is about as large as its text.
                    if !self.held.grow(self.kept_bytes(said_bytes)).await {
                        return self
                            .complain(&ServiceError::unavailable("the server holds as much for browsers as it can; try again"))
                            .await;
                    }
                    self.subscribed_bytes = said_bytes;
                    self.watch = Some(watch);
                    self.paused = false;
                    return self.push().await;
                }
                Err(error) => return self.complain(&error).await,
            },
            Err(error) => return self.complain(&ServiceError::invalid(format!("the message cannot be read: {error}"))).await,
        }
        Ok(())
    }

    /// Sends what changed, if anything did and the tab is looking.
    async fn push(&mut self) -> Result<(), Gone> {
        if self.paused {
            return Ok(());
        }
        let Some(mut watch) = self.watch.take() else { return Ok(()) };
        let began = Instant::now();
        let read = move |context: &Context| {
            let pushes = watch.pushes(context);
            Ok((watch, pushes))
        };
        // Without an answer the watch is lost with the thread that had it; the client is told to ask again.
        let (watch, pushes) = match self.context.read(read).await {
            Ok(answer) => answer,
            Err(error) => {
                self.complain(&error).await?;
                return Err(Gone);
            }
        };
        self.watch = Some(watch);
        self.rest_until = Instant::now() + PAUSE_PER_LOOK * began.elapsed();
        let sizes = || pushes.iter().map(Push::len);
        let (all, largest) = (sizes().sum::<usize>(), sizes().max().unwrap_or_default());
        if all == 0 {
            return Ok(());
        }
        if !self.held.grow(self.kept_bytes(self.subscribed_bytes) + all).await {
            if let Some(watch) = &mut self.watch {
                watch.forget();
            }
            return Ok(());
        }
        self.largest_push = self.largest_push.max(largest);
        for push in pushes {
            let message = match push {
                Push::Series(bytes) => Message::Binary(bytes.into()),
                Push::Text(text) => Message::Text(text.into()),
            };
            self.send(message).await?;
        }
        self.held.shrink_to(self.kept_bytes(self.subscribed_bytes));
        Ok(())
    }

    /// Bytes that the tab keeps between pushes, with a subscription of that size.
    fn kept_bytes(&self, subscribed_bytes: usize) -> usize {
        self.largest_push + 2 * subscribed_bytes
    }

    async fn complain(&mut self, error: &ServiceError) -> Result<(), Gone> {
        self.send(Message::Text(json!({"op": "error", "message": error.message}).to_string().into())).await
    }

    async fn send(&mut self, message: Message) -> Result<(), Gone> {
        let Self { held, socket, .. } = self;
        let sent = tokio::select! {
            () = held.evicted() => return Err(Gone),
            sent = held.send(timeout(SEND_WAIT, socket.send(message))) => sent,
        };
        match sent {
            Ok(Ok(())) => Ok(()),
            _ => Err(Gone),
        }
    }
}
