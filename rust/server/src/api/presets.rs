//! Presets of charts: the shipped ones, and those that users saved, a file each.
//!
//! ```text
//! DIR/presets/carey%2Fnew_chart.json    {"name": "carey/new_chart", "title": "…", "saved_us": …, "spec": {…}}
//! ```
//!
//! 1. A name is made of letters, digits, `-`, `_` and `.`, in parts joined by `/`, which in the name of the
//!    file is `%2F`: no name leaves the folder.
//! 2. A file is written under another name and renamed, so it is whole or not there.
//! 3. The specification is kept byte for byte, as its author laid it out.

use crate::error::{ErrorCode, ServiceError};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::fs::{self, DirBuilder, File};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use stepwell_model::{TimeMicros, wall_time};

/// The owner of the shipped presets.
const SHIPPED_OWNER: &str = "wandb";
/// Bytes of a specification; those that people write have a few thousand.
const SPEC_BYTES: usize = 1 << 20;
/// Bytes of a name: three times as many still fit the name of a file.
const NAME_BYTES: usize = 80;
/// Characters of a title.
const TITLE_CHARACTERS: usize = 200;
/// Presets in a directory: a list reads them all.
const PRESETS: usize = 1_000;

macro_rules! shipped {
    ($($name:literal, $title:literal;)*) => {
        [$(($name, $title, include_str!(concat!("../../presets/wandb/", $name, ".json")))),*]
    };
}

/// Names behind the owner, titles and specifications.
const SHIPPED: [(&str, &str, &str); 7] = shipped!(
    "area-under-curve/v0", "Curves over the unit square";
    "bar/v0", "Bars";
    "confusion_matrix/v1", "Confusion matrix";
    "histogram/v0", "Histogram";
    "line/v0", "Line";
    "lineseries/v0", "Lines by key";
    "scatter/v0", "Scatter";
);

/// Numbers the files that are being written.
static WRITING: AtomicU64 = AtomicU64::new(0);

/// Way in which a table becomes a chart.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Preset {
    /// `owner/name`.
    pub(crate) name: String,
    /// Title for people.
    pub(crate) title: String,
    /// When it was saved; 0 for a shipped one.
    pub(crate) saved_us: TimeMicros,
    /// Vega or Vega-Lite specification: a JSON object.
    pub(crate) spec: Box<RawValue>,
}

impl Preset {
    /// Whether it came with Stepwell.
    pub(crate) fn is_shipped(&self) -> bool {
        is_shipped(&self.name)
    }

    fn shipped((name, title, spec): (&str, &str, &str)) -> Result<Self, ServiceError> {
        Ok(Self { name: format!("{SHIPPED_OWNER}/{name}"), title: title.into(), saved_us: 0, spec: raw(spec.trim())? })
    }
}

/// The presets of a directory.
#[derive(Debug, Clone)]
pub(crate) struct Presets {
    folder: PathBuf,
}

impl Presets {
    /// The presets of the store in `directory`.
    pub(crate) fn new(directory: &Path) -> Self {
        Self { folder: directory.join("presets") }
    }

    /// All presets of an owner, or of all, by name.
    pub(crate) fn list(&self, owner: &str) -> Result<Vec<Preset>, ServiceError> {
        let mut presets = SHIPPED.into_iter().map(Preset::shipped).collect::<Result<Vec<_>, _>>()?;
        for path in self.files()? {
            // A file that is no preset, and one that was deleted just now, is not listed; asked for by its
            // name, it says why.
            presets.extend(read(&path).ok().flatten());
        }
        presets.retain(|preset| owner.is_empty() || preset.name.split('/').next() == Some(owner));
        presets.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(presets)
    }

    /// One preset.
    pub(crate) fn get(&self, name: &str) -> Result<Preset, ServiceError> {
        check_name(name)?;
        if let Some(found) = SHIPPED.into_iter().find(|(shipped, _, _)| name.strip_prefix(SHIPPED_OWNER) == Some(&format!("/{shipped}"))) {
            return Preset::shipped(found);
        }
        read(&self.path(name))?.ok_or_else(|| not_found(name))
    }

    /// Saves a preset, in place of the one of the same name.
    pub(crate) fn put(&self, name: &str, title: &str, spec: &str) -> Result<Preset, ServiceError> {
        check_own(name)?;
        if title.chars().count() > TITLE_CHARACTERS {
            return Err(ServiceError::invalid(format!("the title of preset {name:?} has more than {TITLE_CHARACTERS} characters")));
        }
        check_spec(name, spec)?;
        let path = self.path(name);
        if !path.exists() && self.files()?.len() >= PRESETS {
            return Err(ServiceError::new(ErrorCode::TooLarge, format!("there are {PRESETS} presets already; delete some first")));
        }
        let preset = Preset { name: name.into(), title: title.into(), saved_us: wall_time(), spec: raw(spec)? };
        let bytes = serde_json::to_vec_pretty(&preset).map_err(|error| ServiceError::invalid(error.to_string()))?;
        self.write(&path, &bytes).map_err(|error| ServiceError::unavailable(format!("preset {name:?} cannot be saved: {error}")))?;
        Ok(preset)
    }

    /// Removes a preset that a user saved.
    pub(crate) fn delete(&self, name: &str) -> Result<(), ServiceError> {
        check_own(name)?;
        match fs::remove_file(self.path(name)) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == ErrorKind::NotFound => Err(not_found(name)),
            Err(error) => Err(ServiceError::unavailable(format!("preset {name:?} cannot be deleted: {error}"))),
        }
    }

    /// Path of a preset, whether it is there or not; its name is checked.
    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{}.json", name.replace('/', "%2F")))
    }

    fn files(&self) -> Result<Vec<PathBuf>, ServiceError> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(vec![]),
            Err(error) => return Err(ServiceError::unavailable(format!("{} cannot be read: {error}", self.folder.display()))),
        };
        let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
        Ok(paths.filter(|path| path.extension().is_some_and(|extension| extension == "json")).collect())
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        let number = WRITING.fetch_add(1, Ordering::Relaxed);
        let new = self.folder.join(format!(".{}-{number}.new", std::process::id()));
        let written = File::create(&new).and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()));
        let kept = written.and_then(|()| fs::rename(&new, path));
        if kept.is_err() {
            // What is left has no name that anybody looks for.
            let _ = fs::remove_file(&new);
        }
        kept.and_then(|()| File::open(&self.folder)?.sync_all())
    }
}

/// Reads a file; `None` if there is none.
fn read(path: &Path) -> Result<Option<Preset>, ServiceError> {
    let broken = |what: &dyn std::fmt::Display| {
        ServiceError::new(ErrorCode::Internal, format!("{} is no preset: {what}; mend it, or save the preset again", path.display()))
    };
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(broken(&error)),
    };
    serde_json::from_str(&text).map(Some).map_err(|error| broken(&error))
}

fn raw(spec: &str) -> Result<Box<RawValue>, ServiceError> {
    RawValue::from_string(spec.trim().into()).map_err(|error| ServiceError::invalid(error.to_string()))
}

fn is_shipped(name: &str) -> bool {
    name.split('/').next() == Some(SHIPPED_OWNER)
}

fn not_found(name: &str) -> ServiceError {
    ServiceError::new(ErrorCode::NotFound, format!("there is no preset {name:?}"))
}

/// Checks that a name is `owner/name`, or `owner/name/version`.
fn check_name(name: &str) -> Result<(), ServiceError> {
    let good = |part: &str| {
        let letters = part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
        letters && !part.is_empty() && !part.starts_with('.')
    };
    if name.len() <= NAME_BYTES && (2..=4).contains(&name.split('/').count()) && name.split('/').all(good) {
        return Ok(());
    }
    Err(ServiceError::invalid(format!(
        "{name:?} is no name of a preset; expected owner/name of letters, digits, `-`, `_` and `.`, at most {NAME_BYTES} characters"
    )))
}

/// Checks that a name is one that users may save under.
fn check_own(name: &str) -> Result<(), ServiceError> {
    check_name(name)?;
    if is_shipped(name) {
        return Err(ServiceError::invalid(format!(
            "presets of {SHIPPED_OWNER:?} come with Stepwell and stay as they are, {name:?} too; save it under another owner"
        )));
    }
    Ok(())
}

/// Checks that a specification is a JSON object of bearable size and depth.
fn check_spec(name: &str, spec: &str) -> Result<(), ServiceError> {
    if spec.len() > SPEC_BYTES {
        let message = format!("the specification of preset {name:?} has {} bytes; expected at most {SPEC_BYTES}", spec.len());
        return Err(ServiceError::new(ErrorCode::TooLarge, message));
    }
    let object = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(spec);
    object.map(drop).map_err(|error| {
        ServiceError::invalid(format!("the specification of preset {name:?} must be a JSON object of Vega or Vega-Lite: {error}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn presets() -> (tempfile::TempDir, Presets) {
        let directory = tempfile::tempdir().unwrap();
        let presets = Presets::new(directory.path());
        (directory, presets)
    }

    fn names(presets: &[Preset]) -> Vec<&str> {
        presets.iter().map(|preset| preset.name.as_str()).collect()
    }

    #[test]
    fn the_shipped_ones_are_there_and_read_only() {
        let (_directory, presets) = presets();
        let shipped = presets.list("").unwrap();
        assert_eq!(shipped.len(), SHIPPED.len());
        for preset in shipped {
            assert!(preset.is_shipped());
            let found = presets.get(&preset.name).unwrap();
            assert!(found.spec.get().contains("\"name\": \"wandb\""), "{}", preset.name);
            assert_eq!(presets.put(&preset.name, "mine", "{}").unwrap_err().code, ErrorCode::Invalid);
            assert_eq!(presets.delete(&preset.name).unwrap_err().code, ErrorCode::Invalid);
        }
        assert_eq!(presets.put("wandb/mine", "", "{}").unwrap_err().code, ErrorCode::Invalid);
        assert_eq!(presets.get("wandb/nothing/v0").unwrap_err().code, ErrorCode::NotFound);
    }

    #[test]
    fn what_is_saved_comes_back_byte_for_byte() {
        let (directory, presets) = presets();
        let spec = "{\n  \"z\": 1.50,\n  \"a\": \"ü\"\n}";
        let saved = presets.put("carey/new_chart", "New", spec).unwrap();
        assert!(saved.saved_us > 0 && !saved.is_shipped());
        let found = presets.get("carey/new_chart").unwrap();
        assert_eq!((found.title.as_str(), found.spec.get()), ("New", spec));
        presets.put("carey/new_chart", "Newer", "{}").unwrap();
        presets.put("bob/x/v1", "", "{}").unwrap();
        assert_eq!(names(&presets.list("carey").unwrap()), ["carey/new_chart"]);
        assert_eq!(presets.list("").unwrap().len(), SHIPPED.len() + 2);
        let files: Vec<_> = fs::read_dir(directory.path().join("presets")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(files.len(), 2, "no file is left half written: {files:?}");
        presets.delete("carey/new_chart").unwrap();
        assert_eq!(presets.delete("carey/new_chart").unwrap_err().code, ErrorCode::NotFound);
        assert_eq!(presets.get("carey/new_chart").unwrap_err().code, ErrorCode::NotFound);
    }

    #[test]
    fn no_name_leaves_the_folder() {
        let (directory, presets) = presets();
        let long = format!("a/{}", "b".repeat(NAME_BYTES));
        for bad in
            ["", "a", "a/", "/a", "../a", "a/..", "a/../b", "a/.hidden", "a//b", "a/b c", "a/b\0", "a/ü", "a/b/c/d/e", "a\\b/c", &long]
        {
            assert_eq!(presets.put(bad, "", "{}").unwrap_err().code, ErrorCode::Invalid, "{bad:?}");
            assert_eq!(presets.get(bad).unwrap_err().code, ErrorCode::Invalid, "{bad:?}");
            assert_eq!(presets.delete(bad).unwrap_err().code, ErrorCode::Invalid, "{bad:?}");
        }
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
        presets.put(&format!("a/{}", "b".repeat(NAME_BYTES - 2)), "", "{}").unwrap();
    }

    #[test]
    fn a_specification_is_an_object_of_bearable_size() {
        let (_directory, presets) = presets();
        let deep = format!("{{\"a\": {}{}}}", "[".repeat(1000), "]".repeat(1000));
        for bad in ["", "[]", "null", "{", "{} {}", "{\"a\": NaN}", &deep] {
            let error = presets.put("a/b", "", bad).unwrap_err();
            assert_eq!(error.code, ErrorCode::Invalid, "{bad:.20}");
            assert!(error.message.contains("a/b"));
        }
        let large = format!("{{\"a\": \"{}\"}}", "x".repeat(SPEC_BYTES));
        assert_eq!(presets.put("a/b", "", &large).unwrap_err().code, ErrorCode::TooLarge);
        assert_eq!(presets.put("a/b", &"t".repeat(TITLE_CHARACTERS + 1), "{}").unwrap_err().code, ErrorCode::Invalid);
    }

    #[test]
    fn a_broken_file_hides_no_other_preset() {
        let (directory, presets) = presets();
        presets.put("a/good", "", "{}").unwrap();
        fs::write(directory.path().join("presets/a%2Fbad.json"), "{").unwrap();
        fs::write(directory.path().join("presets/notes.txt"), "mine").unwrap();
        assert_eq!(names(&presets.list("a").unwrap()), ["a/good"]);
        assert_eq!(presets.get("a/bad").unwrap_err().code, ErrorCode::Internal);
    }
}
