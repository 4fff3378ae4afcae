//! Generates the gRPC code from proto/ with a compiler written in Rust, so that no `protoc` is needed.

use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?).join("../../proto");
    println!("cargo::rerun-if-changed={}", root.display());
    let files = ["model", "ingest", "query", "manage"].map(|name| root.join(format!("stepwell/v1/{name}.proto")));
    let descriptors = protox::compile(files, [&root])?;
    tonic_prost_build::configure().bytes(".stepwell.v1").compile_fds(descriptors)?;
    Ok(())
}
