//! Arrays of any library as one stretch of memory in C order.

use super::native;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use stepwell_media::{Array, Dtype};

/// From this size on other threads may run while an array is copied. Below, taking the GIL back from a busy
/// thread costs more than the copy.
const DETACH_BYTES: usize = 4 << 20;

/// The memory of a numeric array in C order and native byte order, kept alive by a reference to its owner.
pub(crate) struct Buffer {
    _owner: Py<PyAny>,
    address: usize,
    pub(crate) dtype: Dtype,
    pub(crate) shape: Vec<usize>,
    bytes: usize,
}

impl Buffer {
    /// The memory of a numpy array, or of anything that numpy makes one of. `what` names it in errors.
    pub(crate) fn of(what: &str, value: &Bound<'_, PyAny>) -> PyResult<Self> {
        let array = native(&value.py().import("numpy")?.call_method1("asarray", (value,))?)?;
        Self::of_array(what, &array)
    }

    /// The same for pixels, …×H×W×C; `true` if the memory is …×C×H×W, as it is where channels that came first
    /// were moved to the end. That is not copied into the other order before it is bytes, which are fewer.
    pub(crate) fn of_pixels(what: &str, value: &Bound<'_, PyAny>) -> PyResult<(Self, bool)> {
        let numpy = value.py().import("numpy")?;
        let array = native(&numpy.call_method1("asarray", (value,))?)?;
        let is_contiguous = |array: &Bound<'_, PyAny>| array.getattr("flags")?.getattr("c_contiguous")?.extract::<bool>();
        if !is_contiguous(&array)? && array.getattr("ndim")?.extract::<usize>()? >= 3 {
            let planes = numpy.call_method1("moveaxis", (&array, -1, -3))?;
            if is_contiguous(&planes)? {
                return Ok((Self::of_array(what, &planes)?, true));
            }
        }
        Ok((Self::of_array(what, &array)?, false))
    }

    fn of_array(what: &str, value: &Bound<'_, PyAny>) -> PyResult<Self> {
        let numpy = value.py().import("numpy")?;
        let array = numpy.call_method1("asarray", (value, value.py().None(), "C"))?;
        let typestr: String = array.getattr("dtype")?.getattr("str")?.extract()?;
        let dtype = Dtype::parse(&typestr).ok_or_else(|| {
            let found = array.getattr("dtype").and_then(|dtype| dtype.str()).map_or_else(|_| typestr.clone(), |name| name.to_string());
            PyTypeError::new_err(format!("{what} cannot be made of {found} values; expected numbers"))
        })?;
        // `ctypes.data` and the interface say the same; the interface needs no further import.
        let (address, _): (usize, bool) = array.getattr("__array_interface__")?.get_item("data")?.extract()?;
        let (shape, bytes) = (array.getattr("shape")?.extract()?, array.getattr("nbytes")?.extract()?);
        Ok(Self { _owner: array.unbind(), address, dtype, shape, bytes })
    }

    /// Gives the array to `take`, with the GIL released if it is large. Another thread that writes to it
    /// meanwhile changes what is seen, as with numpy itself.
    pub(crate) fn with<T: Send>(&self, py: Python<'_>, take: impl FnOnce(&Array<'_>) -> T + Send) -> T {
        let data: &[u8] = if self.bytes == 0 {
            &[]
        } else {
            // SAFETY: numpy vouches for the address of `bytes` bytes in C order, and `_owner` keeps them
            // alive as long as `self`.
            unsafe { std::slice::from_raw_parts(self.address as *const u8, self.bytes) }
        };
        let array = Array { dtype: self.dtype, shape: &self.shape, data };
        if self.bytes >= DETACH_BYTES { py.detach(|| take(&array)) } else { take(&array) }
    }
}
