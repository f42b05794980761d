//! `Lookups`: the way from a decoded request to its handler and back, for requests that are one lookup or query of a handler
//! that does not wait. What is anything else is left to the caller.

use std::cell::{RefCell, RefMut};

use pyo3::exceptions::{PyException, PyRuntimeError, PyValueError};
use pyo3::ffi;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple, PyType};

use crate::codec::{slot, slot_offset};
use crate::lwz::LwzDatagram;

/// How many spellings of registry types and classes are remembered: case and short forms, but no client's inventions.
const SPELLINGS: usize = 32;
/// How many authorities that are served.
const AUTHORITIES: usize = 8;
/// How many classes of results.
const RESULTS: usize = 32;
/// How many contexts are used again.
const CONTEXTS: usize = 64;

/// A class of messages and where two of its fields are.
struct Pair {
    class: Py<PyType>,
    offsets: [usize; 2],
}

impl Pair {
    fn new(class: &Bound<'_, PyAny>, fields: [&str; 2]) -> PyResult<Self> {
        let class = class.cast::<PyType>()?;
        let py = class.py();
        let offset = |field: &str| slot_offset(class, &PyString::new(py, field).into_any());
        Ok(Self {
            offsets: [offset(fields[0])?, offset(fields[1])?],
            class: class.clone().unbind(),
        })
    }

    /// Both fields of an object that is of this very class.
    #[inline(always)]
    fn of<'py>(&self, object: &Bound<'py, PyAny>) -> Option<[Bound<'py, PyAny>; 2]> {
        if object.get_type_ptr().cast() != self.class.as_ptr() {
            return None;
        }
        let py = object.py();
        // SAFETY: the object is of the class that the offsets are from; a slot holds a live reference or null.
        let field =
            |offset| unsafe { Bound::from_borrowed_ptr_or_opt(py, *slot(object.as_ptr(), offset)) };
        Some([field(self.offsets[0])?, field(self.offsets[1])?])
    }
}

/// What is called for a lookup.
struct Handler {
    function: Py<PyAny>,
    /// It takes many at once.
    many: bool,
}

impl Handler {
    fn clone_ref(&self, py: Python<'_>) -> Self {
        Self {
            function: self.function.clone_ref(py),
            many: self.many,
        }
    }
}

#[derive(Default)]
struct Memory {
    /// Registry type and class as spelled.
    handlers: Vec<(String, String, Handler)>,
    authorities: Vec<Py<PyString>>,
    results: Vec<Py<PyType>>,
    contexts: Vec<Py<PyAny>>,
}

/// What only the holder of the interpreter lock touches.
#[derive(Default)]
struct Locked(RefCell<Memory>);

// SAFETY: the extension does not declare support for running without the interpreter lock, so that it is on wherever it is
// loaded; and nobody gives it up while the memory is borrowed.
unsafe impl Sync for Locked {}

#[pyclass(frozen, module = "regwire_native")]
pub(crate) struct Lookups {
    request: Pair,
    search_set: Pair,
    lookup: Pair,
    result: Py<PyType>,
    /// The class of contexts: authority, datagram, data.
    context: Pair,
    context_data: usize,
    queries: Py<PyDict>,
    learn: Py<PyAny>,
    serves: Py<PyAny>,
    settle: Py<PyAny>,
    refuse: Py<PyAny>,
    memory: Locked,
}

/// Where the answer of a handler that takes many belongs.
struct Asked {
    datagram: Py<PyAny>,
    query: Py<PyAny>,
}

/// What a handler that takes many is asked, all at once.
struct Together {
    function: Py<PyAny>,
    asked: Vec<Asked>,
    /// The context of each.
    asking: Vec<Py<PyAny>>,
}

#[pymethods]
impl Lookups {
    #[new]
    #[pyo3(signature = (*, request, search_set, lookup, result, context, queries, learn, serves, settle, refuse))]
    #[allow(clippy::too_many_arguments, reason = "keyword arguments")]
    fn new(
        request: &Bound<'_, PyAny>,
        search_set: &Bound<'_, PyAny>,
        lookup: &Bound<'_, PyAny>,
        result: Py<PyType>,
        context: &Bound<'_, PyAny>,
        queries: Py<PyDict>,
        learn: Py<PyAny>,
        serves: Py<PyAny>,
        settle: Py<PyAny>,
        refuse: Py<PyAny>,
    ) -> PyResult<Self> {
        Ok(Self {
            request: Pair::new(request, ["control", "search_sets"])?,
            search_set: Pair::new(search_set, ["bag", "query"])?,
            lookup: Pair::new(lookup, ["registry_type", "entity_class"])?,
            result,
            context_data: Pair::new(context, ["_data", "_data"])?.offsets[0],
            context: Pair::new(context, ["authority", "_datagram"])?,
            queries,
            learn,
            serves,
            settle,
            refuse,
            memory: Locked::default(),
        })
    }

    /// Engines, whose methods are held here, die by the collector.
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.queries)?;
        for held in [&self.learn, &self.serves, &self.settle, &self.refuse] {
            visit.call(held)?;
        }
        if let Ok(memory) = self.memory.0.try_borrow() {
            for (_, _, handler) in &memory.handlers {
                visit.call(&handler.function)?;
            }
            for context in &memory.contexts {
                visit.call(context)?;
            }
        }
        Ok(())
    }

    /// What to send for a request: an element, `None` (nothing found) or a whole response; `NotImplemented`: it is no request
    /// of the kind that is answered here.
    #[pyo3(signature = (request, context, /))]
    fn one<'py>(
        &self,
        request: &Bound<'py, PyAny>,
        context: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = request.py();
        let Some((handler, query)) = self.route(request)? else {
            return Ok(py.NotImplemented().into_bound(py));
        };
        if !handler.many {
            return self.call(&handler.function, &query, context);
        }
        let mut found = Vec::with_capacity(1);
        let asked = PyList::new(py, [&query])?;
        let contexts = PyList::new(py, [context])?;
        self.call_many(&handler.function, &asked, &contexts, &mut found)?;
        found
            .pop()
            .ok_or_else(|| PyRuntimeError::new_err("no answer"))
    }

    /// Answers datagrams: appends those that are answered to `answered` and what to send for them to `contents`, and returns
    /// the others.
    #[pyo3(signature = (datagrams, answered, contents, /))]
    fn answer<'py>(
        &self,
        datagrams: &Bound<'py, PyList>,
        answered: &Bound<'py, PyList>,
        contents: &Bound<'py, PyList>,
    ) -> PyResult<Bound<'py, PyList>> {
        let py = datagrams.py();
        let others = PyList::empty(py);
        let mut together: Vec<Together> = Vec::new();
        let mut place = 0;
        for datagram in datagrams {
            let Some((handler, query, authority)) = self.question(&datagram)? else {
                others.append(datagram)?;
                continue;
            };
            let asking = self.context_at(place, &authority, &datagram)?;
            if handler.many {
                place += 1;
                let same = |one: &&mut Together| one.function.is(&handler.function);
                let asked = Asked {
                    datagram: datagram.unbind(),
                    query: query.unbind(),
                };
                match together.iter_mut().find(same) {
                    Some(one) => {
                        one.asked.push(asked);
                        one.asking.push(asking.unbind());
                    }
                    None => together.push(Together {
                        function: handler.function,
                        asked: vec![asked],
                        asking: vec![asking.unbind()],
                    }),
                }
                continue;
            }
            let content = self.call(&handler.function, &query, &asking)?;
            answered.append(datagram)?;
            contents.append(content)?;
        }
        for one in together {
            let queries = PyList::new(py, one.asked.iter().map(|asked| &asked.query))?;
            let asking = PyList::new(py, &one.asking)?;
            let mut found = Vec::with_capacity(one.asked.len());
            self.call_many(&one.function, &queries, &asking, &mut found)?;
            for (asked, content) in one.asked.into_iter().zip(found) {
                answered.append(asked.datagram)?;
                contents.append(content)?;
            }
        }
        Ok(others)
    }
}

impl Lookups {
    /// For a moment: nothing of Python may be called meanwhile.
    #[inline(always)]
    fn memory(&self) -> RefMut<'_, Memory> {
        self.memory.0.borrow_mut()
    }

    /// Handler, query and authority of a datagram that is one lookup or query for an authority that is served.
    #[inline(always)]
    #[allow(clippy::type_complexity, reason = "three things in a row")]
    fn question<'py>(
        &self,
        datagram: &Bound<'py, PyAny>,
    ) -> PyResult<Option<(Handler, Bound<'py, PyAny>, Bound<'py, PyString>)>> {
        let py = datagram.py();
        let given = datagram.cast::<LwzDatagram>()?.get();
        // What is wrong with a datagram leaves it without a document.
        let Some(request) = &given.document else {
            return Ok(None);
        };
        let Some((handler, query)) = self.route(request.bind(py))? else {
            return Ok(None);
        };
        let authority = given.authority.bind(py);
        if !self.served(authority)? {
            return Ok(None);
        }
        Ok(Some((handler, query, authority.clone())))
    }

    /// The handler and the query of a request that is one lookup or query without control and bag.
    #[inline(always)]
    fn route<'py>(
        &self,
        request: &Bound<'py, PyAny>,
    ) -> PyResult<Option<(Handler, Bound<'py, PyAny>)>> {
        let py = request.py();
        let Some([control, sets]) = self.request.of(request) else {
            return Ok(None);
        };
        let Ok(sets) = sets.cast::<PyTuple>() else {
            return Ok(None);
        };
        if sets.len() != 1 || !control.is_none() {
            return Ok(None);
        }
        let Some([bag, query]) = self.search_set.of(&sets.get_item(0)?) else {
            return Ok(None);
        };
        if !bag.is_none() {
            return Ok(None);
        }
        let handler = match self.lookup.of(&query) {
            Some([kind, class]) => self.handler(&kind, &class)?,
            None => self
                .queries
                .bind(py)
                .get_item(query.get_type())?
                .map(|function| Handler {
                    function: function.unbind(),
                    many: false,
                }),
        };
        Ok(handler.map(|handler| (handler, query)))
    }

    /// The handler of a registry type and class as a client spells them; spellings are remembered.
    #[inline(always)]
    fn handler(
        &self,
        kind: &Bound<'_, PyAny>,
        class: &Bound<'_, PyAny>,
    ) -> PyResult<Option<Handler>> {
        let py = kind.py();
        let (Ok(kind), Ok(class)) = (kind.cast::<PyString>(), class.cast::<PyString>()) else {
            return Ok(None);
        };
        let (Ok(kind), Ok(class)) = (kind.to_str(), class.to_str()) else {
            return Ok(None);
        };
        let known = self
            .memory()
            .handlers
            .iter()
            .find(|known| known.1 == class && known.0 == kind)
            .map(|known| known.2.clone_ref(py));
        match known {
            None => self.new_handler(py, kind, class),
            found => Ok(found),
        }
    }

    #[cold]
    fn new_handler(&self, py: Python<'_>, kind: &str, class: &str) -> PyResult<Option<Handler>> {
        let found: Option<(Py<PyAny>, bool)> =
            self.learn.bind(py).call1((kind, class))?.extract()?;
        let Some((function, many)) = found else {
            return Ok(None);
        };
        let handler = Handler { function, many };
        let mut memory = self.memory();
        if memory.handlers.len() < SPELLINGS {
            let kept = handler.clone_ref(py);
            memory
                .handlers
                .push((kind.to_owned(), class.to_owned(), kept));
        }
        Ok(Some(handler))
    }

    #[inline(always)]
    fn served(&self, authority: &Bound<'_, PyString>) -> PyResult<bool> {
        let last = |known: &Py<PyString>| known.is(authority);
        if self.memory().authorities.iter().any(last) {
            return Ok(true);
        }
        self.asked_for(authority)
    }

    #[cold]
    fn asked_for(&self, authority: &Bound<'_, PyString>) -> PyResult<bool> {
        let served = self
            .serves
            .bind(authority.py())
            .call1((authority,))?
            .is_truthy()?;
        if served {
            let mut memory = self.memory();
            let full = memory.authorities.len() == AUTHORITIES;
            let before = full.then(|| memory.authorities.remove(0));
            memory.authorities.push(authority.clone().unbind());
            drop(memory);
            drop(before);
        }
        Ok(served)
    }

    /// A context for a datagram: one that nobody kept, as if it were new, or a new one.
    #[inline(always)]
    fn context_at<'py>(
        &self,
        place: usize,
        authority: &Bound<'py, PyString>,
        datagram: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = datagram.py();
        let kept = self
            .memory()
            .contexts
            .get(place)
            .map(|context| context.bind(py).clone());
        if let Some(context) = kept
            // Ours and the kept one.
            // SAFETY: a live object.
            && unsafe { ffi::Py_REFCNT(context.as_ptr()) } == 2
        {
            let [first, second] = self.context.offsets;
            // SAFETY: the context is of the class that the offsets are from, and nobody else has it.
            unsafe {
                exchange(&context, first, authority.as_any());
                exchange(&context, second, datagram);
                exchange(&context, self.context_data, py.None().bind(py));
            }
            return Ok(context);
        }
        self.new_context(place, authority, datagram)
    }

    #[cold]
    fn new_context<'py>(
        &self,
        place: usize,
        authority: &Bound<'py, PyString>,
        datagram: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = datagram.py();
        let context = self.context.class.bind(py).call1((authority, datagram))?;
        // Whoever kept the one before keeps it; it dies, if at all, when the memory is not looked at.
        let kept = context.clone().unbind();
        let mut memory = self.memory();
        let before = if place < memory.contexts.len() {
            Some(std::mem::replace(&mut memory.contexts[place], kept))
        } else {
            if place < CONTEXTS {
                memory.contexts.push(kept);
            }
            None
        };
        drop(memory);
        drop(before);
        Ok(context)
    }

    /// Calls a handler; gives what to send.
    #[inline(always)]
    fn call<'py>(
        &self,
        function: &Py<PyAny>,
        query: &Bound<'py, PyAny>,
        context: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = query.py();
        // SAFETY: live objects, of which the caller holds references; a new reference or null with an exception set.
        let found = unsafe {
            let arguments = [std::ptr::null_mut(), query.as_ptr(), context.as_ptr()];
            let found = ffi::PyObject_Vectorcall(
                function.as_ptr(),
                arguments.as_ptr().add(1),
                2 | ffi::PY_VECTORCALL_ARGUMENTS_OFFSET,
                std::ptr::null_mut(),
            );
            Bound::from_owned_ptr_or_err(py, found)
        };
        match found {
            Ok(found) => self.content(found, query),
            Err(error) => self.refused(error, query),
        }
    }

    /// Calls a handler that takes many; gives what to send for each.
    fn call_many<'py>(
        &self,
        function: &Py<PyAny>,
        queries: &Bound<'py, PyList>,
        contexts: &Bound<'py, PyList>,
        out: &mut Vec<Bound<'py, PyAny>>,
    ) -> PyResult<()> {
        let py = queries.py();
        let found = function
            .bind(py)
            .call1((queries, contexts))
            .and_then(|found| answers(found, queries.len()));
        match found {
            Ok(found) => {
                for (content, query) in found.iter().zip(queries) {
                    out.push(self.content(content, &query)?);
                }
            }
            Err(error) => {
                for query in queries {
                    out.push(self.refused(error.clone_ref(py), &query)?);
                }
            }
        }
        Ok(())
    }

    #[inline(always)]
    fn content<'py>(
        &self,
        found: Bound<'py, PyAny>,
        query: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        if found.is_none() {
            if query.get_type_ptr().cast() == self.lookup.class.as_ptr() {
                return Ok(found);
            }
        } else if self.is_result(&found)? {
            return Ok(found);
        }
        self.settle.bind(found.py()).call1((found, query))
    }

    #[inline(always)]
    fn is_result(&self, found: &Bound<'_, PyAny>) -> PyResult<bool> {
        let class = found.get_type_ptr();
        let same = |known: &Py<PyType>| known.as_ptr() == class.cast();
        if self.memory().results.iter().any(same) {
            return Ok(true);
        }
        if !found.is_instance(self.result.bind(found.py()))? {
            return Ok(false);
        }
        let mut memory = self.memory();
        if memory.results.len() < RESULTS {
            memory.results.push(found.get_type().unbind());
        }
        Ok(true)
    }

    #[cold]
    fn refused<'py>(&self, error: PyErr, query: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = query.py();
        if !error.is_instance_of::<PyException>(py) {
            return Err(error);
        }
        self.refuse.bind(py).call1((error.into_value(py), query))
    }
}

/// What a handler that takes many returned, if it is an answer for each.
fn answers(found: Bound<'_, PyAny>, count: usize) -> PyResult<Bound<'_, PyList>> {
    let found = match found.cast_into::<PyList>() {
        Ok(list) => list,
        Err(other) => {
            let other = other.into_inner();
            let items = other.try_iter()?.collect::<PyResult<Vec<_>>>()?;
            PyList::new(other.py(), items)?
        }
    };
    if found.len() == count {
        return Ok(found);
    }
    Err(PyValueError::new_err(format!(
        "the handler gave {} answers for {count} lookups",
        found.len()
    )))
}

/// Puts another value into a slot.
///
/// # Safety
/// The object is of the class whose slot is at `offset`.
unsafe fn exchange(object: &Bound<'_, PyAny>, offset: usize, value: &Bound<'_, PyAny>) {
    // SAFETY: as promised; what was there before dies after the slot has its new value.
    unsafe {
        let place = slot(object.as_ptr(), offset);
        let before = *place;
        place.write(value.clone().into_ptr());
        ffi::Py_XDECREF(before);
    }
}
