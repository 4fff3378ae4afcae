//! Damage met when a store is opened, while it is used, or by a patrol: what can be read of the file goes
//! into a new one.

use crate::damage::patrol::{self, Seen};
use crate::damage::salvage;
use crate::damage::salvage::pages::{Log, Pages};
use crate::db::connection::{ConnectError, FILE_NAME, OpenError, connect, create_directory, create_file};
use crate::db::database::Database;
use crate::db::error::store_error;
use crate::db::pages;
use crate::db::replacement::{self, FileId, Old};
use rusqlite::params;
use std::fs;
use std::path::Path;
use stepwell_store::StoreError;

/// Reaction to a file that is damaged when it is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnDamage {
    /// Everything that can be read goes into a new file; the damaged one is kept beside it.
    Salvage,
    /// Opening fails: what the store holds can be had anew from elsewhere.
    Refuse,
}

/// State of the file after it was looked at for damage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Healed {
    /// It is made anew.
    Anew,
    /// Someone else has replaced it.
    Elsewhere,
    /// It was made anew before, and no page of it is damaged.
    Sound,
}

impl Database {
    /// Opens or creates the file in `directory`, which is created if need be.
    pub(crate) fn open(directory: &Path, on_damage: OnDamage) -> Result<Self, OpenError> {
        let unusable = |error: std::io::Error| OpenError::Unusable {
            path: directory.to_owned(),
            reason: format!("{error}; check that it is a directory that this user may write to"),
        };
        create_directory(directory).map_err(unusable)?;
        let path = directory.join(FILE_NAME);
        if replacement::is_begun(&path) {
            let _lock = replacement::lock(&path).map_err(|error| ConnectError::from(error).at(path.clone()))?;
            replacement::finish(&path).map_err(unusable)?;
        }
        let is_new = !path.exists();
        create_file(&path).map_err(unusable)?;
        let database = Self::new(path);
        let met = FileId::of(&database.path);
        let opened = match database.damage_unseen(is_new).map_err(unusable)? {
            Some(reason) => Err(ConnectError::Damaged(reason)),
            None => database.prepare(),
        };
        let opened = match opened {
            Err(ConnectError::Older) => database.upgrade().and_then(|()| database.prepare()),
            opened => opened,
        };
        match opened {
            Err(error) if error.is_damage() && on_damage == OnDamage::Salvage => {
                let failed = |reason: String| OpenError::Damaged { path: database.path.clone(), reason };
                let healed = database.heal(met).map_err(|error| failed(error.to_string()))?;
                if healed == Healed::Sound {
                    return Err(error.at(database.path));
                }
                database.prepare().map_err(|error| error.at(database.path.clone()))?;
            }
            Err(error) => return Err(error.at(database.path)),
            Ok(()) => {}
        }
        Ok(database)
    }

    /// Damage that SQLite would pass over, or meet only when a query comes by: of the write-ahead log, of a
    /// file without a whole page, or of one of the first pages.
    fn damage_unseen(&self, is_new: bool) -> std::io::Result<Option<String>> {
        let log = Log::of(&self.path)?;
        if log.torn {
            let name = pages::log_of(&self.path);
            tracing::warn!(
                "the last transaction in {} is not whole: it was cut off by a crash and never acknowledged, or is damaged, and is left out",
                name.display()
            );
        }
        let bytes = fs::metadata(&self.path)?.len();
        // SQLite would take a file without a whole page for a new one.
        let cut_off = bytes < pages::PAGE_BYTES as u64 && !is_new && (bytes > 0 || log.has_commits() || replacement::is_known(&self.path));
        if log.damaged {
            return Ok(Some("its write-ahead log is damaged".into()));
        }
        if cut_off {
            return Ok(Some(format!("it has {bytes} bytes, which is less than any store has")));
        }
        Ok(match patrol::turn(&self.path, 1)? {
            Seen::Damaged(page) => Some(format!("page {page} is not what was written")),
            Seen::More | Seen::End => None,
        })
    }

    /// Looks at some pages from page `first` on.
    pub(crate) fn look(&self, first: u32) -> Result<Seen, StoreError> {
        patrol::turn(&self.path, first).map_err(|error| StoreError::Unavailable(format!("{} cannot be read: {error}", self.path.display())))
    }

    /// Makes a new file of what can be read of the one that is damaged, `met` when that was noticed. Other
    /// processes wait for it to end.
    pub(crate) fn heal(&self, met: Option<FileId>) -> Result<Healed, StoreError> {
        let mut writer = self.writer.lock();
        let _lock = replacement::lock(&self.path).map_err(store_error)?;
        let now = self.file_id();
        if now != met {
            return Ok(Healed::Elsewhere);
        }
        let failed = |error: std::io::Error| StoreError::Unavailable(format!("{} cannot be salvaged: {error}", self.path.display()));
        let mut old_pages = Pages::open(&self.path).map_err(failed)?;
        if now.is_some() && now == *self.salvaged.lock() && old_pages.damaged().map_err(failed)? == 0 {
            return Ok(Healed::Sound);
        }
        // Keeps writers of other processes out, if that can still be had; opened before ours is closed, so
        // that no log is removed. What has no whole page is left alone: SQLite would begin a new database
        // there, and remove its log.
        let holder = fs::metadata(&self.path).is_ok_and(|file| file.len() >= pages::PAGE_BYTES as u64).then(|| connect(&self.path).ok());
        let holder = holder.flatten();
        let held = holder.as_ref().is_some_and(|holder| holder.execute_batch("BEGIN IMMEDIATE").is_ok());
        *writer = None;
        self.readers.lock().clear();
        if held {
            old_pages = Pages::open(&self.path).map_err(failed)?;
        }
        let salvage = self.build(None, |new| {
            let found = salvage::salvage(&mut old_pages, new)?;
            if found.found == 0 && !old_pages.may_be_cut_off(&self.path).map_err(failed)? {
                return Err(StoreError::Damaged(
                    "no row of it can be read: it is another program's, or one of an earlier version that is damaged. Move it away".into(),
                ));
            }
            let lost = found.lost_rows as i64;
            if found.is_loss() {
                new.execute(
                    "INSERT INTO recoveries (time, kept_as, lost_rows, report) VALUES (CAST(unixepoch('subsec') * 1000000 AS INTEGER), ?1, ?2, ?3)",
                    params![format!("{FILE_NAME}.damaged-*"), lost, found.losses.join("; ")],
                )
                .map_err(store_error)?;
            }
            Ok(found)
        });
        let salvage = salvage.inspect_err(|_| {
            let _ = fs::remove_file(replacement::unfinished(&self.path));
        })?;
        let old = if salvage.is_loss() { Old::Keep } else { Old::Remove };
        let kept = replacement::replace(&self.path, old).map_err(failed)?;
        drop(holder);
        *self.salvaged.lock() = self.file_id();
        tracing::warn!("{}", salvage.report(&self.path, kept.as_deref()));
        Ok(Healed::Anew)
    }
}
