//! A disk in memory that tests own: it fills up, fails, and loses power between any two operations.
//!
//! A power loss leaves names as of the last sync of their directory, contents as of the last sync of their
//! file, and beyond that whatever the seed says: a part of the later names, and a prefix of the later bytes,
//! possibly as zeros.

use crate::disk::{Disk, DiskFile};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

/// Bytes of a file, as programs see them and as the medium holds them.
#[derive(Default)]
struct Inode {
    bytes: Vec<u8>,
    durable: Vec<u8>,
    modified: Option<SystemTime>,
}

#[derive(Default)]
struct State {
    inodes: Vec<Inode>,
    names: BTreeMap<PathBuf, usize>,
    durable_names: BTreeMap<PathBuf, usize>,
    directories: Vec<PathBuf>,
    /// Directories that were renamed, until their parent is synced.
    renames: Vec<(PathBuf, PathBuf)>,
    /// Operations that change something, so far.
    operations: u64,
    crash_at: Option<u64>,
    fail_syncs: u32,
    capacity: Option<usize>,
    log: Vec<String>,
}

/// The disk. Clones are the same disk.
#[derive(Clone, Default)]
pub struct SimulatedDisk {
    state: Arc<Mutex<State>>,
}

/// The names, those below the directory `from` now below `to`.
fn moved(names: &BTreeMap<PathBuf, usize>, from: &Path, to: &Path) -> BTreeMap<PathBuf, usize> {
    let place = |path: &PathBuf| path.strip_prefix(from).map_or_else(|_| path.clone(), |rest| to.join(rest));
    names.iter().map(|(path, inode)| (place(path), *inode)).collect()
}

struct SimulatedFile {
    disk: SimulatedDisk,
    inode: usize,
}

impl SimulatedDisk {
    /// An empty disk without faults.
    pub fn new() -> Self {
        Self::default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From operation `operation` on (the first is 0), every operation that changes something fails: the
    /// power is gone.
    pub fn crash_at(&self, operation: Option<u64>) {
        self.state().crash_at = operation;
    }

    /// Operations so far that changed something, or would have.
    pub fn operations(&self) -> u64 {
        self.state().operations
    }

    /// The next `count` syncs of files fail, and their unsynced bytes will not outlive a power loss.
    pub fn fail_syncs(&self, count: u32) {
        self.state().fail_syncs = count;
    }

    /// Limits the bytes of all files together; writes beyond it are cut short, then fail.
    pub fn set_capacity(&self, bytes: Option<usize>) {
        self.state().capacity = bytes;
    }

    /// The operations so far, in order: `sync cursor`, `remove 00000001.seg`, …
    pub fn log(&self) -> Vec<String> {
        self.state().log.clone()
    }

    /// The bytes of a file, as programs see them.
    pub fn contents(&self, path: &Path) -> Option<Vec<u8>> {
        let state = self.state();
        state.names.get(path).map(|&inode| state.inodes[inode].bytes.clone())
    }

    /// Replaces or makes a file, durable.
    pub fn set_contents(&self, path: &Path, bytes: &[u8]) {
        let mut state = self.state();
        state.inodes.push(Inode { bytes: bytes.to_vec(), durable: bytes.to_vec(), modified: None });
        let inode = state.inodes.len() - 1;
        state.names.insert(path.to_owned(), inode);
        state.durable_names.insert(path.to_owned(), inode);
        if let Some(parent) = path.parent() {
            state.directories.push(parent.to_owned());
        }
    }

    /// Removes a directory with all that is in it, as somebody else does; files that are open stay.
    pub fn remove_all(&self, path: &Path) {
        let mut state = self.state();
        state.names.retain(|name, _| !name.starts_with(path));
        state.durable_names.retain(|name, _| !name.starts_with(path));
        state.directories.retain(|directory| !directory.starts_with(path));
    }

    /// The disk as it is found after a power loss.
    pub fn after_power_loss(&self, seed: u64) -> Self {
        let state = self.state();
        let mut random = seed | 1;
        let mut draw = move |below: usize| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            random as usize % below.max(1)
        };
        let mut after = State { directories: state.directories.clone(), ..State::default() };
        let (mut names, mut present) = (state.durable_names.clone(), state.names.clone());
        // A rename that is not durable may be undone, though what was unlinked after it is gone: nothing
        // orders the two.
        for (from, to) in state.renames.iter().rev() {
            if draw(2) == 0 {
                present = moved(&present, to, from);
                after.directories.push(from.clone());
            } else {
                names = moved(&names, from, to);
            }
        }
        for (path, &inode) in &present {
            if draw(2) == 0 {
                names.insert(path.clone(), inode);
            }
        }
        names.retain(|path, _| present.contains_key(path) || draw(2) == 0);
        for (path, inode) in names {
            let Inode { bytes, durable, .. } = &state.inodes[inode];
            let mut found = durable.clone();
            if bytes.starts_with(durable) {
                let more = draw(bytes.len() - durable.len() + 1);
                match draw(3) {
                    0 => found.resize(durable.len() + more, 0),
                    _ => found.extend_from_slice(&bytes[durable.len()..durable.len() + more]),
                }
            }
            after.inodes.push(Inode { bytes: found.clone(), durable: found, modified: None });
            after.names.insert(path.clone(), after.inodes.len() - 1);
        }
        after.durable_names = after.names.clone();
        Self { state: Arc::new(Mutex::new(after)) }
    }

    /// Counts an operation; an error if the power is gone.
    fn operate(&self, what: &str, path: &Path) -> io::Result<MutexGuard<'_, State>> {
        let mut state = self.state();
        let operation = state.operations;
        state.operations += 1;
        if state.crash_at.is_some_and(|at| operation >= at) {
            return Err(io::Error::other("the power is gone"));
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        state.log.push(format!("{what} {name}"));
        Ok(state)
    }

    fn name_of(&self, inode: usize) -> PathBuf {
        let state = self.state();
        state.names.iter().find(|(_, found)| **found == inode).map(|(path, _)| path.clone()).unwrap_or_default()
    }
}

impl Disk for SimulatedDisk {
    fn create_dir(&self, path: &Path) -> io::Result<()> {
        let mut state = self.operate("mkdir", path)?;
        // Directories are taken to be durable at once; the file names in them are what is interesting.
        state.directories.extend(path.ancestors().map(Path::to_owned));
        Ok(())
    }

    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let mut state = self.operate("create", path)?;
        if state.names.contains_key(path) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        if !path.parent().is_some_and(|parent| state.directories.iter().any(|directory| directory == parent)) {
            return Err(io::ErrorKind::NotFound.into());
        }
        state.inodes.push(Inode::default());
        let inode = state.inodes.len() - 1;
        state.names.insert(path.to_owned(), inode);
        Ok(Arc::new(SimulatedFile { disk: self.clone(), inode }))
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let state = self.state();
        let inode = *state.names.get(path).ok_or(io::ErrorKind::NotFound)?;
        Ok(Arc::new(SimulatedFile { disk: self.clone(), inode }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.operate("rename", to)?;
        if state.directories.iter().any(|directory| directory == from) {
            state.directories.retain(|directory| directory != from);
            state.directories.push(to.to_owned());
            state.names = moved(&state.names, from, to);
            state.renames.push((from.to_owned(), to.to_owned()));
            return Ok(());
        }
        let inode = state.names.remove(from).ok_or(io::ErrorKind::NotFound)?;
        state.names.insert(to.to_owned(), inode);
        Ok(())
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.operate("link", to)?;
        if state.names.contains_key(to) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let inode = *state.names.get(from).ok_or(io::ErrorKind::NotFound)?;
        state.names.insert(to.to_owned(), inode);
        Ok(())
    }

    fn size(&self, path: &Path) -> io::Result<u64> {
        let state = self.state();
        let inode = *state.names.get(path).ok_or(io::ErrorKind::NotFound)?;
        Ok(state.inodes[inode].bytes.len() as u64)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        if !self.state().names.contains_key(path) {
            return Err(io::ErrorKind::NotFound.into());
        }
        self.operate("remove", path)?.names.remove(path);
        Ok(())
    }

    fn remove_dir(&self, path: &Path) -> io::Result<()> {
        let mut state = self.operate("rmdir", path)?;
        if state.names.keys().any(|name| name.parent() == Some(path)) {
            return Err(io::ErrorKind::DirectoryNotEmpty.into());
        }
        state.directories.retain(|directory| directory != path);
        Ok(())
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        let state = self.state();
        if !state.directories.iter().any(|directory| directory == path) {
            return Err(io::ErrorKind::NotFound.into());
        }
        let inside = state.names.keys().chain(&state.directories).filter(|name| name.parent() == Some(path));
        let mut names: Vec<String> = inside.filter_map(|name| Some(name.file_name()?.to_str()?.to_owned())).collect();
        names.sort();
        names.dedup();
        Ok(names)
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        let mut state = self.operate("syncdir", path)?;
        for (from, to) in std::mem::take(&mut state.renames) {
            if from.parent() == Some(path) {
                state.durable_names = moved(&state.durable_names, &from, &to);
            } else {
                state.renames.push((from, to));
            }
        }
        let inside = |name: &Path| name.parent() == Some(path);
        let now: Vec<_> = state.names.iter().filter(|(name, _)| inside(name)).map(|(name, inode)| (name.clone(), *inode)).collect();
        state.durable_names.retain(|name, _| !inside(name));
        state.durable_names.extend(now);
        Ok(())
    }

    fn modified(&self, path: &Path) -> io::Result<SystemTime> {
        let state = self.state();
        let inode = *state.names.get(path).ok_or(io::ErrorKind::NotFound)?;
        state.inodes[inode].modified.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn touch(&self, path: &Path) -> io::Result<()> {
        let mut state = self.operate("touch", path)?;
        let inode = match state.names.get(path) {
            Some(&inode) => inode,
            None => {
                state.inodes.push(Inode::default());
                let inode = state.inodes.len() - 1;
                state.names.insert(path.to_owned(), inode);
                inode
            }
        };
        state.inodes[inode].modified = Some(SystemTime::now());
        Ok(())
    }

    fn identity(&self, path: &Path) -> io::Result<(u64, u64)> {
        let state = self.state();
        match state.names.get(path) {
            Some(&inode) => Ok((1, inode as u64)),
            None => state.directories.iter().position(|found| found == path).map(|at| (2, at as u64)).ok_or(io::ErrorKind::NotFound.into()),
        }
    }
}

impl DiskFile for SimulatedFile {
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        let path = self.disk.name_of(self.inode);
        let mut state = self.disk.operate("write", &path)?;
        let used: usize = state.inodes.iter().map(|inode| inode.bytes.len()).sum();
        let room = state.capacity.map_or(usize::MAX, |capacity| capacity.saturating_sub(used));
        let length = bytes.len().min(room);
        if length == 0 && !bytes.is_empty() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let (offset, file) = (offset as usize, &mut state.inodes[self.inode].bytes);
        file.resize(file.len().max(offset + length), 0);
        file[offset..offset + length].copy_from_slice(&bytes[..length]);
        Ok(length)
    }

    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        let state = self.disk.state();
        let file = &state.inodes[self.inode].bytes;
        let start = (offset as usize).min(file.len());
        let length = bytes.len().min(file.len() - start);
        bytes[..length].copy_from_slice(&file[start..start + length]);
        Ok(length)
    }

    fn sync(&self) -> io::Result<()> {
        let path = self.disk.name_of(self.inode);
        let mut state = self.disk.operate("sync", &path)?;
        if state.fail_syncs > 0 {
            state.fail_syncs -= 1;
            return Err(io::Error::other("the medium failed"));
        }
        let inode = &mut state.inodes[self.inode];
        inode.durable = inode.bytes.clone();
        Ok(())
    }

    fn truncate(&self, len: u64) -> io::Result<()> {
        let path = self.disk.name_of(self.inode);
        let mut state = self.disk.operate("truncate", &path)?;
        state.inodes[self.inode].bytes.truncate(len as usize);
        Ok(())
    }

    fn size(&self) -> io::Result<u64> {
        Ok(self.disk.state().inodes[self.inode].bytes.len() as u64)
    }

    fn identity(&self) -> io::Result<(u64, u64)> {
        Ok((1, self.inode as u64))
    }
}
