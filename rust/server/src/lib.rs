//! The server: takes frames over gRPC or from spools, commits them in groups, and answers queries over gRPC,
//! HTTP and WebSocket.
//!
//! ```text
//! gRPC Attach ─┐                                        ┌─▶ gRPC Query
//! spools ──────┴▶ check ─▶ group commit ─▶ dyn Store ───┼─▶ HTTP /api/v1   (JSON, typed arrays)
//!                                   └─▶ Ack             └─▶ WebSocket /api/v1/live
//! ```
//!
//! It knows [`stepwell_store::Store`] and nothing of what is behind it. Invariants:
//!
//! 1. A number is acknowledged only after [`Store::append`](stepwell_store::Store::append) has returned for
//!    it.
//! 2. Bytes that wait for a commit are bounded over all connections, and every wait has a deadline.
//! 3. Calls into the store run on blocking threads, never on the threads that serve sockets.

mod api;
mod connections;
mod error;
mod grpc;
mod http;
mod ingest;
mod live;
mod local;
mod maintenance;
mod series;
mod server;
mod state;

pub use connections::ConnectionLimits;
pub use server::{Server, StartError};
pub use state::config::{Mode, ServerConfig};
