//! Tells the module which profile it is built with: a quick build must not be measured, and `cfg` cannot tell it from a release.

use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // `PROFILE` names what a profile inherits from; its own name is only in the path <target>/<profile>/build/<package>/out.
    let out = std::env::var("OUT_DIR").unwrap_or_default();
    let mut above = Path::new(&out).ancestors().skip(2);
    let in_build = above
        .next()
        .and_then(Path::file_name)
        .is_some_and(|name| name == "build");
    let own = above
        .next()
        .and_then(Path::file_name)
        .and_then(|name| name.to_str())
        .filter(|_| in_build);
    let inherited = std::env::var("PROFILE").unwrap_or_default();
    println!(
        "cargo::rustc-env=REGWIRE_PROFILE={}",
        own.unwrap_or(&inherited)
    );
    warn_of_untested();
}

/// Says what nobody has run: the tests run on Linux.
fn warn_of_untested() {
    let system = std::env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    if !["linux", "android"].contains(&&*system) {
        println!(
            "cargo::warning=regwire is tested on Linux; on {system} its reactor waits by kqueue, which was compiled but never run: \
             run the tests before you rely on it"
        );
    }
}
