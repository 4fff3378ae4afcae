//! Addresses of servers: `http://host:port`. There is no TLS in this version.

use std::fmt;

/// The port of an address that names none.
const HTTP_PORT: u16 = 80;
const HTTP: &str = "http://";
const HTTPS: &str = "https://";

/// A server's host and port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Name or IP address, without the brackets of IPv6, in lower case.
    pub host: String,
    /// Port.
    pub port: u16,
}

/// The reason why a text is no address, as the end of a sentence that begins with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAddress {
    /// `https://`.
    #[error("begins with https://, which this version does not speak: put a tunnel or a proxy in front and use http://host:port")]
    Tls,
    /// Any other beginning.
    #[error("does not begin with http://; expected http://host:port")]
    Scheme,
    /// Nothing that could be a host.
    #[error("names no host; expected http://host:port")]
    Host,
    /// A port that is no number of 16 bits.
    #[error("has a port that is no number up to 65535; expected http://host:port")]
    Port,
}

impl Address {
    /// Reads the address; what follows host and port is not looked at.
    pub fn parse(url: &str) -> Result<Self, InvalidAddress> {
        let begins = |with: &str| url.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with));
        if begins(HTTPS) {
            return Err(InvalidAddress::Tls);
        }
        if !begins(HTTP) {
            return Err(InvalidAddress::Scheme);
        }
        let rest = &url[HTTP.len()..];
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let place = authority.rsplit('@').next().unwrap_or_default();
        let (host, port) = match place.strip_prefix('[') {
            Some(bracketed) => {
                let (host, port) = bracketed.split_once(']').ok_or(InvalidAddress::Host)?;
                (host, if port.is_empty() { "" } else { port.strip_prefix(':').ok_or(InvalidAddress::Host)? })
            }
            None => place.split_once(':').unwrap_or((place, "")),
        };
        if host.is_empty() || host.contains(|char: char| char.is_whitespace() || char.is_control()) {
            return Err(InvalidAddress::Host);
        }
        let digits = port.bytes().all(|byte| byte.is_ascii_digit());
        let port = match port {
            "" => HTTP_PORT,
            port => port.parse().ok().filter(|_| digits).ok_or(InvalidAddress::Port)?,
        };
        Ok(Self { host: host.to_ascii_lowercase(), port })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') { write!(f, "[{host}]:{port}") } else { write!(f, "{host}:{port}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_or_refused_with_the_reason() {
        for (url, expected) in [
            ("http://host:7117", Ok("host:7117")),
            ("http://Host", Ok("host:80")),
            ("HTTP://host:1/path?a#b", Ok("host:1")),
            ("http://[::1]:80/", Ok("[::1]:80")),
            ("http://[::1]", Ok("[::1]:80")),
            ("http://user:word@host:1", Ok("host:1")),
            ("http://host:", Ok("host:80")),
            ("https://host:7117", Err(InvalidAddress::Tls)),
            ("host:7117", Err(InvalidAddress::Scheme)),
            ("ftp://host", Err(InvalidAddress::Scheme)),
            ("ü", Err(InvalidAddress::Scheme)),
            ("", Err(InvalidAddress::Scheme)),
            ("http://", Err(InvalidAddress::Host)),
            ("http://:7117", Err(InvalidAddress::Host)),
            ("http://[::1", Err(InvalidAddress::Host)),
            ("http://[::1]x", Err(InvalidAddress::Host)),
            ("http://a b", Err(InvalidAddress::Host)),
            ("http://host:99999", Err(InvalidAddress::Port)),
            ("http://host:+1", Err(InvalidAddress::Port)),
            ("http://host:x", Err(InvalidAddress::Port)),
        ] {
            assert_eq!(Address::parse(url).map(|address| address.to_string()), expected.map(str::to_owned), "{url}");
        }
    }
}
