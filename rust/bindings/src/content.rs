//! `Content`: the content of a file for Python. The caller's memory is copied once; everything else happens
//! elsewhere.

use crate::arrays::buffer::Buffer;
use crate::encode;
use crate::enter::enter;
use crate::errors::{self, Raise, type_name};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyString};
use std::path::PathBuf;
use std::sync::Arc;
use stepwell_client::Content as Bytes;
use stepwell_media::{Frames, Pixels, npy, wav};

/// Characters of an extension, such as `table.json`.
const EXTENSION_CHARS: usize = 32;

/// The content of a file: copied once by the caller; encoded, hashed and stored elsewhere, with the GIL
/// released.
#[pyclass(frozen, module = "stepwell._native")]
pub(crate) struct Content {
    pub(crate) bytes: Arc<Bytes>,
}

impl Content {
    fn new(bytes: Bytes) -> Self {
        Self { bytes: Arc::new(bytes) }
    }
}

fn check_extension(extension: &str) -> PyResult<()> {
    let sound = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_+".contains(&byte));
    if extension.len() <= EXTENSION_CHARS && extension.split('.').all(sound) {
        return Ok(());
    }
    Err(PyValueError::new_err(format!("the extension is {extension:?}, expected something like \"png\" or \"table.json\"")))
}

#[pymethods]
impl Content {
    #[getter]
    fn extension(&self) -> &str {
        self.bytes.extension()
    }

    /// Bytes, or text in UTF-8.
    #[staticmethod]
    fn from_bytes(data: &Bound<'_, PyAny>, extension: &str) -> PyResult<Self> {
        check_extension(extension)?;
        let bytes = if let Ok(bytes) = data.cast::<PyBytes>() {
            bytes.as_bytes().to_vec()
        } else if let Ok(bytes) = data.cast::<PyByteArray>() {
            bytes.to_vec()
        } else if let Ok(text) = data.cast::<PyString>() {
            text.to_str()?.as_bytes().to_vec()
        } else {
            let builtins = data.py().import("builtins")?;
            let view = builtins
                .call_method1("memoryview", (data,))
                .map_err(|_| PyTypeError::new_err(format!("data must be bytes or text, not {}", type_name(data))))?;
            view.call_method0("tobytes")?.cast::<PyBytes>()?.as_bytes().to_vec()
        };
        Ok(Self::new(Bytes::from_bytes(bytes, extension)))
    }

    /// The bytes that a file holds now; what becomes of the file later does not matter.
    #[staticmethod]
    fn from_file(py: Python<'_>, path: PathBuf, extension: &str) -> PyResult<Self> {
        check_extension(extension)?;
        let read = py.detach(|| Bytes::from_file(&path, extension));
        read.map(Self::new).map_err(|error| errors::of_file(&error, path))
    }

    /// An image: H×W or H×W×{1, 2, 3, 4}, as PNG.
    #[staticmethod]
    #[pyo3(signature = (pixels, normalize=true))]
    fn from_pixels(pixels: &Bound<'_, PyAny>, normalize: bool) -> PyResult<Self> {
        let (buffer, planes) = Buffer::of_pixels("an image", pixels)?;
        let pixels =
            buffer.with(pixels.py(), |array| if planes { Pixels::from_planes(array, normalize) } else { Pixels::new(array, normalize) });
        Ok(Self::new(Bytes::from_pixels(pixels.map_err(Raise::raise)?)))
    }

    /// A video: T×H×W×{1, 3, 4}, as animated GIF.
    #[staticmethod]
    fn from_frames(frames: &Bound<'_, PyAny>, fps: f64) -> PyResult<Self> {
        let (buffer, planes) = Buffer::of_pixels("a video", frames)?;
        let frames = buffer.with(frames.py(), |array| if planes { Frames::from_planes(array) } else { Frames::new(array) });
        let content = frames.and_then(|frames| Bytes::from_frames(frames, fps));
        content.map(Self::new).map_err(Raise::raise)
    }

    /// Audio: N samples or N×channels, as WAV.
    #[staticmethod]
    fn from_samples(samples: &Bound<'_, PyAny>, sample_rate: u32) -> PyResult<Self> {
        let file = Buffer::of("audio", samples)?.with(samples.py(), |array| wav::encode(array, sample_rate));
        Ok(Self::new(Bytes::from_bytes(file.map_err(Raise::raise)?, "wav")))
    }

    /// An array of numbers or truth values, as NPY.
    #[staticmethod]
    fn from_array(array: &Bound<'_, PyAny>) -> PyResult<Self> {
        let file = Buffer::of("an array", array)?.with(array.py(), |array| {
            let mut file = npy::header(array.dtype, array.shape);
            file.reserve_exact(array.data.len());
            file.extend_from_slice(array.data);
            file
        });
        Ok(Self::new(Bytes::from_bytes(file, "npy")))
    }

    /// Any value that can be logged, as JSON. Media in it are attached to the call under way, under `key`.
    #[staticmethod]
    fn from_value(key: &str, value: &Bound<'_, PyAny>, extension: &str) -> PyResult<Self> {
        check_extension(extension)?;
        let mut msgpack = Vec::new();
        encode::any(&mut msgpack, key, value)?;
        msgpack.shrink_to_fit();
        Ok(Self::new(Bytes::from_value(msgpack, extension)))
    }

    /// The bytes of the file.
    fn read<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        enter(py, || self.bytes.id())?;
        self.bytes.read(|bytes| PyBytes::new(py, bytes)).map_err(Raise::raise)
    }

    fn sha256(&self, py: Python<'_>) -> PyResult<String> {
        Ok(enter(py, || self.bytes.id())?.to_string())
    }

    fn size(&self, py: Python<'_>) -> PyResult<u64> {
        enter(py, || self.bytes.size())
    }

    fn __repr__(&self) -> String {
        format!("Content(.{})", self.bytes.extension())
    }
}
