//! Facts of the model for Python: limits, defaults, and the rules of names, addresses and nested dicts.

use crate::encode;
use crate::errors::Raise;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};
use std::borrow::Cow;
use std::fmt::Display;
use std::str::FromStr;
use stepwell_model::flatten::{Nested, flatten as flatten_value};
use stepwell_model::{Address, NameRule, Step, defaults, limits};

/// The limits of the formats, as `rust/model/src/limits.rs` has them.
#[pyclass(frozen, module = "stepwell._native")]
pub(crate) struct Limits;

#[pymethods]
impl Limits {
    #[classattr]
    const KEY_BYTES: usize = limits::KEY_BYTES;
    #[classattr]
    const LOGGED_DEPTH: usize = limits::LOGGED_DEPTH;
    #[classattr]
    const LAST_STEP: Step = Step::MAX;
    #[classattr]
    const QUERY_BUCKETS: usize = limits::QUERY_BUCKETS;
    #[classattr]
    const QUERY_SERIES: usize = limits::QUERY_SERIES;
}

/// The defaults of settings and services, as `rust/model/src/defaults.rs` has them.
#[pyclass(frozen, module = "stepwell._native")]
pub(crate) struct Defaults;

#[pymethods]
impl Defaults {
    #[classattr]
    const PORT: u16 = defaults::PORT;
    #[classattr]
    const QUEUE_BYTES: usize = defaults::QUEUE_BYTES;
    #[classattr]
    const MAX_KEYS: usize = defaults::MAX_KEYS;
}

/// The thing that has a name, such as a kind of summary.
pub(crate) fn named<T: FromStr<Err: Display>>(what: &str, name: &str) -> PyResult<T> {
    name.parse().map_err(|error| PyValueError::new_err(format!("{what} {name:?} {error}; nothing of this call was kept")))
}

/// The problem of a name, as the end of a sentence that begins with it; None if it may be given to something
/// new.
///
/// `kind` is `entity`, `project`, `run id`, `label` or `tag`.
#[pyfunction]
pub(crate) fn name_problem(kind: &str, name: &Bound<'_, PyString>) -> PyResult<Option<String>> {
    let rule = NameRule::ALL.into_iter().find(|rule| rule.name() == kind);
    let rule = rule.ok_or_else(|| PyValueError::new_err(format!("{kind:?} is no kind of name")))?;
    // SAFETY: `name` is a bound str. A tag with lone surrogates is cleaned after it was checked, so their
    // escapes do not count.
    let text = match unsafe { encode::utf8(name.as_ptr()) } {
        Some(text) => Cow::Borrowed(text),
        None if rule == NameRule::Tag => name.to_string_lossy(),
        None => return Ok(Some("contains bytes that are no text".into())),
    };
    Ok(rule.check(&text).err().map(|error| error.problem))
}

/// Splits `http://host:port` into host and port.
#[pyfunction]
pub(crate) fn split_address(url: &str) -> PyResult<(String, u16)> {
    let Address { host, port } = Address::parse(url).map_err(Raise::raise)?;
    Ok((host, port))
}

/// A value of Python on its way to its leaves, with the levels that it may still have.
struct Branch<'py> {
    value: Bound<'py, PyAny>,
    levels: usize,
}

impl<'py> Nested for Branch<'py> {
    type Name = String;

    fn children(&self) -> Option<impl Iterator<Item = (String, Self)> + use<'py>> {
        let dict = self.value.cast::<PyDict>().ok().filter(|dict| !dict.is_empty())?;
        let is_typed = dict.get_item("_type").ok().flatten().is_some_and(|kind| kind.is_instance_of::<PyString>());
        let levels = self.levels.checked_sub(1).filter(|_| !is_typed)?;
        // A copy: names that are no text are turned into it by Python code, which may change the dict.
        let copy = dict.copy().ok()?;
        Some(copy.into_iter().map(move |(name, value)| (text_of(&name), Self { value, levels })))
    }
}

/// A name as text: JSON and wandb turn numbers and truth values that name something into it, and so does
/// `log`.
fn text_of(name: &Bound<'_, PyAny>) -> String {
    let text = name.str().and_then(|text| Ok(encode::key_text(&text)?.into_owned()));
    text.unwrap_or_default()
}

/// The leaves of a dict by their keys, joined by dots, in order. Typed objects (dicts with a text as
/// `_type`), empty dicts and everything that is no dict are leaves.
#[pyfunction]
pub(crate) fn flatten<'py>(data: &Bound<'py, PyDict>) -> PyResult<Vec<(String, Bound<'py, PyAny>)>> {
    let (mut leaves, mut too_deep) = (Vec::new(), None);
    for (key, value) in data.copy()? {
        flatten_value(&text_of(&key), Branch { value, levels: limits::LOGGED_DEPTH }, &mut |name, leaf: Branch<'py>| {
            if leaf.levels == 0 && leaf.value.is_instance_of::<PyDict>() {
                too_deep.get_or_insert_with(|| encode::too_deep(&text_of(&key)));
            }
            leaves.push((name.to_owned(), leaf.value));
        });
    }
    too_deep.map_or(Ok(leaves), Err)
}
