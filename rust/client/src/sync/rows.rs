//! The entries of a sync: many streams at once, on one connection.

use super::pace::{Pace, persist};
use super::streams::{SyncOptions, SyncedStream};
use crate::upload::UploadError;
use crate::upload::connection::{attach_shared, connect};
use crate::upload::session::{Feed, SessionEnd, run};
use crate::upload::shared::Shared;
use futures_util::future::{Either, select};
use futures_util::stream::{FuturesUnordered, StreamExt};
use std::cell::RefCell;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};
use stepwell_codec::{FrameHeader, FrameView, PayloadError, PayloadReader};
use stepwell_model::EntryNumber;
use stepwell_proto::v1;
use stepwell_spool::{Damage, ReadOutcome, SpoolReader, keep_damaged, keep_rejected, note_acked, trim_stream};

/// Streams that are sent at once; each keeps a file open.
const STREAMS: usize = 128;
/// The least share of the window that a stream takes, so that small streams are many.
const LEAST_WINDOW_BYTES: usize = 16 << 10;
/// Frames that may have been on their way when the server refused one: a window, and one more.
const REFUSED_BYTES: usize = 16 << 20;
/// Interval at which the cursor of one stream is written: it costs two syncs where something may be removed.
const CURSOR_INTERVAL: Duration = Duration::from_secs(1);

/// Sends what the server does not have. An error is of the server; what is wrong with a stream stands in its
/// `damage`.
pub(super) async fn upload(
    root: &Path,
    options: &SyncOptions,
    found: &mut [SyncedStream],
    pace: &RefCell<Pace<'_>>,
) -> Result<(), UploadError> {
    for stream in &mut *found {
        stream.settled = stream.opening.is_none() || stream.summary.last == 0;
    }
    persist(pace, async || round(root, options, found, pace).await).await
}

/// Sends all streams that are not settled, on a connection that lasts until they are or it breaks.
async fn round(root: &Path, options: &SyncOptions, found: &mut [SyncedStream], pace: &RefCell<Pace<'_>>) -> Result<(), UploadError> {
    let mut waiting: Vec<&mut SyncedStream> = found.iter_mut().rev().filter(|stream| !stream.settled).collect();
    if waiting.is_empty() {
        return Ok(());
    }
    let channel = connect(&options.url).await?;
    let (shared, hand_out) = Shared::new(attach_shared(channel, &options.token).await?);
    pace.borrow_mut().reached_at = Instant::now();
    let mut hand_out = pin!(hand_out);
    let (mut running, mut free_bytes, mut broken, mut trouble) = (FuturesUnordered::new(), shared.window_bytes, false, None);
    loop {
        while !broken && running.len() < STREAMS && !pace.borrow_mut().is_over() {
            let Some(stream) = waiting.last() else { break };
            // A large stream takes the whole window, as if it were alone.
            let share = (stream.summary.bytes as usize).clamp(LEAST_WINDOW_BYTES, shared.window_bytes);
            if share > free_bytes && !running.is_empty() {
                break;
            }
            free_bytes = free_bytes.saturating_sub(share);
            running.extend(waiting.pop().map(|stream| send(root, options, stream, &shared, share, pace)));
        }
        if running.is_empty() {
            let ended = || UploadError::Connection("the server ended the connection".into());
            return trouble.or_else(|| (broken && !waiting.is_empty()).then(ended)).map_or(Ok(()), Err);
        }
        let done = if broken {
            running.next().await
        } else {
            match select(running.next(), hand_out.as_mut()).await {
                Either::Left((done, _)) => done,
                Either::Right(((), _)) => {
                    broken = true;
                    continue;
                }
            }
        };
        let Some((stream, share, result)) = done else { continue };
        free_bytes += share;
        match result {
            Ok(again) if again => waiting.push(stream),
            Ok(_) => {}
            Err(error) if error.is_of_the_server() => trouble = Some(error),
            Err(error) => {
                stream.refused = matches!(error, UploadError::Fatal(_));
                stream.complain(&error.to_string());
                stream.settled = true;
            }
        }
    }
}

/// Sends one stream; whether it is to be sent once more.
async fn send<'s>(
    root: &Path,
    options: &SyncOptions,
    stream: &'s mut SyncedStream,
    shared: &Shared,
    share: usize,
    pace: &RefCell<Pace<'_>>,
) -> (&'s mut SyncedStream, usize, Result<bool, UploadError>) {
    let id = stream.summary.stream;
    let result = try_send(root, options, stream, shared, share, pace).await;
    shared.hang_up(id);
    // Of a frame that the server refuses although its checksum is right, either nobody can read it, or the
    // server has its reason.
    let result = match result {
        Err(UploadError::Fatal(reason)) => match keep_undecodable(root, options, stream) {
            Ok(true) => Ok(true),
            Ok(false) => Err(UploadError::Fatal(reason)),
            Err(error) => Err(error),
        },
        other => other.map(|()| false),
    };
    (stream, share, result)
}

async fn try_send(
    root: &Path,
    options: &SyncOptions,
    stream: &mut SyncedStream,
    shared: &Shared,
    share: usize,
    pace: &RefCell<Pace<'_>>,
) -> Result<(), UploadError> {
    let Some(opening) = stream.opening.clone() else { return Ok(()) };
    let mut reader = SpoolReader::open(Arc::clone(&options.disk), root, stream.summary.stream)?;
    if !stream.live {
        reader.set_writer_is_gone();
    }
    let connection = shared.line(stream.summary.stream, share);
    let mut feed = SyncFeed { root, options, stream, pace, cursor: 0, cursor_at: Instant::now() };
    let end = run(connection, &mut reader, &opening, &mut feed).await;
    if feed.stream.lost > 0 && feed.stream.summary.damage.is_empty() {
        // Without its first segment a stream looks like one that was trimmed; the server knows better.
        let lost = feed.stream.lost;
        feed.stream.complain(&format!("{lost} entries are damaged or missing"));
    }
    if end.as_ref().is_ok_and(|end| *end == SessionEnd::Complete) {
        feed.stream.complete = true;
        feed.stream.settled = true;
    }
    feed.write_cursor()?;
    end.map(drop)
}

/// Looks at the frames that were on their way. The first whose payload no version can decode is kept, and
/// passed over from now on.
fn keep_undecodable(root: &Path, options: &SyncOptions, stream: &mut SyncedStream) -> Result<bool, UploadError> {
    let mut reader = SpoolReader::open(Arc::clone(&options.disk), root, stream.summary.stream)?;
    let first = stream.summary.acked + 1;
    reader.seek(first)?;
    let mut looked_bytes = 0;
    while looked_bytes < REFUSED_BYTES {
        let (header, why) = match reader.next()? {
            ReadOutcome::Frame { header, bytes } => {
                looked_bytes += bytes.len();
                match decode(bytes) {
                    Err(why) if !stream.undecodable.contains(&header.first) => (header, why),
                    _ => continue,
                }
            }
            ReadOutcome::End => break,
            _ => continue,
        };
        let place = reader.frame_place();
        let damage: Vec<Damage> = place.map(|(segment, from, to)| Damage { segment, from, to, why, torn: false }).into_iter().collect();
        let missing = (header.first.max(first), header.last());
        keep_damaged(&*options.disk, root, stream.summary.stream, &damage, Some(missing))?;
        stream.kept = true;
        stream.undecodable.push(header.first);
        return Ok(true);
    }
    Ok(false)
}

/// Reads a frame to its end; why that fails, unless a later version may read it.
fn decode(frame: &[u8]) -> Result<(), String> {
    let words = |error: &dyn std::fmt::Display| error.to_string();
    let view = FrameView::parse(frame).map_err(|error| words(&error))?;
    let payload = view.payload().map_err(|error| words(&error))?;
    match PayloadReader::new(&payload, view.header.count).and_then(PayloadReader::entries) {
        Err(PayloadError::Later(_)) | Ok(_) => Ok(()),
        Err(error) => Err(words(&error)),
    }
}

/// One stream of a sync.
struct SyncFeed<'a, 'p> {
    root: &'a Path,
    options: &'a SyncOptions,
    stream: &'a mut SyncedStream,
    pace: &'a RefCell<Pace<'p>>,
    cursor: EntryNumber,
    cursor_at: Instant,
}

impl SyncFeed<'_, '_> {
    /// Writes down what the server has; a living writer does that itself, and a stream that goes needs it no
    /// more.
    fn write_cursor(&mut self) -> Result<(), UploadError> {
        let acked = self.stream.summary.acked;
        self.cursor_at = Instant::now();
        if self.stream.live || self.stream.is_removable() || acked <= self.cursor {
            return Ok(());
        }
        let (disk, id) = (&*self.options.disk, self.stream.summary.stream);
        if self.stream.is_for_a_server() {
            trim_stream(disk, self.root, id, acked, true)?;
        } else {
            note_acked(disk, self.root, id, acked)?;
        }
        self.cursor = acked;
        Ok(())
    }
}

impl Feed for SyncFeed<'_, '_> {
    fn acked(&mut self, durable: EntryNumber, rejected: &[v1::Rejected]) -> Result<(), UploadError> {
        let summary = &mut self.stream.summary;
        for range in rejected {
            let last = range.last.min(durable);
            keep_rejected(&self.options.disk, self.root, summary.stream, range.first, last, &range.reason)?;
            self.stream.rejected += last.saturating_sub(range.first) + 1;
        }
        let known = summary.acked.max(summary.first.saturating_sub(1));
        let fresh = durable.min(summary.last).saturating_sub(known);
        summary.acked = summary.acked.max(durable.min(summary.last));
        {
            let mut pace = self.pace.borrow_mut();
            pace.so_far.sent = (pace.so_far.sent + fresh).min(pace.so_far.total);
            pace.reached_at = Instant::now();
        }
        if self.cursor_at.elapsed() >= CURSOR_INTERVAL {
            self.write_cursor()?;
        }
        Ok(())
    }

    fn damaged(&mut self, damage: &[Damage], missing: Option<(EntryNumber, EntryNumber)>) -> Result<(), UploadError> {
        keep_damaged(&*self.options.disk, self.root, self.stream.summary.stream, damage, missing)?;
        self.stream.kept |= !damage.is_empty();
        if let Some((from, to)) = missing.map(|(from, to)| (from.max(self.stream.lost_upto + 1), to)).filter(|(from, to)| from <= to) {
            self.stream.lost_upto = to;
            self.stream.lost = self.stream.lost.saturating_add(to - from + 1);
        }
        Ok(())
    }

    fn passes_over(&self, header: &FrameHeader) -> bool {
        self.stream.undecodable.contains(&header.first)
    }

    fn reads_to(&self) -> EntryNumber {
        // What a living writer adds after it was looked at is its own to send.
        if self.stream.live { self.stream.summary.last } else { EntryNumber::MAX }
    }

    fn set_connection(&mut self, _words: &str) {}

    fn lost(&self) -> u64 {
        0
    }

    fn last(&self, position: EntryNumber) -> Option<EntryNumber> {
        Some(position.saturating_sub(1))
    }

    fn closes(&self) -> bool {
        !self.stream.live
    }

    fn stops(&mut self) -> bool {
        self.pace.borrow_mut().is_over()
    }

    async fn grown(&self) {
        std::future::pending::<()>().await;
    }
}
