//! One stream of a spool on its way into the store.

use super::Follower;
use super::patch::{self, LOST_PER_FRAME};
use crate::commit::Committer;
use crate::diagnostics::warn;
use crate::ingest::check;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use stepwell_codec::{msgpack, payload};
use stepwell_lock::{Condvar, Mutex};
use stepwell_model::{EntryNumber, Opening, RunPath, StreamId, TimeMicros};
use stepwell_spool::{ReadOutcome, SpoolReader};
use stepwell_store::{AppendOutcome, StoreError, StreamFrame};

/// Bytes of frames that are submitted before their answers are waited for: one group of the commit thread.
const BATCH_BYTES: usize = 4 << 20;
/// How long an answer may take; the store has its own time-outs below this.
const ANSWER_WAIT: Duration = Duration::from_secs(60);
/// Missing entries that are believed in one gap. A larger one is a number that cannot be true.
const MOST_LOST: u64 = 10_000_000;
/// How long a stream without news waits for the next look, at first and at most.
const LOOK_SOON: Duration = Duration::from_millis(150);
const LOOK_LATE: Duration = Duration::from_secs(5);
/// Silence after which a stream counts as quiet and is looked at more rarely.
const QUIET_AFTER: Duration = Duration::from_secs(10);

/// How far a stream, or all of them, got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// There is nothing more for now.
    CaughtUp,
    /// There is more to read.
    Behind,
    /// The store takes nothing just now.
    StoreAway,
}

/// A stream.
pub(super) struct Track {
    stream: StreamId,
    /// `None` while the stream has no segment that says what it is.
    opening: Option<Arc<Opening>>,
    reader: Option<SpoolReader>,
    /// Nothing is to be read from it any more.
    done: bool,
    look_at: Instant,
    news_at: Instant,
    beat: Option<SystemTime>,
    damaged_bytes: u64,
    complaint: String,
}

impl Track {
    /// The stream, if it can say yet what it is.
    pub(super) fn find(follower: &Follower, stream: StreamId) -> Option<Self> {
        let now = Instant::now();
        let mut track = Self {
            stream,
            opening: None,
            reader: None,
            done: false,
            look_at: now,
            news_at: now,
            beat: None,
            damaged_bytes: 0,
            complaint: String::new(),
        };
        match SpoolReader::open(Arc::clone(&follower.disk), &follower.root, stream) {
            Ok(reader) if reader.meta().is_empty() => return None,
            Ok(reader) => match read_opening(reader.meta()) {
                Ok(opening) => {
                    let elsewhere = !opening.destination.is_empty();
                    // Another server has taken a part of it, or all: that server shows it.
                    track.done = elsewhere && reader.first().unwrap_or(0) != 1;
                    track.opening = Some(Arc::new(opening));
                }
                Err(problem) => track.give_up(&problem),
            },
            Err(error) => track.give_up(&error.to_string()),
        }
        Some(track)
    }

    /// When the stream began.
    pub(super) fn began(&self) -> TimeMicros {
        self.opening.as_ref().map_or(0, |opening| opening.time)
    }

    /// Brings one batch to the store, if it is time for a look or `hurried`.
    pub(super) fn advance(&mut self, follower: &Follower, hurried: bool) -> Progress {
        let now = Instant::now();
        if self.done || now < self.look_at && !hurried {
            return Progress::CaughtUp;
        }
        let Some(opening) = self.opening.clone() else { return Progress::CaughtUp };
        let mut reader = match self.reader.take().map_or_else(|| self.open(follower, &opening), Ok) {
            Ok(reader) => reader,
            Err(progress) => return progress,
        };
        if let Some(alive) = reader.last_alive().filter(|&alive| self.beat != Some(alive)) {
            self.beat = Some(alive);
            let time = alive.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros() as TimeMicros);
            follower.pulse.beat(self.stream, time);
            self.news_at = now;
        }
        // Asked before reading: what is written after this is found at the next look.
        let closed = reader.closed();
        let mut batch = Batch::new(follower, self.stream);
        let read = self.fill(&mut batch, &mut reader, &opening);
        let any = batch.frames > 0;
        match batch.land() {
            Landing::Durable => {}
            Landing::Expected(number) => {
                // Someone else brought this stream forward.
                if let Err(error) = reader.seek(number) {
                    self.give_up(&error.to_string());
                }
            }
            Landing::Away(reason) => {
                self.complain(&reason);
                return Progress::StoreAway;
            }
            Landing::Refused(reason) => {
                self.give_up(&reason);
                return Progress::CaughtUp;
            }
        }
        if reader.damaged_bytes() > self.damaged_bytes {
            self.damaged_bytes = reader.damaged_bytes();
            warn(format_args!("stream {} of run {}: {} bytes of its spool are damaged", self.stream, opening.run, self.damaged_bytes));
        }
        match read {
            Ok(Progress::CaughtUp) if closed.is_some_and(|last| reader.position() > last) => self.done = true,
            Ok(progress) => {
                if any {
                    self.news_at = now;
                }
                let quiet = now.duration_since(self.news_at);
                if quiet < QUIET_AFTER {
                    self.look_at = if progress == Progress::Behind { now } else { now + LOOK_SOON };
                    self.reader = Some(reader);
                } else {
                    self.look_at = now + (quiet / 10).min(LOOK_LATE);
                }
                return progress;
            }
            Err(reason) => self.give_up(&reason),
        }
        Progress::CaughtUp
    }

    /// A reader at the entry that the store wants next.
    fn open(&mut self, follower: &Follower, opening: &Opening) -> Result<SpoolReader, Progress> {
        let durable = match follower.store.open_stream(self.stream, opening) {
            Ok(durable) => durable,
            Err(StoreError::Unavailable(reason)) => {
                self.complain(&reason);
                return Err(Progress::StoreAway);
            }
            Err(error) => {
                self.give_up(&error.to_string());
                return Err(Progress::CaughtUp);
            }
        };
        let reader = SpoolReader::open(Arc::clone(&follower.disk), &follower.root, self.stream).and_then(|mut reader| {
            reader.seek(durable + 1)?;
            Ok(reader)
        });
        reader.map_err(|error| {
            self.give_up(&error.to_string());
            Progress::CaughtUp
        })
    }

    /// Submits what comes next, up to a batch. An error says why the stream cannot go on.
    fn fill(&mut self, batch: &mut Batch<'_>, reader: &mut SpoolReader, opening: &Arc<Opening>) -> Result<Progress, String> {
        while batch.bytes < BATCH_BYTES {
            let wanted = reader.position();
            let lost = match reader.next().map_err(|error| error.to_string())? {
                ReadOutcome::End => return Ok(Progress::CaughtUp),
                ReadOutcome::Frame { header, bytes } => {
                    let whole = header.first == wanted.max(1);
                    let checked = if whole {
                        check(batch.stream, opening, bytes).map_err(|error| error.to_string())
                    } else {
                        let rest = patch::rest(bytes, wanted).map_err(|error| error.to_string());
                        rest.and_then(|rest| check(batch.stream, opening, &rest).map_err(|error| error.to_string()))
                    };
                    match checked {
                        Ok(frame) => {
                            if !batch.submit(frame) {
                                return Ok(Progress::Behind);
                            }
                            continue;
                        }
                        Err(problem) => (wanted.max(1), header.last(), problem),
                    }
                }
                ReadOutcome::Gap { .. } if !opening.destination.is_empty() => {
                    return Err("a part of it is gone to its destination, which shows it from here on".into());
                }
                ReadOutcome::Gap { from, to } => (from, to, "damaged or missing".to_owned()),
            };
            if !self.state_loss(batch, opening, lost)? {
                return Ok(Progress::Behind);
            }
        }
        Ok(Progress::Behind)
    }

    /// Submits frames that stand for entries which cannot be read. Returns whether all of them were submitted.
    fn state_loss(
        &mut self,
        batch: &mut Batch<'_>,
        opening: &Arc<Opening>,
        (from, to, problem): (EntryNumber, EntryNumber, String),
    ) -> Result<bool, String> {
        warn(format_args!("stream {} of run {}: entries {from} to {to} are lost: {problem}", self.stream, opening.run));
        if to - from >= MOST_LOST {
            return Err(format!("{} entries cannot be missing", to - from + 1));
        }
        let mut first = from;
        while first <= to {
            let last = to.min(first + LOST_PER_FRAME - 1);
            let bytes = patch::lost(opening, first, last, crate::clock::now()).map_err(|error| error.to_string())?;
            let frame = check(batch.stream, opening, &bytes).map_err(|error| error.to_string())?;
            if !batch.submit(frame) {
                return Ok(false);
            }
            first = last + 1;
        }
        Ok(true)
    }

    fn give_up(&mut self, reason: &str) {
        self.done = true;
        self.reader = None;
        warn(format_args!("stream {} in the spool is not followed: {reason}", self.stream));
    }

    /// Says something once.
    fn complain(&mut self, reason: &str) {
        if self.complaint != reason {
            reason.clone_into(&mut self.complaint);
            warn(format_args!("stream {} in the spool waits for the store: {reason}", self.stream));
        }
    }
}

/// The opening that segments carry.
fn read_opening(meta: &[u8]) -> Result<Opening, String> {
    let value = msgpack::from_bytes(meta).map_err(|error| format!("its opening {error}"))?;
    let opening = payload::statement::opening_from_value(&value).map_err(|error| error.to_string())?;
    RunPath::new(&opening.entity, &opening.project, &opening.run).map_err(|error| error.to_string())?;
    Ok(opening)
}

/// What became of a batch.
enum Landing {
    /// All of it is durable.
    Durable,
    /// The store wants this number.
    Expected(EntryNumber),
    /// The store takes nothing just now.
    Away(String),
    /// The store will never take it.
    Refused(String),
}

/// Frames on their way to the store.
struct Batch<'a> {
    follower: &'a Follower,
    stream: StreamId,
    bytes: usize,
    frames: usize,
    /// No room came in time; the rest of the batch is read again later.
    full: bool,
    landed: Arc<(Mutex<Landed>, Condvar)>,
}

/// The answers so far.
#[derive(Default)]
struct Landed {
    frames: usize,
    /// The first thing that went wrong.
    failure: Option<Result<AppendOutcome, StoreError>>,
}

impl<'a> Batch<'a> {
    fn new(follower: &'a Follower, stream: StreamId) -> Self {
        Self { follower, stream, bytes: 0, frames: 0, full: false, landed: Arc::default() }
    }

    /// Submits a frame; `false` if there was no room for it in time.
    fn submit(&mut self, frame: StreamFrame) -> bool {
        let committer = &self.follower.committer;
        let Some(room) = self.follower.runtime.block_on(committer.reserve(Committer::weight(&frame.header))) else {
            self.full = true;
            return false;
        };
        self.bytes += frame.bytes.len();
        self.frames += 1;
        let landed = Arc::clone(&self.landed);
        let reply = move |outcome: Result<AppendOutcome, StoreError>| {
            let mut state = landed.0.lock();
            state.frames += 1;
            if !matches!(outcome, Ok(AppendOutcome::Durable(_))) {
                state.failure.get_or_insert(outcome);
            }
            landed.1.notify_one();
        };
        committer.submit(frame, Arc::new(room), Box::new(reply));
        true
    }

    /// Waits for all answers.
    fn land(self) -> Landing {
        let deadline = Instant::now() + ANSWER_WAIT;
        let mut state = self.landed.0.lock();
        while state.frames < self.frames {
            if self.landed.1.wait_until(&mut state, deadline).timed_out() {
                return Landing::Away("it has not answered for 60 s".into());
            }
        }
        match state.failure.take() {
            None if self.full => Landing::Away("the server has more frames than it can store".into()),
            None | Some(Ok(AppendOutcome::Durable(_))) => Landing::Durable,
            Some(Ok(AppendOutcome::Expected(number))) => Landing::Expected(number),
            Some(Err(StoreError::Unavailable(reason))) => Landing::Away(reason),
            Some(Err(error)) => Landing::Refused(error.to_string()),
        }
    }
}
