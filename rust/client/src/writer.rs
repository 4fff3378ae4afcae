//! A writer: one stream, from the queue to the server.

pub(crate) mod options;
mod report;
pub(crate) mod status;

use crate::blobs::FilePool;
use crate::framing::discarder;
use crate::framing::pipeline::Pipeline;
use crate::framing::worker::{self, NO_EXIT, SpoolSink};
use crate::progress::{Known, Progress};
use crate::queue::Queue;
use crate::signals::{self, Live};
use crate::summary::LastValues;
use crate::syncer::{Syncer, Warned};
use crate::threads;
use crate::upload::files::FileUploader;
use crate::upload::rows::RowUploader;
use crate::upload::target::Target;
use crate::upload::uploader;
use options::WriterOptions;
use status::{FinishReport, FlushLevel, Status};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};
use stepwell_blob::BlobDirectory;
use stepwell_codec::FrameError;
use stepwell_codec::payload::statement::opening_to_bytes;
use stepwell_lock::Mutex;
use stepwell_model::{Step, StreamId, Value, wall_time};
use stepwell_spool::{SpoolError, SpoolWriter};
use tokio::sync::Notify;

/// Time that a writer that is dropped without `finish` waits for its rows to be spooled.
const DROP_TIMEOUT: Duration = Duration::from_secs(2);
/// The part of the time to finish that is left for rows, at most, when files take all they get.
const ROWS_TIMEOUT: Duration = Duration::from_secs(2);
/// The longest part at the end of the time to finish in which the stream is ended without the rows that found
/// no room.
const MARGIN_TO_GIVE_UP: Duration = Duration::from_secs(1);
/// Time that a disk may take to say whether the files are there.
const LAST_LOOK: Duration = Duration::from_millis(200);
/// Time that `summary` waits for a worker that is stuck in the disk before it answers with what was seen so
/// far.
const SEEN_TIMEOUT: Duration = Duration::from_secs(1);

/// Reason why a writer cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The spool cannot be made.
    #[error(transparent)]
    Spool(#[from] SpoolError),
    /// Frames cannot be made.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// No thread.
    #[error("cannot start a thread: {0}")]
    Thread(#[from] std::io::Error),
}

/// Takes rows and brings them to disk and to the server on threads of its own.
///
/// All methods may be called from any thread. In a forked child none may be; dropping the writer there
/// touches nothing.
pub struct Writer {
    stream: StreamId,
    root: PathBuf,
    destination: String,
    /// True if nothing is kept.
    discards: bool,
    queue: Arc<Queue>,
    files: Arc<FilePool>,
    progress: Arc<Progress>,
    last_values: Arc<Mutex<LastValues>>,
    exit_code: Arc<AtomicI64>,
    report: Mutex<Option<FinishReport>>,
    /// The parts that a signal brings to safety.
    live: Arc<Live>,
    /// The process that the threads are in.
    pid: u32,
}

impl Writer {
    /// Starts the threads. Does no network; makes the stream's directory and waits for nothing else.
    pub fn start(options: WriterOptions) -> Result<Self, StartError> {
        let meta = opening_to_bytes(&options.opening);
        let spool = SpoolWriter::create(Arc::clone(&options.disk), &options.root, options.stream, &meta, options.spool.clone())?;
        let spool = Arc::new(Mutex::new(spool));
        let writer = Self::without_threads(&options, false);
        let WriterOptions { root, blobs, opening, stream, spool_bytes, sync_interval, token, silent, disk, .. } = options;
        let (uploads, appended) = (writer.live.uploads, Arc::new(Notify::new()));

        let mut pipeline = Pipeline::new(Arc::clone(&writer.queue), Arc::clone(&writer.last_values), opening.clone())?;
        let mut sink = SpoolSink {
            spool: Arc::clone(&spool),
            progress: Arc::clone(&writer.progress),
            appended: Arc::clone(&appended),
            cap_bytes: spool_bytes,
            retry_at: None,
        };
        // The opening is there for readers before the first row is, and the segment open while there are
        // descriptors.
        pipeline.turn(Duration::ZERO, wall_time(), true, &mut sink);
        let target = Target { root, stream, url: writer.destination.clone(), token, progress: Arc::clone(&writer.progress) };
        let target = Arc::new(target);
        let file_uploader = FileUploader { target: Arc::clone(&target), blobs: BlobDirectory::new(blobs) };
        let syncer = Syncer {
            spool,
            files: Arc::clone(&writer.files),
            progress: Arc::clone(&writer.progress),
            sync_interval,
            uploads,
            appended: Arc::clone(&appended),
            run: opening.path.run.clone(),
            silent,
            warned: Warned::default(),
        };
        let row_uploader = RowUploader { target, disk, opening, appended };
        // Threads are not joined: whoever waits for them does so with a deadline. Should a later one not
        // start, the drop of the writer ends those before.
        let (queue, exit_code) = (Arc::clone(&writer.queue), Arc::clone(&writer.exit_code));
        threads::spawn("stepwell-disk", move || syncer.run())?;
        threads::spawn("stepwell-writer", move || worker::run(&queue, pipeline, sink, &exit_code))?;
        if uploads {
            threads::spawn("stepwell-upload", move || uploader::run(row_uploader, &file_uploader))?;
        }
        signals::watch(&writer.live);
        Ok(writer)
    }

    /// Starts a writer that keeps nothing but what it is asked for while it lives: summary, preview and the
    /// row that is being collected. It makes no directory and no file, and has no destination.
    pub fn start_discarding(options: &WriterOptions) -> Result<Self, StartError> {
        let writer = Self::without_threads(options, true);
        let (queue, last_values, progress) = (Arc::clone(&writer.queue), Arc::clone(&writer.last_values), Arc::clone(&writer.progress));
        threads::spawn("stepwell-writer", move || discarder::run(&queue, &last_values, &progress))?;
        Ok(writer)
    }

    fn without_threads(options: &WriterOptions, discards: bool) -> Self {
        let WriterOptions { root, blobs, opening, stream, on_full, nested_keys, queue_bytes, .. } = options;
        let queue = Arc::new(Queue::new(*queue_bytes, *on_full));
        let progress = Arc::new(Progress::default());
        let mut last_values = LastValues::default();
        last_values.limit_paths(*nested_keys);
        let destination = if discards { String::new() } else { opening.destination.clone() };
        let uploads = !destination.is_empty();
        let links = root.join(stream.to_string()).join("blobs");
        let files = FilePool::new(BlobDirectory::new(blobs.clone()), links, *stream, Arc::clone(&queue), Arc::clone(&progress), uploads);
        let files = Arc::new(files);
        let live = Live { queue: Arc::clone(&queue), files: Arc::clone(&files), progress: Arc::clone(&progress), uploads };
        Self {
            stream: *stream,
            root: root.clone(),
            destination,
            discards,
            queue,
            files,
            progress,
            last_values: Arc::new(Mutex::new(last_values)),
            exit_code: Arc::new(AtomicI64::new(NO_EXIT)),
            report: Mutex::new(None),
            live: Arc::new(live),
            pid: std::process::id(),
        }
    }

    /// The stream.
    pub fn stream(&self) -> StreamId {
        self.stream
    }

    /// Returns whether nothing is kept.
    pub fn discards(&self) -> bool {
        self.discards
    }

    /// The entrance for rows. Cheap to clone and to keep.
    pub fn queue(&self) -> &Arc<Queue> {
        &self.queue
    }

    /// The entrance for files.
    pub fn files(&self) -> &Arc<FilePool> {
        &self.files
    }

    /// Waits until everything pushed before this call is as safe as `level` says; `false` if that takes
    /// longer than `timeout`. A row that is still collecting is written as it stands.
    pub fn flush(&self, level: FlushLevel, timeout: Duration) -> bool {
        if self.discards {
            return true;
        }
        let deadline = Instant::now() + timeout;
        // Their entries follow the rows that were pushed before, so the barrier comes after both.
        if !self.files.wait_until_done(deadline) {
            return false;
        }
        let barrier = self.queue.push_barrier(true);
        if !self.progress.wait_until(deadline, |known| known.spooled_barrier >= barrier || known.worker_done) {
            return false;
        }
        if level == FlushLevel::Spooled {
            return true;
        }
        let (last, pass) = self.progress.update(|known| {
            known.sync_wanted = true;
            known.files.pass_wanted = known.files.passes_begun + 1;
            (known.spooled, known.files.pass_wanted)
        });
        match level {
            FlushLevel::Acked if !self.destination.is_empty() => {
                let arrived = |known: &Known| known.acked >= last && known.files.arrived(pass) == Some(true);
                let over = |known: &Known| known.fatal || known.all_sent() || known.files.arrived(pass) == Some(false);
                self.progress.wait_until(deadline, |known| arrived(known) || over(known)) && arrived(&self.progress.read())
            }
            _ => self.progress.wait_until(deadline, |known| known.synced >= last),
        }
    }

    /// The run's summary as far as this writer makes it: what stands for every key that was logged, nested
    /// dicts flattened with `.`, in the order the keys came first, then what was set by hand. Sees everything
    /// pushed before this call (unless the disk has hung for a second).
    pub fn summary(&self) -> Vec<(String, Value)> {
        self.wait_until_seen();
        self.last_values.lock().summary()
    }

    /// The values that were logged for `step` so far, if it is the greatest step, in the order the keys came
    /// first. Sees what [`summary`](Self::summary) does.
    pub fn collected(&self, step: Step) -> Vec<(String, Value)> {
        self.wait_until_seen();
        self.last_values.lock().resolve_from(step)
    }

    /// At most 40 numbers of every key, spread over the run, for a sketch of its course. Nested dicts are
    /// flattened with `.`.
    pub fn preview(&self) -> Vec<(String, Vec<f64>)> {
        self.last_values.lock().preview()
    }

    fn wait_until_seen(&self) {
        let barrier = self.queue.push_barrier(false);
        self.progress.wait_until(Instant::now() + SEEN_TIMEOUT, |known| known.seen_barrier >= barrier || known.worker_done);
    }

    /// The whereabouts of the rows. Cheap.
    pub fn status(&self) -> Status {
        if self.discards {
            return Status { connection: "disabled".into(), ..Status::default() };
        }
        let (accepted, queued_bytes) = (self.queue.accepted(), self.queue.held_bytes());
        let known = self.progress.read();
        let trouble = if known.disk_trouble.is_empty() { &known.files.trouble } else { &known.disk_trouble };
        let words = [trouble, &known.connection, &known.files.sending];
        let connection = words.into_iter().filter(|words| !words.is_empty()).map(String::as_str).collect::<Vec<_>>().join("; ");
        Status {
            accepted,
            spooled: known.spooled_rows,
            acked: known.row_counts.rows_until(known.acked),
            queued_bytes,
            sampled_rows: known.sampled_rows,
            lost_rows: known.refused_rows + known.gone_rows,
            rejected_rows: known.rejected,
            waiting_files: known.files.waiting(),
            lost_files: known.files.lost,
            connection,
        }
    }

    /// Ends the stream: writes what is queued, the exit, and waits until it is where it belongs, at most for
    /// `timeout`. Later pushes are refused; a second call returns the first report.
    pub fn finish(&self, exit_code: i32, timeout: Duration) -> FinishReport {
        let mut report = self.report.lock();
        report.get_or_insert_with(|| self.finish_once(exit_code, timeout)).clone()
    }

    fn finish_once(&self, exit_code: i32, timeout: Duration) -> FinishReport {
        if self.discards {
            self.queue.close();
            return FinishReport { complete: true, ..FinishReport::default() };
        }
        let deadline = Instant::now() + timeout;
        self.exit_code.store(i64::from(exit_code), Ordering::Release);
        self.progress.update(|known| known.finishing = true);
        self.files.finish(deadline.checked_sub((timeout / 5).min(ROWS_TIMEOUT)).unwrap_or(deadline));
        self.queue.close();
        // What finds no room to the end is given up while there is time to say so in the run.
        let margin = (timeout / 5).min(MARGIN_TO_GIVE_UP);
        let is_over = |known: &Known| known.syncer_done || known.fatal && known.spool_closed;
        let in_time = self.progress.wait_until(deadline - margin, |known| is_over(known) || known.worker_done);
        if !in_time {
            let troubled = !self.progress.read().disk_trouble.is_empty();
            if troubled || !self.progress.wait_until(deadline - margin / 2, |known| is_over(known) || known.worker_done) {
                self.progress.update(|known| known.give_up = true);
            }
        }
        self.progress.wait_until(deadline, is_over);
        let accepted = self.queue.accepted();
        // Nothing is said of files that nobody has looked for.
        let look = self.progress.update(|known| {
            known.look_wanted = known.looks + 1;
            known.look_wanted
        });
        self.progress.wait_until(Instant::now() + LAST_LOOK, |known| known.looks >= look || known.syncer_done);
        // In one step: what the threads still do while they stop is not to change what is said.
        self.progress.update(|known| {
            known.stop = true;
            self.report(known, accepted)
        })
    }
}

impl Drop for Writer {
    /// Without `finish`: writes what is queued, but no exit.
    fn drop(&mut self) {
        // In a forked child the locks may be held by threads that do not exist there.
        if self.pid != std::process::id() || self.report.get_mut().is_some() {
            return;
        }
        if self.discards {
            return self.queue.close();
        }
        let deadline = Instant::now() + DROP_TIMEOUT;
        self.progress.update(|known| known.finishing = true);
        self.files.finish(deadline);
        self.queue.close();
        self.progress.wait_until(deadline.max(Instant::now() + ROWS_TIMEOUT), |known| known.worker_done);
        self.progress.update(|known| known.stop = true);
    }
}
