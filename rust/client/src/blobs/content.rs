//! Content of a file: the caller's memory as it was when it was handed over, encoded when somebody first
//! needs it.
//!
//! Nothing here waits for another thread: who comes while another encodes does so too, and the first result
//! stays. In a forked child a lock may be held for ever by a thread that is not there; then the content is
//! lost to the child, with an error that says so.

use super::temporary::Temporary;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use stepwell_blob::{Draft, hash, hash_reader};
use stepwell_lock::{Mutex, MutexGuard};
use stepwell_media::{Frames, MediaError, Pixels, gif as as_gif, json as as_json, png as as_png};
use stepwell_model::{BlobId, StreamId, limits};

/// Files from this size on are copied to a temporary file instead of into memory.
const LARGE_BYTES: u64 = 8 << 20;
/// Bytes that are written at once.
const CHUNK_BYTES: usize = 1 << 20;
/// Time that a forked child waits for a lock that is held for a few nanoseconds.
const CHILD_PATIENCE: Duration = Duration::from_millis(100);

/// Reason why a content has no bytes.
#[derive(Debug, thiserror::Error)]
pub enum ContentError {
    /// It cannot be encoded.
    #[error(transparent)]
    Media(#[from] MediaError),
    /// Its file cannot be read or copied.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// See above.
    #[error("the content was in use when this process was forked; make it anew here")]
    Forked,
}

/// The content of a file. Cheap to share; its memory is that of the array until it is encoded, and that of
/// the file afterwards.
#[derive(Debug)]
pub struct Content {
    extension: String,
    /// The process that made it.
    pid: u32,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    form: Form,
    /// Its path, by stream.
    paths: Vec<(StreamId, String)>,
}

#[derive(Debug)]
enum Form {
    Raw(Arc<Source>),
    Encoded(Arc<Encoded>),
}

#[derive(Debug)]
enum Source {
    Pixels(Pixels),
    Frames(Frames, f64),
    /// msgpack
    Value(Vec<u8>),
    Bytes(Arc<Vec<u8>>),
    Large(Arc<Temporary>),
}

/// The content that the file will have.
#[derive(Debug)]
pub(crate) struct Encoded {
    body: Body,
    pub(crate) id: BlobId,
    pub(crate) size: u64,
}

#[derive(Debug)]
enum Body {
    Memory(Arc<Vec<u8>>),
    Large(Arc<Temporary>),
}

impl Content {
    fn new(source: Source, extension: &str) -> Self {
        let state = State { form: Form::Raw(Arc::new(source)), paths: Vec::new() };
        Self { extension: extension.into(), pid: std::process::id(), state: Mutex::new(state) }
    }

    /// Bytes as they are.
    pub fn from_bytes(bytes: Vec<u8>, extension: &str) -> Self {
        Self::new(Source::Bytes(Arc::new(bytes)), extension)
    }

    /// Pixels, as PNG.
    pub fn from_pixels(pixels: Pixels) -> Self {
        Self::new(Source::Pixels(pixels), "png")
    }

    /// Frames, as animated GIF.
    pub fn from_frames(frames: Frames, fps: f64) -> Result<Self, MediaError> {
        as_gif::check_fps(fps)?;
        Ok(Self::new(Source::Frames(frames, fps), "gif"))
    }

    /// A value in msgpack, as JSON.
    pub fn from_value(msgpack: Vec<u8>, extension: &str) -> Self {
        Self::new(Source::Value(msgpack), extension)
    }

    /// The bytes that a file holds now.
    pub fn from_file(path: &Path, extension: &str) -> io::Result<Self> {
        // Asked before it is opened: to open a pipe would wait for its other end.
        let metadata = fs::metadata(path)?;
        if !metadata.is_file() {
            let words = if metadata.is_dir() { "it is a directory" } else { "it is no regular file" };
            return Err(io::Error::new(io::ErrorKind::InvalidInput, words));
        }
        if metadata.len() > limits::BLOB_BYTES {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let mut file = File::open(path)?;
        if metadata.len() >= LARGE_BYTES {
            return Ok(Self::new(Source::Large(Arc::new(Temporary::copy(&mut file)?)), extension));
        }
        let mut bytes = Vec::with_capacity(metadata.len() as usize + 1);
        file.read_to_end(&mut bytes)?;
        Ok(Self::from_bytes(bytes, extension))
    }

    /// The extension of the file's name, without the dot.
    pub fn extension(&self) -> &str {
        &self.extension
    }

    /// Bytes that the file holds.
    pub fn size(&self) -> Result<u64, ContentError> {
        Ok(self.encoded()?.size)
    }

    /// The name of the file's bytes.
    pub fn id(&self) -> Result<BlobId, ContentError> {
        Ok(self.encoded()?.id)
    }

    /// Gives the file's bytes to `take`.
    pub fn read<T>(&self, take: impl FnOnce(&[u8]) -> T) -> Result<T, ContentError> {
        let encoded = self.encoded()?;
        match &encoded.body {
            Body::Memory(bytes) => Ok(take(bytes)),
            Body::Large(file) => {
                let mut bytes = Vec::with_capacity(encoded.size as usize);
                file.reader().read_to_end(&mut bytes)?;
                Ok(take(&bytes))
            }
        }
    }

    /// The path under which a stream has it.
    pub fn path_in(&self, stream: StreamId) -> Option<String> {
        let state = self.lock().ok()?;
        state.paths.iter().find(|(known, _)| *known == stream).map(|(_, path)| path.clone())
    }

    /// Takes note that a stream has it, or (`None`) has it no more.
    pub(crate) fn set_path_in(&self, stream: StreamId, path: Option<String>) {
        if let Ok(mut state) = self.lock() {
            state.paths.retain(|(known, _)| *known != stream);
            state.paths.extend(path.map(|path| (stream, path)));
        }
    }

    /// Bytes of memory that it takes now.
    pub(crate) fn held_bytes(&self) -> usize {
        let Ok(state) = self.lock() else { return 0 };
        match &state.form {
            Form::Raw(source) => match &**source {
                Source::Pixels(pixels) => pixels.bytes(),
                Source::Frames(frames, _) => frames.bytes(),
                Source::Value(bytes) => bytes.len(),
                Source::Bytes(bytes) => bytes.len(),
                Source::Large(_) => 0,
            },
            Form::Encoded(encoded) => match &encoded.body {
                Body::Memory(bytes) => bytes.len(),
                Body::Large(_) => 0,
            },
        }
    }

    /// Returns whether to encode or write it takes long: a video, a large table, a large file.
    pub(crate) fn is_slow(&self) -> bool {
        let Ok(state) = self.lock() else { return false };
        match &state.form {
            Form::Raw(source) => match &**source {
                Source::Frames(..) | Source::Large(_) => true,
                Source::Bytes(bytes) => bytes.len() as u64 >= LARGE_BYTES,
                Source::Value(bytes) => bytes.len() as u64 >= LARGE_BYTES,
                Source::Pixels(_) => false,
            },
            Form::Encoded(encoded) => encoded.size >= LARGE_BYTES,
        }
    }

    /// Encodes and hashes it, unless that was done before.
    pub(crate) fn encoded(&self) -> Result<Arc<Encoded>, ContentError> {
        let source = match &self.lock()?.form {
            Form::Encoded(encoded) => return Ok(Arc::clone(encoded)),
            Form::Raw(source) => Arc::clone(source),
        };
        let encoded = Arc::new(source.encode()?);
        let state = &mut *self.lock()?;
        if let Form::Encoded(encoded) = &state.form {
            return Ok(Arc::clone(encoded));
        }
        state.form = Form::Encoded(Arc::clone(&encoded));
        Ok(encoded)
    }

    fn lock(&self) -> Result<MutexGuard<'_, State>, ContentError> {
        if self.pid == std::process::id() {
            return Ok(self.state.lock());
        }
        self.state.try_lock_for(CHILD_PATIENCE).ok_or(ContentError::Forked)
    }
}

impl Source {
    fn encode(&self) -> Result<Encoded, ContentError> {
        let bytes = match self {
            Self::Pixels(pixels) => Arc::new(as_png::encode(pixels)?),
            Self::Frames(frames, fps) => Arc::new(as_gif::encode(frames, *fps)?),
            Self::Value(msgpack) => Arc::new(as_json::encode(msgpack)?),
            Self::Bytes(bytes) => Arc::clone(bytes),
            Self::Large(file) => {
                let (id, size) = hash_reader(&mut file.reader())?;
                return Ok(Encoded { body: Body::Large(Arc::clone(file)), id, size });
            }
        };
        Ok(Encoded { id: hash(&bytes), size: bytes.len() as u64, body: Body::Memory(bytes) })
    }
}

impl Encoded {
    /// Writes the bytes, and calls `advanced` after each chunk.
    pub(crate) fn write(&self, draft: &mut Draft, mut advanced: impl FnMut()) -> io::Result<()> {
        match &self.body {
            Body::Memory(bytes) => {
                for chunk in bytes.chunks(CHUNK_BYTES) {
                    draft.write(chunk)?;
                    advanced();
                }
            }
            Body::Large(file) => {
                let (mut reader, mut buffer) = (file.reader(), vec![0; CHUNK_BYTES]);
                loop {
                    match reader.read(&mut buffer)? {
                        0 => break,
                        read => draft.write(&buffer[..read])?,
                    }
                    advanced();
                }
            }
        }
        Ok(())
    }
}
