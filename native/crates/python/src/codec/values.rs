//! Writing values of simple types: checked as the schema would check what arrives.
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDate, PyDateTime, PyInt, PyString};
use pyo3::{ffi, intern};
use regwire_plan::faults::MASK;
use regwire_plan::simple::{Kind, Simple, lexical};
use regwire_plan::{Op, Rule};
use regwire_xml::{NsId, XML_NAMESPACE, XMLNS_NAMESPACE, uri, write};

use super::encode::{Writer, items};
use super::memory::append;
use super::trouble::{Object, Trouble, Written};

impl<'py> Writer<'_, 'py> {
    /// Writes a value of a simple type.
    #[inline(always)]
    pub(super) fn simple(&mut self, number: u32, value: Object<'py>, attribute: bool) -> Written {
        let plan = self.plan;
        let simple = &plan.simples[number as usize];
        if self.masking && simple.secret {
            return self.masked(simple, value, attribute);
        }
        self.unmasked(simple, value, attribute)
    }

    #[inline(always)]
    fn unmasked(&mut self, simple: &Simple, value: Object<'py>, attribute: bool) -> Written {
        if simple.kind.is_text() {
            return self.text(simple, value, attribute);
        }
        if simple.kind == Kind::Boolean {
            return self.boolean(simple, value);
        }
        self.value_of(simple, value, attribute)
    }

    /// Writes what stands for a secret value; nothing for an empty one. The value is checked as any other.
    #[cold]
    fn masked(&mut self, simple: &Simple, value: Object<'py>, attribute: bool) -> Written {
        let start = self.out.len();
        self.unmasked(simple, value, attribute)?;
        if self.out.len() > start {
            self.out.truncate(start);
            append(self.out, MASK.as_bytes());
        }
        Ok(())
    }

    #[inline(always)]
    fn boolean(&mut self, simple: &Simple, value: Object<'py>) -> Written {
        match value.cast::<pyo3::types::PyBool>() {
            Ok(truth) => {
                self.out.push(b'0' + u8::from(truth.is_true()));
                Ok(())
            }
            Err(_) => Err(mistaken(simple, "True or False", value)),
        }
    }

    #[inline(always)]
    fn text(&mut self, simple: &Simple, value: Object<'py>, attribute: bool) -> Written {
        // SAFETY: the string is compared to be one first; its UTF-8 form lives as long as it does.
        let (text, ascii) = unsafe {
            let pointer = value.as_ptr();
            if ffi::PyUnicode_Check(pointer) == 0 {
                return self.other_text(simple, value, attribute);
            }
            if ffi::PyUnicode_IS_COMPACT_ASCII(pointer) != 0 {
                let length = ffi::PyUnicode_GET_LENGTH(pointer).cast_unsigned();
                let octets =
                    std::slice::from_raw_parts(ffi::PyUnicode_DATA(pointer).cast::<u8>(), length);
                if (simple.takes_plain(length) && write::is_plain(octets)) || simple.lists(octets) {
                    append(self.out, octets);
                    return Ok(());
                }
            }
            let mut length = 0;
            let data = ffi::PyUnicode_AsUTF8AndSize(pointer, &raw mut length);
            if data.is_null() {
                drop(PyErr::take(self.py));
                return Err(Trouble::new(
                    "character",
                    "holds a lone surrogate, which no encoding carries",
                    None,
                ));
            }
            let octets = std::slice::from_raw_parts(data.cast::<u8>(), length.cast_unsigned());
            (
                std::str::from_utf8_unchecked(octets),
                ffi::PyUnicode_IS_ASCII(pointer) != 0,
            )
        };
        self.checked_text(simple, text, ascii, value, attribute)
    }

    #[inline(always)]
    fn checked_text(
        &mut self,
        simple: &Simple,
        text: &str,
        ascii: bool,
        value: Object<'py>,
        attribute: bool,
    ) -> Written {
        if !simple.keeps(text.as_bytes()) {
            return Err(refused(
                simple,
                "whitespace",
                "has white space that would not arrive as it is",
                value,
            ));
        }
        if let Err(rule) = simple.check_text(text.as_bytes(), ascii, false) {
            return Err(broken(simple, rule, value));
        }
        let written = if attribute {
            write::attribute(self.out, text)
        } else {
            write::text(self.out, text)
        };
        written.map_err(|found| refused(simple, "character", &found.to_string(), value))
    }

    /// A member of an enumeration that is no str itself.
    #[cold]
    fn other_text(&mut self, simple: &Simple, value: Object<'py>, attribute: bool) -> Written {
        if simple.enumerates()
            && let Ok(inner) = value.getattr(intern!(self.py, "value"))
            && let Ok(text) = inner.cast::<PyString>()
        {
            let text = text.to_string();
            return self.checked_text(simple, &text, text.is_ascii(), value, attribute);
        }
        Err(mistaken(simple, "a str", value))
    }

    fn value_of(&mut self, simple: &Simple, value: Object<'py>, attribute: bool) -> Written {
        match simple.kind {
            Kind::Integer => self.integer(simple, value),
            Kind::Boolean => self.boolean(simple, value),
            Kind::DateTime => self.date_time(simple, value),
            Kind::Date => self.date(simple, value),
            Kind::Decimal => self.decimal(simple, value),
            Kind::Duration => self.duration(simple, value),
            Kind::Base64 | Kind::Hex => self.binary(simple, value),
            Kind::List(item) => self.list(simple, item, value, attribute),
            _ => Err(mistaken(simple, "a str", value)),
        }
    }

    /// An attribute whose value is a name with a prefix.
    pub(super) fn name(&mut self, op: &Op, value: Object<'py>) -> Written {
        let Op::Name {
            simple,
            open,
            required,
            declared,
            default,
            spare,
            ..
        } = op
        else {
            return Ok(());
        };
        let simple = &self.plan.simples[*simple as usize];
        if value.is_none() {
            return if *required {
                Err(Trouble::new("required", "is required", None))
            } else {
                Ok(())
            };
        }
        if let Ok(word) = value.cast::<PyString>() {
            let word = word.to_str().map_err(Trouble::raised)?;
            if !simple.has_word(word.as_bytes()) {
                return Err(refused(simple, "enumeration", "a QName is needed", value));
            }
            append(self.out, open);
            write::attribute(self.out, word)
                .map_err(|found| refused(simple, "character", &found.to_string(), value))?;
            self.out.push(b'"');
            return Ok(());
        }
        let is_name = value
            .is_instance(self.shared.qname.bind(self.py))
            .map_err(Trouble::raised)?;
        if !is_name {
            return Err(mistaken(simple, "a QName", value));
        }
        let part = |name| -> Result<String, Box<Trouble>> {
            let part = value.getattr(name).map_err(Trouble::raised)?;
            part.extract().map_err(Trouble::raised)
        };
        let (namespace, local) = (
            part(intern!(self.py, "namespace"))?,
            part(intern!(self.py, "local"))?,
        );
        if !lexical::is_ncname(local.as_bytes()) {
            return Err(refused(
                simple,
                "datatype",
                "its local part is no name",
                value,
            ));
        }
        let ns = if namespace.is_empty() {
            Some(NsId::NONE)
        } else if namespace.as_bytes() == XML_NAMESPACE {
            Some(NsId::XML)
        } else {
            self.plan.names.get(namespace.as_bytes())
        };
        let prefix = match ns {
            Some(NsId::XML) => "xml",
            Some(ns) if ns == *default => "",
            Some(NsId::NONE) => {
                let detail = "a name without namespace cannot stand where there is a default one";
                return Err(refused(simple, "datatype", detail, value));
            }
            _ => {
                if !uri::is_reference(namespace.as_bytes())
                    || namespace.as_bytes() == XMLNS_NAMESPACE
                {
                    let detail = "its namespace is no URI that a prefix can be bound to";
                    return Err(refused(simple, "datatype", detail, value));
                }
                let known = ns.and_then(NsId::index);
                let known = known.and_then(|index| self.plan.namespaces.get(index));
                let prefix = known.map_or("", |(_, prefix)| prefix);
                let prefix = if prefix.is_empty() { spare } else { prefix };
                if !ns.is_some_and(|ns| declared.contains(&ns)) {
                    write::binding(self.out, prefix.as_bytes(), namespace.as_bytes());
                }
                prefix
            }
        };
        append(self.out, open);
        append(self.out, prefix.as_bytes());
        if !prefix.is_empty() {
            self.out.push(b':');
        }
        append(self.out, local.as_bytes());
        self.out.push(b'"');
        Ok(())
    }

    fn integer(&mut self, simple: &Simple, value: Object<'py>) -> Written {
        let mut value = value;
        let member;
        if !value.is_instance_of::<PyInt>()
            && simple.enumerates()
            && value.hasattr("value").unwrap_or(false)
        {
            member = value
                .getattr(intern!(self.py, "value"))
                .map_err(Trouble::raised)?;
            // SAFETY: `member` lives to the end of this function.
            value = unsafe { Borrowed::from_ptr(self.py, member.as_ptr()) };
        }
        if !value.is_instance_of::<PyInt>() || value.is_instance_of::<pyo3::types::PyBool>() {
            return Err(mistaken(simple, "an int", value));
        }
        let mut overflow = 0;
        // SAFETY: an int.
        let number =
            unsafe { ffi::PyLong_AsLongLongAndOverflow(value.as_ptr(), &raw mut overflow) };
        let before = self.out.len();
        let number = if overflow == 0 {
            write::signed(self.out, number);
            Ok(i128::from(number))
        } else {
            let int = self.py.get_type::<PyInt>();
            let text = int
                .call_method1(intern!(self.py, "__repr__"), (value,))
                // Python writes no more than 4300 digits.
                .map_err(|_| mistaken(simple, "an int of fewer digits", value))?
                .to_string();
            self.out.extend_from_slice(text.as_bytes());
            lexical::integer(text.as_bytes()).unwrap_or(Err(overflow < 0))
        };
        let text = &self.out[before..];
        let checked = simple
            .check_integer(number, text, false)
            .and_then(|_| simple.check_patterns(text, true));
        checked.map_err(|rule| broken(simple, rule, value))
    }

    fn date_time(&mut self, simple: &Simple, value: Object<'py>) -> Written {
        let Ok(time) = value.cast::<PyDateTime>() else {
            return Err(mistaken(simple, "a datetime", value));
        };
        let pointer = time.as_ptr();
        // SAFETY: a datetime.
        let zone = unsafe { ffi::PyDateTime_DATE_GET_TZINFO(pointer) };
        if zone == self.shared.utc.as_ptr() {
            self.write_time(pointer);
            return Ok(());
        }
        if time
            .call_method0(intern!(self.py, "utcoffset"))
            .map_err(Trouble::raised)?
            .is_none()
        {
            return Err(refused(
                simple,
                "datatype",
                "has no time zone; give it one, such as datetime.UTC",
                value,
            ));
        }
        let utc = time.call_method1(intern!(self.py, "astimezone"), (&self.shared.utc,));
        let utc = utc.map_err(|_| {
            refused(
                simple,
                "datatype",
                "is outside the years 1 to 9999 in UTC",
                value,
            )
        })?;
        self.write_time(utc.as_ptr());
        Ok(())
    }

    fn write_time(&mut self, time: *mut ffi::PyObject) {
        // SAFETY: a datetime; its fields are in range.
        let (day, time) = unsafe {
            (
                day_of(time),
                write::Time {
                    hour: ffi::PyDateTime_DATE_GET_HOUR(time).cast_unsigned() as u8,
                    minute: ffi::PyDateTime_DATE_GET_MINUTE(time).cast_unsigned() as u8,
                    second: ffi::PyDateTime_DATE_GET_SECOND(time).cast_unsigned() as u8,
                    microsecond: ffi::PyDateTime_DATE_GET_MICROSECOND(time).cast_unsigned(),
                },
            )
        };
        write::date_time(self.out, day, time);
    }

    fn date(&mut self, simple: &Simple, value: Object<'py>) -> Written {
        if !value.is_instance_of::<PyDate>() || value.is_instance_of::<PyDateTime>() {
            return Err(mistaken(simple, "a date (not a datetime)", value));
        }
        // SAFETY: a date.
        let day = unsafe { day_of(value.as_ptr()) };
        write::date(self.out, day);
        Ok(())
    }

    fn decimal(&mut self, simple: &Simple, value: Object<'py>) -> Written {
        let is_decimal = value
            .is_instance(self.shared.decimal.bind(self.py))
            .map_err(Trouble::raised)?;
        if !is_decimal
            && (!value.is_instance_of::<PyInt>() || value.is_instance_of::<pyo3::types::PyBool>())
        {
            return Err(mistaken(simple, "a Decimal", value));
        }
        let form = if is_decimal { "f" } else { "d" };
        let text = value
            .call_method1(intern!(self.py, "__format__"), (form,))
            .map_err(Trouble::raised)?
            .to_string();
        let checked = simple
            .check_decimal(text.as_bytes())
            .and_then(|()| simple.check_patterns(text.as_bytes(), true));
        checked.map_err(|rule| broken(simple, rule, value))?;
        self.out.extend_from_slice(text.as_bytes());
        Ok(())
    }

    fn duration(&mut self, simple: &Simple, value: Object<'py>) -> Written {
        if !value
            .is_instance(self.shared.duration.bind(self.py))
            .map_err(Trouble::raised)?
        {
            return Err(mistaken(simple, "a Duration", value));
        }
        let text = value.str().map_err(Trouble::raised)?.to_string();
        if !lexical::is_duration(text.as_bytes()) {
            return Err(broken(simple, Rule::Datatype, value));
        }
        self.out.extend_from_slice(text.as_bytes());
        Ok(())
    }

    fn binary(&mut self, simple: &Simple, value: Object<'py>) -> Written {
        let Ok(octets) = value.cast::<PyBytes>() else {
            return Err(mistaken(simple, "bytes", value));
        };
        let octets = octets.as_bytes();
        simple
            .check_octets(octets.len())
            .map_err(|rule| broken(simple, rule, value))?;
        if simple.kind == Kind::Hex {
            lexical::write_hex(octets, self.out);
        } else {
            lexical::write_base64(octets, self.out);
        }
        Ok(())
    }

    fn list(&mut self, simple: &Simple, item: u32, value: Object<'py>, attribute: bool) -> Written {
        // SAFETY: see `items`.
        let items = unsafe { items(value) }?;
        simple
            .check_items(items.len())
            .map_err(|rule| broken(simple, rule, value))?;
        for (place, part) in items.iter().enumerate() {
            if place > 0 {
                self.out.push(b' ');
            }
            // SAFETY: an item of a live sequence.
            let part = unsafe { Borrowed::from_ptr(self.py, *part) };
            let before = self.out.len();
            self.simple(item, part, attribute)?;
            if before == self.out.len() || self.out[before..].contains(&b' ') {
                return Err(refused(
                    simple,
                    "whitespace",
                    "an item of a list is not empty and has no spaces",
                    part,
                ));
            }
        }
        Ok(())
    }
}
/// The day of a date or datetime.
///
/// # Safety
/// `date` is one.
unsafe fn day_of(date: *mut ffi::PyObject) -> write::Date {
    // SAFETY: the caller's.
    unsafe {
        write::Date {
            year: ffi::PyDateTime_GET_YEAR(date).cast_unsigned() as u16,
            month: ffi::PyDateTime_GET_MONTH(date).cast_unsigned() as u8,
            day: ffi::PyDateTime_GET_DAY(date).cast_unsigned() as u8,
        }
    }
}

#[cold]
fn broken(simple: &Simple, rule: Rule, value: Object<'_>) -> Box<Trouble> {
    refused(simple, rule.as_str(), rule.as_str(), value)
}

#[cold]
fn refused(simple: &Simple, rule: &'static str, detail: &str, value: Object<'_>) -> Box<Trouble> {
    let shown = if simple.secret { None } else { Some(&*value) };
    Trouble::new(rule, detail, shown)
}

#[cold]
fn mistaken(simple: &Simple, wanted: &str, value: Object<'_>) -> Box<Trouble> {
    if value.is_none() {
        return Trouble::new("required", "is required", None);
    }
    refused(simple, "datatype", &format!("{wanted} is needed"), value)
}
