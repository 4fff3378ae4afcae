//! The WebSocket: first push, changes only, pause, and who may connect.

use crate::rig::{Batch, PATIENCE, Rig, frame, id, opening, row};
use serde_json::{Value as Json, json};
use std::net::TcpStream;
use std::time::Duration;
use stepwell_model::{Entry, Value};
use tungstenite::client::IntoClientRequest;
use tungstenite::{Message, WebSocket};

struct Tab(WebSocket<TcpStream>);

/// What was pushed.
enum Push {
    Series(Batch),
    Text(Json),
}

impl Tab {
    fn open(rig: &Rig, origin: Option<&str>) -> Result<Self, Box<tungstenite::Error>> {
        let mut request = format!("ws://{}/api/v1/live", rig.address).into_client_request().unwrap();
        if let Some(origin) = origin {
            request.headers_mut().insert("origin", origin.parse().unwrap());
        }
        let stream = TcpStream::connect(rig.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        let mut attempt = tungstenite::client::client(request, stream);
        loop {
            match attempt {
                Ok((socket, _)) => return Ok(Self(socket)),
                Err(tungstenite::HandshakeError::Interrupted(handshake)) => attempt = handshake.handshake(),
                Err(tungstenite::HandshakeError::Failure(error)) => return Err(Box::new(error)),
            }
        }
    }

    fn say(&mut self, message: &Json) {
        self.0.send(Message::text(message.to_string())).unwrap();
    }

    fn subscribe(&mut self, number: u64) {
        let panel = |key: &str| json!({"id": key, "x": "_step", "buckets": 100, "series": [{"run": "r", "key": key, "label": null}]});
        let batch = json!({"entity": "local", "project": "digits", "panels": [panel("loss"), panel("other")]});
        self.say(&json!({"op": "subscribe", "id": number, "batch": batch}));
    }

    /// The next push within a time.
    fn next(&mut self, wait: Duration) -> Option<Push> {
        let deadline = std::time::Instant::now() + wait;
        while std::time::Instant::now() < deadline {
            match self.0.read() {
                Ok(Message::Binary(bytes)) => return Some(Push::Series(Batch::parse(&bytes))),
                Ok(Message::Text(text)) => return Some(Push::Text(serde_json::from_str(&text).unwrap())),
                Ok(_) => {}
                Err(tungstenite::Error::Io(error))
                    if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => {}
                Err(error) => panic!("{error}"),
            }
        }
        None
    }

    fn series(&mut self) -> Batch {
        loop {
            match self.next(crate::rig::PATIENCE) {
                Some(Push::Series(batch)) => return batch,
                Some(Push::Text(_)) => {}
                None => panic!("no series came"),
            }
        }
    }

    fn text(&mut self, op: &str) -> Json {
        loop {
            match self.next(crate::rig::PATIENCE) {
                Some(Push::Text(text)) if text["op"] == op => return text,
                Some(_) => {}
                None => panic!("no {op} came"),
            }
        }
    }
}

fn loss(step: i64) -> Entry {
    row(step, &[("loss", Value::Float(step as f64))])
}

#[test]
fn the_first_push_holds_everything_and_later_ones_what_changed() {
    let rig = Rig::new();
    let mut writer = rig.hello();
    writer.open(id(1), &opening("r"));
    writer.frame(id(1), &frame(1, &[Entry::Open(opening("r")), loss(0), row(0, &[("other", Value::Int(1))])]));
    while writer.ack() < 3 {}
    let mut tab = Tab::open(&rig, None).unwrap();
    tab.subscribe(7);
    let first = tab.series();
    assert_eq!((first.header["subscription"].clone(), first.header["seq"].clone()), (json!(7), json!(1)));
    assert_eq!(first.header["panels"].as_array().unwrap().len(), 2);
    assert_eq!(first.column(0, 0, "mean"), [0.0]);
    assert_eq!(tab.text("runs")["runs"][0]["run"], "r");
    assert_eq!(tab.text("keys")["keys"].as_array().unwrap().len(), 2);

    writer.frame(id(1), &frame(4, &[loss(1)]));
    let second = tab.series();
    assert_eq!(second.header["seq"], 2);
    let panels = second.header["panels"].as_array().unwrap();
    assert_eq!((panels.len(), panels[0]["id"].clone()), (1, json!("loss")), "the other series did not change");
    assert_eq!(second.column(0, 0, "mean"), [0.0, 1.0]);
    assert_eq!(tab.text("runs")["runs"][0]["last_step"], 1);

    writer.frame(id(1), &frame(5, &[row(2, &[("new", Value::Str("x".into()))])]));
    assert_eq!(tab.text("keys")["keys"].as_array().unwrap().len(), 3);
}

#[test]
fn a_paused_tab_hears_nothing_until_it_resumes() {
    let rig = Rig::new();
    rig.store(1, &opening("r"), &[loss(0)]);
    let mut tab = Tab::open(&rig, None).unwrap();
    tab.subscribe(1);
    tab.series();
    tab.text("keys");
    tab.say(&json!({"op": "pause"}));
    // Messages are taken one after the other: with the answer to the second the first one holds.
    tab.say(&json!({"op": "dance"}));
    tab.text("error");
    let mut writer = rig.hello();
    assert_eq!(writer.open(id(1), &opening("r")), 2);
    for number in 3..6 {
        writer.frame(id(1), &frame(number, &[loss(number as i64)]));
    }
    while writer.ack() < 5 {}
    while let Some(push) = tab.next(Duration::from_millis(600)) {
        assert!(!matches!(push, Push::Series(_)), "paused");
    }
    tab.say(&json!({"op": "resume"}));
    assert_eq!(tab.series().column(0, 0, "x"), [0.0, 3.0, 4.0, 5.0]);
}

#[test]
fn an_idle_project_is_quiet_and_a_bad_message_is_told() {
    let rig = Rig::new();
    let ended = [loss(0), Entry::Exit { time: 1, code: 0 }];
    rig.store(1, &opening("r"), &ended);
    let mut tab = Tab::open(&rig, None).unwrap();
    tab.subscribe(1);
    tab.text("keys");
    // The writer's sign of life from opening the stream is still on its way.
    while tab.next(Duration::from_secs(3)).is_some() {}
    if let Some(push) = tab.next(Duration::from_millis(2_500)) {
        match push {
            Push::Series(_) => panic!("series came though nothing changed"),
            Push::Text(text) => panic!("{text}"),
        }
    }
    tab.say(&json!({"op": "dance"}));
    assert!(tab.text("error")["message"].as_str().unwrap().contains("dance"));
    tab.subscribe(2);
    assert_eq!(tab.series().header["subscription"], 2);
}

#[test]
fn pages_of_other_sites_cannot_connect() {
    let rig = Rig::new();
    assert!(Tab::open(&rig, Some("https://evil.com")).is_err());
    assert!(Tab::open(&rig, Some("http://localhost:5173")).is_ok());
}

#[test]
fn a_stopping_server_closes_its_tabs() {
    let mut rig = Rig::new();
    let mut tab = Tab::open(&rig, None).unwrap();
    tab.subscribe(1);
    tab.series();
    let server = rig.server.take().unwrap();
    let stopping = std::thread::spawn(move || server.stop(PATIENCE));
    let deadline = std::time::Instant::now() + PATIENCE;
    let closed = loop {
        match tab.0.read() {
            Ok(Message::Close(frame)) => break frame,
            Err(tungstenite::Error::Io(_)) | Ok(_) if std::time::Instant::now() < deadline => {}
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(u16::from(closed.unwrap().code), 1001);
    drop(tab);
    assert!(stopping.join().unwrap());
}
