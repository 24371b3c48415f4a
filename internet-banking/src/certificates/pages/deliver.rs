//! The one page that hands a certificate over. It is made once, kept by nobody, and no cache keeps it.

use askama::Template;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use edge::Frame;
use zeroize::Zeroizing;

use super::instant;
use crate::answer::{Answer, shown};
use crate::certificates::issue::{Delivered, Issued};
use crate::contracts::User;
use crate::links::Link;

/// The page.
#[derive(Template)]
#[template(path = "certificates/deliver.html")]
pub(super) struct DeliverPage {
    frame: Frame,
    name: String,
    login_id: String,
    serial: String,
    until: String,
    /// `mihon-hanako01.p12`.
    file: String,
    /// The file as an address that the page has in itself.
    address: Zeroizing<String>,
    /// Of the file.
    pass_phrase: Option<Zeroizing<String>>,
    /// The certificate to the user's own key.
    pem: Option<String>,
    /// Whether another one is in use until this one has signed in.
    renewal: bool,
    /// Where the user signs in with it; empty where this bank has no such door.
    door: String,
}

/// Hands it over.
pub(super) fn deliver(frame: Frame, user: &User, issued: &Issued, renewal: bool, door: String) -> Answer {
    let page = page(frame, user, issued, renewal, door);
    shown(&page)
}

pub(super) fn page(frame: Frame, user: &User, issued: &Issued, renewal: bool, door: String) -> DeliverPage {
    let encoded = |kind: &str, bytes: &[u8]| {
        let text = Zeroizing::new(BASE64_STANDARD.encode(bytes));
        Zeroizing::new(format!("data:{kind};base64,{}", *text))
    };
    // a login ID may hold what a file name must not
    let name: String = user.login_id.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    let (file, address, pass_phrase, pem) = match &issued.delivered {
        Delivered::File(bundle) => (
            format!("mihon-{name}.p12"),
            encoded("application/x-pkcs12", &bundle.bytes),
            Some(bundle.pass_phrase.clone()),
            None,
        ),
        Delivered::Certificate(pem) => (
            format!("mihon-{name}.pem"),
            encoded("application/x-pem-file", pem.as_bytes()),
            None,
            Some(pem.clone()),
        ),
    };
    DeliverPage {
        frame,
        name: user.name.clone(),
        login_id: user.login_id.clone(),
        serial: issued.certificate.serial.clone(),
        until: instant(issued.certificate.expires_at),
        file,
        address,
        pass_phrase,
        pem,
        renewal,
        door,
    }
}
