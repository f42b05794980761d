//! One session: frames in, replies out, one write for all frames of a read.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use crate::handle::{After, Session};
use crate::registry::Registry;
use crate::reply;

const FRAME_LIMIT: usize = 512 * 1024;
const READ: usize = 16 * 1024;

pub async fn run(
    socket: TcpStream,
    acceptor: TlsAcceptor,
    registry: Rc<RefCell<Registry>>,
) -> io::Result<()> {
    let mut stream = acceptor.accept(socket).await?;
    let mut session = Session::new(registry);
    let mut input = Vec::with_capacity(READ);
    let mut output = Vec::with_capacity(READ);
    reply::greeting(&mut output);
    stream.write_all(&output).await?;
    stream.flush().await?;
    loop {
        if input.capacity() - input.len() < READ / 2 {
            input.reserve(READ);
        }
        if stream.read_buf(&mut input).await? == 0 {
            return Ok(());
        }
        output.clear();
        let (consumed, after) = answer(&mut session, &input, &mut output)?;
        input.drain(..consumed);
        if !output.is_empty() {
            stream.write_all(&output).await?;
            stream.flush().await?;
        }
        if after == After::Close {
            return stream.shutdown().await;
        }
    }
}

/// Answer every complete frame of `input`; how many octets that were.
fn answer(session: &mut Session, input: &[u8], output: &mut Vec<u8>) -> io::Result<(usize, After)> {
    let mut start = 0;
    while let Some(header) = input.get(start..start + 4) {
        let length = u32::from_be_bytes(header.try_into().expect("four octets")) as usize;
        if !(4..=FRAME_LIMIT).contains(&length) {
            return Err(io::Error::other("frame length"));
        }
        let Some(frame) = input.get(start + 4..start + length) else {
            break;
        };
        start += length;
        if session.answer(frame, output) == After::Close {
            return Ok((start, After::Close));
        }
    }
    Ok((start, After::Continue))
}
