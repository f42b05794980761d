//! One TLS connection over rustls' unbuffered interface: records are decrypted where they arrived, and encrypted straight
//! into the caller's output, so that an idle session holds no buffers.

use rustls::client::{ClientConnectionData, UnbufferedClientConnection};
use rustls::server::{ServerConnectionData, UnbufferedServerConnection};
use rustls::unbuffered::{
    ConnectionState, EncodeError, EncodeTlsData, EncryptError, InsufficientSizeError,
    UnbufferedStatus, WriteTraffic,
};
use rustls::{CommonState, Error};

use crate::{ClientTls, ConfigError, ServerTls, TlsError, config};

/// Most octets that one record adds around its payload, in any suite offered (TLS 1.2: header 5, nonce 8, tag 16).
const RECORD_OVERHEAD: usize = 29;
/// Most plaintext in one record.
const RECORD_PLAINTEXT: usize = 16_384;

/// A rustls connection of either side.
pub(crate) enum Engine {
    Server(Box<UnbufferedServerConnection>),
    Client(Box<UnbufferedClientConnection>),
}

/// What to do while the connection may write.
#[derive(Clone, Copy)]
pub(crate) enum Write<'a> {
    Nothing,
    Data(&'a [u8]),
    CloseNotify,
}

/// What [`Engine::pump`] found out.
#[derive(Default)]
pub(crate) struct Pumped {
    /// Octets at the front of the input that are done with.
    pub(crate) consumed: usize,
    /// The peer's `close_notify` was read.
    pub(crate) peer_closed: bool,
    pub(crate) error: Option<TlsError>,
}

impl Engine {
    pub(crate) fn server(tls: &ServerTls) -> Result<Self, ConfigError> {
        let connection = UnbufferedServerConnection::new(tls.0.clone())
            .map_err(|error| ConfigError::new("server", error))?;
        Ok(Self::Server(Box::new(connection)))
    }

    pub(crate) fn client(tls: &ClientTls, server_name: &str) -> Result<Self, ConfigError> {
        let name = config::server_name(server_name)?;
        let connection = UnbufferedClientConnection::new(tls.0.clone(), name)
            .map_err(|error| ConfigError::new("client", error))?;
        Ok(Self::Client(Box::new(connection)))
    }

    pub(crate) fn state(&self) -> &CommonState {
        match self {
            Self::Server(connection) => connection,
            Self::Client(connection) => connection,
        }
    }

    /// Works through `input` (decrypting in place), appends plaintext to `plain` and what must be sent to `out`; then does
    /// `write`, which is left out when the connection may not write (any more).
    ///
    /// `input` must be everything that arrived and was not consumed: rustls remembers places in it.
    pub(crate) fn pump(
        &mut self,
        input: &mut [u8],
        plain: &mut Vec<u8>,
        out: &mut Vec<u8>,
        write: Write<'_>,
    ) -> Pumped {
        match self {
            Self::Server(connection) => pump(&mut **connection, input, plain, out, write),
            Self::Client(connection) => pump(&mut **connection, input, plain, out, write),
        }
    }
}

/// The two sides of rustls share no trait for this.
trait Side {
    type Data;
    fn process<'c, 'i>(&'c mut self, input: &'i mut [u8]) -> UnbufferedStatus<'c, 'i, Self::Data>;
    fn handshaking(&self) -> bool;
    /// Whether records wait to be encoded.
    fn queued(&self) -> bool;
}

impl Side for UnbufferedServerConnection {
    type Data = ServerConnectionData;
    fn process<'c, 'i>(&'c mut self, input: &'i mut [u8]) -> UnbufferedStatus<'c, 'i, Self::Data> {
        self.process_tls_records(input)
    }
    fn handshaking(&self) -> bool {
        self.is_handshaking()
    }
    fn queued(&self) -> bool {
        self.wants_write()
    }
}

impl Side for UnbufferedClientConnection {
    type Data = ClientConnectionData;
    fn process<'c, 'i>(&'c mut self, input: &'i mut [u8]) -> UnbufferedStatus<'c, 'i, Self::Data> {
        self.process_tls_records(input)
    }
    fn handshaking(&self) -> bool {
        self.is_handshaking()
    }
    fn queued(&self) -> bool {
        self.wants_write()
    }
}

fn pump<S: Side>(
    side: &mut S,
    input: &mut [u8],
    plain: &mut Vec<u8>,
    out: &mut Vec<u8>,
    write: Write<'_>,
) -> Pumped {
    let mut pumped = Pumped::default();
    let mut done = matches!(write, Write::Nothing);
    loop {
        // A server may write before it has the client's Finished; what it says then goes to somebody not yet verified.
        let may_write = !done && !side.handshaking();
        let UnbufferedStatus { discard, state } = side.process(&mut input[pumped.consumed..]);
        let mut read = false;
        let result = match state {
            Ok(ConnectionState::ReadTraffic(mut traffic)) => {
                read = true;
                read_records(&mut traffic, plain)
            }
            Ok(ConnectionState::EncodeTlsData(mut data)) => {
                encode(&mut data, out);
                Ok(())
            }
            Ok(ConnectionState::TransmitTlsData(data)) => {
                data.done();
                Ok(())
            }
            Ok(ConnectionState::PeerClosed) => {
                pumped.peer_closed = true;
                Ok(())
            }
            Ok(ConnectionState::WriteTraffic(traffic)) if may_write => {
                done = true;
                perform(traffic, write, out)
            }
            Ok(
                ConnectionState::WriteTraffic(_)
                | ConnectionState::BlockedHandshake
                | ConnectionState::Closed,
            ) => {
                pumped.consumed += discard;
                return pumped;
            }
            Ok(_) => Err(Error::General(
                "early data, which was never offered".to_owned(),
            )),
            Err(error) => Err(error),
        };
        pumped.consumed += discard;
        if let Err(error) = result {
            pumped.error = Some(error.into());
            flush_alert(side, &mut input[pumped.consumed..], out);
            return pumped;
        }
        // The ordinary end: a record of data was the last of the input, and calls for nothing. Asking once more costs a tenth of
        // what the record did.
        if read && done && pumped.consumed == input.len() && !side.handshaking() && !side.queued() {
            return pumped;
        }
    }
}

fn read_records<D>(
    traffic: &mut rustls::unbuffered::ReadTraffic<'_, '_, D>,
    plain: &mut Vec<u8>,
) -> Result<(), Error> {
    while let Some(record) = traffic.next_record() {
        plain.extend_from_slice(record?.payload);
    }
    Ok(())
}

/// Appends a queued handshake record or alert.
fn encode<D>(data: &mut EncodeTlsData<'_, D>, out: &mut Vec<u8>) {
    // The size is only told by asking with too little room.
    if let Err(EncodeError::InsufficientSize(InsufficientSizeError { required_size })) =
        data.encode(&mut [])
    {
        let start = out.len();
        out.resize(start + required_size, 0);
        let written = data.encode(&mut out[start..]).unwrap_or(0);
        out.truncate(start + written);
    }
}

fn perform<D>(
    mut traffic: WriteTraffic<'_, D>,
    write: Write<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Error> {
    let mut room = match write {
        Write::Nothing => return Ok(()),
        Write::Data(data) => data.len() + RECORD_OVERHEAD * (data.len() / RECORD_PLAINTEXT + 1),
        Write::CloseNotify => 2 * RECORD_OVERHEAD,
    };
    let start = out.len();
    loop {
        out.resize(start + room, 0);
        let written = match write {
            Write::Data(data) => traffic.encrypt(data, &mut out[start..]),
            _ => traffic.queue_close_notify(&mut out[start..]),
        };
        match written {
            Ok(written) => {
                out.truncate(start + written);
                return Ok(());
            }
            // Records already queued (a key update) go out first and need room too.
            Err(EncryptError::InsufficientSize(InsufficientSizeError { required_size }))
                if required_size > room =>
            {
                room = required_size;
            }
            Err(error) => {
                out.truncate(start);
                return Err(Error::General(error.to_string()));
            }
        }
    }
}

/// After an error, what rustls queued for the peer is all that is left to do. Not a step more: that would look at the
/// broken record once again, and a second alert is a bug that rustls asserts against.
fn flush_alert<S: Side>(side: &mut S, rest: &mut [u8], out: &mut Vec<u8>) {
    while side.queued() {
        match side.process(rest).state {
            Ok(ConnectionState::EncodeTlsData(mut data)) => encode(&mut data, out),
            Ok(ConnectionState::TransmitTlsData(data)) => data.done(),
            _ => return,
        }
    }
}
