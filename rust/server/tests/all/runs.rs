//! Runs of a project: filtered, ordered, and deleted; what is gone stays gone, and a writer that lives keeps
//! its run.

use crate::rig::{Rig, eventually, frame, id, opening, row};
use std::path::Path;
use std::sync::Arc;
use stepwell_codec::FrameHeader;
use stepwell_codec::payload::statement::opening_to_bytes;
use stepwell_model::{Entry, Opening, Value};
use stepwell_proto::v1;
use stepwell_spool::{OsDisk, SpoolOptions, SpoolWriter};
use stepwell_store::MemoryStore;
use tonic::Code;

fn spooled(root: &Path, stream: u8, opening: &Opening) -> SpoolWriter {
    let meta = opening_to_bytes(opening);
    let mut spool = SpoolWriter::create(Arc::new(OsDisk), root, id(stream), &meta, SpoolOptions { segment_bytes: 1 << 20 }).unwrap();
    let bytes = frame(1, &[Entry::Open(opening.clone()), row(0, &[("loss", Value::Float(0.5))])]);
    spool.append(&FrameHeader::decode(&bytes).unwrap(), &bytes).unwrap();
    spool
}

fn delete(rig: &Rig, run: &str) -> Result<(), tonic::Status> {
    let path = Some(v1::RunPath { entity: "local".into(), project: "digits".into(), run: run.into() });
    rig.runtime.block_on(rig.manage().delete_run(v1::DeleteRunRequest { path })).map(drop)
}

fn runs(rig: &Rig) -> Vec<String> {
    let runs = rig.get("/api/v1/runs?entity=local&project=digits").json();
    let mut names: Vec<String> = runs["runs"].as_array().unwrap().iter().map(|run| run["run"].as_str().unwrap().to_owned()).collect();
    names.sort_unstable();
    names
}

#[test]
fn a_deleted_run_is_gone_and_an_unknown_one_is_named() {
    let rig = Rig::new();
    rig.store(1, &opening("one"), &[row(0, &[("loss", Value::Float(0.5))])]);
    rig.store(2, &opening("two"), &[]);
    delete(&rig, "one").unwrap();
    assert_eq!(runs(&rig), ["two"]);
    let error = delete(&rig, "one").unwrap_err();
    assert_eq!(error.code(), Code::NotFound);
    assert!(error.message().contains("one"), "{error}");
}

#[test]
fn a_new_index_does_not_bring_a_deleted_run_back() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    for (stream, name) in [(1, "one"), (2, "one"), (3, "two")] {
        spooled(root, stream, &opening(name)).close().unwrap();
    }
    let rig = Rig::local(Arc::new(MemoryStore::default()), root);
    eventually("all are read", || runs(&rig) == ["one", "two"]);
    delete(&rig, "one").unwrap();
    assert_eq!(runs(&rig), ["two"]);
    drop(rig);
    assert_eq!(std::fs::read_dir(root).unwrap().count(), 1);
    let rig = Rig::local(Arc::new(MemoryStore::default()), root);
    eventually("the other is read", || runs(&rig) == ["two"]);
}

#[test]
fn a_run_whose_writer_lives_is_not_deleted() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    let mut spool = spooled(root, 1, &Opening { host: "elsewhere".into(), pid: 7, ..opening("r") });
    spool.stream_directory().heartbeat().unwrap();
    let rig = Rig::local(Arc::new(MemoryStore::default()), root);
    eventually("it is read", || runs(&rig) == ["r"]);
    let error = delete(&rig, "r").unwrap_err();
    assert_eq!(error.code(), Code::FailedPrecondition);
    assert!(error.message().contains("elsewhere"), "{error}");
    assert_eq!(runs(&rig), ["r"]);
    spool.close().unwrap();
    delete(&rig, "r").unwrap();
    assert_eq!(runs(&rig), [""; 0]);
}

#[test]
fn a_list_of_runs_is_filtered_ordered_and_paged() {
    let rig = Rig::new();
    for (stream, name, lr) in [(1, "one", 0.1), (2, "two", 0.3), (3, "three", 0.2), (4, "four", 0.05)] {
        let config = Entry::Config { time: 1, set: vec![("lr".into(), Value::Float(lr))], deleted: vec![] };
        rig.store(stream, &opening(name), &[config]);
    }
    let list = |filters: &str, order: &str, limit: u32, offset: u32| {
        let request = v1::ListRunsRequest {
            entity: "local".into(),
            project: "digits".into(),
            limit,
            offset,
            filters: filters.into(),
            order: order.into(),
            ..v1::ListRunsRequest::default()
        };
        let reply = rig.runtime.block_on(rig.query().list_runs(request))?.into_inner();
        let names: Vec<String> = reply.runs.into_iter().map(|run| run.path.unwrap().run).collect();
        Ok::<_, tonic::Status>((names.join(" "), reply.total))
    };
    let over = r#"{"config.lr": {"$gte": 0.1}}"#;
    assert_eq!(list(over, "-config.lr", 0, 0).unwrap(), ("two three one".into(), 3));
    assert_eq!(list(over, "-config.lr", 1, 1).unwrap(), ("three".into(), 3));
    assert_eq!(list("", "config.lr", 2, 0).unwrap(), ("four one".into(), 4));
    assert_eq!(list(r#"{"name": "five"}"#, "", 0, 0).unwrap(), (String::new(), 0));
    let error = list(r#"{"config.lr": {"$near": 1}}"#, "", 0, 0).unwrap_err();
    assert_eq!((error.code(), error.message().contains("$near")), (Code::InvalidArgument, true));
    let filters = "filters=%7B%22config.lr%22%3A%7B%22%24lt%22%3A0.15%7D%7D&order=%2Bname";
    let found = rig.get(&format!("/api/v1/runs?entity=local&project=digits&{filters}")).json();
    assert_eq!((found["total"].clone(), found["runs"][0]["run"].clone()), (2.into(), "four".into()));
    assert_eq!(rig.get("/api/v1/runs?entity=local&project=digits&order=size").status, 400);
}
