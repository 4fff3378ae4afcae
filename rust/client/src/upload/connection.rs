//! A connection to the server: attached, welcomed, and never waited for without a deadline.

use super::UploadError;
use std::error::Error;
use std::time::Duration;
use stepwell_model::Address;
use stepwell_proto::v1::client_message::Message as ToServer;
use stepwell_proto::v1::ingest_client::IngestClient;
use stepwell_proto::v1::server_message::Message as FromServer;
use stepwell_proto::{PROTOCOL, v1};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status, Streaming};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Time that the server may take to answer `Hello` and `OpenStream`.
pub(crate) const ANSWER_TIMEOUT: Duration = Duration::from_secs(15);
/// A dead peer is noticed after interval plus timeout, also when there is nothing to send.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(10);
const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(20);
/// Messages between us and HTTP/2; frames are up to 1 MiB before compression.
const OUTGOING_MESSAGES: usize = 4;
/// The same where streams share a connection: together they keep to its window.
const SHARED_MESSAGES: usize = 256;
/// Largest message that a server sends, with room for many rejected ranges.
pub(crate) const ANSWER_BYTES: usize = 4 << 20;
/// Frames that we keep unacknowledged at most, whatever the server would take.
const WINDOW_BYTES: usize = 8 << 20;

/// An attached connection, or the part that one stream has of it.
pub(crate) struct Connection {
    pub(crate) outgoing: mpsc::Sender<v1::ClientMessage>,
    pub(crate) inbound: Inbound,
    /// Bytes of frames that may be unacknowledged.
    pub(crate) window_bytes: usize,
}

/// The source of a stream's answers.
pub(crate) enum Inbound {
    /// The call is the stream's own.
    Call(Box<Streaming<v1::ServerMessage>>),
    /// The call is shared (see [`super::shared`]).
    Share(mpsc::Receiver<Result<v1::ServerMessage, Status>>),
}

impl Inbound {
    /// The next answer; `None` when the server has ended the call. May be dropped at any time.
    pub(crate) async fn message(&mut self) -> Result<Option<v1::ServerMessage>, Status> {
        match self {
            Self::Call(call) => call.message().await,
            Self::Share(answers) => answers.recv().await.transpose(),
        }
    }

    pub(crate) fn is_shared(&self) -> bool {
        matches!(self, Self::Share(_))
    }
}

/// Connects. Only the transport: nothing is said yet.
pub(crate) async fn connect(url: &str) -> Result<Channel, UploadError> {
    let address = |problem: String| UploadError::Address { url: url.to_owned(), problem };
    Address::parse(url).map_err(|error| address(format!("it {error}")))?;
    let endpoint = Endpoint::from_shared(url.to_owned()).map_err(|error| address(words(&error)))?;
    let endpoint = endpoint
        .connect_timeout(CONNECT_TIMEOUT)
        .http2_keep_alive_interval(KEEP_ALIVE_INTERVAL)
        .keep_alive_timeout(KEEP_ALIVE_TIMEOUT)
        .keep_alive_while_idle(true)
        .tcp_nodelay(true);
    match timeout(2 * CONNECT_TIMEOUT, endpoint.connect()).await {
        Ok(Ok(channel)) => Ok(channel),
        Ok(Err(error)) => Err(UploadError::Connection(words(&error))),
        Err(_) => Err(UploadError::Connection("no answer".into())),
    }
}

/// Attaches: says `Hello` and waits for `Welcome`.
pub(crate) async fn attach(channel: Channel, token: &str) -> Result<Connection, UploadError> {
    let (outgoing, inbound, window_bytes) = call(channel, token, OUTGOING_MESSAGES).await?;
    Ok(Connection { outgoing, inbound: Inbound::Call(Box::new(inbound)), window_bytes })
}

/// As [`attach`], for many streams: where they speak, the answers to all of them, and the bytes that may be
/// unacknowledged.
pub(crate) async fn attach_shared(channel: Channel, token: &str) -> Result<Call, UploadError> {
    call(channel, token, SHARED_MESSAGES).await
}

pub(crate) type Call = (mpsc::Sender<v1::ClientMessage>, Streaming<v1::ServerMessage>, usize);

async fn call(channel: Channel, token: &str, messages: usize) -> Result<Call, UploadError> {
    let (outgoing, messages) = mpsc::channel(messages);
    let hello = v1::Hello { protocol: PROTOCOL, version: env!("CARGO_PKG_VERSION").into() };
    let late = |_| UploadError::Connection("the server does not answer".into());
    outgoing.send(message(ToServer::Hello(hello))).await.map_err(|_| UploadError::Connection("the connection broke".into()))?;
    let request = authorize(Request::new(ReceiverStream::new(messages)), token)?;
    let mut client = IngestClient::new(channel).max_decoding_message_size(ANSWER_BYTES);
    let response = timeout(ANSWER_TIMEOUT, client.attach(request)).await.map_err(late)?.map_err(|status| of_status(&status))?;
    let mut inbound = response.into_inner();
    match timeout(ANSWER_TIMEOUT, inbound.message())
        .await
        .map_err(late)?
        .map_err(|status| of_status(&status))?
        .and_then(|answer| answer.message)
    {
        Some(FromServer::Welcome(welcome)) if welcome.protocol == PROTOCOL => {
            let window = usize::try_from(welcome.max_in_flight_bytes).unwrap_or(WINDOW_BYTES);
            Ok((outgoing, inbound, if window == 0 { WINDOW_BYTES } else { window.min(WINDOW_BYTES) }))
        }
        Some(FromServer::Welcome(welcome)) => Err(UploadError::Fatal(format!(
            "it speaks protocol {}, this library {PROTOCOL}: use the same version of stepwell",
            welcome.protocol
        ))),
        Some(FromServer::Fatal(fatal)) => Err(UploadError::Fatal(fatal.reason)),
        Some(FromServer::Throttle(throttle)) => {
            Err(UploadError::Later { after_millis: throttle.retry_after_millis, reason: throttle.reason })
        }
        Some(FromServer::Drain(_)) => Err(UploadError::Later { after_millis: 0, reason: "it is going away".into() }),
        _ => Err(UploadError::Connection("the server did not welcome us".into())),
    }
}

/// Says who we are, if there is a token.
pub(crate) fn authorize<T>(mut request: Request<T>, token: &str) -> Result<Request<T>, UploadError> {
    if !token.is_empty() {
        let value =
            format!("Bearer {token}").parse().map_err(|_| UploadError::Fatal("the token holds characters that cannot be sent".into()))?;
        request.metadata_mut().insert("authorization", value);
    }
    Ok(request)
}

/// A message to the server.
pub(crate) fn message(message: ToServer) -> v1::ClientMessage {
    v1::ClientMessage { message: Some(message) }
}

/// The meaning of a status for the connection.
pub(crate) fn of_status(status: &Status) -> UploadError {
    match status.code() {
        tonic::Code::Unauthenticated | tonic::Code::PermissionDenied => {
            UploadError::Fatal(format!("it does not let us in: {}", status.message()))
        }
        tonic::Code::Unimplemented => UploadError::Connection("something answers there, but it is no stepwell server".into()),
        _ if status.message().is_empty() => UploadError::Connection("the connection broke".into()),
        _ => UploadError::Connection(status.message().to_owned()),
    }
}

/// The cause of an error, which is what a user can act on: `Connection refused (os error 111)`.
fn words(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    let words = cause.to_string();
    words.split(" (os error").next().unwrap_or(&words).to_lowercase()
}
