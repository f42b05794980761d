//! `NameIndex`: the names of a registry's domains in memory, each with the little that a check of it tells.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

use pyo3::exceptions::{PyOverflowError, PyTypeError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyList, PySet, PyString, PyTuple, PyType, PyTzInfo};

use crate::codec::{copy_with, slot_offset};

/// A domain. 40 octets.
#[derive(Clone, Copy)]
struct Entry {
    /// Where its name is among all names.
    start: u32,
    length: u8,
    shape: u16,
    created: i64,
    expires: i64,
    /// From when to when this holds, if nothing is committed.
    since: i64,
    until: i64,
}

/// No entry is here, and none was.
const EMPTY: u64 = 0;
/// An entry was here.
const GONE: u64 = u32::MAX as u64;
/// What a name is at least given before the table grows.
const ROOM: usize = 1024;

/// Names by hash, open addressing; a place holds half of the hash and the number of an entry, plus one. About 100 octets a name.
///
/// What is put in by several threads is seen by all of them at once: the interpreter lock is not given up meanwhile.
#[pyclass(module = "regwire_native")]
pub(crate) struct NameIndex {
    hasher: RandomState,
    table: Vec<u64>,
    /// Places that are not empty.
    used: usize,
    entries: Vec<Entry>,
    free: Vec<u32>,
    text: Vec<u8>,
    /// Octets of `text` that nobody refers to.
    dead: usize,
    utc: Py<PyTzInfo>,
}

/// How messages about names are made: as copies of one for each shape.
///
/// `Stamps(cls, name, again, created, expires)`: the fields of `cls` that take the name (two of them), and the instants.
#[pyclass(module = "regwire_native")]
pub(crate) struct Stamps {
    class: Py<PyType>,
    fields: [usize; 4],
    models: Vec<Option<Py<PyAny>>>,
}

#[pymethods]
impl Stamps {
    #[new]
    #[pyo3(signature = (cls, name, again, created, expires, /))]
    fn new(
        cls: &Bound<'_, PyType>,
        name: &str,
        again: &str,
        created: &str,
        expires: &str,
    ) -> PyResult<Self> {
        let offset = |field| slot_offset(cls, &PyString::new(cls.py(), field).into_any());
        Ok(Self {
            class: cls.clone().unbind(),
            fields: [
                offset(name)?,
                offset(again)?,
                offset(created)?,
                offset(expires)?,
            ],
            models: Vec::new(),
        })
    }

    /// Has messages of a shape made like this one.
    #[pyo3(signature = (shape, model, /))]
    fn put(&mut self, shape: u16, model: &Bound<'_, PyAny>) -> PyResult<()> {
        if !model.get_type().is(&self.class) {
            return Err(PyTypeError::new_err(
                "a model is of the class of the stamps",
            ));
        }
        let place = usize::from(shape);
        if self.models.len() <= place {
            self.models.resize_with(place + 1, || None);
        }
        self.models[place] = Some(model.clone().unbind());
        Ok(())
    }
}

impl Stamps {
    #[inline(always)]
    fn stamp<'py>(
        &self,
        shape: u16,
        name: &Bound<'py, PyAny>,
        created: &Bound<'py, PyAny>,
        expires: &Bound<'py, PyAny>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let Some(Some(model)) = self.models.get(usize::from(shape)) else {
            return Ok(None);
        };
        let [first, second, from, to] = self.fields;
        let changes = [
            (first, name),
            (second, name),
            (from, created),
            (to, expires),
        ];
        copy_with(model.bind(name.py()), changes)
    }
}

#[pymethods]
impl NameIndex {
    #[new]
    fn new(py: Python<'_>) -> PyResult<Self> {
        Ok(Self {
            hasher: RandomState::new(),
            table: vec![EMPTY; ROOM],
            used: 0,
            entries: Vec::new(),
            free: Vec::new(),
            text: Vec::new(),
            dead: 0,
            utc: PyTzInfo::utc(py)?.to_owned().unbind(),
        })
    }

    fn __len__(&self) -> usize {
        self.entries.len() - self.free.len()
    }

    fn __contains__(&self, name: &str) -> bool {
        self.place(name.as_bytes(), self.hash(name.as_bytes()))
            .is_some()
    }

    /// Octets of memory.
    fn octets(&self) -> usize {
        self.table.capacity() * size_of::<u64>()
            + self.entries.capacity() * size_of::<Entry>()
            + self.text.capacity()
            + self.free.capacity() * size_of::<u32>()
    }

    fn clear(&mut self) {
        self.table = vec![EMPTY; ROOM];
        self.entries = Vec::new();
        self.free = Vec::new();
        self.text = Vec::new();
        (self.used, self.dead) = (0, 0);
    }

    /// Puts domains in, or replaces them: (name, created, expires, since, until, shape), instants in
    /// milliseconds; the shape 65535 is none.
    #[pyo3(signature = (domains, /))]
    fn put(&mut self, domains: &Bound<'_, PyList>) -> PyResult<()> {
        for domain in domains {
            let (name, created, expires, since, until, shape): (
                Bound<'_, PyString>,
                i64,
                i64,
                i64,
                i64,
                u16,
            ) = domain.extract()?;
            let name = name.to_str()?.as_bytes();
            let length = u8::try_from(name.len())
                .map_err(|_| PyValueError::new_err("a name of more than 255 octets"))?;
            let entry = Entry {
                start: 0,
                length,
                shape,
                created,
                expires,
                since,
                until,
            };
            self.put_one(name, entry)?;
        }
        Ok(())
    }

    /// Takes domains out; those that are not there are passed over.
    #[pyo3(signature = (names, /))]
    fn drop(&mut self, names: &Bound<'_, PyList>) -> PyResult<()> {
        for name in names {
            let name = name.cast::<PyString>()?.to_str()?.as_bytes();
            if let Some(place) = self.place(name, self.hash(name)) {
                let entry = number(self.table[place]);
                self.table[place] = GONE;
                self.dead += usize::from(self.entries[entry].length);
                self.free.push(entry as u32);
            }
        }
        Ok(())
    }

    /// Those of the names that are there.
    #[pyo3(signature = (names, /))]
    fn existing<'py>(&self, names: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PySet>> {
        let found = PySet::empty(names.py())?;
        for name in names.try_iter()? {
            let name = name?.cast_into::<PyString>()?;
            let octets = name.to_str()?.as_bytes();
            if self.place(octets, self.hash(octets)).is_some() {
                found.add(name)?;
            }
        }
        Ok(found)
    }

    /// What is known of names at an instant (milliseconds), in their order: `None`: it is not there; (shape, created, expires) of
    /// one that is, with aware datetimes; `True`: it is there, and what time made of it must be worked out; `False`: it is no
    /// plain name (lower-case letters, digits and hyphens, no A-label), whatever else it is.
    ///
    /// With `stamps`, a message in place of the tuple where there is a model for the shape.
    #[pyo3(signature = (names, now, stamps=None, /))]
    fn find<'py>(
        &self,
        names: &Bound<'py, PyList>,
        now: i64,
        stamps: Option<&Stamps>,
    ) -> PyResult<Bound<'py, PyList>> {
        let py = names.py();
        let mut hashes = Vec::with_capacity(names.len());
        for name in names {
            let octets = name
                .cast::<PyString>()?
                .to_str()
                .map_or(&b""[..], str::as_bytes);
            let hash = is_plain(octets).then(|| self.hash(octets));
            if let Some(hash) = hash {
                // All places are fetched together, instead of one after another.
                prefetch(&raw const self.table[self.first(hash)]);
            }
            hashes.push(hash);
        }
        // So are the entries that are probably theirs, and their names.
        for hash in hashes.iter().flatten() {
            let value = self.table[self.first(*hash)];
            if value != EMPTY && value != GONE {
                let entry = &self.entries[number(value)];
                prefetch(entry);
            }
        }
        for hash in hashes.iter().flatten() {
            let value = self.table[self.first(*hash)];
            if value >> 32 == hash >> 32 && value != GONE {
                prefetch(self.name(number(value)).as_ptr());
            }
        }
        let found = PyList::empty(py);
        for (name, hash) in names.iter().zip(hashes) {
            let Some(hash) = hash else {
                found.append(false)?;
                continue;
            };
            let octets = name.cast::<PyString>()?.to_str()?.as_bytes();
            let Some(place) = self.place(octets, hash) else {
                found.append(py.None())?;
                continue;
            };
            let entry = self.entries[number(self.table[place])];
            if entry.shape == u16::MAX || now < entry.since || entry.until <= now {
                found.append(true)?;
                continue;
            }
            let created = self.instant(py, entry.created)?;
            let expires = self.instant(py, entry.expires)?;
            if let Some(stamps) = stamps
                && let Some(made) = stamps.stamp(entry.shape, &name, &created, &expires)?
            {
                found.append(made)?;
                continue;
            }
            let shape = entry.shape.into_pyobject(py)?.into_any();
            found.append(PyTuple::new(py, [shape, created, expires])?)?;
        }
        Ok(found)
    }
}

impl NameIndex {
    #[inline(always)]
    fn hash(&self, name: &[u8]) -> u64 {
        self.hasher.hash_one(name)
    }

    #[inline(always)]
    fn first(&self, hash: u64) -> usize {
        hash as usize & (self.table.len() - 1)
    }

    #[inline(always)]
    fn name(&self, entry: usize) -> &[u8] {
        let entry = &self.entries[entry];
        let start = entry.start as usize;
        &self.text[start..start + usize::from(entry.length)]
    }

    /// Where in the table a name is.
    #[inline(always)]
    fn place(&self, name: &[u8], hash: u64) -> Option<usize> {
        let mut place = self.first(hash);
        loop {
            let value = self.table[place];
            if value == EMPTY {
                return None;
            }
            if value >> 32 == hash >> 32 && value != GONE && self.name(number(value)) == name {
                return Some(place);
            }
            place = (place + 1) & (self.table.len() - 1);
        }
    }

    fn put_one(&mut self, name: &[u8], mut entry: Entry) -> PyResult<()> {
        let hash = self.hash(name);
        if let Some(place) = self.place(name, hash) {
            let known = &mut self.entries[number(self.table[place])];
            entry.start = known.start;
            *known = entry;
            return Ok(());
        }
        if (self.used + 1) * 3 > self.table.len() * 2 {
            self.rebuild();
        }
        let full = || PyOverflowError::new_err("more names than this index can hold");
        entry.start = u32::try_from(self.text.len()).map_err(|_| full())?;
        let number = if let Some(free) = self.free.pop() {
            self.entries[free as usize] = entry;
            free
        } else {
            // The last numbers would be those of places whose entry is gone.
            let next = u32::try_from(self.entries.len()).map_err(|_| full())?;
            if next >= u32::MAX - 2 {
                return Err(full());
            }
            self.entries.push(entry);
            next
        };
        self.text.extend_from_slice(name);
        self.settle(hash, number);
        Ok(())
    }

    /// Puts the number of an entry into the first place that no other has.
    fn settle(&mut self, hash: u64, number: u32) {
        let mut place = self.first(hash);
        while self.table[place] != EMPTY {
            place = (place + 1) & (self.table.len() - 1);
        }
        self.table[place] = (hash >> 32) << 32 | u64::from(number + 1);
        self.used += 1;
    }

    /// A table with room for more, names without those that are gone.
    #[cold]
    fn rebuild(&mut self) {
        let live: Vec<u32> = self
            .table
            .iter()
            .filter(|value| **value != EMPTY && **value != GONE)
            .map(|value| number(*value) as u32)
            .collect();
        if self.dead * 2 > self.text.len() {
            let mut text = Vec::with_capacity(self.text.len() - self.dead);
            for entry in &live {
                let start = text.len() as u32;
                text.extend_from_slice(self.name(*entry as usize));
                self.entries[*entry as usize].start = start;
            }
            (self.text, self.dead) = (text, 0);
        }
        let size = (live.len() * 2 + ROOM).next_power_of_two();
        self.table = vec![EMPTY; size];
        self.used = 0;
        for entry in live {
            let hash = self.hash(self.name(entry as usize));
            self.settle(hash, entry);
        }
    }

    /// An aware datetime.
    fn instant<'py>(&self, py: Python<'py>, milliseconds: i64) -> PyResult<Bound<'py, PyAny>> {
        let days = milliseconds.div_euclid(86_400_000);
        let (year, month, day) = civil(days);
        let rest = milliseconds.rem_euclid(86_400_000) as i32;
        let (seconds, part) = (rest / 1000, rest % 1000);
        // SAFETY: the API was imported when `utc` was got; the fields are in range, and a new reference or null comes back.
        unsafe {
            let api = &*ffi::PyDateTimeAPI();
            let made = (api.DateTime_FromDateAndTime)(
                year,
                month,
                day,
                seconds / 3600,
                seconds / 60 % 60,
                seconds % 60,
                part * 1000,
                self.utc.as_ptr(),
                api.DateTimeType,
            );
            Bound::from_owned_ptr_or_err(py, made)
        }
    }
}

/// The number of the entry that a place holds.
#[inline(always)]
fn number(value: u64) -> usize {
    (value as u32 - 1) as usize
}

#[inline(always)]
fn prefetch<T>(place: *const T) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a hint; any address will do.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(place.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = place;
}

/// Whether it is a domain name of letters, digits and hyphens in lower case, without labels that have a meaning of their own.
fn is_plain(name: &[u8]) -> bool {
    name.len() <= 253
        && name.split(|octet| *octet == b'.').all(|label| {
            let inner = |octet: &u8| matches!(octet, b'a'..=b'z' | b'0'..=b'9' | b'-');
            let edges = label.first().zip(label.last());
            edges.is_some_and(|(first, last)| *first != b'-' && *last != b'-')
                && label.len() <= 63
                && label.iter().all(inner)
                && label.get(2..4) != Some(b"--")
        })
}

/// Year, month and day of a day counted from 1970 (Gregorian, whatever the year).
fn civil(days: i64) -> (i32, i32, i32) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year as i32, month as i32, day as i32)
}

#[cfg(test)]
mod tests {
    use super::{civil, is_plain};

    #[test]
    fn days_are_dates() {
        for (days, date) in [
            (0, (1970, 1, 1)),
            (-1, (1969, 12, 31)),
            (11_016, (2000, 2, 29)),
            (19_875, (2024, 6, 1)),
            (-719_162, (1, 1, 1)),
            (2_932_896, (9999, 12, 31)),
        ] {
            assert_eq!(civil(days), date);
        }
    }

    #[test]
    fn plain_names() {
        for name in ["a", "a-b.example", "0.1.2", "a.b--c", "ab-c.d"] {
            assert!(is_plain(name.as_bytes()), "{name}");
        }
        let long = "a".repeat(64);
        for name in [
            "", ".", "a.", ".a", "a..b", "-a", "a-", "-", "A", "a_b", "xn--a", "ab--c", "\u{e4}",
            " a", &long,
        ] {
            assert!(!is_plain(name.as_bytes()), "{name}");
        }
    }
}
