//! The address at which the lab listens.

use std::io;
use std::net::SocketAddr;

use tokio::net::TcpListener;

use crate::error::LabError;
use crate::options::{DEFAULT_PORT, Options};

/// Listens at the address of `options`. If no port is given and the default port is in use, listens on a free one.
pub async fn listen(options: &Options) -> Result<TcpListener, LabError> {
    let first = SocketAddr::new(options.address, options.port.unwrap_or(DEFAULT_PORT));
    match TcpListener::bind(first).await {
        Err(error) if options.port.is_none() && error.kind() == io::ErrorKind::AddrInUse => {
            let any = SocketAddr::new(options.address, 0);
            TcpListener::bind(any).await.map_err(|source| LabError::Listen { address: any, source })
        }
        other => other.map_err(|source| LabError::Listen { address: first, source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_taken_port_is_an_error_if_it_was_asked_for() {
        let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = taken.local_addr().unwrap().port();
        let error = listen(&Options { port: Some(port), ..Options::default() }).await.unwrap_err();
        assert!(error.to_string().contains("--port"), "{error}");
    }

    #[tokio::test]
    async fn without_a_wish_a_free_port_is_taken() {
        // Two labs can run at the same time, whether or not the default port is free.
        let one = listen(&Options::default()).await.unwrap();
        let two = listen(&Options::default()).await.unwrap();
        assert_ne!(one.local_addr().unwrap(), two.local_addr().unwrap());
    }
}
