//! Patrol over every page of a store: damage where no query comes (indexes, the list of free pages, maps of
//! the file) is met while all else is sound.
//!
//! The first [`TURN_PAGES`] are looked at when the store is opened, the others in turns afterwards
//! (`Store::look_through`), none of which keeps a commit waiting.

use crate::damage::salvage::pages::Pages;
use crate::db::pages::is_older;
use std::io;
use std::path::Path;
use std::time::Duration;

/// Pages of one turn: 16 MiB.
pub(crate) const TURN_PAGES: u32 = 2_048;
/// Times that a page is read before it counts as damaged: a checkpoint may be writing it.
const READS: usize = 3;
/// Time between these.
const PAUSE: Duration = Duration::from_millis(50);

/// Finding of a turn.
pub(crate) enum Seen {
    /// All pages were what was written, and there are more.
    More,
    /// As `More`, and these were the last ones.
    End,
    /// This page is not what was written.
    Damaged(u32),
}

/// Looks at [`TURN_PAGES`] from page `first` on.
pub(crate) fn turn(database: &Path, first: u32) -> io::Result<Seen> {
    let mut seen = look(database, first)?;
    for _ in 1..READS {
        let Seen::Damaged(page) = seen else { break };
        std::thread::sleep(PAUSE);
        seen = look(database, page)?;
    }
    Ok(seen)
}

fn look(database: &Path, first: u32) -> io::Result<Seen> {
    let mut pages = Pages::open(database)?;
    if pages.count < first || is_older(&pages.read(1)?.0) {
        return Ok(Seen::End);
    }
    let free = pages.free()?;
    let last = pages.count.min(first.saturating_add(TURN_PAGES - 1));
    for number in (first..=last).filter(|number| !free.contains(number)) {
        if !pages.read(number)?.1 {
            return Ok(Seen::Damaged(number));
        }
    }
    Ok(if last < pages.count { Seen::More } else { Seen::End })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SqliteStore;
    use crate::db::connection::FILE_NAME;
    use crate::db::pages::{LOCK_PAGE, PAGE_BYTES};
    use std::fs::File;

    #[test]
    fn the_page_of_locks_of_a_store_above_a_gibibyte_is_no_damage() {
        let directory = tempfile::tempdir().unwrap();
        drop(SqliteStore::open(directory.path()).unwrap());
        let path = directory.path().join(FILE_NAME);
        let file = File::options().write(true).open(&path).unwrap();
        let extend = |pages: u32| file.set_len(u64::from(pages) * PAGE_BYTES as u64).unwrap();
        extend(LOCK_PAGE);
        assert!(matches!(turn(&path, LOCK_PAGE).unwrap(), Seen::End));
        extend(LOCK_PAGE + 1);
        assert!(matches!(turn(&path, LOCK_PAGE).unwrap(), Seen::Damaged(page) if page == LOCK_PAGE + 1));
    }
}
