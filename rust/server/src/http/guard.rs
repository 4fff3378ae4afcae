//! Protection of a server that has no passwords against pages of other sites in the user's browser.
//!
//! 1. *Host.* A server that listens on loopback answers only requests for a loopback name (`localhost`,
//!    `*.localhost`, 127.0.0.0/8, `[::1]`) or for the host it was told to listen on. A name that an attacker
//!    points at 127.0.0.1 (DNS rebinding) is neither. A server that listens on the network cannot know its
//!    names, and answers to all of them.
//! 2. *Origin.* A request that can change something or that opens a WebSocket, and says from which page it
//!    comes, must come from a page of this server: of the same host and port, or, on loopback, of any
//!    loopback name (notebooks, a development server).

use crate::error::{ErrorCode, ServiceError};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Method, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use std::net::{IpAddr, SocketAddr};

/// The names that this server answers to.
#[derive(Debug, Clone)]
pub(crate) struct Guard {
    host: String,
    loopback: bool,
}

impl Guard {
    /// For a server that was told to listen on `host` and listens on `address`.
    pub(crate) fn new(host: &str, address: SocketAddr) -> Self {
        Self { host: host.to_ascii_lowercase(), loopback: address.ip().is_loopback() }
    }

    /// Checks the host and the origin of every request, gRPC included: a page can post bytes that look like
    /// gRPC. Clients that are no browsers send no origin.
    pub(crate) fn protect(&self, router: Router) -> Router {
        router.layer(from_fn_with_state(self.clone(), check_origin)).layer(from_fn_with_state(self.clone(), check_host))
    }

    /// Whether requests for this authority (`host` or `host:port`) are answered.
    fn answers_to(&self, authority: &str) -> bool {
        let host = host_of(authority);
        !self.loopback || host == self.host || is_loopback(&host)
    }

    /// Whether a page of `origin` may ask the server that it reached as `authority`.
    fn trusts(&self, origin: &str, authority: &str) -> bool {
        let Some((_, page)) = origin.split_once("://") else { return false };
        page.eq_ignore_ascii_case(authority) || self.loopback && is_loopback(&host_of(page))
    }
}

/// The host of an authority: without the port, and for IPv6 without the brackets.
fn host_of(authority: &str) -> String {
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    host.trim_end_matches('.').to_ascii_lowercase()
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.ends_with(".localhost") || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

/// The authority that the request is for: `Host`, or in HTTP/2 `:authority`.
fn authority(request: &Request) -> Option<&str> {
    let host = request.headers().get(header::HOST).map(|host| host.to_str().unwrap_or_default());
    host.or_else(|| request.uri().authority().map(axum::http::uri::Authority::as_str))
}

async fn check_host(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    match authority(&request) {
        Some(authority) if guard.answers_to(authority) => next.run(request).await,
        other => {
            let host = other.unwrap_or("no host");
            let message =
                format!("this server answers to localhost only, not to {host:?}; let it listen on the network to use other names");
            ServiceError::new(ErrorCode::Forbidden, message).into_response()
        }
    }
}

/// Refuses what other sites' pages ask, where it could do harm.
async fn check_origin(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    let upgrade = request.headers().contains_key(header::UPGRADE) || request.method() == Method::CONNECT;
    let harmless = matches!(*request.method(), Method::GET | Method::HEAD) && !upgrade;
    let origin = request.headers().get(header::ORIGIN).map(|origin| origin.to_str().unwrap_or_default());
    match origin {
        Some(origin) if !harmless && !guard.trusts(origin, authority(&request).unwrap_or_default()) => {
            ServiceError::new(ErrorCode::Forbidden, format!("pages of {origin:?} may not ask this server")).into_response()
        }
        _ => next.run(request).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard(host: &str, address: &str) -> Guard {
        Guard::new(host, address.parse().unwrap())
    }

    #[test]
    fn on_loopback_only_loopback_names_are_answered() {
        let guard = guard("my-box", "127.0.0.1:7117");
        for good in ["localhost", "LOCALHOST:7117", "127.0.0.1:1", "127.9.9.9", "[::1]:7117", "a.localhost:1", "my-box:7117", "localhost."]
        {
            assert!(guard.answers_to(good), "{good}");
        }
        for bad in ["evil.com", "evil.com:7117", "localhost.evil.com", "127.0.0.1.evil.com", "10.0.0.1", "", "[::2]"] {
            assert!(!guard.answers_to(bad), "{bad}");
        }
    }

    #[test]
    fn on_the_network_any_name_is_answered_and_only_its_own_pages_are_trusted() {
        let guard = guard("0.0.0.0", "0.0.0.0:7117");
        assert!(guard.answers_to("gpu-box:7117"));
        assert!(guard.trusts("http://gpu-box:7117", "gpu-box:7117"));
        assert!(!guard.trusts("http://gpu-box:7118", "gpu-box:7117"));
        assert!(!guard.trusts("http://localhost:7117", "gpu-box:7117"));
        assert!(!guard.trusts("null", "gpu-box:7117"));
    }

    #[test]
    fn on_loopback_pages_of_other_sites_are_not_trusted() {
        let guard = guard("127.0.0.1", "127.0.0.1:7117");
        assert!(guard.trusts("http://localhost:5173", "127.0.0.1:7117"));
        assert!(!guard.trusts("https://evil.com", "127.0.0.1:7117"));
        assert!(!guard.trusts("https://localhost.evil.com", "127.0.0.1:7117"));
    }
}
