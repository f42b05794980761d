//! Asking for what a dict lookup will read before it reads it, for many keys at once.
//!
//! A registry's dict is larger than a core's cache: an index, an entry and a key are three waits for memory a name, one after
//! another, and ten names a check made that a seventh of a server's time. The waits of all names together cost hardly more than
//! those of one. Nothing is decided here: a layout that is not as expected only leaves the lookups as slow as they were.
use std::sync::atomic::{AtomicUsize, Ordering};

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyList};

use super::encode::TEXT;
use super::memory::prefetch;
use super::objects::{known, slot};

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
    if LAST.load(Ordering::Relaxed) == dict.as_ptr() as usize {
        return;
    }
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

/// Looking ahead for commands that are about to be executed: in the dicts that handlers keep what they look up in.
///
/// `look(tables, items)` asks for what the look-ups of the items' names will read; a table may be None. The name of an item, or
/// its names, is what its first field holds, or the first field of that, as the object of a command is first in its operation.
#[pyclass(module = "regwire_native")]
#[derive(Default)]
pub(crate) struct Foresight {
    rounds: usize,
    /// Of each table: the names were found there when last that was counted.
    useful: Vec<bool>,
    /// Of one call: the names, and where their look-ups in the table asked last begin.
    keys: Vec<*mut ffi::PyObject>,
    entries: Vec<*const Entry>,
    /// Which keys are the only ones of their items: what is found by them is wanted itself.
    alone: Vec<usize>,
}

// SAFETY: the pointers live as long as one call, with the interpreter lock held.
unsafe impl Send for Foresight {}
// SAFETY: as for Send.
unsafe impl Sync for Foresight {}

/// Once in so many rounds it is counted which tables are of use.
const ROUNDS: usize = 64;

/// A table is of use if it has one name in so many.
const WORTH: usize = 8;

/// Smaller ones are in the cache anyhow.
const LARGE: usize = 2048;

/// First fields are followed so deep: document, operation, object, name, and one more.
const DEEP: usize = 5;

#[pymethods]
impl Foresight {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    #[pyo3(signature = (tables, items, /))]
    fn look(&mut self, tables: &Bound<'_, PyList>, items: &Bound<'_, PyList>) {
        let py = items.py();
        let counts = self.rounds.is_multiple_of(ROUNDS);
        self.rounds = self.rounds.wrapping_add(1);
        self.useful.resize(tables.len(), false);
        let mut collected = false;
        LAST.store(0, Ordering::Relaxed);
        for (place, table) in tables.iter().enumerate() {
            let Some(found) = large(&table) else { continue };
            if !counts && !self.useful[place] {
                continue;
            }
            if !std::mem::replace(&mut collected, true) {
                self.collect(py, items);
            }
            self.ask(found);
            if counts {
                self.useful[place] = self.is_useful();
            }
            if self.useful[place] {
                self.ask_values(py);
                LAST.store(table.as_ptr() as usize, Ordering::Relaxed);
            }
        }
        self.keys.clear();
        self.entries.clear();
        self.alone.clear();
    }
}

/// The dict that names were looked ahead in last: looking ahead for each check by itself would be the same once more. Nothing is
/// done with the address but to compare it, and a wrong one costs only time.
static LAST: AtomicUsize = AtomicUsize::new(0);

/// The tables of a dict that is large enough to look ahead in.
fn large(table: &Bound<'_, PyAny>) -> Option<Tables> {
    // SAFETY: a live object, compared to be exactly a dict; the layout is known.
    unsafe {
        if ffi::PyDict_CheckExact(table.as_ptr()) == 0
            || ffi::PyDict_Size(table.as_ptr()).cast_unsigned() < LARGE
            || !is_known(table.py())
        {
            return None;
        }
        Tables::of(table.as_ptr())
    }
}

impl Foresight {
    /// The names of all items.
    fn collect(&mut self, py: Python<'_>, items: &Bound<'_, PyList>) {
        for item in items.iter() {
            let mut value = item.as_ptr();
            for _ in 0..DEEP {
                // SAFETY: live objects: the list holds the item, which holds what is in it; messages are immutable. An unset slot
                // is null.
                unsafe {
                    if ffi::PyUnicode_CheckExact(value) != 0 {
                        self.alone.push(self.keys.len());
                        self.keys.push(value);
                        break;
                    }
                    if ffi::PyTuple_CheckExact(value) != 0 {
                        let names =
                            super::encode::items(Borrowed::from_ptr(py, value)).unwrap_or_default();
                        let texts = names.iter().copied();
                        self.keys
                            .extend(texts.filter(|name| ffi::PyUnicode_CheckExact(*name) != 0));
                        break;
                    }
                    let first = known(py, ffi::Py_TYPE(value))
                        .and_then(|layout| layout.offsets.first().copied());
                    let Some(first) = first else { break };
                    value = *slot(value, first);
                    if value.is_null() {
                        break;
                    }
                }
            }
        }
    }

    /// Asks for the index of every name, then for the entries, then for keys and values.
    fn ask(&mut self, tables: Tables) {
        self.entries.clear();
        for keys in self.keys.chunks(AHEAD) {
            let mut places = [std::ptr::null(); AHEAD];
            for (place, key) in places.iter_mut().zip(keys) {
                // SAFETY: a live text, whose hash is computed without code of Python's.
                *place = tables.place(unsafe { ffi::PyObject_Hash(*key) });
                prefetch(place.cast_mut());
            }
            for place in &places[..keys.len()] {
                // SAFETY: a place of this table; the dict is left alone while the lock is held here.
                let entry = unsafe { tables.entry(*place) };
                prefetch(entry.cast_mut());
                self.entries.push(entry);
            }
        }
        for entry in &self.entries {
            // SAFETY: an entry of the table, which has one at least.
            let key = unsafe { (**entry).key };
            prefetch(key);
            // Its characters may lie in the next line.
            prefetch(key.wrapping_byte_add(TEXT));
        }
        for place in &self.alone {
            // SAFETY: as above.
            let value = unsafe { (*self.entries[*place]).value };
            // A message of a dozen fields.
            for line in 0..3 {
                prefetch(value.wrapping_byte_add(64 * line));
            }
        }
    }

    /// Asks for what is in the messages that the names stand for.
    fn ask_values(&self, py: Python<'_>) {
        for place in &self.alone {
            let (name, entry) = (self.keys[*place], self.entries[*place]);
            // SAFETY: as for `found`; a message holds what is in its slots, and null does no harm.
            unsafe {
                if !found(name, entry) {
                    continue;
                }
                let value = (*entry).value;
                let Some(layout) = known(py, ffi::Py_TYPE(value)) else {
                    continue;
                };
                for offset in &layout.offsets {
                    let inside = *slot(value, *offset);
                    prefetch(inside);
                    prefetch(inside.wrapping_byte_add(TEXT));
                }
            }
        }
    }

    /// Whether the table asked last has enough of the names.
    fn is_useful(&self) -> bool {
        let pairs = self.keys.iter().zip(&self.entries);
        // SAFETY: entries of a dict that was left alone, names that are held.
        let count = pairs
            .filter(|(name, entry)| unsafe { found(**name, **entry) })
            .count();
        count * WORTH >= self.keys.len() && count > 0
    }
}

/// Whether an entry is that of a name, judged by the hash.
///
/// # Safety
/// An entry of a dict of texts that was left alone since it was found, and a text.
#[inline(always)]
unsafe fn found(name: *mut ffi::PyObject, entry: *const Entry) -> bool {
    // SAFETY: as the caller promises; the key and value of an entry that was deleted are null.
    unsafe {
        let Entry { key, value } = entry.read();
        !key.is_null()
            && !value.is_null()
            && ffi::PyUnicode_CheckExact(key) != 0
            && ffi::PyObject_Hash(key) == ffi::PyObject_Hash(name)
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
