//! Log lines of the native code on standard error: one per event, with the part that it comes from before it.
//!
//! `STEPWELL_LOG_LEVEL` is the lowest level that is shown: `error`, `warn`, `info` (the default), `debug`,
//! `trace`, or `off`.

use std::fmt;
use tracing::{Event, Subscriber};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

/// Begin of the names of our crates; what other crates log is for their authors.
const OURS: &str = "stepwell";

/// A line such as `stepwell server: compaction rests for 5 s`.
struct Line;

/// The first words of a line, by the module that logs it.
fn prefix(target: &str) -> &'static str {
    match target.split("::").next() {
        Some("stepwell_server") => "stepwell server:",
        Some("stepwell_store_sqlite") => "stepwell store:",
        Some("stepwell_client") => "stepwell: WARNING",
        _ => "stepwell:",
    }
}

impl<S, N> FormatEvent<S, N> for Line
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        write!(writer, "{} ", prefix(event.metadata().target()))?;
        context.field_format().format_fields(writer.by_ref(), event)?;
        writeln!(writer)
    }
}

/// Shows what is logged from now on in this process.
pub(crate) fn show() {
    let level = std::env::var("STEPWELL_LOG_LEVEL").ok().and_then(|level| level.trim().parse().ok()).unwrap_or(LevelFilter::INFO);
    // Standard error may be closed, or a file on a full disk: that is no reason to say more.
    let lines = tracing_subscriber::fmt::layer().event_format(Line).with_writer(std::io::stderr).log_internal_errors(false);
    let _ = tracing_subscriber::registry().with(Targets::new().with_target(OURS, level)).with(lines).try_init();
}
