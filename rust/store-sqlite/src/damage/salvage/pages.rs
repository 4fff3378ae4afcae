//! The pages of a database as they lie in its file and its write-ahead log, read without SQLite.

use crate::db::pages::{MAGIC, PAGE_BYTES, Page, is_older, is_sound, log_of};
use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

const WAL_HEADER_BYTES: usize = 32;
const FRAME_HEADER_BYTES: usize = 24;
/// First word of a log whose checksums take words as big-endian; one less: little-endian.
const WAL_MAGIC_BIG: u32 = 0x377f_0683;

/// Pages before those that hold rows in any store.
const FEW_PAGES: u32 = 16;

/// A database, read page by page.
pub(crate) struct Pages {
    file: File,
    log: Option<(File, Log)>,
    /// Pages are numbered from 1 to this.
    pub(crate) count: u32,
}

/// The frames of a write-ahead log that belong to committed transactions.
#[derive(Debug, Default)]
pub(crate) struct Log {
    /// Page to the place of its latest content.
    latest: HashMap<u32, u64>,
    /// Pages of the database after the last commit.
    pages: Option<u32>,
    /// A frame is damaged, and a transaction after that of the frame is whole: SQLite would pass over both.
    pub(crate) damaged: bool,
    /// A frame of the last transaction is damaged although its end is there: a power cut while it was
    /// written, or damage.
    pub(crate) torn: bool,
}

impl Pages {
    /// Opens the database and reads its log.
    pub(crate) fn open(database: &Path) -> io::Result<Self> {
        let file = File::open(database)?;
        let log = match File::open(log_of(database)) {
            Ok(mut file) => {
                let log = Log::read(&mut file)?;
                Some((file, log))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let in_file = u32::try_from(file.metadata()?.len().div_ceil(PAGE_BYTES as u64)).unwrap_or(u32::MAX);
        let count = log.as_ref().and_then(|(_, log)| log.pages).unwrap_or(in_file);
        Ok(Self { file, log, count })
    }

    /// A page, and whether it is what was written. What lies beyond the end of the file is zeros.
    pub(crate) fn read(&mut self, number: u32) -> io::Result<(Page, bool)> {
        let mut page = [0; PAGE_BYTES];
        if let Some((file, log)) = &mut self.log
            && let Some(&at) = log.latest.get(&number)
        {
            file.seek(SeekFrom::Start(at))?;
            file.read_exact(&mut page)?;
            return Ok((page, true));
        }
        self.file.seek(SeekFrom::Start((u64::from(number) - 1) * PAGE_BYTES as u64))?;
        fill(&mut self.file, &mut page)?;
        Ok((page, is_sound(&page, number)))
    }

    /// Number of pages that are not what was written.
    pub(crate) fn damaged(&mut self) -> io::Result<u64> {
        let mut damaged = 0;
        for number in 1..=self.count {
            damaged += u64::from(!self.read(number)?.1);
        }
        Ok(damaged)
    }

    /// Whether a file without any row of ours can be what is left of a store: the beginning of a database, or
    /// nothing.
    pub(crate) fn may_be_cut_off(&mut self, database: &Path) -> io::Result<bool> {
        Ok(self.count <= FEW_PAGES && !is_older(&self.read(1)?.0) && begins_as_database(database)?)
    }

    /// Number of pages by the database's own word, if that can be believed.
    pub(crate) fn stated(&mut self) -> io::Result<Option<u32>> {
        let (first, sound) = self.read(1)?;
        Ok(sound.then(|| word(&first, 28)))
    }

    /// Pages that are free, as far as the list of them can be followed: what they hold is gone.
    pub(crate) fn free(&mut self) -> io::Result<HashSet<u32>> {
        let mut free = HashSet::new();
        let (first, sound) = self.read(1)?;
        let mut trunk = if sound { word(&first, 32) } else { 0 };
        while trunk != 0 && trunk <= self.count && free.insert(trunk) {
            let (page, sound) = self.read(trunk)?;
            if !sound {
                free.remove(&trunk);
                break;
            }
            let leaves = (word(&page, 4) as usize).min(PAGE_BYTES / 4 - 2);
            free.extend((0..leaves).map(|leaf| word(&page, 8 + 4 * leaf)));
            trunk = word(&page, 0);
        }
        Ok(free)
    }
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// Reads up to the end of the file; returns how many bytes there were.
fn fill(file: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Whether the file begins as a database does, as far as it goes.
fn begins_as_database(database: &Path) -> io::Result<bool> {
    let mut head = [0; 16];
    let found = fill(&mut File::open(database)?, &mut head)?;
    Ok(head[..found] == MAGIC[..found] || head == [0; 16])
}

impl Log {
    /// Looks through a log. Each frame is checked by the checksum that its predecessor states, so that a
    /// damaged one hides only itself.
    fn read(file: &mut File) -> io::Result<Self> {
        let mut log = Self::default();
        let mut header = [0; WAL_HEADER_BYTES];
        if fill(file, &mut header)? < WAL_HEADER_BYTES {
            return Ok(log);
        }
        let little = word(&header, 0) != WAL_MAGIC_BIG;
        let stated = |bytes: &[u8], at: usize| (word(bytes, at), word(bytes, at + 4));
        let header_sound = word(&header, 0) & !1 == WAL_MAGIC_BIG & !1 && checksum(little, (0, 0), &header[..24]) == stated(&header, 24);
        let mut salts = header_sound.then(|| stated(&header, 16));
        let mut before = header_sound.then(|| stated(&header, 24));
        let mut frame = vec![0; FRAME_HEADER_BYTES + PAGE_BYTES];
        let mut pending: Vec<(u32, u64)> = Vec::new();
        // A damaged frame since the last commit, and in a transaction that is whole but for it.
        let (mut bad, mut bad_commit) = (!header_sound, false);
        let mut at = WAL_HEADER_BYTES as u64;
        while fill(file, &mut frame)? == frame.len() {
            let (head, page) = frame.split_at(FRAME_HEADER_BYTES);
            let salts = *salts.get_or_insert(stated(head, 8));
            let sum = before.map(|before| checksum(little, checksum(little, before, &head[..8]), page));
            before = Some(stated(head, 16));
            let (number, pages) = (word(head, 0), word(head, 4));
            if stated(head, 8) != salts || sum != before || number == 0 {
                // What is damaged may be the end of a transaction, and what follows another one.
                if stated(head, 8) == salts && (1..=pages).contains(&number) {
                    (bad, bad_commit) = (false, true);
                } else {
                    bad = true;
                }
            } else {
                pending.push((number, at + FRAME_HEADER_BYTES as u64));
                if pages != 0 {
                    if bad && !bad_commit {
                        // Its transaction may be one that a power cut tore: it counts once a later one is
                        // whole.
                        (bad, bad_commit) = (false, true);
                    } else {
                        log.damaged |= bad_commit || bad;
                        bad = false;
                        log.latest.extend(pending.drain(..));
                        log.pages = Some(pages);
                    }
                }
            }
            at += frame.len() as u64;
        }
        log.torn = bad_commit && !log.damaged;
        Ok(log)
    }

    /// Whether it holds a transaction that is whole.
    pub(crate) fn has_commits(&self) -> bool {
        self.pages.is_some()
    }

    /// As [`read`](Self::read), of the log of a database if it has one.
    pub(crate) fn of(database: &Path) -> io::Result<Self> {
        match File::open(log_of(database)) {
            Ok(mut file) => Self::read(&mut file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error),
        }
    }
}

/// SQLite's checksum of a log, over words of 8 bytes.
fn checksum(little: bool, (mut one, mut two): (u32, u32), bytes: &[u8]) -> (u32, u32) {
    let read = |bytes: [u8; 4]| if little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) };
    for pair in bytes.as_chunks::<8>().0 {
        let (first, second) = (read([pair[0], pair[1], pair[2], pair[3]]), read([pair[4], pair[5], pair[6], pair[7]]));
        one = one.wrapping_add(first).wrapping_add(two);
        two = two.wrapping_add(second).wrapping_add(one);
    }
    (one, two)
}
