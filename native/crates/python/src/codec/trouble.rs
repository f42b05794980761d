//! Why a message cannot be written.
use pyo3::prelude::*;
use pyo3::types::PyList;

/// A value on its way out; alive as long as the message that holds it.
pub(super) type Object<'py> = Borrowed<'py, 'py, PyAny>;

/// Whether something could be written.
pub(super) type Written = Result<(), Box<Trouble>>;

/// Why a message cannot be written.
pub(super) struct Trouble {
    /// Names of the elements around the place, innermost first.
    pub(super) path: Vec<String>,
    rule: &'static str,
    detail: String,
    value: Option<Py<PyAny>>,
    /// An exception that Python raised meanwhile, such as a lack of memory.
    error: Option<PyErr>,
}

impl Trouble {
    #[cold]
    pub(super) fn new(
        rule: &'static str,
        detail: impl Into<String>,
        value: Option<&Bound<'_, PyAny>>,
    ) -> Box<Trouble> {
        let value = value.map(|value| value.clone().unbind());
        Box::new(Trouble {
            path: Vec::new(),
            rule,
            detail: detail.into(),
            value,
            error: None,
        })
    }

    #[cold]
    pub(super) fn raised(error: PyErr) -> Box<Trouble> {
        Box::new(Trouble {
            path: Vec::new(),
            rule: "",
            detail: String::new(),
            value: None,
            error: Some(error),
        })
    }

    /// The exception: `EncodeError(path, rule, value, detail)`.
    pub(super) fn into_error(self, py: Python<'_>, class: &Py<PyAny>) -> PyErr {
        if let Some(error) = self.error {
            return error;
        }
        let path = self
            .path
            .iter()
            .rev()
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join("/");
        match class
            .bind(py)
            .call1((path, self.rule, self.value, self.detail))
        {
            Ok(error) => PyErr::from_value(error),
            Err(error) => error,
        }
    }
}

#[cold]
pub(super) fn inside(mut trouble: Box<Trouble>, name: &str) -> Box<Trouble> {
    trouble.path.push(name.to_owned());
    trouble
}
#[cold]
pub(super) fn not_tuple(value: Object<'_>) -> Box<Trouble> {
    let cure = if value.is_instance_of::<PyList>() {
        "a tuple is needed; write tuple(...)"
    } else {
        "a tuple is needed"
    };
    Trouble::new("datatype", cure, Some(&value))
}

#[inline(always)]
pub(super) fn check_count(count: usize, min: usize, max: usize) -> Written {
    if count < min || count > max {
        return Err(wrong_count(count, min, max));
    }
    Ok(())
}

#[cold]
pub(super) fn wrong_count(count: usize, min: usize, max: usize) -> Box<Trouble> {
    if count < min {
        Trouble::new(
            "required",
            format!("needs at least {min}, {count} given"),
            None,
        )
    } else {
        Trouble::new(
            "duplicate",
            format!("takes at most {max}, {count} given"),
            None,
        )
    }
}
