//! IRIS over XPC (RFC 4992): lookups of domain checks as request blocks, and what must stand in the response blocks.
//!
//! Only what the load needs: a block of one chunk. A server that splits so small an answer is refused, not measured.

use memchr::memmem;

/// Kinds of chunks (RFC 4992 section 6).
pub const VERSION_INFORMATION: u8 = 0b001;
pub const APPLICATION_DATA: u8 = 0b111;

/// Version 0, the session goes on.
const KEEP_OPEN: u8 = 0b0010_0000;
/// The last chunk of its block, and its data complete.
const LAST: u8 = 0b1100_0000;
/// Block header, chunk descriptor, length of the chunk: four octets, as before an EPP frame.
const HEADER: usize = 4;

/// Octets of a response block, header included, that must consist of one chunk of this kind.
pub fn length(header: [u8; HEADER], kind: u8) -> Result<usize, String> {
    let [block, chunk, high, low] = header;
    if block != KEEP_OPEN {
        return Err(format!("a block that begins with {block:#010b}"));
    }
    if chunk != LAST | kind {
        return Err(format!("a chunk {chunk:#010b} instead of kind {kind:#05b}"));
    }
    Ok(HEADER + usize::from(u16::from_be_bytes([high, low])))
}

fn document(index: u64, indented: bool) -> String {
    let (first, second, third) = if indented {
        ("\n  ", "\n    ", "\n")
    } else {
        ("", "", "")
    };
    format!(
        "<request xmlns=\"urn:ietf:params:xml:ns:iris1\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\
         {first}<searchSet>{second}<lookupEntity registryType=\"urn:ietf:params:xml:ns:dchk1\" \
         entityClass=\"domain-name\" entityName=\"p{index}.example\"/>{first}</searchSet>{third}</request>"
    )
}

/// Append a request block that asks for the state of a preloaded domain.
pub fn write(authority: &str, index: u64, indented: bool, out: &mut Vec<u8>) -> Result<(), String> {
    let text = document(index, indented);
    let authority_length = u8::try_from(authority.len()).map_err(|fault| fault.to_string())?;
    let length = u16::try_from(text.len()).map_err(|fault| fault.to_string())?;
    out.extend_from_slice(&[KEEP_OPEN, authority_length]);
    out.extend_from_slice(authority.as_bytes());
    out.push(LAST | APPLICATION_DATA);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(text.as_bytes());
    Ok(())
}

/// The answer must be about this domain, and say that it is active.
pub fn check(index: u64, document: &[u8]) -> Result<(), String> {
    let name = format!("domainName>p{index}.example</");
    for wanted in [name.as_str(), "active/>"] {
        if memmem::find(document, wanted.as_bytes()).is_none() {
            return Err(format!("p{index}.example: no {wanted:?}"));
        }
    }
    Ok(())
}
