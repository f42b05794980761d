//! The examples of the RFCs, which stand beside the repository; left out, with a note, where they do not.
mod common;

use std::path::PathBuf;

use common::run;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/spec/examples")
}

#[test]
fn examples_are_read_as_their_index_says() {
    let Ok(index) = std::fs::read_to_string(folder().join("INDEX.tsv")) else {
        eprintln!("left out: no examples in {}", folder().display());
        return;
    };
    let mut seen = 0;
    for row in index.lines().skip(1) {
        let columns: Vec<&str> = row.split('\t').collect();
        let [file, _kind, well_formed, ..] = columns[..] else {
            panic!("{row}")
        };
        let is_document = PathBuf::from(file)
            .extension()
            .is_some_and(|extension| extension == "xml");
        if !is_document || !matches!(well_formed, "yes" | "no") {
            continue;
        }
        let document = std::fs::read(folder().join(file)).unwrap();
        let outcome = run(&document);
        assert_eq!(outcome.is_ok(), well_formed == "yes", "{file}: {outcome:?}");
        seen += 1;
    }
    assert!(seen > 300, "only {seen} examples");
}

/// Cut anywhere, with any octet replaced: an event or an error, never a panic.
#[test]
fn damaged_examples_never_panic() {
    let Ok(document) = std::fs::read(folder().join("epp/5731-11-command-domain-create.xml")) else {
        eprintln!("left out: no examples in {}", folder().display());
        return;
    };
    for end in 0..document.len() {
        assert!(
            run(&document[..end]).is_err() || document[end..].iter().all(u8::is_ascii_whitespace),
            "{end}"
        );
        for octet in [b'<', b'>', b'&', b'"', b':', b'/', 0, 0xC3, b' '] {
            let mut damaged = document.clone();
            damaged[end] = octet;
            let _ = run(&damaged);
        }
    }
}
