//! One stream on one connection, from `OpenStream` to its last ack.

use super::UploadError;
use super::connection::{ANSWER_TIMEOUT, Connection, message, of_status};
use std::collections::VecDeque;
use std::future::Future;
use std::time::Duration;
use stepwell_codec::{FrameHeader, GapFrames};
use stepwell_model::{EntryNumber, Opening, StreamId, wall_time};
use stepwell_proto::v1;
use stepwell_proto::v1::client_message::Message as ToServer;
use stepwell_proto::v1::server_message::Message as FromServer;
use stepwell_spool::{Damage, ReadOutcome, SpoolError, SpoolReader};
use tokio::sync::mpsc::error::TrySendError;
use tokio::time::{Instant, sleep_until, timeout};

/// Interval at which the server hears from us.
const STATUS_INTERVAL: Duration = Duration::from_secs(4);
/// Interval at which we look around when nobody calls.
const TICK: Duration = Duration::from_millis(100);
/// Time that an ack may take before the connection counts as broken.
const ACK_TIMEOUT: Duration = Duration::from_secs(60);
/// The longest wait that a throttle may ask for.
const GREATEST_THROTTLE: Duration = Duration::from_secs(60);
/// Rewinds without any progress between them, after which the connection is given up.
const FRUITLESS_REWINDS: u32 = 5;
/// Time that further rewinds to the same place are taken for echoes of the first; a server repeats one that
/// it means each second.
const REWIND_AGAIN: Duration = Duration::from_millis(500);
/// Time that the server may take to end the call after `CloseStream`; it has everything by then.
const CLOSE_TIMEOUT: Duration = Duration::from_millis(300);

/// A session's stream, and whom it informs.
pub(crate) trait Feed {
    /// The server has everything up to `durable` on its disk, apart from what it rejected. An error ends the
    /// session.
    fn acked(&mut self, durable: EntryNumber, rejected: &[v1::Rejected]) -> Result<(), UploadError>;
    /// The connection in words, if it changes.
    fn set_connection(&mut self, words: &str);
    /// Rows that the writer lost so far.
    fn lost(&self) -> u64;
    /// The number of the last entry, if nothing will follow what the reader has returned up to `position`.
    fn last(&self, position: EntryNumber) -> Option<EntryNumber>;
    /// Keeps the segments in which bytes are no frames, and notes the entries that are missing there. Called
    /// before they are stated as lost, and again whenever they are read again; an error ends the session with
    /// nothing stated.
    fn damaged(&mut self, damage: &[Damage], missing: Option<(EntryNumber, EntryNumber)>) -> Result<(), UploadError>;
    /// Returns whether a frame that is whole is to be taken for a gap: it was kept, because nobody can decode
    /// it.
    fn passes_over(&self, _header: &FrameHeader) -> bool {
        false
    }
    /// The entry behind which nothing is to be read.
    fn reads_to(&self) -> EntryNumber {
        EntryNumber::MAX
    }
    /// Returns whether the stream is to be closed once everything is there.
    fn closes(&self) -> bool;
    /// Returns whether to stop where we are.
    fn stops(&mut self) -> bool;
    /// Waits until the spool may have grown.
    fn grown(&self) -> impl Future<Output = ()>;
}

/// The end of a session.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum SessionEnd {
    /// The server has everything.
    Complete,
    /// We were to stop.
    Stopped,
}

/// The outcome of reading the spool.
enum Read {
    /// A frame, with the number of its last entry.
    Frame(EntryNumber, Vec<u8>),
    /// Nothing to send; more may follow.
    Nothing,
    /// Nothing more can be read, or is to be now.
    Stop,
    /// Nothing follows for now.
    End,
}

struct Session<'a, F> {
    stream: StreamId,
    connection: Connection,
    reader: &'a mut SpoolReader,
    opening: &'a Opening,
    feed: &'a mut F,
    gaps: GapFrames,
    /// The damage found since the last frame.
    damage: Vec<Damage>,
    /// Reason why the spool cannot be read beyond what was sent.
    stopped_by: Option<SpoolError>,
    acked: EntryNumber,
    /// (last entry, bytes) of what was sent and is not acknowledged.
    in_flight: VecDeque<(EntryNumber, usize)>,
    in_flight_bytes: usize,
    /// A frame that was read and found no room in the channel.
    held: Option<(EntryNumber, Vec<u8>)>,
    paused_until: Option<Instant>,
    fruitless_rewinds: u32,
    /// The place and time of the last rewind.
    rewound: Option<(EntryNumber, Instant)>,
    heard_at: Instant,
}

/// Runs a stream on a connection until it is complete, is to stop, or fails.
pub(crate) async fn run<F: Feed>(
    connection: Connection,
    reader: &mut SpoolReader,
    opening: &Opening,
    feed: &mut F,
) -> Result<SessionEnd, UploadError> {
    let mut session = Session {
        stream: reader.stream(),
        connection,
        reader,
        opening,
        feed,
        gaps: GapFrames::default(),
        damage: Vec::new(),
        stopped_by: None,
        acked: 0,
        in_flight: VecDeque::new(),
        in_flight_bytes: 0,
        held: None,
        paused_until: None,
        fruitless_rewinds: 0,
        rewound: None,
        heard_at: Instant::now(),
    };
    session.open().await?;
    session.send_and_listen().await
}

impl<F: Feed> Session<'_, F> {
    async fn send(&self, to_server: ToServer) -> Result<(), UploadError> {
        let broke = || UploadError::Connection("the connection broke".into());
        timeout(ANSWER_TIMEOUT, self.connection.outgoing.send(message(to_server))).await.map_err(|_| broke())?.map_err(|_| broke())
    }

    fn id(&self) -> tonic::codegen::Bytes {
        tonic::codegen::Bytes::copy_from_slice(&self.stream.0)
    }

    async fn open(&mut self) -> Result<(), UploadError> {
        let opening = Some(v1::Opening::from(self.opening.clone()));
        let first_unacked = self.reader.first()?.max(1);
        self.send(ToServer::Open(v1::OpenStream { stream: self.id(), opening, first_unacked })).await?;
        let deadline = Instant::now() + ANSWER_TIMEOUT;
        while self.acked == 0 && self.paused_until.is_none() {
            let answer = tokio::time::timeout_at(deadline, self.connection.inbound.message()).await;
            let answer = answer.map_err(|_| UploadError::Connection("the server does not answer".into()))?;
            let Some(v1::ServerMessage { message: Some(message) }) = answer.map_err(|status| of_status(&status))? else {
                return Err(UploadError::Connection("the server ended the connection".into()));
            };
            if let FromServer::Ready(ready) = message {
                self.take_ack(ready.durable, &[])?;
                return self.go_to(ready.durable + 1);
            }
            if let FromServer::Throttle(throttle) = message {
                return Err(UploadError::Later { after_millis: throttle.retry_after_millis, reason: throttle.reason });
            }
            self.handle(message)?;
        }
        Ok(())
    }

    /// Goes on with entry `number`; what is in flight is forgotten.
    fn go_to(&mut self, number: EntryNumber) -> Result<(), UploadError> {
        self.in_flight.clear();
        self.in_flight_bytes = 0;
        self.held = None;
        self.gaps.clear();
        self.damage.clear();
        self.stopped_by = None;
        Ok(self.reader.seek(number)?)
    }

    fn take_ack(&mut self, durable: EntryNumber, rejected: &[v1::Rejected]) -> Result<(), UploadError> {
        if durable > self.acked {
            self.acked = durable;
            self.fruitless_rewinds = 0;
        }
        while let Some(&(last, bytes)) = self.in_flight.front()
            && last <= durable
        {
            self.in_flight.pop_front();
            self.in_flight_bytes -= bytes;
        }
        self.feed.acked(self.acked, rejected)
    }

    async fn send_and_listen(&mut self) -> Result<SessionEnd, UploadError> {
        let mut status_at = Instant::now();
        loop {
            if self.feed.stops() {
                return Ok(SessionEnd::Stopped);
            }
            if self.paused_until.is_some_and(|until| until <= Instant::now()) {
                self.paused_until = None;
                self.go_to(self.acked + 1)?;
            }
            // Before the frames, which would fill the channel; if it is full already, the next turn tries
            // again.
            if Instant::now() >= status_at {
                let queued = self.reader.position().saturating_sub(self.acked + 1);
                let status = v1::Status { stream: self.id(), queued, lost: self.feed.lost() };
                if self.connection.outgoing.try_send(message(ToServer::Status(status))).is_ok() {
                    status_at = Instant::now() + STATUS_INTERVAL;
                }
            }
            let at_end = if self.paused_until.is_none() { self.send_frames()? } else { false };
            // What comes before the place that cannot be read is delivered first.
            if self.in_flight.is_empty()
                && self.held.is_none()
                && let Some(error) = self.stopped_by.take()
            {
                return Err(error.into());
            }
            if at_end && self.in_flight.is_empty() && self.feed.last(self.reader.position()).is_some_and(|last| self.acked >= last) {
                return self.close().await;
            }
            if self.in_flight.is_empty() || self.paused_until.is_some() {
                self.heard_at = Instant::now();
            } else if self.heard_at.elapsed() > ACK_TIMEOUT {
                return Err(UploadError::Connection(format!("no ack came within {} s", ACK_TIMEOUT.as_secs())));
            }
            let wake = self.paused_until.unwrap_or(Instant::now() + TICK).min(Instant::now() + TICK);
            tokio::select! {
                answer = self.connection.inbound.message() => match answer {
                    Ok(Some(v1::ServerMessage { message: Some(message) })) => {
                        self.heard_at = Instant::now();
                        self.handle(message)?;
                    }
                    // A message of a later version.
                    Ok(Some(_)) => {}
                    Ok(None) => return Err(UploadError::Connection("the server ended the connection".into())),
                    Err(status) => return Err(of_status(&status)),
                },
                broken = async { self.connection.outgoing.reserve().await.is_err() }, if self.held.is_some() => {
                    if broken {
                        return Err(self.reason_of_end().await);
                    }
                }
                () = self.feed.grown(), if at_end => {}
                () = sleep_until(wake) => {}
            }
        }
    }

    /// Reason why the server no longer takes anything: its side of the call says it.
    async fn reason_of_end(&mut self) -> UploadError {
        match timeout(CLOSE_TIMEOUT, self.connection.inbound.message()).await {
            Ok(Err(status)) => of_status(&status),
            _ => UploadError::Connection("the connection broke".into()),
        }
    }

    /// Sends as much as the window and the channel take; whether the spool is at its end.
    fn send_frames(&mut self) -> Result<bool, UploadError> {
        loop {
            let window_full = !self.in_flight.is_empty() && self.in_flight_bytes >= self.connection.window_bytes;
            if window_full {
                return Ok(false);
            }
            let (last, bytes) = match self.held.take() {
                Some(held) => held,
                None => match self.gaps.next_frame(self.opening, wall_time())? {
                    Some(frame) => frame,
                    None => match self.read()? {
                        Read::Frame(last, bytes) => (last, bytes),
                        Read::Nothing => continue,
                        Read::Stop => return Ok(false),
                        Read::End => return Ok(true),
                    },
                },
            };
            let length = bytes.len();
            let permit = match self.connection.outgoing.try_reserve() {
                Ok(permit) => permit,
                // If it is closed rather than full, the inbound side tells why.
                Err(TrySendError::Full(()) | TrySendError::Closed(())) => {
                    self.held = Some((last, bytes));
                    return Ok(false);
                }
            };
            permit.send(message(ToServer::Frame(v1::Frame { stream: self.id(), frame: bytes.into() })));
            self.in_flight.push_back((last, length));
            self.in_flight_bytes += length;
        }
    }

    /// Reads one thing from the spool.
    fn read(&mut self) -> Result<Read, UploadError> {
        if self.stopped_by.is_some() {
            return Ok(Read::Stop);
        }
        let position = self.reader.position();
        if position > self.feed.reads_to() {
            return Ok(Read::End);
        }
        let (missing, read) = match self.reader.next() {
            Ok(ReadOutcome::Damaged(damage)) => {
                self.damage.push(damage);
                // Each may have cost the reader a long search.
                return Ok(if self.feed.stops() { Read::Stop } else { Read::Nothing });
            }
            Ok(ReadOutcome::Frame { header, .. }) if self.feed.passes_over(&header) => {
                (Some((header.first.max(position), header.last())), Read::Nothing)
            }
            Ok(ReadOutcome::Frame { header, bytes }) => (None, Read::Frame(header.last(), bytes.to_vec())),
            Ok(ReadOutcome::Gap { from, to }) => (Some((from, to)), Read::Nothing),
            Ok(ReadOutcome::End) => (None, Read::End),
            Err(error) => {
                self.stopped_by = Some(error);
                return Ok(Read::Stop);
            }
        };
        // Kept before it is stated as lost, and before anything behind it is acknowledged.
        if missing.is_some() || !self.damage.is_empty() {
            self.feed.damaged(&std::mem::take(&mut self.damage), missing)?;
        }
        if let Some((from, to)) = missing {
            self.gaps.add(from, to)?;
        }
        Ok(read)
    }

    fn handle(&mut self, message: FromServer) -> Result<(), UploadError> {
        match message {
            FromServer::Ack(ack) if self.is_ours(&ack.stream) => self.take_ack(ack.durable, &ack.rejected),
            FromServer::Rewind(rewind) if self.is_ours(&rewind.stream) => {
                // A throttle's wait is not cut short, and of several rewinds to one place, one for each frame
                // that was on its way, the first is followed.
                let again = self.rewound.is_some_and(|(to, at)| to == rewind.expected && at.elapsed() < REWIND_AGAIN);
                if self.paused_until.is_some() || again {
                    return Ok(());
                }
                self.rewound = Some((rewind.expected, Instant::now()));
                self.fruitless_rewinds += 1;
                if self.fruitless_rewinds > FRUITLESS_REWINDS {
                    return Err(UploadError::Connection(format!("the server keeps asking for entry {}", rewind.expected)));
                }
                self.go_to(rewind.expected.max(1))
            }
            FromServer::Throttle(throttle) => {
                let wait = Duration::from_millis(u64::from(throttle.retry_after_millis)).min(GREATEST_THROTTLE);
                self.paused_until = Some(Instant::now() + wait);
                self.feed.set_connection(&format!("the server asks to wait: {}", throttle.reason));
                self.go_to(self.acked + 1)
            }
            FromServer::Fatal(fatal) if fatal.stream.is_empty() || self.is_ours(&fatal.stream) => Err(UploadError::Fatal(fatal.reason)),
            FromServer::Drain(_) => Err(UploadError::Later { after_millis: 0, reason: "it is going away".into() }),
            _ => Ok(()),
        }
    }

    fn is_ours(&self, stream: &[u8]) -> bool {
        stream == self.stream.0
    }

    async fn close(&mut self) -> Result<SessionEnd, UploadError> {
        if self.feed.closes() {
            self.send(ToServer::Close(v1::CloseStream { stream: self.id(), last: self.acked })).await?;
            if self.connection.inbound.is_shared() {
                return Ok(SessionEnd::Complete);
            }
            // Ending our side of the call makes the server end its own.
            let (closed, _) = tokio::sync::mpsc::channel(1);
            self.connection.outgoing = closed;
            let _ = timeout(CLOSE_TIMEOUT, async { while let Ok(Some(_)) = self.connection.inbound.message().await {} }).await;
        }
        Ok(SessionEnd::Complete)
    }
}
