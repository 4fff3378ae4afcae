//! Exceptions of Python for the errors of the crates below: one table.

use pyo3::exceptions::{PyOSError, PyRuntimeError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use std::io;
use std::path::PathBuf;
use stepwell_client::{ContentError, PushError};
use stepwell_media::MediaError;
use stepwell_model::{InvalidAddress, InvalidName};
use stepwell_sample::histogram::HistogramError;
use stepwell_spool::SpoolError;
use stepwell_store_sqlite::OpenError;

pyo3::create_exception!(stepwell._native, LimitError, PyValueError, "A value is beyond what the formats hold.");

/// An error that Python sees as an exception.
pub(crate) trait Raise {
    /// The exception.
    fn raise(self) -> PyErr;
}

macro_rules! table {
    ($($error:ty => $exception:ty,)+) => {
        $(impl Raise for $error {
            fn raise(self) -> PyErr {
                <$exception>::new_err(self.to_string())
            }
        })+
    };
}

table! {
    HistogramError => PyValueError,
    InvalidAddress => PyValueError,
    InvalidName => PyValueError,
    OpenError => PyOSError,
    SpoolError => PyOSError,
    stepwell_client::StartError => PyOSError,
    stepwell_server::StartError => PyOSError,
}

impl Raise for io::Error {
    fn raise(self) -> PyErr {
        self.into()
    }
}

impl Raise for MediaError {
    fn raise(self) -> PyErr {
        match self {
            Self::Type { .. } => PyTypeError::new_err(self.to_string()),
            _ => PyValueError::new_err(self.to_string()),
        }
    }
}

impl Raise for ContentError {
    fn raise(self) -> PyErr {
        match self {
            Self::Media(error) => error.raise(),
            Self::Io(error) => error.raise(),
            Self::Forked => PyRuntimeError::new_err(self.to_string()),
        }
    }
}

impl Raise for PushError {
    fn raise(self) -> PyErr {
        match self {
            Self::Full => PyRuntimeError::new_err(format!("{self}; nothing of this call was kept (on_full=\"raise\")")),
            Self::TooLarge => LimitError::new_err(format!("{self}; nothing of this call was kept")),
            Self::Closed => finished(),
        }
    }
}

/// The package's own error for a call after the end of the run.
pub(crate) fn finished() -> PyErr {
    const WORDS: &str = "the run is finished; nothing of this call was kept. Call stepwell.init() to begin another run";
    Python::attach(|py| match py.import("stepwell.errors").and_then(|errors| errors.getattr("UsageError")?.call1((WORDS,))) {
        Ok(error) => PyErr::from_value(error),
        Err(_) => PyRuntimeError::new_err(WORDS),
    })
}

/// An error of reading a file. With number and path Python makes it FileNotFoundError and the like.
pub(crate) fn of_file(error: &io::Error, path: PathBuf) -> PyErr {
    let text = error.to_string();
    match error.raw_os_error() {
        Some(number) => PyOSError::new_err((number, text.split(" (os error").next().unwrap_or(&text).to_owned(), path)),
        None => PyOSError::new_err(format!("cannot read {}: {text}", path.display())),
    }
}

/// The name of a value's type, for the words of an error.
pub(crate) fn type_name(value: &Bound<'_, PyAny>) -> String {
    value.get_type().name().map_or_else(|_| "?".into(), |name| name.to_string())
}
