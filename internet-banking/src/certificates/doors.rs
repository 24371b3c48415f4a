//! Where the bank asks for client certificates: several ports of one host, because a browser remembers for each whether
//! its user chose a certificate. Who cancelled the choice, or imported a certificate since, goes to the next.

use std::sync::Arc;

/// The ports of the sign-in by certificate. Cheap to clone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Doors(Arc<(String, Vec<u16>)>);

impl Doors {
    /// The host as browsers know it, and its ports in their order.
    pub fn new(host: &str, ports: Vec<u16>) -> Self {
        Self(Arc::new((host.to_owned(), ports)))
    }

    /// Whether a port asks for certificates.
    pub fn is_one(&self, port: u16) -> bool {
        self.0.1.contains(&port)
    }

    /// The first one's origin.
    pub fn first(&self) -> Option<String> {
        self.0.1.first().map(|port| self.origin(*port))
    }

    /// The origin of the one after this; after the last comes the first.
    pub fn next(&self, port: u16) -> Option<String> {
        let ports = &self.0.1;
        let at = ports.iter().position(|one| *one == port)?;
        let next = ports.get(at + 1).or_else(|| ports.first())?;
        Some(self.origin(*next))
    }

    fn origin(&self, port: u16) -> String {
        format!("https://{}:{port}", self.0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_tries_again_comes_to_the_next_door() {
        let doors = Doors::new("localhost", vec![8083, 8084]);
        assert!(doors.is_one(8083) && !doors.is_one(8080));
        assert_eq!(doors.first().as_deref(), Some("https://localhost:8083"));
        assert_eq!(doors.next(8083).as_deref(), Some("https://localhost:8084"));
        assert_eq!(doors.next(8084).as_deref(), Some("https://localhost:8083"));
        assert_eq!(doors.next(8080), None);
        assert_eq!(Doors::default().first(), None);
    }
}
