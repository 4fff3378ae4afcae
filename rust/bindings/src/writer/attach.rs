//! Files that belong to the value under way: collected while a writer encodes a value, handed over when the
//! whole call succeeds.
//!
//! The collection is that of the thread. A call within a call (a `record` that logs) has one of its own; what
//! a failed call collected is dropped with it.

use super::{BLOCKED_SLICE, Writer, arguments};
use crate::content::Content;
use crate::enter::Process;
use crate::errors::finished;
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use std::cell::RefCell;
use std::sync::Arc;
use stepwell_client::{Content as Bytes, FilePool, NoRoom, OnFull, Reservation};
use stepwell_model::{Entry, FileVersion, StreamId, Value};

/// Characters of a key that are part of the name of its file.
const KEY_CHARS: usize = 64;
/// Bytes of them: file systems take names of 255 bytes, and stream, number and extension need their part.
const KEY_BYTES: usize = 180;

/// The reason for which files found no room.
const STUCK: &str = "the disk took no more files";

/// Paths and contents.
pub(crate) type Files = Vec<(String, Arc<Bytes>)>;

/// Files that a call has collected so far.
struct Collection {
    pool: Arc<FilePool>,
    process: Process,
    files: Files,
}

thread_local! {
    static COLLECTION: RefCell<Option<Collection>> = const { RefCell::new(None) };
}

/// Puts back what was collected outside, however the call ends.
struct Restore(Option<Collection>);

impl Drop for Restore {
    fn drop(&mut self) {
        COLLECTION.replace(self.0.take());
    }
}

/// Runs `encode` and returns, besides its result, the files that it attached.
pub(crate) fn collect<T>(pool: &Arc<FilePool>, encode: impl FnOnce() -> PyResult<T>) -> PyResult<(T, Files)> {
    let fresh = Collection { pool: Arc::clone(pool), process: Process::current(), files: Vec::new() };
    let _restore = Restore(COLLECTION.replace(Some(fresh)));
    let result = encode()?;
    let files = COLLECTION.take().map(|collection| collection.files).unwrap_or_default();
    Ok((result, files))
}

impl Writer {
    /// Pushes what refers to files, and hands them over if that succeeds. Room for them is made before.
    pub(super) fn with_files(&self, py: Python<'_>, files: Files, push: impl FnOnce() -> PyResult<()>) -> PyResult<()> {
        if files.is_empty() || self.client.discards() {
            return push();
        }
        let pool = self.client.files();
        let room = reserve(py, pool, self.on_full, &files)?;
        push()?;
        match room {
            Some(room) => room.submit(files),
            None => pool.lose(files.len(), STUCK),
        }
        Ok(())
    }

    /// Pushes a statement of keys and values.
    pub(super) fn push_pairs(&self, values: &Bound<'_, PyAny>, entry: impl FnOnce(Vec<(String, Value)>) -> Entry) -> PyResult<()> {
        self.process.check()?;
        let push = || {
            let (pairs, files) = collect(self.client.files(), || arguments::pairs(values))?;
            self.with_files(values.py(), files, || self.push_statement(values.py(), entry(pairs)))
        };
        self.lenient(values.py(), push, || ())
    }

    /// Hands over a content under a path that a later one may have as well.
    pub(super) fn put(&self, py: Python<'_>, path: String, content: Arc<Bytes>) -> PyResult<()> {
        let pool = self.client.files();
        let file = [(path, content)];
        let room = reserve(py, pool, self.on_full, &file)?;
        let [(path, content)] = file;
        match room {
            Some(room) => room.submit_by_hand(path, content),
            None => pool.lose(1, STUCK),
        }
        Ok(())
    }
}

/// Makes room for files, waiting for it as `on_full` says. `None`: they are given up, and counted.
fn reserve<'a>(py: Python<'_>, pool: &'a FilePool, on_full: OnFull, files: &[(String, Arc<Bytes>)]) -> PyResult<Option<Reservation<'a>>> {
    loop {
        match pool.reserve(files.iter().map(|(_, content)| &**content)) {
            Ok(reservation) => return Ok(Some(reservation)),
            Err(NoRoom::Closed) => return Err(finished()),
            Err(NoRoom::Stuck) if on_full == OnFull::Sample => return Ok(None),
            Err(NoRoom::Stuck) if on_full == OnFull::Raise => {
                return Err(PyRuntimeError::new_err("the disk takes no more files; nothing of this call was kept (on_full=\"raise\")"));
            }
            Err(NoRoom::Stuck | NoRoom::Busy) => {}
        }
        py.detach(|| pool.wait_for_room(BLOCKED_SLICE));
        py.check_signals()?;
    }
}

/// Attaches a content to the value that is being logged and returns the path that stands for it in the
/// record: `media/FOLDER/KEY_STREAM-N.EXTENSION`.
///
/// It may be called by `Media.record` while a writer converts a value; the content is stored once the whole
/// call succeeds. Elsewhere nothing is stored, and the path is that of stream 00000000.
#[pyfunction]
pub(crate) fn attach(content: &Bound<'_, Content>, folder: &str, key: &str) -> PyResult<String> {
    let bytes = &content.get().bytes;
    COLLECTION.with_borrow_mut(|collection| {
        let collection = collection.as_mut().filter(|collection| collection.process == Process::current());
        let Some(collection) = collection else { return path(StreamId([0; 16]), 0, folder, key, bytes.extension()) };
        let stream = collection.pool.stream();
        if let Some((path, _)) = collection.files.iter().find(|(_, known)| Arc::ptr_eq(known, bytes)) {
            return Ok(path.clone());
        }
        if let Some(path) = bytes.path_in(stream) {
            return Ok(path);
        }
        let path = path(stream, collection.pool.next_number(), folder, key, bytes.extension())?;
        collection.files.push((path.clone(), Arc::clone(bytes)));
        Ok(path)
    })
}

fn path(stream: StreamId, number: u64, folder: &str, key: &str, extension: &str) -> PyResult<String> {
    let mut name = String::new();
    for char in key.chars().take(KEY_CHARS) {
        let char = if char.is_alphanumeric() || matches!(char, '-' | '.' | '_') { char } else { '_' };
        if name.len() + char.len_utf8() > KEY_BYTES {
            break;
        }
        name.push(char);
    }
    let path = format!("media/{folder}/{name}_{}-{number}.{extension}", &stream.to_string()[..8]);
    if FileVersion::is_path(&path) && !folder.contains('/') {
        return Ok(path);
    }
    Err(PyValueError::new_err(format!("the folder is {folder:?}, expected a plain name such as \"images\"; nothing of this call was kept")))
}
