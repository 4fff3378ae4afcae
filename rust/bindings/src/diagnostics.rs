//! Events of the Rust crates that a person should read, as lines on standard error.
//!
//! The crates say what no answer carries with `tracing::warn!` and `tracing::error!`. A program that embeds them without Python
//! installs a subscriber of its own, or hears nothing.

use std::fmt::{Debug, Write as _};
use std::io::Write as _;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::{Interest, set_global_default};
use tracing::{Event, Level, Metadata, Subscriber};

/// Writes the events of our crates; those of libraries are for whoever debugs them.
struct StandardError;

/// Writes events to standard error from now on.
pub(crate) fn install() {
    // It fails where a subscriber is installed already, which then hears them.
    let _ = set_global_default(StandardError);
}

fn is_ours(metadata: &Metadata<'_>) -> bool {
    let is_of_ours = ["stepwell_", "_native"].iter().any(|start| metadata.target().starts_with(start));
    metadata.is_event() && *metadata.level() <= Level::WARN && is_of_ours
}

/// The first words of a line, by the crate that says it.
fn prefix(target: &str) -> &'static str {
    match target.split("::").next() {
        Some("stepwell_server") => "stepwell server:",
        Some("stepwell_store_sqlite") => "stepwell store:",
        Some("stepwell_client") => "stepwell: WARNING",
        _ => "stepwell:",
    }
}

impl Subscriber for StandardError {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if is_ours(metadata) { Interest::always() } else { Interest::never() }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        is_ours(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::WARN)
    }

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(prefix(event.metadata().target()).to_owned());
        event.record(&mut line);
        line.0.push('\n');
        // Standard error may be a file on a full disk, or closed: that is no reason for anything.
        let _ = std::io::stderr().write_all(line.0.as_bytes());
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// The line of an event; fields other than the message follow it by name.
struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = match field.name() {
            "message" => write!(self.0, " {value:?}"),
            name => write!(self.0, " {name}={value:?}"),
        };
    }
}
