//! numpy arrays: their memory as a typed view, short ones as lists, long ones as histograms binned with the
//! GIL released.

use super::{fallback, nested, too_deep};
use crate::arrays::native;
use crate::errors::Raise;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;
use stepwell_codec::msgpack;
use stepwell_sample::histogram::{Binned, histogram};
use stepwell_sample::statistics::{Statistics, statistics};
use stepwell_sample::view::{Elements, View};

/// Arrays of more elements become histograms.
const LIST_ELEMENTS: usize = 32;
/// Bins of such a histogram.
const BINS: usize = 32;
/// What numpy calls a type that another library has added, such as bfloat16.
const ADDED_TYPE: i32 = 2;

/// numpy's types, once numpy is imported by somebody.
struct Numpy {
    generic: Py<PyType>,
    ndarray: Py<PyType>,
    times: [Py<PyType>; 2],
}

static NUMPY: PyOnceLock<Numpy> = PyOnceLock::new();

/// numpy is never imported here: as long as nobody has, no value can be of its types.
fn numpy(py: Python<'_>) -> PyResult<Option<&Numpy>> {
    if let Some(numpy) = NUMPY.get(py) {
        return Ok(Some(numpy));
    }
    let modules = py.import("sys")?.getattr("modules")?;
    let Ok(module) = modules.get_item("numpy") else { return Ok(None) };
    let class = |name: &str| -> PyResult<Py<PyType>> { Ok(module.getattr(name)?.cast_into::<PyType>()?.unbind()) };
    // While numpy is being imported, it has not all of them.
    let (Ok(generic), Ok(ndarray), Ok(time), Ok(span)) = (class("generic"), class("ndarray"), class("datetime64"), class("timedelta64"))
    else {
        return Ok(None);
    };
    Ok(Some(NUMPY.get_or_init(py, || Numpy { generic, ndarray, times: [time, span] })))
}

/// True if `value` is a numpy scalar; an object that raises when it is asked for its class is none.
pub(crate) fn is_scalar(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    Ok(numpy(value.py())?.is_some_and(|numpy| value.is_instance(numpy.generic.bind(value.py())).unwrap_or(false)))
}

/// True if `value` is a numpy array; an object that raises when it is asked for its class is none.
pub(crate) fn is_array(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    Ok(numpy(value.py())?.is_some_and(|numpy| value.is_instance(numpy.ndarray.bind(value.py())).unwrap_or(false)))
}

/// The Python scalar of a numpy scalar. Of times only the package knows what stands for them: of those that
/// are more exact than Python's, `item` makes integers.
pub(super) fn item<'py>(key: &str, scalar: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let (py, kind) = (scalar.py(), scalar.get_type());
    let is_time = numpy(py)?.is_some_and(|numpy| numpy.times.iter().any(|time| kind.is(time.bind(py))));
    if is_time { fallback::convert(key, scalar) } else { fallback::item(key, scalar) }
}

/// True if only the package knows what stands for an array: it is masked or of another class of its own, or
/// holds times or what another library has added to numpy.
fn is_special(array: &Bound<'_, PyAny>, dtype: &Bound<'_, PyAny>, kind: char) -> PyResult<bool> {
    let py = array.py();
    let is_plain = numpy(py)?.is_some_and(|numpy| array.get_type().is(numpy.ndarray.bind(py)));
    Ok(match kind {
        _ if !is_plain => true,
        'm' | 'M' => true,
        'V' => dtype.getattr("isbuiltin")?.extract::<i32>()? == ADDED_TYPE,
        _ => false,
    })
}

/// Encodes an array: one element as a scalar, few as (nested) lists, many numbers as a histogram, many of
/// anything else as lists.
pub(super) fn encode(out: &mut Vec<u8>, key: &str, array: &Bound<'_, PyAny>, depth: usize) -> PyResult<()> {
    let dtype = array.getattr("dtype")?;
    let kind: char = dtype.getattr("kind")?.extract()?;
    if is_special(array, &dtype, kind)? {
        let deeper = depth.checked_sub(1).ok_or_else(|| too_deep(key))?;
        return nested(out, key, &fallback::convert(key, array)?, deeper);
    }
    let size: usize = array.getattr("size")?.extract()?;
    if size == 1 {
        return nested(out, key, &array.call_method0("item")?, depth);
    }
    if size <= LIST_ELEMENTS || !matches!(kind, 'b' | 'i' | 'u' | 'f') {
        return nested(out, key, &array.call_method0("tolist")?, depth);
    }
    let binned = Memory::of(array)?.histogram(array.py(), BINS)?;
    msgpack::write_value(out, &binned.histogram.to_value());
    Ok(())
}

/// The memory of a numeric array, kept alive by a reference to its owner.
pub(crate) struct Memory {
    /// Keeps the memory alive.
    _owner: Py<PyAny>,
    pub(crate) address: usize,
    pub(crate) typestr: String,
    pub(crate) shape: Vec<usize>,
    pub(crate) strides: Vec<isize>,
}

impl Memory {
    /// The memory of a numpy array, or of its doubles if its elements are wider than 64 bits.
    pub(crate) fn of(array: &Bound<'_, PyAny>) -> PyResult<Self> {
        let item_bytes: usize = array.getattr("itemsize")?.extract()?;
        if item_bytes > 8 { Self::of_elements(&array.call_method1("astype", ("f8",))?) } else { Self::of_elements(array) }
    }

    /// The memory of a numpy array with elements of any type, in native byte order.
    pub(crate) fn of_elements(array: &Bound<'_, PyAny>) -> PyResult<Self> {
        let array = native(array)?;
        let interface = array.getattr("__array_interface__")?;
        let (address, _): (usize, bool) = interface.get_item("data")?.extract()?;
        let shape: Vec<usize> = interface.get_item("shape")?.extract()?;
        let typestr: String = interface.get_item("typestr")?.extract()?;
        let strides = match interface.get_item("strides")?.extract::<Option<Vec<isize>>>()? {
            Some(strides) => strides,
            None => contiguous(&shape, array.getattr("itemsize")?.extract()?),
        };
        Ok(Self { _owner: array.unbind(), address, typestr, shape, strides })
    }

    /// Bins the array with the GIL released. Another thread that writes to it meanwhile changes what is
    /// counted, as with numpy itself.
    pub(crate) fn histogram(&self, py: Python<'_>, bins: usize) -> PyResult<Binned> {
        py.detach(|| {
            let view = self.view()?;
            histogram(&view, bins).map_err(Raise::raise)
        })
    }

    /// Computes statistics with the GIL released; see [`Self::histogram`].
    pub(crate) fn statistics(&self, py: Python<'_>) -> PyResult<Statistics> {
        py.detach(|| Ok(statistics(&self.view()?)))
    }

    fn view(&self) -> PyResult<View<'_>> {
        macro_rules! view {
            ($variant:ident) => {{
                // SAFETY: numpy vouches for address, shape and strides, and `_owner` keeps the memory alive
                // as long as `self`.
                let elements = unsafe { Elements::strided(self.address as *const _, &self.shape, &self.strides) };
                Ok(View::$variant(elements.ok_or_else(|| unsupported(&self.typestr))?))
            }};
        }
        match &self.typestr[1..] {
            "f8" => view!(F64),
            "f4" => view!(F32),
            "f2" => view!(F16),
            "i8" => view!(I64),
            "i4" => view!(I32),
            "i2" => view!(I16),
            "i1" => view!(I8),
            "u8" => view!(U64),
            "u4" => view!(U32),
            "u2" => view!(U16),
            "u1" => view!(U8),
            "b1" => view!(Bool),
            _ => Err(unsupported(&self.typestr)),
        }
    }
}

fn contiguous(shape: &[usize], item_bytes: usize) -> Vec<isize> {
    let mut strides = vec![0; shape.len()];
    let mut step = item_bytes as isize;
    for (stride, &len) in strides.iter_mut().zip(shape).rev() {
        *stride = step;
        step *= len as isize;
    }
    strides
}

fn unsupported(typestr: &str) -> PyErr {
    PyTypeError::new_err(format!("an array of type {typestr} cannot be binned, expected real numbers"))
}
