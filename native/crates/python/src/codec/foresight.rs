//! Asking for what a dict lookup will read before it reads it, for many keys at once.
//!
//! A registry's dict is larger than a core's cache: an index, an entry and a key are three waits for memory a name, one after
//! another, and ten names a check made that a seventh of a server's time. The waits of all names together cost hardly more than
//! those of one. Nothing is decided here: a layout that is not as expected only leaves the lookups as slow as they were.
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;

use super::ahead::TEXT;
use super::memory::prefetch;

/// How many keys are looked ahead for.
pub(super) const AHEAD: usize = 16;

/// The head of a dict's keys, the same in `CPython` 3.11 to 3.14; indices and then entries follow.
#[repr(C)]
struct Keys {
    references: isize,
    log2_size: u8,
    log2_index_octets: u8,
    kind: u8,
    version: u32,
    usable: isize,
    entries: isize,
}

/// All keys are of the type `str`: an entry is a key and a value.
const ALL_STR: u8 = 1;

#[repr(C)]
struct Entry {
    key: *mut ffi::PyObject,
    value: *mut ffi::PyObject,
}

/// A dict's tables.
#[derive(Clone, Copy)]
struct Tables {
    indices: *const u8,
    log2_width: u32,
    mask: usize,
    entries: *const Entry,
    count: usize,
}

impl Tables {
    /// # Safety
    /// `dict` is a dict whose keys lie as above; the tables are as good as it is left alone.
    #[inline(always)]
    unsafe fn of(dict: *mut ffi::PyObject) -> Option<Self> {
        // SAFETY: as the caller promises.
        unsafe {
            let keys = (*dict.cast::<ffi::PyDictObject>()).ma_keys.cast::<Keys>();
            let head = &*keys;
            if head.kind != ALL_STR || head.entries <= 0 || head.log2_index_octets < head.log2_size
            {
                return None;
            }
            let indices = keys.add(1).cast::<u8>();
            Some(Self {
                indices,
                log2_width: u32::from(head.log2_index_octets - head.log2_size),
                mask: (1 << head.log2_size) - 1,
                entries: indices.add(1 << head.log2_index_octets).cast(),
                count: head.entries.cast_unsigned(),
            })
        }
    }

    /// Where the index for a hash lies.
    #[inline(always)]
    fn place(&self, hash: isize) -> *const u8 {
        let slot = hash.cast_unsigned() & self.mask;
        // Inside the table: the mask is its size less one.
        self.indices.wrapping_add(slot << self.log2_width)
    }

    /// The entry that an index tells; the first for none.
    ///
    /// # Safety
    /// `place` is one of this table, and the dict was left alone.
    #[inline(always)]
    unsafe fn entry(&self, place: *const u8) -> *const Entry {
        // SAFETY: indices are signed numbers of this width, aligned to it; entries are as many as counted.
        unsafe {
            let index = match self.log2_width {
                0 => isize::from(place.cast::<i8>().read()),
                1 => isize::from(place.cast::<i16>().read_unaligned()),
                2 => place.cast::<i32>().read_unaligned() as isize,
                _ => place.cast::<isize>().read_unaligned(),
            };
            let index = index.cast_unsigned();
            self.entries.add(if index < self.count { index } else { 0 })
        }
    }
}

/// Asks for what looking up these keys will read; computes their hashes.
#[inline(always)]
pub(super) fn foresee(dict: &Bound<'_, PyAny>, keys: &[*mut ffi::PyObject]) {
    let py = dict.py();
    // SAFETY: live objects. What is not exactly a dict of texts is left to the lookups: only then no Python code runs here.
    unsafe {
        if ffi::PyDict_CheckExact(dict.as_ptr()) == 0
            || keys.iter().any(|key| ffi::PyUnicode_CheckExact(*key) == 0)
            || !is_known(py)
        {
            return;
        }
        let Some(tables) = Tables::of(dict.as_ptr()) else {
            return;
        };
        let mut places = [std::ptr::null(); AHEAD];
        for (place, key) in places.iter_mut().zip(keys) {
            *place = tables.place(ffi::PyObject_Hash(*key));
            prefetch(place.cast_mut());
        }
        let places = &places[..keys.len().min(AHEAD)];
        let mut entries = [std::ptr::null::<Entry>(); AHEAD];
        for (entry, place) in entries.iter_mut().zip(places) {
            *entry = tables.entry(*place);
            prefetch(entry.cast_mut());
        }
        for entry in &entries[..places.len()] {
            let key = (**entry).key;
            prefetch(key);
            // Its characters may lie in the next line.
            prefetch(key.wrapping_byte_add(TEXT));
        }
    }
}

/// Whether dicts lie as is assumed here: a version that is known, and a dict made to try it.
#[inline(always)]
fn is_known(py: Python<'_>) -> bool {
    static KNOWN: PyOnceLock<bool> = PyOnceLock::new();
    *KNOWN.get_or_init(py, || tried(py).unwrap_or(false))
}

#[cold]
fn tried(py: Python<'_>) -> PyResult<bool> {
    let version = py.version_info();
    let known = version.major == 3 && (11..15).contains(&version.minor);
    if cfg!(not(target_pointer_width = "64")) || !known {
        return Ok(false);
    }
    let dict = PyDict::new(py);
    for number in 0..300 {
        dict.set_item(format!("key {number}"), number)?;
    }
    // SAFETY: a dict, and a version whose layout this is.
    let Some(tables) = (unsafe { Tables::of(dict.as_ptr()) }) else {
        return Ok(false);
    };
    let mut found = 0;
    for (key, _) in &dict {
        // SAFETY: the dict is left alone.
        let entry = unsafe { &*tables.entry(tables.place(key.hash()?)) };
        found += usize::from(entry.key == key.as_ptr());
    }
    // Those that met another on their place are elsewhere.
    Ok(tables.count == dict.len() && found > dict.len() / 2)
}
