//! Pages under a checksum: a VFS of SQLite that seals every page of a store as it is written to the file, and
//! checks it as it is read.
//!
//! ```text
//! page := 8,184 bytes of SQLite's, CRC32C (u32 LE) over them and the number of the page (u32 LE), 4 zero bytes
//! ```
//!
//! SQLite leaves the last 8 bytes of a page alone where byte 20 of the file says so. So it notices no more
//! than before where a bit of an index or of the structure of a tree has flipped, but it is never given such
//! a page: reading one fails with `SQLITE_IOERR_DATA`. Pages in the write-ahead log have SQLite's own
//! checksums, which it checks when it opens the log; they are sealed when they are copied into the file. A
//! program without this VFS that writes to the file leaves pages behind that look damaged, and that salvaging
//! (salvage.rs) copies as they are.

use rusqlite::ffi;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::path::{Path, PathBuf};
use std::sync::Once;

/// Bytes of a page. Journal rows are blobs of 100 kB and more: larger pages mean shorter chains. Fixed at
/// creation.
pub(crate) const PAGE_BYTES: usize = 8_192;
/// Bytes at the end of a page that are not SQLite's.
pub(crate) const SEAL_BYTES: usize = 8;
/// Number of the page at 1 GiB, where SQLite has its locks: it is never written, and holds nothing.
pub(crate) const LOCK_PAGE: u32 = (1 << 30) / PAGE_BYTES as u32 + 1;
/// Name under which SQLite knows the VFS.
pub(crate) const VFS: &CStr = c"stepwell-pages";
/// First bytes of a database.
pub(crate) const MAGIC: &[u8; 16] = b"SQLite format 3\0";
/// Bytes of the header of a database.
const HEADER_BYTES: usize = 100;

/// A page.
pub(crate) type Page = [u8; PAGE_BYTES];

fn checksum(page: &Page, number: u32) -> [u8; 4] {
    crc32c::crc32c_append(crc32c::crc32c(&page[..PAGE_BYTES - SEAL_BYTES]), &number.to_le_bytes()).to_le_bytes()
}

/// Whether the page is the one that was written as number `number`, from 1.
pub(crate) fn is_sound(page: &Page, number: u32) -> bool {
    let (seal, zeros) = page[PAGE_BYTES - SEAL_BYTES..].split_at(4);
    number == LOCK_PAGE || seal == checksum(page, number) && zeros == [0; 4]
}

fn seal(page: &mut Page, number: u32) {
    let crc = checksum(page, number);
    page[PAGE_BYTES - SEAL_BYTES..][..4].copy_from_slice(&crc);
    page[PAGE_BYTES - SEAL_BYTES + 4..].fill(0);
}

/// Whether a database with this header has pages without seals: one of another program, or a store before
/// version 3.
pub(crate) fn is_older(header: &[u8]) -> bool {
    let word = |at: usize| i32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    header.starts_with(MAGIC) && header[20] == 0 && (word(68) != crate::db::connection::APPLICATION_ID || word(60) < 3)
}

/// State beside SQLite's own structure of an open file.
struct Extra {
    below: *const ffi::sqlite3_io_methods,
    methods: ffi::sqlite3_io_methods,
    /// Whether the pages of the file have seals.
    sealed: bool,
}

/// Makes the VFS known to SQLite; more than once does no harm.
pub(crate) fn register() {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| {
        // SAFETY: both structures live for ever; SQLite is initialised by the first call.
        unsafe {
            let below = ffi::sqlite3_vfs_find(std::ptr::null());
            if below.is_null() {
                return;
            }
            let vfs = Box::leak(Box::new(*below));
            vfs.zName = VFS.as_ptr();
            vfs.szOsFile = extra_offset(below) as c_int + size_of::<Extra>() as c_int;
            vfs.pAppData = below.cast();
            vfs.xOpen = Some(open);
            vfs.pNext = std::ptr::null_mut();
            ffi::sqlite3_vfs_register(vfs, 0);
        }
    });
}

/// # Safety
/// `below` is a VFS.
unsafe fn extra_offset(below: *const ffi::sqlite3_vfs) -> usize {
    // SAFETY: as promised by the caller.
    let size = unsafe { (*below).szOsFile };
    (size as usize).next_multiple_of(align_of::<Extra>())
}

unsafe extern "C" fn open(
    vfs: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    // SAFETY: SQLite hands in our VFS and room for a file of its `szOsFile`, of which the VFS below takes its
    // part and we take what follows.
    unsafe {
        let below = (*vfs).pAppData.cast::<ffi::sqlite3_vfs>();
        let Some(open) = (*below).xOpen else { return ffi::SQLITE_ERROR };
        let rc = open(below, name, file, flags, out);
        let methods = (*file).pMethods;
        if rc != ffi::SQLITE_OK || flags & ffi::SQLITE_OPEN_MAIN_DB == 0 || methods.is_null() {
            return rc;
        }
        let extra = file.cast::<u8>().add(extra_offset(below)).cast::<Extra>();
        // Version 2 has no memory maps: a page that is not read is not checked.
        let ours = ffi::sqlite3_io_methods { iVersion: 2, xRead: Some(read), xWrite: Some(write), ..*methods };
        let mut size = 0;
        let known = (*methods).xFileSize.map_or(ffi::SQLITE_ERROR, |file_size| file_size(file, &raw mut size));
        // In a new file other pages may be written before the first one: where a transaction is larger than
        // the cache.
        let sealed = known == ffi::SQLITE_OK && size == 0;
        extra.write(Extra { below: methods, methods: ours, sealed });
        (*file).pMethods = &raw const (*extra).methods;
        rc
    }
}

/// # Safety
/// `file` was opened by [`open`] as a main database.
unsafe fn extra_of(file: *mut ffi::sqlite3_file) -> *mut Extra {
    // SAFETY: its methods are a field of its `Extra`.
    unsafe { (*file).pMethods.byte_sub(std::mem::offset_of!(Extra, methods)).cast_mut().cast() }
}

unsafe extern "C" fn read(file: *mut ffi::sqlite3_file, buffer: *mut c_void, amount: c_int, offset: i64) -> c_int {
    // SAFETY: SQLite calls this for files of `open` only, with a buffer of `amount` bytes.
    unsafe {
        let extra = &mut *extra_of(file);
        let Some(below) = (*extra.below).xRead else { return ffi::SQLITE_IOERR_READ };
        let rc = below(file, buffer, amount, offset);
        if rc != ffi::SQLITE_OK && rc != ffi::SQLITE_IOERR_SHORT_READ {
            return rc;
        }
        let bytes = std::slice::from_raw_parts(buffer.cast::<u8>(), amount as usize);
        if offset == 0 && bytes.len() >= HEADER_BYTES {
            let mut size = 0;
            let known = (*extra.below).xFileSize.map_or(ffi::SQLITE_ERROR, |file_size| file_size(file, &raw mut size));
            extra.sealed = known == ffi::SQLITE_OK && (size == 0 || !is_older(bytes));
        }
        let whole_page = bytes.len() >= 512 && bytes.len().is_power_of_two();
        if !extra.sealed || !whole_page {
            return rc;
        }
        let number = u32::try_from(offset / PAGE_BYTES as i64 + 1).unwrap_or(0);
        match <&Page>::try_from(bytes) {
            Ok(page) if is_sound(page, number) => rc,
            // A page behind the end of the file, which SQLite reads as zeros before it writes it for the
            // first time.
            Ok(page) if rc == ffi::SQLITE_IOERR_SHORT_READ && page.iter().all(|&byte| byte == 0) => rc,
            _ => ffi::SQLITE_IOERR_DATA,
        }
    }
}

unsafe extern "C" fn write(file: *mut ffi::sqlite3_file, buffer: *const c_void, amount: c_int, offset: i64) -> c_int {
    // SAFETY: SQLite calls this for files of `open` only, with a buffer of `amount` bytes.
    unsafe {
        let extra = &mut *extra_of(file);
        let Some(below) = (*extra.below).xWrite else { return ffi::SQLITE_IOERR_WRITE };
        let bytes = std::slice::from_raw_parts(buffer.cast::<u8>(), amount as usize);
        if offset == 0 && bytes.len() >= HEADER_BYTES {
            extra.sealed = usize::from(bytes[20]) == SEAL_BYTES;
        }
        match <&Page>::try_from(bytes) {
            Ok(page) if extra.sealed => {
                let mut page = *page;
                seal(&mut page, u32::try_from(offset / PAGE_BYTES as i64 + 1).unwrap_or(0));
                below(file, page.as_ptr().cast(), amount, offset)
            }
            _ => below(file, buffer, amount, offset),
        }
    }
}

/// Name of the write-ahead log of a database.
pub(crate) fn log_of(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

/// Asks SQLite to leave room for seals in a database that is still to be written.
pub(crate) fn reserve(connection: &rusqlite::Connection) {
    let mut bytes = SEAL_BYTES as c_int;
    // SAFETY: the handle is that of an open connection. A database that exists stays as it is.
    unsafe {
        ffi::sqlite3_file_control(connection.handle(), c"main".as_ptr(), ffi::SQLITE_FCNTL_RESERVE_BYTES, (&raw mut bytes).cast());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flipped_bit_of_a_page_and_another_place_are_noticed() {
        let mut page = [0; PAGE_BYTES];
        page.iter_mut().zip(0_u32..).for_each(|(byte, at)| *byte = (at.wrapping_mul(0x9e37_79b9) >> 24) as u8);
        seal(&mut page, 7);
        assert!(is_sound(&page, 7) && !is_sound(&page, 8) && !is_sound(&[0; PAGE_BYTES], 7));
        assert!(is_sound(&[0; PAGE_BYTES], LOCK_PAGE));
        for bit in 0..PAGE_BYTES * 8 {
            page[bit / 8] ^= 1 << (bit % 8);
            assert!(!is_sound(&page, 7), "bit {bit}");
            page[bit / 8] ^= 1 << (bit % 8);
        }
    }
}
