//! The owner's side of datagram sockets: items out of batches, and replies into them.

use std::mem;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use regwire_framing::Side;
use regwire_framing::lwz::{Deflater, Fitted, Kind};
use regwire_reactor::{Batch, DatagramLimits as Limits, EndpointId};

use crate::codec::ResultTemplate;
use crate::lwz::{LwzDatagram, Origin, ReadLimits, Reader, write_reply};
use crate::reactor_codec::{Content, Documents, named_side};

/// IPv4 and UDP header, which the response ratio counts.
const HEADERS: usize = 28;
/// The IPv4 header, which sizes of datagrams do not count.
const IP_HEADER: usize = 20;

/// Limits of a datagram socket.
#[pyclass(frozen, module = "regwire_native")]
pub(crate) struct DatagramLimits(pub(crate) Arc<Limits>);

#[pymethods]
impl DatagramLimits {
    #[new]
    #[pyo3(signature = (
        *, request_octets=4000, response_octets=4000, inflate_octets=65_536, prefix_rate=Some(1000), prefix_burst=2000,
        prefixes=16_384, prefix_v4=24, prefix_v6=56, response_ratio=16
    ))]
    #[allow(clippy::too_many_arguments, reason = "keyword arguments")]
    fn new(
        request_octets: usize,
        response_octets: usize,
        inflate_octets: usize,
        prefix_rate: Option<u32>,
        prefix_burst: u32,
        prefixes: usize,
        prefix_v4: u8,
        prefix_v6: u8,
        response_ratio: u32,
    ) -> PyResult<Self> {
        for (name, value, most) in [
            ("request_octets", request_octets, 65_527),
            ("response_octets", response_octets, 65_535),
            ("prefix_v4", prefix_v4.into(), 32),
            ("prefix_v6", prefix_v6.into(), 64),
        ] {
            if value > most {
                return Err(PyValueError::new_err(format!(
                    "{name}: {value} is above {most}"
                )));
            }
        }
        Ok(Self(Arc::new(Limits {
            request_octets,
            response_octets,
            inflate_octets,
            prefix_rate,
            prefix_burst,
            prefixes,
            prefix_v4,
            prefix_v6,
            response_ratio,
        })))
    }

    fn __repr__(&self) -> String {
        format!("<{:?}>", self.0)
    }
}

struct Endpoint {
    /// What `take()` gives as the owner of its datagrams: its number until `set_endpoint_owner`.
    owner: Py<PyAny>,
    documents: Documents,
    side: Side,
    limits: Arc<Limits>,
    reader: Reader,
    /// What is to be sent at the next flush.
    output: Batch,
}

/// What became of replies.
#[derive(Default)]
struct Counts {
    compressed: u64,
    sized: u64,
    withheld: u64,
}

/// The datagram sockets of a reactor.
#[derive(Default)]
pub(crate) struct Endpoints {
    all: Vec<Option<Endpoint>>,
    /// Those with output since the last flush.
    dirty: Vec<u32>,
    deflater: Deflater,
    counts: Counts,
    spare: Vec<Batch>,
}

impl Endpoints {
    /// Takes up what the reactor made; numbers are the same, because both count every endpoint that was made.
    pub(crate) fn add(
        &mut self,
        py: Python<'_>,
        number: u32,
        documents: Documents,
        side: Side,
        limits: Arc<Limits>,
    ) -> PyResult<()> {
        let at = number as usize;
        if self.all.len() <= at {
            self.all.resize_with(at + 1, || None);
        }
        self.all[at] = Some(Endpoint {
            owner: number.into_pyobject(py)?.into_any().unbind(),
            documents,
            side,
            limits,
            reader: Reader::default(),
            output: Batch::default(),
        });
        Ok(())
    }

    pub(crate) fn set_owner(&mut self, number: u32, owner: Py<PyAny>) {
        if let Some(endpoint) = self.get(number) {
            endpoint.owner = owner;
        }
    }

    pub(crate) fn remove(&mut self, number: u32) {
        if let Some(endpoint) = self.all.get_mut(number as usize) {
            *endpoint = None;
        }
    }

    pub(crate) fn clear(&mut self) {
        self.all.iter_mut().for_each(|endpoint| *endpoint = None);
    }

    fn get(&mut self, number: u32) -> Option<&mut Endpoint> {
        self.all.get_mut(number as usize)?.as_mut()
    }

    /// Decodes datagrams of a batch until `most` items are there.
    pub(crate) fn take(
        &mut self,
        py: Python<'_>,
        EndpointId(number): EndpointId,
        batch: &mut Batch,
        most: usize,
        owners: &mut Vec<Py<PyAny>>,
        taken: &mut Vec<Py<PyAny>>,
    ) -> PyResult<()> {
        let Some(endpoint) = self.get(number) else {
            batch.clear();
            return Ok(());
        };
        let limits = ReadLimits {
            octets: endpoint.limits.request_octets,
            inflate: endpoint.limits.inflate_octets,
        };
        while taken.len() < most {
            let Some(datagram) = batch.next_datagram() else {
                break;
            };
            let origin = Origin {
                peer: datagram.peer,
                local: datagram.local,
                endpoint: number,
                octets: datagram.octets.len(),
                truncated: datagram.truncated,
            };
            let item = endpoint.reader.item(
                py,
                &endpoint.documents,
                endpoint.side,
                datagram.octets,
                limits,
                origin,
            )?;
            if let Some(item) = item {
                owners.push(endpoint.owner.clone_ref(py));
                taken.push(item);
            }
        }
        Ok(())
    }

    /// Queues the answer to a datagram; an endpoint that is closed sends none.
    pub(crate) fn reply(
        &mut self,
        datagram: &Bound<'_, PyAny>,
        content: Content<'_, '_>,
        kind: Kind,
    ) -> PyResult<()> {
        let datagram = datagram.cast::<LwzDatagram>()?.get();
        let origin = datagram.origin;
        if origin.peer.is_none() {
            return Err(PyValueError::new_err(
                "this datagram came from no reactor; lwz_response makes its answer",
            ));
        }
        let number = origin.endpoint;
        let Some(Some(endpoint)) = self.all.get_mut(number as usize) else {
            return Ok(());
        };
        let clean = endpoint.output.is_empty();
        if clean && let Some(batch) = self.spare.pop() {
            endpoint.output = batch;
        }
        let fitted = write_reply(
            &endpoint.documents,
            datagram.terms(most_octets(&endpoint.limits, origin.octets)),
            kind,
            content,
            &mut self.deflater,
            endpoint.output.buffer(),
        )?;
        match fitted {
            Fitted::Plain => {}
            Fitted::Deflated => self.counts.compressed += 1,
            Fitted::Size(_) => self.counts.sized += 1,
            Fitted::Nothing => {
                self.counts.withheld += 1;
                return Ok(());
            }
        }
        endpoint.output.end(origin.peer, origin.local);
        if clean {
            self.dirty.push(number);
        }
        Ok(())
    }

    /// Queues the answers to many; the positions of those that could not be encoded, and why.
    pub(crate) fn reply_many<'py>(
        &mut self,
        py: Python<'py>,
        datagrams: &Bound<'py, PyList>,
        contents: &Bound<'py, PyList>,
        template: Option<&ResultTemplate>,
    ) -> PyResult<Bound<'py, PyList>> {
        if datagrams.len() != contents.len() {
            return Err(PyValueError::new_err(format!(
                "{} contents for {} datagrams",
                contents.len(),
                datagrams.len()
            )));
        }
        let failures = PyList::empty(py);
        for (at, (datagram, content)) in datagrams.iter().zip(contents).enumerate() {
            let content = Content {
                content: &content,
                template,
            };
            if let Err(error) = self.reply(&datagram, content, Kind::Xml) {
                failures.append((at, error.into_value(py)))?;
            }
        }
        Ok(failures)
    }

    /// Queues a client's datagram.
    pub(crate) fn send(
        &mut self,
        number: u32,
        octets: &[u8],
        address: Option<(String, u16)>,
    ) -> PyResult<()> {
        let address = address.map(|(host, port)| socket_address(&host, port));
        let address = address.transpose()?;
        let Some(Some(endpoint)) = self.all.get_mut(number as usize) else {
            return Ok(());
        };
        if endpoint.output.is_empty() {
            self.dirty.push(number);
        }
        endpoint.output.buffer().extend_from_slice(octets);
        endpoint.output.end(address, None);
        Ok(())
    }

    pub(crate) fn is_clean(&self) -> bool {
        self.dirty.is_empty()
    }

    /// What a flush sends.
    pub(crate) fn outgoing(&mut self) -> Vec<(EndpointId, Batch)> {
        let mut outgoing = Vec::with_capacity(self.dirty.len());
        for number in mem::take(&mut self.dirty) {
            if let Some(endpoint) = self.get(number) {
                outgoing.push((EndpointId(number), mem::take(&mut endpoint.output)));
            }
        }
        outgoing
    }

    /// Batches that were sent are used again.
    pub(crate) fn keep(&mut self, sent: Vec<(EndpointId, Batch)>) {
        for (_, mut batch) in sent {
            if self.spare.len() < self.all.len() && batch.octets() <= KEPT_OCTETS {
                batch.clear();
                self.spare.push(batch);
            }
        }
    }

    pub(crate) fn add_figures(&self, figures: &Bound<'_, PyDict>) -> PyResult<()> {
        figures.set_item("datagrams_compressed", self.counts.compressed)?;
        figures.set_item("datagrams_sized", self.counts.sized)?;
        figures.set_item("datagrams_withheld", self.counts.withheld)
    }
}

/// The largest batch whose memory is kept.
const KEPT_OCTETS: usize = 256 << 10;

/// The longest response, with its UDP header, to a request of so many octets.
fn most_octets(limits: &Limits, request: usize) -> usize {
    let ratio = usize::try_from(limits.response_ratio).unwrap_or(usize::MAX);
    let worth = ratio.saturating_mul(request + HEADERS);
    limits.response_octets.min(worth.saturating_sub(IP_HEADER))
}

fn socket_address(host: &str, port: u16) -> PyResult<SocketAddr> {
    let (host, scope) = host.split_once('%').unwrap_or((host, "0"));
    let parsed = host.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, port));
    match (parsed, scope.parse::<u32>()) {
        (Ok(SocketAddr::V6(mut address)), Ok(scope)) => {
            address.set_scope_id(scope);
            Ok(address.into())
        }
        (Ok(address @ SocketAddr::V4(_)), Ok(0)) => Ok(address),
        _ => Err(PyValueError::new_err(format!(
            "{host:?} is not an IP address; names are resolved by the caller"
        ))),
    }
}

/// The parts of a datagram socket that are checked before the reactor is asked to make it.
pub(crate) fn checked(
    py: Python<'_>,
    framing: &str,
    codec: Option<Py<PyAny>>,
    role: &str,
) -> PyResult<(Documents, Side)> {
    if framing != "lwz" {
        return Err(PyValueError::new_err(format!(
            "unknown framing of datagrams {framing:?}; known: lwz"
        )));
    }
    Ok((Documents::new(py, codec, role)?, named_side(role)?))
}
