//! Limits of connections: time-outs, who goes when there is no room, and that those who work stay.

use crate::rig::{PATIENCE, Rig, eventually, frame, id, opening, row};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;
use stepwell_model::{Entry, Value};
use stepwell_proto::v1;
use stepwell_server::{ConnectionLimits, Mode, ServerConfig};
use stepwell_store::MemoryStore;

const LONG: Duration = Duration::from_secs(3_600);
const SHORT: Duration = Duration::from_millis(200);

fn rig(limits: ConnectionLimits) -> Rig {
    let config = ServerConfig::loopback(Arc::new(MemoryStore::default()), Mode::Server, "/data");
    Rig::with_config(ServerConfig { connections: limits, ..config })
}

fn patient(most: usize) -> ConnectionLimits {
    ConnectionLimits { most: Some(most), head_wait: LONG, idle_wait: LONG, answer_wait: LONG }
}

fn connect(rig: &Rig, said: &str) -> TcpStream {
    let mut stream = TcpStream::connect(rig.address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(said.as_bytes()).unwrap();
    stream
}

/// Whether the server closes the connection, whatever it says before.
fn closes(mut stream: TcpStream) -> bool {
    let mut rest = Vec::new();
    match stream.read_to_end(&mut rest) {
        Ok(_) => true,
        Err(error) => error.kind() == std::io::ErrorKind::ConnectionReset,
    }
}

/// E1: half a request, or none at all, takes a place for the time of a head and no longer.
#[test]
fn a_head_that_does_not_come_ends_the_connection() {
    let rig = rig(ConnectionLimits { most: None, head_wait: SHORT, idle_wait: LONG, answer_wait: LONG });
    for said in ["", "GET /api/v1/sta", "GET /api/v1/status HTTP/1.1\r\nhost: localhost\r\nx: ", "PRI * HTTP/2.0\r\n"] {
        assert!(closes(connect(&rig, said)), "{said:?}");
    }
    assert_eq!(rig.get("/api/v1/status").status, 200);
}

/// E1: what stays open between requests goes after a while.
#[test]
fn a_connection_without_requests_is_closed() {
    let rig = rig(ConnectionLimits { most: None, head_wait: SHORT, idle_wait: 2 * SHORT, answer_wait: LONG });
    assert!(closes(connect(&rig, "GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n")));
    // Over HTTP/2 the client is told, and its next request goes over a new connection.
    let mut query = rig.query();
    for _ in 0..2 {
        rig.runtime.block_on(query.get_status(v1::GetStatusRequest {})).unwrap();
        eventually("the idle connection is gone", || rig.get("/metrics").text().contains("\nstepwell_connections 1\n"));
    }
}

/// E1: where no place is left, one that waits for the rest of a request goes, and requests are answered.
#[test]
fn half_requests_keep_nobody_out() {
    let rig = rig(patient(8));
    for said in [
        "GET / HTTP/1.1\r\nhost: loc",
        "POST /api/v1/series:batch HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 90\r\n\r\n{",
    ] {
        let held: Vec<TcpStream> = (0..30).map(|_| connect(&rig, said)).collect();
        for _ in 0..5 {
            assert_eq!(rig.get("/api/v1/status").status, 200);
        }
        drop(held);
    }
    assert!(!rig.get("/metrics").text().contains("\nstepwell_connections_closed_for_others_total 0\n"));
}

/// E1, A1: a writer that is attached is not what others are let in for, and silence within its time is no
/// idleness.
#[test]
fn an_attached_writer_keeps_its_place() {
    let rig = rig(ConnectionLimits { most: Some(8), head_wait: SHORT, idle_wait: SHORT, answer_wait: SHORT });
    let mut writer = rig.hello();
    writer.open(id(1), &opening("r"));
    writer.frame(id(1), &frame(1, &[Entry::Open(opening("r"))]));
    assert_eq!(writer.ack(), 1);
    for _ in 0..4 {
        let held: Vec<TcpStream> = (0..20).map(|_| connect(&rig, "GET /")).collect();
        assert!(closes(held.into_iter().next().unwrap()));
    }
    writer.frame(id(1), &frame(2, &[row(0, &[("loss", Value::Float(0.5))])]));
    assert_eq!(writer.ack(), 2);
}

/// E1: messages that are announced and do not come hold nobody up.
#[test]
fn a_call_that_has_said_nothing_gives_its_place_away() {
    let rig = rig(patient(8));
    // The first is closed for the others; each waits for a Hello.
    let mut quiet: Vec<_> = (0..6).map(|_| rig.attach()).collect();
    for _ in 0..5 {
        assert_eq!(rig.get("/api/v1/status").status, 200);
    }
    let _more: Vec<TcpStream> = (0..8).map(|_| connect(&rig, "GET /")).collect();
    assert_eq!(rig.get("/api/v1/status").status, 200);
    let ended = quiet.iter_mut().filter_map(|attached| attached.next(SHORT)).count();
    assert!(ended > 0, "none of them was closed");
}
