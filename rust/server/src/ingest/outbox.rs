//! Messages that wait for one client: control messages in order, and per stream the latest number to
//! acknowledge.
//!
//! Bounded by nature: acknowledgements coalesce per stream, and the reader of the connection takes no further
//! message while [`CONTROL_MESSAGES`] others wait.

use futures_util::stream::{BoxStream, StreamExt, unfold};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use stepwell_lock::Mutex;
use stepwell_model::{EntryNumber, StreamId};
use stepwell_proto::v1;
use stepwell_proto::v1::server_message::Message;
use tokio::sync::Notify;
use tonic::Status;

/// Control messages that may wait; each is a few hundred bytes at most.
const CONTROL_MESSAGES: usize = 1_024;

/// The messages for one client.
#[derive(Default)]
pub(super) struct Outbox {
    state: Mutex<State>,
    filled: Notify,
    drained: Notify,
}

#[derive(Default)]
struct State {
    control: VecDeque<Message>,
    acks: BTreeMap<StreamId, EntryNumber>,
    /// Refused rows, to go with the acknowledgement of its numbers.
    rejected: BTreeMap<StreamId, Vec<v1::Rejected>>,
    end: Option<Result<(), Status>>,
    gone: bool,
}

impl Outbox {
    /// Adds a message after those that wait.
    pub(super) fn say(&self, message: Message) {
        self.state.lock().control.push_back(message);
        self.filled.notify_one();
    }

    /// Asks the client to wait. Several in a row are one.
    pub(super) fn throttle(&self, throttle: v1::Throttle) {
        let mut state = self.state.lock();
        if !matches!(state.control.back(), Some(Message::Throttle(_))) {
            state.control.push_back(Message::Throttle(throttle));
        }
        drop(state);
        self.filled.notify_one();
    }

    /// Acknowledges all entries of a stream up to `durable`; takes the place of an earlier number that is not
    /// sent yet.
    pub(super) fn acknowledge(&self, stream: StreamId, durable: EntryNumber) {
        let mut state = self.state.lock();
        let known = state.acks.entry(stream).or_insert(durable);
        *known = durable.max(*known);
        drop(state);
        self.filled.notify_one();
    }

    /// Says what was refused with the next acknowledgement of the stream, which the caller is about to give.
    pub(super) fn reject(&self, stream: StreamId, ranges: Vec<v1::Rejected>) {
        self.state.lock().rejected.entry(stream).or_default().extend(ranges);
    }

    /// Ends the call after what waits.
    pub(super) fn end(&self, how: Result<(), Status>) {
        self.state.lock().end.get_or_insert(how);
        self.filled.notify_one();
    }

    /// Waits until the client has taken enough for more to be said. Returns at once when the client is gone.
    pub(super) async fn has_room(&self) {
        loop {
            {
                let state = self.state.lock();
                if state.gone || state.control.len() < CONTROL_MESSAGES {
                    return;
                }
            }
            self.drained.notified().await;
        }
    }

    /// Returns once nobody takes messages any more.
    pub(super) async fn gone(&self) {
        while !self.state.lock().gone {
            self.drained.notified().await;
        }
    }

    /// The messages as they come. To be called once.
    pub(super) fn messages(self: Arc<Self>) -> BoxStream<'static, Result<v1::ServerMessage, Status>> {
        let reader = Reader(self);
        unfold(Some(reader), |reader| async move {
            let reader = reader?;
            match reader.0.next().await {
                Some(Ok(message)) => Some((Ok(v1::ServerMessage { message: Some(message) }), Some(reader))),
                Some(Err(status)) => Some((Err(status), None)),
                None => None,
            }
        })
        .boxed()
    }

    async fn next(&self) -> Option<Result<Message, Status>> {
        loop {
            {
                let mut state = self.state.lock();
                if let Some(message) = state.control.pop_front() {
                    self.drained.notify_one();
                    return Some(Ok(message));
                }
                if let Some((stream, durable)) = state.acks.pop_first() {
                    let rejected = state.rejected.remove(&stream).unwrap_or_default();
                    let stream = stream.0.to_vec().into();
                    return Some(Ok(Message::Ack(v1::Ack { stream, durable, rejected })));
                }
                match state.end.take() {
                    Some(Ok(())) => return None,
                    Some(Err(status)) => return Some(Err(status)),
                    None => {}
                }
            }
            self.filled.notified().await;
        }
    }
}

/// Notes the client's departure when the response is dropped.
struct Reader(Arc<Outbox>);

impl Drop for Reader {
    fn drop(&mut self) {
        let mut state = self.0.state.lock();
        state.gone = true;
        state.control.clear();
        state.acks.clear();
        state.rejected.clear();
        drop(state);
        self.0.drained.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn acknowledgements_of_a_stream_become_one() {
        let outbox = Arc::new(Outbox::default());
        outbox.acknowledge(StreamId([1; 16]), 3);
        outbox.acknowledge(StreamId([1; 16]), 9);
        outbox.acknowledge(StreamId([1; 16]), 5);
        outbox.say(Message::Drain(v1::Drain {}));
        outbox.end(Ok(()));
        let sent: Vec<_> = outbox.messages().map(|message| message.unwrap().message.unwrap()).collect().await;
        let ack = v1::Ack { stream: vec![1; 16].into(), durable: 9, rejected: vec![] };
        assert_eq!(sent, [Message::Drain(v1::Drain {}), Message::Ack(ack)]);
    }

    #[tokio::test]
    async fn a_dropped_response_wakes_who_waits() {
        let outbox = Arc::new(Outbox::default());
        let messages = Arc::clone(&outbox).messages();
        drop(messages);
        outbox.gone().await;
        outbox.has_room().await;
    }
}
