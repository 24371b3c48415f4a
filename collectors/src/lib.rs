//! The collecting institutions as data, the protocol to them as code, and the client
