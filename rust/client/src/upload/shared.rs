//! One connection that many streams share: each hears what concerns it.

use super::connection::{Call, Connection, Inbound};
use rustc_hash::FxHashMap;
use std::cell::RefCell;
use std::future::Future;
use std::rc::Rc;
use stepwell_model::StreamId;
use stepwell_proto::v1;
use stepwell_proto::v1::server_message::Message as FromServer;
use tokio::sync::mpsc;
use tonic::{Status, Streaming};

/// Answers to one stream that may wait. Acknowledgements coalesce at the server; a stream that does not
/// listen holds up the others.
const WAITING_ANSWERS: usize = 64;

type Answer = Result<v1::ServerMessage, Status>;
type Lines = Rc<RefCell<FxHashMap<StreamId, mpsc::Sender<Answer>>>>;

/// The connection. Everything of it runs on one thread.
pub(crate) struct Shared {
    outgoing: mpsc::Sender<v1::ClientMessage>,
    lines: Lines,
    /// Bytes of frames that all streams together may have unacknowledged.
    pub(crate) window_bytes: usize,
}

impl Shared {
    /// The connection, and what hands out its answers: to be polled beside the streams. It ends when the
    /// server ends the call.
    pub(crate) fn new((outgoing, inbound, window_bytes): Call) -> (Self, impl Future<Output = ()>) {
        let lines = Lines::default();
        (Self { outgoing, lines: Rc::clone(&lines), window_bytes }, hand_out(inbound, lines))
    }

    /// The part of one stream, which has a share of the window.
    pub(crate) fn line(&self, stream: StreamId, window_bytes: usize) -> Connection {
        let (answers, inbound) = mpsc::channel(WAITING_ANSWERS);
        self.lines.borrow_mut().insert(stream, answers);
        Connection { outgoing: self.outgoing.clone(), inbound: Inbound::Share(inbound), window_bytes }
    }

    /// The stream hears no more.
    pub(crate) fn hang_up(&self, stream: StreamId) {
        self.lines.borrow_mut().remove(&stream);
    }
}

async fn hand_out(mut inbound: Streaming<v1::ServerMessage>, lines: Lines) {
    loop {
        // Dropping the lines tells every stream that the call has ended.
        let Some(answer) = inbound.message().await.transpose() else { return lines.borrow_mut().clear() };
        let stream = match answer.as_ref().ok().and_then(|answer| answer.message.as_ref()) {
            Some(FromServer::Ready(ready)) => &ready.stream[..],
            Some(FromServer::Ack(ack)) => &ack.stream[..],
            Some(FromServer::Rewind(rewind)) => &rewind.stream[..],
            Some(FromServer::Fatal(fatal)) => &fatal.stream[..],
            _ => &[],
        };
        let concerned: Vec<_> = match <[u8; 16]>::try_from(stream) {
            Ok(id) => lines.borrow().get(&StreamId(id)).cloned().into_iter().collect(),
            Err(_) => lines.borrow().values().cloned().collect(),
        };
        for line in concerned {
            // Whoever has hung up needs no answer.
            let _ = line.send(answer.clone()).await;
        }
        if answer.is_err() {
            return lines.borrow_mut().clear();
        }
    }
}
