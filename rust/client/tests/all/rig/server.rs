//! A scripted server: keeps to the protocol of ingest.proto, misbehaves on demand, and remembers all it was
//! told.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use stepwell_codec::frame::FrameHeader;
use stepwell_lock::Mutex;
use stepwell_model::{BlobId, Entry};
use stepwell_proto::v1;
use stepwell_proto::v1::client_message::Message as Told;
use stepwell_proto::v1::ingest_server::{Ingest, IngestServer};
use stepwell_proto::v1::server_message::Message as Answer;
use tokio::sync::mpsc;
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tonic::{Request, Response, Status, Streaming};

/// What it does with the next frames, in turn; after that it acknowledges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    Acknowledge,
    /// Stores the frame and breaks the connection before the ack: it will arrive twice.
    StoreAndBreak,
    /// Breaks the connection without storing.
    Break,
    Throttle(u32),
    /// Pretends that an entry is expected which was stored already (0: the first).
    Rewind(u64),
    Fatal(&'static str),
    /// Acknowledges, but rejects the frame's entries.
    Reject,
    Drain,
    /// Says nothing from now on.
    Stall,
}

/// What it does with the next blobs, in turn; after that it stores them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BlobDeed {
    Store,
    /// Stores the blob and ends the call before it says so: it will arrive twice.
    StoreAndBreak,
    /// Ends the call as a server with a full disk does.
    Full,
    Refuse(&'static str),
}

#[derive(Default)]
pub struct Memory {
    pub script: std::collections::VecDeque<Deed>,
    pub blob_script: std::collections::VecDeque<BlobDeed>,
    /// Knows nothing of blobs, as older ones do.
    pub is_old: bool,
    pub blobs: BTreeMap<BlobId, Vec<u8>>,
    /// Blobs that came in whole, again those that were there.
    pub blobs_received: u64,
    pub durable: BTreeMap<Vec<u8>, u64>,
    pub entries: BTreeMap<Vec<u8>, Vec<Entry>>,
    pub duplicates: u64,
    pub connections: u64,
    pub closed: Vec<u64>,
    pub statuses: u64,
    pub authorization: Option<String>,
    stalled: bool,
}

pub struct Server {
    pub memory: Arc<Mutex<Memory>>,
    pub address: SocketAddr,
    runtime: Option<tokio::runtime::Runtime>,
}

impl Server {
    pub fn start(script: &[Deed]) -> Self {
        Self::start_at("127.0.0.1:0".parse().unwrap(), script, Arc::default())
    }

    /// With the memory of another one: the same server, started again.
    pub fn start_at(address: SocketAddr, script: &[Deed], memory: Arc<Mutex<Memory>>) -> Self {
        memory.lock().script.extend(script.iter().cloned());
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind(address)).unwrap();
        let address = listener.local_addr().unwrap();
        let service = IngestServer::new(Service { memory: Arc::clone(&memory) }).max_decoding_message_size(5 << 20);
        runtime.spawn(async move {
            tonic::transport::Server::builder().add_service(service).serve_with_incoming(TcpListenerStream::new(listener)).await.unwrap();
        });
        Self { memory, address, runtime: Some(runtime) }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Dies: connections break, the port is free, the memory stays.
    pub fn kill(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }

    /// The entries of the only stream.
    pub fn entries(&self) -> Vec<Entry> {
        self.memory.lock().entries.values().next().cloned().unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

struct Service {
    memory: Arc<Mutex<Memory>>,
}

type Answers = Pin<Box<dyn tokio_stream::Stream<Item = Result<v1::ServerMessage, Status>> + Send>>;

#[tonic::async_trait]
impl Ingest for Service {
    type AttachStream = Answers;
    type PutBlobsStream = Pin<Box<dyn tokio_stream::Stream<Item = Result<v1::BlobStored, Status>> + Send>>;

    async fn find_missing_blobs(
        &self,
        request: Request<v1::FindMissingBlobsRequest>,
    ) -> Result<Response<v1::FindMissingBlobsReply>, Status> {
        let memory = self.memory.lock();
        if memory.is_old {
            return Err(Status::unimplemented("what blobs?"));
        }
        let mut sha256 = request.into_inner().sha256;
        sha256.retain(|id| !memory.blobs.contains_key(&BlobId(id[..].try_into().unwrap())));
        Ok(Response::new(v1::FindMissingBlobsReply { sha256 }))
    }

    async fn put_blobs(&self, request: Request<Streaming<v1::BlobChunk>>) -> Result<Response<Self::PutBlobsStream>, Status> {
        let memory = Arc::clone(&self.memory);
        let mut chunks = request.into_inner();
        let (answers, receiver) = mpsc::channel(1_000);
        tokio::spawn(async move {
            while let Ok(Some(first)) = chunks.message().await {
                let (sha256, size, mut bytes) = (first.sha256, first.size, first.data.to_vec());
                while (bytes.len() as u64) < size {
                    let Ok(Some(chunk)) = chunks.message().await else { return };
                    assert!(chunk.sha256.is_empty() && !chunk.data.is_empty());
                    bytes.extend_from_slice(&chunk.data);
                }
                let answer = memory.lock().blob(BlobId(sha256[..].try_into().unwrap()), bytes);
                let ends = answer.is_err();
                let _ = answers.send(answer.map(|refused| v1::BlobStored { sha256, refused })).await;
                if ends {
                    return;
                }
            }
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(receiver))))
    }

    async fn attach(&self, request: Request<Streaming<v1::ClientMessage>>) -> Result<Response<Answers>, Status> {
        let memory = Arc::clone(&self.memory);
        let authorization = request.metadata().get("authorization").map(|value| value.to_str().unwrap().to_owned());
        {
            let mut memory = memory.lock();
            memory.connections += 1;
            memory.authorization = authorization;
        }
        let mut said = request.into_inner();
        let (answers, receiver) = mpsc::channel(1_000);
        tokio::spawn(async move {
            while let Ok(Some(v1::ClientMessage { message: Some(message) })) = said.message().await {
                let (replies, go_on) = memory.lock().hear(message);
                for reply in replies {
                    let _ = answers.send(Ok(v1::ServerMessage { message: Some(reply) })).await;
                }
                if !go_on {
                    let _ = answers.send(Err(Status::unavailable("broken on purpose"))).await;
                    return;
                }
            }
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(receiver))))
    }
}

impl Memory {
    fn blob(&mut self, id: BlobId, bytes: Vec<u8>) -> Result<String, Status> {
        assert_eq!(stepwell_blob::hash(&bytes), id, "what comes is what was said");
        self.blobs_received += 1;
        match self.blob_script.pop_front().unwrap_or(BlobDeed::Store) {
            BlobDeed::Full => return Err(Status::unavailable("the disk is full")),
            BlobDeed::Refuse(reason) => return Ok(reason.into()),
            deed => {
                self.blobs.insert(id, bytes);
                if deed == BlobDeed::StoreAndBreak {
                    return Err(Status::unavailable("broken on purpose"));
                }
            }
        }
        Ok(String::new())
    }

    fn hear(&mut self, message: Told) -> (Vec<Answer>, bool) {
        match message {
            Told::Hello(hello) => {
                assert_eq!(hello.protocol, 1);
                let welcome = v1::Welcome { protocol: 1, max_in_flight_bytes: 1 << 20, ..v1::Welcome::default() };
                (vec![Answer::Welcome(welcome)], true)
            }
            Told::Open(open) => {
                assert!(open.opening.is_some() && open.first_unacked >= 1);
                let durable = *self.durable.entry(open.stream.to_vec()).or_default();
                (vec![Answer::Ready(v1::StreamReady { stream: open.stream, durable })], true)
            }
            Told::Status(_) => {
                self.statuses += 1;
                (vec![], true)
            }
            Told::Close(close) => {
                assert_eq!(self.durable[&close.stream.to_vec()], close.last, "closed only when everything is here");
                self.closed.push(close.last);
                (vec![], true)
            }
            Told::Frame(frame) => self.frame(&frame),
        }
    }

    fn frame(&mut self, frame: &v1::Frame) -> (Vec<Answer>, bool) {
        let stream = frame.stream.clone();
        let header = FrameHeader::decode(&frame.frame).unwrap();
        let durable = self.durable[&stream.to_vec()];
        let ack = |durable, rejected| Answer::Ack(v1::Ack { stream: stream.clone(), durable, rejected });
        if self.stalled {
            return (vec![], true);
        }
        if header.last() <= durable {
            self.duplicates += 1;
            return (vec![ack(durable, vec![])], true);
        }
        if header.first != durable + 1 {
            return (vec![Answer::Rewind(v1::Rewind { stream: stream.clone(), expected: durable + 1 })], true);
        }
        let deed = match self.script.pop_front() {
            _ if !super::is_readable(&frame.frame) => Deed::Fatal("a frame that cannot be read"),
            deed => deed.unwrap_or(Deed::Acknowledge),
        };
        if matches!(deed, Deed::Acknowledge | Deed::StoreAndBreak | Deed::Reject | Deed::Rewind(_)) {
            self.entries.entry(stream.to_vec()).or_default().extend(super::decode(&frame.frame));
            self.durable.insert(stream.to_vec(), header.last());
        }
        let rejected = v1::Rejected { first: header.first, last: header.last(), reason: "not to my taste".into() };
        match deed {
            Deed::Acknowledge => (vec![ack(header.last(), vec![])], true),
            Deed::Reject => (vec![ack(header.last(), vec![rejected])], true),
            Deed::StoreAndBreak | Deed::Break => (vec![], false),
            Deed::Throttle(retry_after_millis) => {
                (vec![Answer::Throttle(v1::Throttle { retry_after_millis, reason: "disk full".into() })], true)
            }
            Deed::Rewind(expected) => (vec![Answer::Rewind(v1::Rewind { stream: stream.clone(), expected })], true),
            Deed::Fatal(reason) => (vec![Answer::Fatal(v1::Fatal { stream: stream.clone(), reason: reason.into() })], true),
            Deed::Drain => (vec![Answer::Drain(v1::Drain {})], false),
            Deed::Stall => {
                self.stalled = true;
                (vec![], true)
            }
        }
    }
}
