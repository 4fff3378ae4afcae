//! Blobs over gRPC against a real server: what is kept, what is refused, what is passed over, and reading
//! files back.

use crate::rig::{PATIENCE, Rig, opening};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use stepwell_blob::{BlobDirectory, hash};
use stepwell_model::{BlobId, Entry, FileVersion, limits};
use stepwell_proto::v1;
use stepwell_proto::v1::ingest_client::IngestClient;
use stepwell_server::{Mode, ServerConfig};
use stepwell_store::MemoryStore;
use tokio_stream::StreamExt;
use tonic::{Code, Status};

fn rig(directory: &Path) -> Rig {
    Rig::with_config(ServerConfig::loopback(Arc::new(MemoryStore::default()), Mode::Server, directory))
}

fn name(id: BlobId) -> bytes::Bytes {
    id.0.to_vec().into()
}

/// The chunks of a blob that is sent under a name.
fn chunks(id: BlobId, bytes: &[u8]) -> Vec<v1::BlobChunk> {
    let size = bytes.len() as u64;
    let mut chunks: Vec<_> = bytes
        .chunks(limits::BLOB_CHUNK_BYTES)
        .map(|data| v1::BlobChunk { data: data.to_vec().into(), ..v1::BlobChunk::default() })
        .collect();
    if chunks.is_empty() {
        chunks.push(v1::BlobChunk::default());
    }
    (chunks[0].sha256, chunks[0].size) = (name(id), size);
    chunks
}

fn sound(bytes: &[u8]) -> Vec<v1::BlobChunk> {
    chunks(hash(bytes), bytes)
}

/// Makes a call of these chunks; returns the answers, and how it ended.
fn put(rig: &Rig, chunks: Vec<v1::BlobChunk>) -> (Vec<v1::BlobStored>, Result<(), Status>) {
    let mut client = IngestClient::new(rig.channel());
    let call = async {
        let mut answers = match client.put_blobs(tokio_stream::iter(chunks)).await {
            Ok(response) => response.into_inner(),
            Err(status) => return (vec![], Err(status)),
        };
        let mut said = Vec::new();
        loop {
            match answers.message().await {
                Ok(Some(answer)) => said.push(answer),
                Ok(None) => return (said, Ok(())),
                Err(status) => return (said, Err(status)),
            }
        }
    };
    rig.runtime.block_on(async { tokio::time::timeout(Duration::from_secs(60), call).await.expect("an end in time") })
}

fn missing(rig: &Rig, ids: &[BlobId]) -> Vec<BlobId> {
    let request = v1::FindMissingBlobsRequest { sha256: ids.iter().map(|&id| name(id)).collect() };
    let reply = rig.runtime.block_on(IngestClient::new(rig.channel()).find_missing_blobs(request)).unwrap().into_inner();
    reply.sha256.iter().map(|bytes| BlobId(bytes[..].try_into().unwrap())).collect()
}

fn drafts(directory: &Path) -> usize {
    std::fs::read_dir(directory.join("blobs/tmp")).map_or(0, Iterator::count)
}

#[test]
fn blobs_of_any_size_are_stored_and_then_no_longer_missing() {
    let directory = tempfile::tempdir().unwrap();
    let rig = rig(directory.path());
    let contents: Vec<Vec<u8>> = [0, 1, 1_000, 1 << 20, (1 << 20) + 1, 5 << 19].iter().map(|&size| vec![size as u8; size]).collect();
    let ids: Vec<BlobId> = contents.iter().map(|bytes| hash(bytes)).collect();
    assert_eq!(missing(&rig, &ids), ids);
    let (said, end) = put(&rig, contents.iter().flat_map(|bytes| sound(bytes)).collect());
    end.unwrap();
    let mut stored: Vec<_> = said.iter().map(|answer| (answer.sha256.to_vec(), answer.refused.clone())).collect();
    let mut expected: Vec<_> = ids.iter().map(|id| (id.0.to_vec(), String::new())).collect();
    stored.sort();
    expected.sort();
    assert_eq!(stored, expected);
    assert_eq!(missing(&rig, &ids), []);
    let blobs = BlobDirectory::new(directory.path().join("blobs"));
    for (id, bytes) in ids.iter().zip(&contents) {
        assert_eq!(std::fs::read(blobs.path(*id)).unwrap(), *bytes);
    }
    assert_eq!(drafts(directory.path()), 0);
}

#[test]
fn thousands_of_small_blobs_come_in_one_call() {
    let directory = tempfile::tempdir().unwrap();
    let rig = rig(directory.path());
    let contents: Vec<Vec<u8>> = (0..2_000_u32).map(|n| n.to_le_bytes().repeat(500)).collect();
    let (said, end) = put(&rig, contents.iter().flat_map(|bytes| sound(bytes)).collect());
    end.unwrap();
    assert_eq!(said.len(), 2_000);
    let ids: Vec<BlobId> = contents.iter().map(|bytes| hash(bytes)).collect();
    assert_eq!(missing(&rig, &ids), []);
}

#[test]
fn bytes_of_another_name_are_refused_and_the_call_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let rig = rig(directory.path());
    let (short, long) = (hash(b"what was meant"), hash(b"something longer"));
    let mut all = chunks(short, b"what came");
    all.extend(chunks(long, &vec![7; 3 << 20]));
    all.extend(sound(b"sound"));
    let (said, end) = put(&rig, all);
    end.unwrap();
    for answer in &said {
        let is_sound = answer.sha256 == name(hash(b"sound"));
        assert_eq!(answer.refused.is_empty(), is_sound, "{answer:?}");
        assert!(is_sound || answer.refused.contains("SHA-256"));
    }
    assert_eq!(said.len(), 3);
    assert_eq!(missing(&rig, &[short, long, hash(b"sound"), hash(b"what came")]), [short, long, hash(b"what came")]);
    assert_eq!(drafts(directory.path()), 0);
}

#[test]
fn a_blob_that_is_there_is_answered_with_its_first_chunk() {
    let directory = tempfile::tempdir().unwrap();
    let rig = rig(directory.path());
    let bytes = vec![3; 5 << 19];
    let id = BlobDirectory::new(directory.path().join("blobs")).put(&bytes).unwrap();
    // Its other chunks are passed over, whatever they hold.
    let mut again = sound(&bytes);
    again[2].data = vec![9; again[2].data.len()].into();
    again.extend(sound(b"the next one"));
    let (said, end) = put(&rig, again);
    end.unwrap();
    assert!(said.iter().all(|answer| answer.refused.is_empty()) && said.len() == 2, "{said:?}");
    assert_eq!(missing(&rig, &[id, hash(b"the next one")]), []);
    assert_eq!(std::fs::read(BlobDirectory::new(directory.path().join("blobs")).path(id)).unwrap(), bytes);
}

#[test]
fn chunks_that_make_no_sense_end_the_call_and_keep_what_was_answered() {
    let directory = tempfile::tempdir().unwrap();
    let rig = rig(directory.path());
    let chunk = |sha256: &[u8], size, data: &[u8]| v1::BlobChunk { sha256: sha256.to_vec().into(), size, data: data.to_vec().into() };
    let name = hash(b"x").0;
    for (sort, bad) in [
        ("a name of another length", vec![chunk(&name[..31], 1, b"x")]),
        ("no name", vec![chunk(b"", 1, b"x")]),
        ("more than was said", vec![chunk(&name, 1, b"xx")]),
        ("more than was said, later", vec![chunk(&name, 3, b"xx"), chunk(b"", 0, b"xx")]),
        ("a chunk above its limit", vec![chunk(&name, 9 << 20, &vec![1; limits::BLOB_CHUNK_BYTES + 1])]),
        ("an empty chunk", vec![chunk(&name, 2, b"x"), chunk(b"", 0, b"")]),
        ("another blob within one", vec![chunk(&name, 2, b"x"), chunk(&name, 2, b"x")]),
        ("an end within a blob", vec![chunk(&name, 2, b"x")]),
    ] {
        let good = sound(sort.as_bytes());
        let (said, end) = put(&rig, good.into_iter().chain(bad).collect());
        assert_eq!(end.unwrap_err().code(), Code::InvalidArgument, "{sort}");
        assert_eq!(said.len(), 1, "{sort}");
        assert_eq!(missing(&rig, &[hash(sort.as_bytes())]), [], "{sort}");
        assert_eq!(drafts(directory.path()), 0, "{sort}");
    }
}

#[test]
fn a_blob_above_the_limit_is_refused_before_it_comes() {
    let directory = tempfile::tempdir().unwrap();
    let rig = rig(directory.path());
    let first = v1::BlobChunk { sha256: name(hash(b"x")), size: limits::BLOB_BYTES + 1, data: vec![0; 1 << 20].into() };
    let (said, end) = put(&rig, vec![first]);
    assert_eq!(end.unwrap_err().code(), Code::InvalidArgument, "it ended within the blob");
    assert!(said.len() == 1 && said[0].refused.contains("at most"), "{said:?}");
}

#[test]
fn a_disk_that_refuses_ends_the_call_for_now() {
    let directory = tempfile::tempdir().unwrap();
    let rig = rig(directory.path());
    let drafts = directory.path().join("blobs/tmp");
    std::fs::create_dir_all(directory.path().join("blobs")).unwrap();
    std::fs::write(&drafts, b"in the way").unwrap();
    let (said, end) = put(&rig, sound(b"x"));
    assert_eq!((said.len(), end.unwrap_err().code()), (0, Code::Unavailable));
    std::fs::remove_file(&drafts).unwrap();
    let (said, end) = put(&rig, sound(b"x"));
    end.unwrap();
    assert_eq!(said.len(), 1);
}

#[test]
fn a_server_that_ends_ends_its_calls() {
    let directory = tempfile::tempdir().unwrap();
    let mut rig = rig(directory.path());
    let (sender, messages) = tokio::sync::mpsc::channel(4);
    let mut client = IngestClient::new(rig.channel());
    let mut answers = rig.runtime.block_on(client.put_blobs(tokio_stream::wrappers::ReceiverStream::new(messages))).unwrap().into_inner();
    for chunk in sound(b"x") {
        rig.runtime.block_on(sender.send(chunk)).unwrap();
    }
    assert!(rig.runtime.block_on(answers.message()).unwrap().unwrap().refused.is_empty());
    let server = rig.server.take().unwrap();
    let ending = std::thread::spawn(move || server.stop(PATIENCE));
    assert_eq!(rig.runtime.block_on(answers.message()).unwrap_err().code(), Code::Unavailable);
    assert!(ending.join().unwrap(), "in order, and in time");
    assert!(BlobDirectory::new(directory.path().join("blobs")).contains(hash(b"x")));
}

#[test]
fn what_was_left_unfinished_long_ago_is_removed_at_the_start() {
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path().join("blobs/tmp");
    std::fs::create_dir_all(&folder).unwrap();
    for (name, age) in [("1-0", 3 * 86_400), ("1-1", 60)] {
        let file = std::fs::File::create(folder.join(name)).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(age)).unwrap();
    }
    let _rig = rig(directory.path());
    crate::rig::eventually("the old one is gone", || !folder.join("1-0").exists());
    assert!(folder.join("1-1").exists(), "somebody may still be writing this one");
}

#[test]
fn files_are_listed_and_read_once_their_content_is_there() {
    let directory = tempfile::tempdir().unwrap();
    let rig = rig(directory.path());
    let content: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
    let file = |path: &str, bytes: &[u8], time| Entry::File {
        time,
        file: FileVersion { path: path.into(), blob: hash(bytes), size: bytes.len() as u64 },
    };
    rig.store(1, &opening("r"), &[file("b.bin", b"old", 1), file("b.bin", &content, 2), file("a/x.txt", b"away", 3)]);
    rig.store(2, &opening("bare"), &[]);
    put(&rig, sound(&content)).1.unwrap();

    let path = |run: &str| Some(v1::RunPath { entity: "local".into(), project: "digits".into(), run: run.into() });
    let list = |run: &str| rig.runtime.block_on(rig.query().list_files(v1::ListFilesRequest { path: path(run) }));
    let files = list("r").unwrap().into_inner().files;
    let facts: Vec<_> = files.iter().map(|file| (file.path.as_str(), file.size, file.time_us, file.present)).collect();
    assert_eq!(facts, [("a/x.txt", 4, 3, false), ("b.bin", 3_000_000, 2, true)]);
    assert_eq!(files[1].sha256, name(hash(&content)));
    assert!(list("bare").unwrap().into_inner().files.is_empty());
    assert_eq!(list("nobody").unwrap_err().code(), Code::NotFound);

    let read = |run: &str, file: &str, offset| {
        let request = v1::ReadFileRequest { path: path(run), file: file.into(), offset, length: None };
        let mut query = rig.query();
        rig.runtime.block_on(async {
            let mut chunks = query.read_file(request).await?.into_inner();
            let mut bytes = Vec::new();
            while let Some(chunk) = chunks.next().await {
                let data = chunk?.data;
                assert!((1..=limits::BLOB_CHUNK_BYTES).contains(&data.len()));
                bytes.extend_from_slice(&data);
            }
            Ok::<_, Status>(bytes)
        })
    };
    for offset in [0, 1, 1 << 20, 2_999_999, 3_000_000] {
        assert_eq!(read("r", "b.bin", offset).unwrap(), content[offset as usize..]);
    }
    assert_eq!(read("r", "b.bin", 3_000_001).unwrap_err().code(), Code::OutOfRange);
    assert_eq!(read("r", "c", 0).unwrap_err().code(), Code::NotFound);
    assert_eq!(read("nobody", "b.bin", 0).unwrap_err().code(), Code::NotFound);
    let away = read("r", "a/x.txt", 0).unwrap_err();
    assert_eq!((away.code(), away.message().contains("not arrived yet")), (Code::Unavailable, true));
}

/// E1: whoever fills his places with uploads that hardly move does not keep others, or himself, from
/// uploading.
#[test]
fn uploads_that_trickle_give_way_to_one_that_moves() {
    let directory = tempfile::tempdir().unwrap();
    let rig = rig(directory.path());
    let first = |n: u8| v1::BlobChunk { sha256: name(hash(&[n])), size: 1 << 20, data: vec![n; 10].into() };
    let mut held = Vec::new();
    // More than one peer has places for.
    for n in 0..20 {
        let (sender, chunks) = tokio::sync::mpsc::channel(4);
        sender.try_send(first(n)).unwrap();
        let mut client = IngestClient::new(rig.channel());
        let call = rig.runtime.spawn(async move { client.put_blobs(tokio_stream::wrappers::ReceiverStream::new(chunks)).await });
        held.push((sender, call));
    }
    let (said, end) = put(&rig, sound(b"moves"));
    end.unwrap();
    assert_eq!((said.len(), said[0].refused.as_str()), (1, ""));
}

/// Deletes a run as soon as its writer has gone.
fn delete(rig: &Rig, run: &str) {
    let path = v1::RunPath { entity: "local".into(), project: "digits".into(), run: run.into() };
    crate::rig::eventually("the run can be deleted", || {
        let request = v1::DeleteRunRequest { path: Some(path.clone()) };
        rig.runtime.block_on(rig.manage().delete_run(request)).is_ok()
    });
}

#[test]
fn a_content_goes_with_the_last_run_that_names_it_unless_somebody_may_still_name_it() {
    let directory = tempfile::tempdir().unwrap();
    let config = ServerConfig::loopback(Arc::new(MemoryStore::default()), Mode::Server, directory.path());
    let rig = Rig::with_config(ServerConfig { sweeps_blobs: true, ..config });
    let blobs = BlobDirectory::new(directory.path().join("blobs"));
    let (own, shared, asked, unnamed) = (hash(b"own"), hash(b"shared"), hash(b"asked"), hash(b"unnamed"));
    put(&rig, [b"own".as_slice(), b"shared", b"asked", b"unnamed"].iter().flat_map(|bytes| sound(bytes)).collect()).1.unwrap();
    assert_eq!(missing(&rig, &[asked]), [], "somebody is told that he need not send it");
    let file = |path: &str, blob| Entry::File { time: 1, file: FileVersion { path: path.into(), blob, size: 1 } };
    rig.store(1, &opening("one"), &[file("a", own), file("b", shared), file("c", asked), Entry::Exit { time: 1, code: 0 }]);
    rig.store(2, &opening("two"), &[file("a", shared), Entry::Exit { time: 1, code: 0 }]);
    delete(&rig, "one");
    let here = || [own, shared, asked, unnamed].map(|id| blobs.contains(id));
    assert_eq!(here(), [false, true, true, true]);
    delete(&rig, "two");
    assert_eq!(here(), [false, false, true, true]);
}

#[test]
fn what_no_run_has_named_for_a_day_goes_and_only_where_one_server_has_the_directory() {
    for sweeps_blobs in [false, true] {
        let directory = tempfile::tempdir().unwrap();
        let blobs = BlobDirectory::new(directory.path().join("blobs"));
        let (old, young) = (blobs.put(b"old").unwrap(), blobs.put(b"young").unwrap());
        let day = Duration::from_secs(25 * 60 * 60);
        blobs.open(old).unwrap().set_modified(SystemTime::now() - day).unwrap();
        let config = ServerConfig::loopback(Arc::new(MemoryStore::default()), Mode::Server, directory.path());
        let _rig = Rig::with_config(ServerConfig { sweeps_blobs, ..config });
        if sweeps_blobs {
            crate::rig::eventually("the old content is gone", || !blobs.contains(old));
        }
        assert!(blobs.contains(young));
        assert_eq!(blobs.contains(old), !sweeps_blobs);
    }
}
