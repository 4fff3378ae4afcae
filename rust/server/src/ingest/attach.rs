//! One connection: reads messages, places frames in their streams, and hands them to the commit thread.
//!
//! Lock order: `streams`, then the outbox. Both are held for a few instructions only.

use super::check::check;
use super::commit::{Committer, RESERVE_WAIT};
use super::keys::RunKeys;
use super::outbox::Outbox;
use super::sequence::{Place, Sequence, Verdict};
use super::{CONNECTION_STREAMS, IN_FLIGHT_BYTES};
use crate::error::{ErrorCode, ServiceError};
use crate::state::context::Context;
use crate::state::writers::Entered;
use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::stream::BoxStream;
use rustc_hash::FxHashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use stepwell_codec::FrameHeader;
use stepwell_lock::Mutex;
use stepwell_model::{ALL_LABELS, EntryNumber, NameRule, Opening, StreamId, limits, wall_time};
use stepwell_proto::v1::client_message::Message as Incoming;
use stepwell_proto::v1::server_message::Message as Answer;
use stepwell_proto::{ConvertError, PROTOCOL, convert, v1};
use stepwell_store::{AppendOutcome, StoreError};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tonic::{Status, Streaming};

/// Time that a connection may stay without a word. Clients send `Status` every 5 s.
const SILENCE: Duration = Duration::from_secs(120);
/// Time that the first message may take.
const HELLO_WAIT: Duration = Duration::from_secs(10);
/// Time that the last acknowledgements may take when a connection ends.
const LANDING_WAIT: Duration = Duration::from_secs(30);
/// Wait that a throttled client is asked for.
const RETRY_AFTER_MILLIS: u32 = 1_000;
/// Payloads up to this size are checked where they arrive: that takes some 50 µs, about what a change of
/// threads costs.
const CHECK_INLINE_BYTES: u32 = 16 << 10;

/// Streams that are opened in one transaction.
const OPENED_TOGETHER: usize = 256;

/// A stream on this connection.
struct Open {
    opening: Arc<Opening>,
    sequence: Sequence,
    /// Keeps its run from being deleted. `None` once the stream was told `Fatal`; its frames are passed over
    /// until it is opened again.
    writer: Option<Entered>,
    /// Number of its last entry, once the client has said that it is complete.
    last: Option<EntryNumber>,
}

/// State that all connections share on the way into the store.
pub(super) struct Intake {
    pub(super) committer: Arc<Committer>,
    /// The keys of runs that are written to.
    pub(super) run_keys: RunKeys,
}

struct Connection {
    context: Arc<Context>,
    intake: Arc<Intake>,
    outbox: Arc<Outbox>,
    window: Arc<Semaphore>,
    streams: Mutex<FxHashMap<StreamId, Open>>,
}

/// Serves a connection on a task of its own; the answers come from what is returned.
pub(super) fn start(
    context: Arc<Context>,
    intake: Arc<Intake>,
    inbound: Streaming<v1::ClientMessage>,
) -> BoxStream<'static, Result<v1::ServerMessage, Status>> {
    let outbox = Arc::new(Outbox::default());
    let window = Arc::new(Semaphore::new(IN_FLIGHT_BYTES));
    let connection = Arc::new(Connection { context, intake, outbox: Arc::clone(&outbox), window, streams: Mutex::default() });
    tokio::spawn(async move {
        let how = connection.serve(inbound).await;
        // All of the window is free again when every frame in flight has had its answer.
        let _ = timeout(LANDING_WAIT, connection.window.acquire_many(IN_FLIGHT_BYTES as u32)).await;
        connection.outbox.end(how);
    });
    outbox.messages()
}

impl Connection {
    async fn serve(self: &Arc<Self>, mut inbound: Streaming<v1::ClientMessage>) -> Result<(), Status> {
        match timeout(HELLO_WAIT, inbound.message()).await {
            Ok(Ok(Some(v1::ClientMessage { message: Some(Incoming::Hello(hello)) }))) => self.hello(&hello)?,
            Ok(Ok(_)) => return Err(Status::failed_precondition("the first message must be Hello")),
            Ok(Err(status)) => return Err(status),
            Err(_) => return Err(Status::deadline_exceeded("no Hello came within 10 s")),
        }
        loop {
            if timeout(SILENCE, self.outbox.has_room()).await.is_err() {
                return Err(Status::deadline_exceeded("the client takes no answers"));
            }
            let message = tokio::select! {
                biased;
                () = self.context.stopped() => {
                    self.outbox.say(Answer::Drain(v1::Drain {}));
                    return Ok(());
                }
                () = self.outbox.gone() => return Ok(()),
                message = timeout(SILENCE, inbound.message()) => message,
            };
            match message {
                Ok(Ok(Some(v1::ClientMessage { message: Some(Incoming::Open(open)) }))) => {
                    if let Some(next) = self.open_together(open, &mut inbound).await? {
                        self.take(next).await?;
                    }
                }
                Ok(Ok(Some(message))) => self.take(message).await?,
                Ok(Ok(None)) => return Ok(()),
                Ok(Err(status)) => return Err(status),
                Err(_) => return Err(Status::deadline_exceeded("nothing came for 120 s, not even a Status")),
            }
        }
    }

    fn hello(&self, hello: &v1::Hello) -> Result<(), Status> {
        if hello.protocol != PROTOCOL {
            let reason = format!("this server speaks protocol {PROTOCOL}, the client {}: use the same version of stepwell", hello.protocol);
            self.outbox.say(Answer::Fatal(v1::Fatal { stream: Bytes::new(), reason: reason.clone() }));
            return Err(Status::failed_precondition(reason));
        }
        self.outbox.say(Answer::Welcome(v1::Welcome {
            protocol: PROTOCOL,
            version: env!("CARGO_PKG_VERSION").into(),
            max_frame_bytes: limits::FRAME_COMPRESSED_BYTES as u32,
            max_raw_bytes: limits::FRAME_RAW_BYTES as u32,
            max_in_flight_bytes: IN_FLIGHT_BYTES as u32,
        }));
        Ok(())
    }

    /// Acts on one message. An error ends the call.
    async fn take(self: &Arc<Self>, message: v1::ClientMessage) -> Result<(), Status> {
        let invalid = |error: ConvertError| Status::invalid_argument(error.to_string());
        match message.message {
            Some(Incoming::Open(open)) => self.open(vec![open]).await,
            Some(Incoming::Frame(frame)) => {
                let stream = convert::stream_id(&frame.stream).map_err(invalid)?;
                self.frame(stream, frame.frame).await;
                Ok(())
            }
            Some(Incoming::Status(status)) => {
                let stream = convert::stream_id(&status.stream).map_err(invalid)?;
                if self.streams.lock().contains_key(&stream) {
                    self.context.heartbeats.beat(stream, wall_time());
                }
                Ok(())
            }
            Some(Incoming::Close(close)) => {
                let stream = convert::stream_id(&close.stream).map_err(invalid)?;
                let mut streams = self.streams.lock();
                if let Some(open) = streams.get_mut(&stream) {
                    open.last = Some(close.last);
                    forget_if_complete(&mut streams, stream);
                }
                Ok(())
            }
            Some(Incoming::Hello(_)) => Err(Status::failed_precondition("Hello comes once, as the first message")),
            // A message of a later version.
            None => Ok(()),
        }
    }

    /// Opens a stream, and those whose messages are here already: the store takes them in one transaction.
    /// Returns the message that followed.
    async fn open_together(
        &self,
        first: v1::OpenStream,
        inbound: &mut Streaming<v1::ClientMessage>,
    ) -> Result<Option<v1::ClientMessage>, Status> {
        let (mut opens, mut next) = (vec![first], None);
        while opens.len() < OPENED_TOGETHER {
            match inbound.message().now_or_never() {
                Some(Ok(Some(v1::ClientMessage { message: Some(Incoming::Open(open)) }))) => opens.push(open),
                Some(Ok(Some(message))) => {
                    next = Some(message);
                    break;
                }
                // Nothing more is here; if the call has ended, the next read says so again.
                _ => break,
            }
        }
        self.open(opens).await?;
        Ok(next)
    }

    async fn open(&self, opens: Vec<v1::OpenStream>) -> Result<(), Status> {
        let mut wanted = Vec::new();
        for open in opens {
            let stream = convert::stream_id(&open.stream).map_err(|error| Status::invalid_argument(error.to_string()))?;
            match check_opening(open.opening) {
                Ok(opening) => wanted.push((stream, Arc::new(opening))),
                Err(error) => self.fatal(stream, error.message),
            }
        }
        let (context, streams) = (Arc::clone(&self.context), wanted.clone());
        let opened = context.read(move |context| Ok(context.store.open_streams(&streams)?)).await;
        let answers = match opened {
            Ok(answers) => answers.into_iter().map(|answer| answer.map_err(ServiceError::from)).collect(),
            Err(error) => vec![Err(error); wanted.len()],
        };
        for ((stream, opening), answer) in wanted.into_iter().zip(answers) {
            self.opened(stream, opening, answer)?;
        }
        Ok(())
    }

    /// Takes what the store said to one opening.
    fn opened(&self, stream: StreamId, opening: Arc<Opening>, answer: Result<EntryNumber, ServiceError>) -> Result<(), Status> {
        match answer {
            Ok(durable) => {
                let mut streams = self.streams.lock();
                if streams.len() >= CONNECTION_STREAMS && !streams.contains_key(&stream) {
                    drop(streams);
                    self.fatal(stream, format!("more than {CONNECTION_STREAMS} streams on one connection"));
                    return Ok(());
                }
                let sequence = Sequence::new(durable, streams.get(&stream).map(|open| &open.sequence));
                let writer = Some(self.context.writers.enter(Arc::clone(&opening)));
                streams.insert(stream, Open { opening, sequence, writer, last: None });
                drop(streams);
                self.outbox.say(Answer::Ready(v1::StreamReady { stream: id_bytes(stream), durable }));
                Ok(())
            }
            Err(error) if error.code == ErrorCode::Unavailable => {
                self.throttle(error.message.clone());
                Err(error.into())
            }
            Err(error) => {
                self.fatal(stream, error.message);
                Ok(())
            }
        }
    }

    async fn frame(self: &Arc<Self>, stream: StreamId, bytes: Bytes) {
        let header = match FrameHeader::decode(&bytes) {
            Ok(header) => header,
            Err(error) => return self.refuse(stream, format!("a frame was refused: {error}")),
        };
        let (epoch, opening) = {
            let mut streams = self.streams.lock();
            let Some(open) = streams.get_mut(&stream) else {
                drop(streams);
                return self.fatal(stream, "a frame came for a stream that is not open on this connection".into());
            };
            if open.writer.is_none() {
                return;
            }
            match open.sequence.place(&header, Instant::now()) {
                Place::Next { epoch } => (epoch, Arc::clone(&open.opening)),
                Place::Duplicate(durable) => return self.outbox.acknowledge(stream, durable),
                Place::Rewind(expected) => return self.rewind(stream, expected),
                Place::PassOver => return,
            }
        };
        let busy = || Err(StoreError::Unavailable("the server has more frames than it can store".into()));
        let width = header.frame_bytes().min(IN_FLIGHT_BYTES) as u32;
        let Ok(Ok(in_flight)) = timeout(RESERVE_WAIT, Arc::clone(&self.window).acquire_many_owned(width)).await else {
            return self.settle(stream, epoch, busy());
        };
        let Some(reservation) = self.intake.committer.reserve(Committer::weight(&header)).await else {
            return self.settle(stream, epoch, busy());
        };
        let checked = if header.raw_bytes <= CHECK_INLINE_BYTES {
            check(stream, &opening, &bytes).map_err(|error| error.to_string())
        } else {
            let opening = Arc::clone(&opening);
            let task = tokio::task::spawn_blocking(move || check(stream, &opening, &bytes).map_err(|error| error.to_string()));
            task.await.unwrap_or_else(|_| Err("reading it met a fault in the server".into()))
        };
        let frame = match checked {
            Ok(checked) => checked,
            Err(reason) => {
                return self.refuse(stream, format!("the frame of entries {} to {} was refused: {reason}", header.first, header.last()));
            }
        };
        let (frame, rejected) = if self.intake.run_keys.pass(&opening, &frame) {
            (frame, Vec::new())
        } else {
            let (intake, store) = (Arc::clone(&self.intake), Arc::clone(&self.context.store));
            let admit = tokio::task::spawn_blocking(move || intake.run_keys.admit(&*store, &opening, frame));
            match admit.await {
                Ok(Ok(admitted)) => admitted,
                Ok(Err(error)) => return self.settle(stream, epoch, Err(StoreError::Unavailable(error.message))),
                Err(_) => return self.refuse(stream, "counting the keys of a frame met a fault in the server".into()),
            }
        };
        let connection = Arc::clone(self);
        let reply = move |outcome: Result<AppendOutcome, StoreError>| {
            if !rejected.is_empty() && matches!(outcome, Ok(AppendOutcome::Durable(_))) {
                connection.outbox.reject(stream, rejected);
            }
            connection.settle(stream, epoch, outcome);
            drop(in_flight);
        };
        self.intake.committer.submit(frame, Arc::new(reservation), Box::new(reply));
    }

    /// Takes what became of a frame, and tells the client. Called on the commit thread.
    fn settle(&self, stream: StreamId, epoch: u32, outcome: Result<AppendOutcome, StoreError>) {
        let verdict = {
            let mut streams = self.streams.lock();
            match streams.get_mut(&stream) {
                Some(open) => {
                    let verdict = open.sequence.settle(epoch, outcome, Instant::now());
                    forget_if_complete(&mut streams, stream);
                    verdict
                }
                None => Verdict::Nothing,
            }
        };
        match verdict {
            Verdict::Acknowledge(durable) => self.outbox.acknowledge(stream, durable),
            Verdict::Rewind(expected) => self.rewind(stream, expected),
            Verdict::Throttle(reason) => self.throttle(reason),
            Verdict::Fatal(reason) => self.refuse(stream, reason),
            Verdict::Nothing => {}
        }
    }

    /// Closes a stream on this connection for a reason that trying again does not mend.
    fn refuse(&self, stream: StreamId, reason: String) {
        if let Some(open) = self.streams.lock().get_mut(&stream)
            && open.writer.take().is_none()
        {
            return;
        }
        tracing::warn!("stream {stream}: {reason}");
        self.fatal(stream, reason);
    }

    fn fatal(&self, stream: StreamId, reason: String) {
        self.outbox.say(Answer::Fatal(v1::Fatal { stream: id_bytes(stream), reason }));
    }

    fn rewind(&self, stream: StreamId, expected: EntryNumber) {
        self.outbox.say(Answer::Rewind(v1::Rewind { stream: id_bytes(stream), expected }));
    }

    fn throttle(&self, reason: String) {
        self.outbox.throttle(v1::Throttle { retry_after_millis: RETRY_AFTER_MILLIS, reason });
    }
}

fn forget_if_complete(streams: &mut FxHashMap<StreamId, Open>, stream: StreamId) {
    if streams.get(&stream).is_some_and(|open| open.last.is_some_and(|last| open.sequence.durable() >= last)) {
        streams.remove(&stream);
    }
}

fn check_opening(opening: Option<v1::Opening>) -> Result<Opening, ServiceError> {
    let opening = opening.ok_or_else(|| ServiceError::invalid("OpenStream came without an opening"))?;
    let opening = Opening::try_from(opening)?;
    // Labels of earlier versions are taken, but for the one that stands for all.
    let rule = NameRule::Label;
    let checked = if opening.label == ALL_LABELS { rule.check(&opening.label) } else { rule.check_stored(&opening.label) };
    checked.map_err(|error| ServiceError::invalid(error.to_string()))?;
    Ok(opening)
}

fn id_bytes(stream: StreamId) -> Bytes {
    Bytes::copy_from_slice(&stream.0)
}
