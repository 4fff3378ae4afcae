//! A real server on a free port, and clients that speak to it byte by byte where it matters.

#![allow(unreachable_pub, reason = "a module of tests")]

pub mod json_form;
pub mod moody;
pub mod questions;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use stepwell_codec::payload::KeyTable;
use stepwell_codec::{FrameEncoder, PayloadBuilder, msgpack};
use stepwell_model::{Entry, Opening, RunPath, StreamId, Value};
use stepwell_proto::v1;
use stepwell_proto::v1::client_message::Message as Said;
use stepwell_proto::v1::ingest_client::IngestClient;
use stepwell_proto::v1::manage_client::ManageClient;
use stepwell_proto::v1::query_client::QueryClient;
use stepwell_proto::v1::server_message::Message as Answer;
use stepwell_server::{Mode, Server, ServerConfig};
use stepwell_store::{MemoryStore, Store};
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Channel;
use tonic::{Status, Streaming};

/// No answer takes longer, unless something is wrong.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A server and a runtime for its clients.
pub struct Rig {
    pub server: Option<Server>,
    pub address: SocketAddr,
    pub runtime: Runtime,
}

impl Rig {
    pub fn new() -> Self {
        Self::with_store(Arc::new(MemoryStore::default()))
    }

    pub fn with_store(store: Arc<dyn Store>) -> Self {
        Self::with_config(ServerConfig::loopback(store, Mode::Server, "/data"))
    }

    pub fn local(store: Arc<dyn Store>, spool_root: &Path) -> Self {
        Self::with_config(ServerConfig::loopback(store, Mode::Local { spool_root: spool_root.to_owned() }, "/data"))
    }

    pub fn with_config(config: ServerConfig) -> Self {
        let server = Server::start(config).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        Self { address: server.address(), server: Some(server), runtime }
    }

    pub fn channel(&self) -> Channel {
        let endpoint = tonic::transport::Endpoint::from_shared(format!("http://{}", self.address)).unwrap();
        self.runtime.block_on(endpoint.connect()).unwrap()
    }

    pub fn query(&self) -> QueryClient<Channel> {
        QueryClient::new(self.channel())
    }

    pub fn manage(&self) -> ManageClient<Channel> {
        ManageClient::new(self.channel())
    }

    /// A connection that has said nothing yet.
    pub fn attach(&self) -> Attached<'_> {
        let (sender, messages) = mpsc::channel(64);
        let mut client = IngestClient::new(self.channel());
        let answers = self.runtime.block_on(client.attach(ReceiverStream::new(messages))).unwrap().into_inner();
        Attached { rig: self, sender: Some(sender), answers }
    }

    /// A connection that is welcome.
    pub fn hello(&self) -> Attached<'_> {
        let mut attached = self.attach();
        attached.say(Said::Hello(v1::Hello { protocol: 1, version: "test".into() }));
        assert!(matches!(attached.answer(), Answer::Welcome(_)));
        attached
    }

    /// Stores entries as the next ones of a stream of their own.
    pub fn store(&self, stream: u8, opening: &Opening, entries: &[Entry]) {
        let mut attached = self.hello();
        assert_eq!(attached.open(id(stream), opening), 0);
        let all: Vec<Entry> = std::iter::once(Entry::Open(opening.clone())).chain(entries.iter().cloned()).collect();
        for (index, chunk) in all.chunks(1_000).enumerate() {
            attached.frame(id(stream), &frame(index as u64 * 1_000 + 1, chunk));
        }
        while attached.ack() < all.len() as u64 {}
    }

    pub fn get(&self, path: &str) -> HttpAnswer {
        self.http("GET", path, &[], "")
    }

    pub fn post(&self, path: &str, body: &str) -> HttpAnswer {
        self.http("POST", path, &[("content-type", "application/json")], body)
    }

    pub fn http(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> HttpAnswer {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut request = format!("{method} {path} HTTP/1.1\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
        if !headers.iter().any(|(name, _)| *name == "host") {
            request.push_str(&format!("host: {}\r\n", self.address));
        }
        headers.iter().for_each(|(name, value)| request.push_str(&format!("{name}: {value}\r\n")));
        // A server may answer and close before it has read the body.
        let _ = stream.write_all((request + "\r\n" + body).as_bytes());
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("a head");
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        HttpAnswer { status, head: head.to_ascii_lowercase(), body: bytes[end + 4..].to_vec() }
    }
}

/// What came back over HTTP.
#[derive(Debug)]
pub struct HttpAnswer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl HttpAnswer {
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&self.body)))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn batch(&self) -> Batch {
        assert_eq!(self.status, 200, "{}", self.text());
        Batch::parse(&self.body)
    }
}

/// An answer of typed arrays.
pub struct Batch {
    pub header: serde_json::Value,
    data: Vec<u8>,
}

impl Batch {
    pub fn parse(bytes: &[u8]) -> Self {
        let length = u32::from_le_bytes(bytes[..4].try_into().unwrap()) as usize;
        assert_eq!((4 + length) % 8, 0, "data must be aligned");
        Self { header: serde_json::from_slice(&bytes[4..4 + length]).unwrap(), data: bytes[4 + length..].to_vec() }
    }

    pub fn series(&self, panel: usize, series: usize) -> &serde_json::Value {
        &self.header["panels"][panel]["series"][series]
    }

    pub fn column(&self, panel: usize, series: usize, name: &str) -> Vec<f64> {
        let series = self.series(panel, series);
        let length = series["length"].as_u64().unwrap() as usize;
        let place = &series["columns"][name];
        assert!(place.is_array(), "no column {name} in {series}");
        let at = place[0].as_u64().unwrap() as usize;
        match place[1].as_str().unwrap() {
            "f64" => self.data[at..at + 8 * length].chunks(8).map(|bytes| f64::from_le_bytes(bytes.try_into().unwrap())).collect(),
            "u32" => {
                self.data[at..at + 4 * length].chunks(4).map(|bytes| f64::from(u32::from_le_bytes(bytes.try_into().unwrap()))).collect()
            }
            other => panic!("unknown type {other}"),
        }
    }
}

/// A connection of a writer.
pub struct Attached<'a> {
    rig: &'a Rig,
    sender: Option<mpsc::Sender<v1::ClientMessage>>,
    answers: Streaming<v1::ServerMessage>,
}

impl Attached<'_> {
    pub fn say(&mut self, message: Said) {
        let sending = self.sender.as_ref().unwrap().send(v1::ClientMessage { message: Some(message) });
        self.rig.runtime.block_on(sending).unwrap();
    }

    /// The next answer.
    pub fn answer(&mut self) -> Answer {
        self.next(PATIENCE).expect("an answer in time").expect("no error").expect("not the end")
    }

    /// The next answer within a time, the end, or an error; `None` if nothing came.
    pub fn next(&mut self, wait: Duration) -> Option<Result<Option<Answer>, Status>> {
        let answers = &mut self.answers;
        let answer = self.rig.runtime.block_on(async { tokio::time::timeout(wait, answers.message()).await }).ok()?;
        Some(answer.map(|message| message.map(|message| message.message.unwrap())))
    }

    /// Opens a stream; returns its durable number.
    pub fn open(&mut self, stream: StreamId, opening: &Opening) -> u64 {
        let opening = Some(v1::Opening::from(opening.clone()));
        self.say(Said::Open(v1::OpenStream { stream: stream.0.to_vec().into(), opening, first_unacked: 1 }));
        match self.answer() {
            Answer::Ready(ready) => ready.durable,
            other => panic!("{other:?}"),
        }
    }

    pub fn frame(&mut self, stream: StreamId, frame: &[u8]) {
        self.say(Said::Frame(v1::Frame { stream: stream.0.to_vec().into(), frame: frame.to_vec().into() }));
    }

    /// The number of the next acknowledgement.
    pub fn ack(&mut self) -> u64 {
        match self.answer() {
            Answer::Ack(ack) => ack.durable,
            other => panic!("{other:?}"),
        }
    }

    /// Reason why the stream was refused.
    pub fn fatal(&mut self) -> String {
        match self.answer() {
            Answer::Fatal(fatal) => fatal.reason,
            other => panic!("{other:?}"),
        }
    }

    /// Says no more, and keeps listening.
    pub fn hang_up(&mut self) {
        self.sender = None;
    }
}

pub fn id(byte: u8) -> StreamId {
    StreamId([byte; 16])
}

pub fn opening(run: &str) -> Opening {
    Opening { path: RunPath::new("local", "digits", run).unwrap(), primary: true, time: 1_700_000_000_000_000, ..Opening::default() }
}

/// A row of one second per step.
pub fn row(step: i64, cells: &[(&str, Value)]) -> Entry {
    Entry::Row(stepwell_model::Row {
        step,
        time: 1_700_000_000_000_000 + step * 1_000_000,
        sampled: false,
        cells: cells.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect(),
    })
}

/// The payload of these entries, and how many they are.
pub fn payload(entries: &[Entry]) -> (Vec<u8>, u32) {
    let (mut table, mut builder, mut payload) = (KeyTable::default(), PayloadBuilder::new(), Vec::new());
    for entry in entries {
        match entry {
            Entry::Row(row) => {
                let mut shape = Vec::new();
                for (key, _) in &row.cells {
                    let index = table.keys.iter().position(|known| **known == **key).unwrap_or_else(|| {
                        table.keys.push(key.as_str().into());
                        table.keys.len() - 1
                    });
                    shape.push(index as u32);
                }
                let shape: Box<[u32]> = shape.into();
                let index = table.shapes.iter().position(|known| *known == shape).unwrap_or_else(|| {
                    table.shapes.push(shape);
                    table.shapes.len() - 1
                });
                let values: Vec<u8> = row.cells.iter().flat_map(|(_, value)| msgpack::to_bytes(value)).collect();
                builder.row(&table, index as u32, row.step, row.time, row.sampled, &values);
            }
            statement => builder.statement(statement),
        }
    }
    let count = builder.finish(&table, &mut payload);
    (payload, count)
}

/// A frame of these entries, the first of which has the number `first`.
pub fn frame(first: u64, entries: &[Entry]) -> Vec<u8> {
    let (payload, count) = payload(entries);
    let mut out = Vec::new();
    FrameEncoder::new().unwrap().encode(first, count, &payload, &mut out).unwrap();
    out
}

/// Asks again until it holds.
pub fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = std::time::Instant::now() + PATIENCE;
    while !holds() {
        assert!(std::time::Instant::now() < deadline, "in vain: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
