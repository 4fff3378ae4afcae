//! Keeping what would be lost: frames that a server refused, and bytes that are no frames, in `rejected/`
//! beside the streams.
//!
//! ```text
//! <stream>-<first>.seg        a segment of its own with the frames that a server refused
//! <stream>.<segment>.seg      a segment in which something is damaged, whole: a second name or a copy
//! … .txt                      beside each, what is in it and why
//! ```
//!
//! Nothing here is ever removed or written over: a name that is taken by other bytes is passed over for the
//! next one, `…~2`, `…~3`.

use crate::disk::{Disk, DiskFile, read_full_at, write_all_at};
use crate::error::SpoolError;
use crate::reader::look::SEARCHED_BYTES;
use crate::reader::{Damage, ReadOutcome, SpoolReader};
use crate::segment::{SegmentHeader, file_name};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use stepwell_model::{EntryNumber, StreamId};

/// Bytes compared or copied in one go.
const BLOCK_BYTES: usize = 1 << 20;
/// Bytes of one explaining text. What a spool full of rubbish would have to say beyond it says nothing new.
const TEXT_BYTES: usize = 64 << 10;
/// Names that are tried for one file.
const NAMES: u32 = 100;

/// Copies the frames that hold the entries from `first` to `last` to `<root>/rejected/<stream>-<first>.seg`,
/// with the reason beside them in a `.txt`. Durable when this returns; frames that are not there any more are
/// left out.
pub fn keep_rejected(
    disk: &Arc<dyn Disk>,
    root: &Path,
    stream: StreamId,
    first: EntryNumber,
    last: EntryNumber,
    reason: &str,
) -> Result<PathBuf, SpoolError> {
    let directory = folder(&**disk, root)?;
    let mut reader = SpoolReader::open(Arc::clone(disk), root, stream)?;
    reader.seek(first)?;
    let beside = directory.join(format!("{stream}-{first}.{}.tmp", std::process::id()));
    let file = replace(&**disk, &beside)?;
    let header = SegmentHeader { stream, first, meta: reader.meta().to_vec() };
    let io = |error| SpoolError::io("write", &beside)(error);
    write_all_at(&*file, &header.encode(), 0).map_err(io)?;
    let mut offset = header.bytes();
    while reader.position() <= last {
        match reader.next()? {
            ReadOutcome::Frame { header, bytes } if header.first <= last => {
                write_all_at(&*file, bytes, offset).map_err(io)?;
                offset += bytes.len() as u64;
            }
            ReadOutcome::Damaged(_) | ReadOutcome::Gap { .. } => {}
            _ => break,
        }
    }
    file.sync().map_err(io)?;
    let path = name_for(&**disk, &beside, &directory, &format!("{stream}-{first}"))?;
    explain(&**disk, &path, &[format!("entries {first} to {last}: {reason}")])?;
    disk.sync_dir(&directory).map_err(SpoolError::io("sync", &directory))?;
    Ok(path)
}

/// Keeps the segments in which `damage` was found, and says why and which entries are missing. Durable when
/// this returns, and the same for the same damage however often it is called. A segment that is not there any
/// more is left out.
pub fn keep_damaged(
    disk: &dyn Disk,
    root: &Path,
    stream: StreamId,
    damage: &[Damage],
    missing: Option<(EntryNumber, EntryNumber)>,
) -> Result<(), SpoolError> {
    let directory = folder(disk, root)?;
    let lost = missing.map(|(from, to)| format!("entries {from} to {to} of stream {stream} are lost"));
    if damage.is_empty() {
        let lines = [format!("{}: no file of the spool holds them", lost.as_deref().unwrap_or_default())];
        explain(disk, &directory.join(format!("{stream}.missing.seg")), &lines)?;
    }
    for part in damage {
        let source = root.join(stream.to_string()).join(file_name(part.segment));
        let Some(path) = keep_segment(disk, &source, &directory, &format!("{stream}.{:08}", part.segment))? else { continue };
        let mut line = format!("bytes {} to {} are no frame: {}", part.from, part.to, part.why);
        if let Some(lost) = &lost {
            line = format!("{line}; {lost}");
        }
        explain(disk, &path, &[line])?;
    }
    disk.sync_dir(&directory).map_err(SpoolError::io("sync", &directory))
}

fn folder(disk: &dyn Disk, root: &Path) -> Result<PathBuf, SpoolError> {
    let directory = root.join("rejected");
    disk.create_dir(&directory).map_err(SpoolError::io("create", &directory))?;
    Ok(directory)
}

/// Gives a segment a second name, or copies it where the file system has no links; `None` if it is gone.
fn keep_segment(disk: &dyn Disk, source: &Path, directory: &Path, stem: &str) -> Result<Option<PathBuf>, SpoolError> {
    let io = |error| SpoolError::io("keep", source)(error);
    let file = match disk.open(source) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        other => other.map_err(io)?,
    };
    file.sync().map_err(io)?;
    for number in 1..=NAMES {
        let path = numbered(directory, stem, number);
        match disk.link(source, &path) {
            Ok(()) => return Ok(Some(path)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                if disk.open(&path).is_ok_and(|kept| is_same(&*file, &*kept).unwrap_or(false)) {
                    return Ok(Some(path));
                }
            }
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(_) => {
                let beside = directory.join(format!("{stem}.{}.tmp", std::process::id()));
                copy(&*file, &*replace(disk, &beside)?).map_err(io)?;
                return name_for(disk, &beside, directory, stem).map(Some);
            }
        }
    }
    Err(io(io::Error::other(format!("{NAMES} other files have its name in {}", directory.display()))))
}

/// Returns whether two files hold the same, as far as a search would look at them.
fn is_same(one: &dyn DiskFile, other: &dyn DiskFile) -> io::Result<bool> {
    if one.size()? != other.size()? {
        return Ok(false);
    }
    let (mut ours, mut theirs, mut offset) = (vec![0; BLOCK_BYTES], vec![0; BLOCK_BYTES], 0);
    while offset < SEARCHED_BYTES {
        let read = read_full_at(one, &mut ours, offset)?;
        if read_full_at(other, &mut theirs, offset)? != read || ours[..read] != theirs[..read] {
            return Ok(false);
        }
        if read < ours.len() {
            break;
        }
        offset += read as u64;
    }
    Ok(true)
}

/// Copies a file, durable on return; an error if it is larger than any segment.
fn copy(from: &dyn DiskFile, to: &dyn DiskFile) -> io::Result<()> {
    if from.size()? > SEARCHED_BYTES {
        return Err(io::Error::new(
            ErrorKind::FileTooLarge,
            "it is larger than any segment, and the file system makes no links; move it away",
        ));
    }
    let (mut block, mut offset) = (vec![0; BLOCK_BYTES], 0);
    while offset <= SEARCHED_BYTES {
        let read = read_full_at(from, &mut block, offset)?;
        write_all_at(to, &block[..read], offset)?;
        if read < block.len() {
            break;
        }
        offset += read as u64;
    }
    to.sync()
}

/// Makes a file, in place of one that an earlier try left.
fn replace(disk: &dyn Disk, path: &Path) -> Result<Arc<dyn DiskFile>, SpoolError> {
    let created = match disk.create(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => disk.remove(path).and_then(|()| disk.create(path)),
        other => other,
    };
    created.map_err(SpoolError::io("create", path))
}

/// Gives the file `beside` a name that no other bytes have.
fn name_for(disk: &dyn Disk, beside: &Path, directory: &Path, stem: &str) -> Result<PathBuf, SpoolError> {
    let io = |error| SpoolError::io("name", beside)(error);
    let file = disk.open(beside).map_err(io)?;
    for number in 1..=NAMES {
        let path = numbered(directory, stem, number);
        match disk.open(&path) {
            Ok(kept) if is_same(&*file, &*kept).map_err(io)? => {
                disk.remove(beside).map_err(io)?;
                return Ok(path);
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                disk.rename(beside, &path).map_err(io)?;
                return Ok(path);
            }
            _ => {}
        }
    }
    Err(io(io::Error::other(format!("{NAMES} other files have its name"))))
}

fn numbered(directory: &Path, stem: &str, number: u32) -> PathBuf {
    directory.join(if number == 1 { format!("{stem}.seg") } else { format!("{stem}~{number}.seg") })
}

/// Adds lines to the text beside a kept file, unless they stand there.
fn explain(disk: &dyn Disk, kept: &Path, lines: &[String]) -> Result<(), SpoolError> {
    let path = kept.with_extension("txt");
    let io = |error| SpoolError::io("write", &path)(error);
    let mut text = vec![0; TEXT_BYTES];
    let read = match disk.open(&path) {
        Ok(file) => read_full_at(&*file, &mut text, 0).map_err(io)?,
        Err(error) if error.kind() == ErrorKind::NotFound => 0,
        Err(error) => return Err(io(error)),
    };
    text.truncate(read);
    let mut text = String::from_utf8_lossy(&text).into_owned();
    let before = text.len();
    for line in lines.iter().filter(|line| !line.is_empty()) {
        if text.len() + line.len() < TEXT_BYTES && !text.lines().any(|known| known == line) {
            text += line;
            text += "\n";
        }
    }
    if text.len() == before {
        return Ok(());
    }
    let beside = path.with_extension(format!("{}.tmp", std::process::id()));
    let file = replace(disk, &beside)?;
    write_all_at(&*file, text.as_bytes(), 0).and_then(|()| file.sync()).and_then(|()| disk.rename(&beside, &path)).map_err(io)
}
