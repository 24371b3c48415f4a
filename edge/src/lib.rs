//! What every site of ours stands on: listeners, TLS, sessions, CSRF, forms, error pages and the page frame.
//!
//! A site is an axum router passed through [`site()`], which adds the headers, the checks and the error pages
//! in the one right order. Templates of other crates extend `frame.html` of `edge/templates`.

pub mod assets;
pub mod client_certificate;
pub mod connection;
pub mod cookie;
pub mod csrf;
pub mod failure;
pub mod foreign;
pub mod form;
pub mod frame;
pub mod headers;
pub mod language;
pub mod listener;
mod origin;
pub mod peer;
pub mod session;
pub mod shutdown;
pub mod site;
pub mod tls;
pub mod translate;
pub mod upload;

pub use client_certificate::ClientCertificate;
pub use connection::Connection;
pub use cookie::CookieKind;
pub use csrf::{CsrfForm, CsrfKey, PreSession};
pub use failure::{Failure, Words};
pub use form::{Errors, FieldError};
pub use frame::{Frame, Idle, NavItem, Who, render};
pub use headers::{FormsTo, security_headers};
pub use language::Languages;
pub use listener::{Limits, bind, serve_http, serve_tls};
pub use peer::{ListenerPort, Peer};
pub use session::{SessionId, SessionKey, SessionLimits, SessionStore, Standing};
pub use shutdown::{Shutdown, ShutdownTrigger};
pub use site::{Site, site};
pub use upload::CsrfUpload;
