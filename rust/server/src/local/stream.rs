//! One stream of a spool on its way into the store.

use super::batch::{Batch, Landing};
use super::pace::{LOOK_LATE, QUIET_AFTER, pause};
use super::{Follower, Progress};
use crate::ingest::check;
use crate::state::catch_up::Backlog;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};
use stepwell_codec::{GapFrames, gap, payload};
use stepwell_model::{EntryNumber, Opening, StreamId, TimeMicros, clock, wall_time};
use stepwell_spool::{ReadOutcome, SpoolError, SpoolReader, writer_lives};
use stepwell_store::StoreError;
use tracing::warn;

/// Bytes of frames that are submitted before their answers are waited for: one group of the commit thread.
const BATCH_BYTES: usize = 4 << 20;
/// Streams that are opened in one transaction.
const TOGETHER: usize = 256;
/// Time that one stream may be read at a time.
const READ_TIME: Duration = Duration::from_millis(50);

/// A stream.
pub(super) struct SpoolStream {
    stream: StreamId,
    /// `None` where nothing is to be read.
    opening: Option<Arc<Opening>>,
    reader: Option<SpoolReader>,
    /// The store knows the stream.
    opened: bool,
    /// Nothing is to be read from it any more.
    done: bool,
    look_at: Instant,
    /// When it last had news: frames, or a sign of life.
    news_at: Instant,
    beat: Option<SystemTime>,
    /// Word of the reader before it last came to the end; the same again means that there is no news.
    stamp: Option<(u64, SystemTime)>,
    /// It was read to its end once.
    caught_up: bool,
    /// What lay in it when it was opened.
    backlog: Backlog,
    writer_is_gone: bool,
    damaged_bytes: u64,
    complaint: String,
}

/// Frames that were read of a stream and are on their way to the store.
struct Pending<'a> {
    batch: Batch<'a>,
    read: Result<Progress, Stop>,
    closed: Option<EntryNumber>,
    stamp: Option<(u64, SystemTime)>,
}

/// Reason why a stream cannot go on.
enum Stop {
    /// It never will.
    ForGood(String),
    /// It cannot be read just now.
    ForNow(String),
}

impl From<SpoolError> for Stop {
    fn from(error: SpoolError) -> Self {
        let words = error.to_string();
        if matches!(error, SpoolError::Io { .. }) { Self::ForNow(words) } else { Self::ForGood(words) }
    }
}

/// Makes known to the store all streams that have news, in the order in which they are given, and then reads a
/// batch of each, the last one first. The store answers all of them before this returns.
pub(super) fn advance_together(follower: &Follower, mut streams: Vec<&mut SpoolStream>) -> Progress {
    streams.retain_mut(|stream| stream.look(follower));
    for some in streams.chunks_mut(TOGETHER) {
        if follower.progress.is_stopped() {
            return Progress::CaughtUp;
        }
        if open_together(follower, some) == Progress::StoreAway {
            return Progress::StoreAway;
        }
    }
    let mut progress = Progress::CaughtUp;
    let mut streams = streams.into_iter().rev().peekable();
    while streams.peek().is_some() && !follower.progress.is_stopped() {
        let (mut pending, mut bytes) = (Vec::new(), 0);
        while bytes < BATCH_BYTES
            && let Some(stream) = streams.next()
        {
            if let Some(read) = stream.read(follower) {
                bytes += read.batch.bytes;
                pending.push((stream, read));
            }
        }
        let mut away = false;
        for (stream, read) in pending {
            match stream.settle(read) {
                Progress::CaughtUp => {}
                Progress::Behind => progress = Progress::Behind,
                Progress::StoreAway => away = true,
            }
        }
        if away {
            return Progress::StoreAway;
        }
    }
    progress
}

/// Makes streams known to the store, and places their readers where it wants to go on.
fn open_together(follower: &Follower, streams: &mut [&mut SpoolStream]) -> Progress {
    let new = |stream: &&mut &mut SpoolStream| !stream.opened && !stream.done;
    let openings: Vec<_> =
        streams.iter_mut().filter(new).filter_map(|stream| Some((stream.stream, Arc::clone(stream.opening.as_ref()?)))).collect();
    if openings.is_empty() {
        return Progress::CaughtUp;
    }
    let answers = match follower.store.open_streams(&openings) {
        Ok(answers) => answers,
        Err(error) => vec![Err(error); openings.len()],
    };
    for (stream, answer) in streams.iter_mut().filter(new).zip(answers) {
        match answer {
            Ok(durable) => {
                stream.opened = true;
                stream.seek(durable + 1);
                stream.backlog.left = stream.reader.as_ref().map_or(0, SpoolReader::bytes_left);
            }
            Err(StoreError::Unavailable(reason)) => {
                stream.complain(&reason);
                return Progress::StoreAway;
            }
            Err(error) => stream.give_up(&error.to_string()),
        }
    }
    Progress::CaughtUp
}

impl SpoolStream {
    /// The stream, if it can say yet what it is.
    pub(super) fn find(follower: &Follower, stream: StreamId) -> Option<Self> {
        let now = Instant::now();
        let mut found = Self {
            stream,
            opening: None,
            reader: None,
            opened: false,
            done: false,
            look_at: now,
            news_at: now,
            beat: None,
            stamp: None,
            caught_up: false,
            backlog: Backlog::default(),
            writer_is_gone: false,
            damaged_bytes: 0,
            complaint: String::new(),
        };
        match SpoolReader::open(Arc::clone(&follower.disk), &follower.root, stream) {
            Ok(reader) if reader.meta().is_empty() => return None,
            Ok(mut reader) => match read_opening(reader.meta()) {
                Ok(opening) => {
                    let elsewhere = !opening.destination.is_empty();
                    // Another server has taken a part of it, or all: that server shows it.
                    found.done = elsewhere && reader.first().unwrap_or(0) != 1;
                    found.opening = Some(Arc::new(opening));
                    // A stream without a heartbeat has had no news for long.
                    let silence = reader.last_alive().map_or(LOOK_LATE * 10, |alive| alive.elapsed().unwrap_or_default());
                    found.news_at = now.checked_sub(silence).unwrap_or(now);
                    reader.rest();
                    found.reader = Some(reader);
                }
                Err(problem) => found.give_up(&problem),
            },
            // It may be readable later; those who follow it are told when it is.
            Err(SpoolError::Io { .. }) => return None,
            Err(error) => found.give_up(&error.to_string()),
        }
        Some(found)
    }

    /// When the stream began.
    pub(super) fn began(&self) -> TimeMicros {
        self.opening.as_ref().map_or(0, |opening| opening.time)
    }

    /// What lay in it when it was opened, as far as it is read.
    pub(super) fn backlog(&self) -> Backlog {
        Backlog { left: if self.done { 0 } else { self.backlog.left }, ..self.backlog }
    }

    /// Whether it is time for a look, or all is wanted at once.
    pub(super) fn is_due(&self, now: Instant, hurried: bool) -> bool {
        !self.done && self.opening.is_some() && (now >= self.look_at || hurried)
    }

    /// Looks for signs of life and for news; whether there is something to read.
    fn look(&mut self, follower: &Follower) -> bool {
        let (Some(reader), Some(opening)) = (&mut self.reader, &self.opening) else { return false };
        let now = Instant::now();
        let alive = reader.last_alive();
        if let Some(alive) = alive.filter(|&alive| self.beat != Some(alive)) {
            if self.beat.is_some() || alive.elapsed().is_ok_and(|age| age < QUIET_AFTER) {
                self.news_at = now;
            }
            self.beat = Some(alive);
            follower.heartbeats.beat(self.stream, clock::micros(alive));
        }
        let quiet = now.duration_since(self.news_at);
        // What stands at the end of a stream that nobody writes is no frame on its way.
        if !self.writer_is_gone && quiet >= QUIET_AFTER && !writer_lives(alive, &opening.host, opening.pid) {
            self.writer_is_gone = true;
            reader.set_writer_is_gone();
            self.stamp = None;
        }
        let has_news = self.stamp.is_none() || self.stamp != reader.stamp();
        if !has_news {
            self.look_at = now + pause(quiet);
        }
        has_news
    }

    /// Places the reader.
    fn seek(&mut self, number: EntryNumber) {
        let Some(reader) = &mut self.reader else { return };
        if reader.position() == number {
            return;
        }
        if let Err(error) = reader.seek(number) {
            self.stop(error.into());
        }
    }

    /// Reads one batch and submits it.
    fn read<'f>(&mut self, follower: &'f Follower) -> Option<Pending<'f>> {
        let opening = self.opening.clone()?;
        if self.done || !self.opened {
            return None;
        }
        let mut reader = self.reader.take()?;
        // Asked before reading: what is written after this is found at the next look.
        let (closed, stamp) = (reader.closed(), reader.stamp());
        let mut batch = Batch::new(follower, self.stream);
        let read = self.fill(&mut batch, &mut reader, &opening);
        reader.rest();
        self.reader = Some(reader);
        Some(Pending { batch, read, closed, stamp })
    }

    /// Waits for what the store says to a batch.
    fn settle(&mut self, pending: Pending<'_>) -> Progress {
        let Pending { batch, read, closed, stamp } = pending;
        let (any, bytes) = (batch.frames > 0, batch.bytes as u64);
        match batch.land() {
            Landing::Durable => {}
            // Someone else brought this stream forward.
            Landing::Expected(number) => {
                self.seek(number);
                self.stamp = None;
                return Progress::Behind;
            }
            Landing::Away(reason) => {
                self.complain(&reason);
                // What was read and not stored is read again, from where the store is.
                (self.opened, self.stamp) = (false, None);
                return Progress::StoreAway;
            }
            Landing::Refused(reason) => {
                self.give_up(&reason);
                return Progress::CaughtUp;
            }
        }
        self.backlog.advance(if matches!(read, Ok(Progress::Behind)) { bytes } else { u64::MAX });
        let (Some(reader), Some(opening)) = (&self.reader, &self.opening) else { return Progress::CaughtUp };
        if reader.damaged_bytes() > self.damaged_bytes {
            self.damaged_bytes = reader.damaged_bytes();
            warn!("stream {} of run {}: {} bytes of its spool are damaged", self.stream, opening.path.run, self.damaged_bytes);
        }
        let now = Instant::now();
        match read {
            Ok(Progress::CaughtUp) if closed.is_some_and(|last| reader.position() > last) => {
                self.done = true;
                self.reader = None;
            }
            Ok(progress) => {
                // What lay there when the stream was found is no news.
                if any && self.caught_up {
                    self.news_at = now;
                }
                self.caught_up |= progress == Progress::CaughtUp;
                self.stamp = stamp.filter(|_| progress == Progress::CaughtUp);
                self.look_at = if progress == Progress::Behind { now } else { now + pause(now.duration_since(self.news_at)) };
                return progress;
            }
            Err(stop) => self.stop(stop),
        }
        Progress::CaughtUp
    }

    /// Submits what comes next, up to a batch.
    fn fill(&mut self, batch: &mut Batch<'_>, reader: &mut SpoolReader, opening: &Arc<Opening>) -> Result<Progress, Stop> {
        let began = Instant::now();
        while batch.bytes < BATCH_BYTES && began.elapsed() < READ_TIME {
            let wanted = reader.position();
            let lost = match reader.next()? {
                ReadOutcome::End => return Ok(Progress::CaughtUp),
                // What it held comes later, or is a gap.
                ReadOutcome::Damaged(_) => continue,
                ReadOutcome::Frame { header, bytes } => {
                    let whole = header.first == wanted.max(1);
                    let checked = if whole {
                        check(batch.stream, opening, bytes).map_err(|error| (error.is_later(), error.to_string()))
                    } else {
                        let rest = gap::tail(bytes, wanted).map_err(|error| (error.is_later(), error.to_string()));
                        rest.and_then(|rest| check(batch.stream, opening, &rest).map_err(|error| (error.is_later(), error.to_string())))
                    };
                    match checked {
                        Ok(frame) => {
                            if !batch.submit(frame) {
                                return Ok(Progress::Behind);
                            }
                            continue;
                        }
                        Err((true, problem)) => {
                            return Err(Stop::ForGood(format!(
                                "from entry {} on it was written by a later version: {problem}",
                                header.first
                            )));
                        }
                        Err((false, problem)) => (wanted.max(1), header.last(), problem),
                    }
                }
                ReadOutcome::Gap { .. } if !opening.destination.is_empty() => {
                    return Err(Stop::ForGood("a part of it is gone to its destination, which shows it from here on".into()));
                }
                ReadOutcome::Gap { from, to } => (from, to, "damaged or missing".to_owned()),
            };
            if !self.state_loss(batch, opening, lost)? {
                return Ok(Progress::Behind);
            }
        }
        Ok(Progress::Behind)
    }

    /// Submits frames that stand for entries which cannot be read. Returns whether all of them were
    /// submitted.
    fn state_loss(
        &mut self,
        batch: &mut Batch<'_>,
        opening: &Arc<Opening>,
        (from, to, problem): (EntryNumber, EntryNumber, String),
    ) -> Result<bool, Stop> {
        warn!("stream {} of run {}: entries {from} to {to} are lost: {problem}", self.stream, opening.path.run);
        let (mut frames, for_good) = (GapFrames::default(), |error: gap::GapError| Stop::ForGood(error.to_string()));
        frames.add(from, to).map_err(for_good)?;
        while let Some((_, bytes)) = frames.next_frame(opening, wall_time()).map_err(for_good)? {
            let frame = check(batch.stream, opening, &bytes).map_err(|error| Stop::ForGood(error.to_string()))?;
            if !batch.submit(frame) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn stop(&mut self, stop: Stop) {
        match stop {
            Stop::ForGood(reason) => self.give_up(&reason),
            Stop::ForNow(reason) => {
                self.look_at = Instant::now() + LOOK_LATE;
                if self.complaint != reason {
                    warn!("stream {} in the spool cannot be read just now: {reason}", self.stream);
                    self.complaint = reason;
                }
            }
        }
    }

    fn give_up(&mut self, reason: &str) {
        self.done = true;
        self.reader = None;
        warn!("stream {} in the spool is not followed: {reason}", self.stream);
    }

    /// Says something once.
    fn complain(&mut self, reason: &str) {
        if self.complaint != reason {
            reason.clone_into(&mut self.complaint);
            warn!("stream {} in the spool waits for the store: {reason}", self.stream);
        }
    }
}

/// The opening that segments carry.
fn read_opening(meta: &[u8]) -> Result<Opening, String> {
    let opening = payload::statement::opening_from_bytes(meta).map_err(|error| error.to_string())?;
    opening.path.check().map_err(|error| error.to_string())?;
    Ok(opening)
}
