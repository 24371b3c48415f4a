//! The other side of [`client`](crate::client): what a collector does with an HTTP request before and after it looks at
//! the message. Which server carries it is the caller's choice.

use domain::Timestamp;
use http::request::Parts;
use http::{HeaderValue, Method, Response, StatusCode, header};

use crate::protocol::{CONTENT_TYPE, MESSAGE_BYTES_MAX};
use crate::signature::{
    RequestParts, ResponseParts, SigningKey, VerifyingKey, sign_response, verify_request,
};

/// Where one collector takes messages, whom it believes and how it signs.
#[derive(Debug)]
pub struct Endpoint {
    /// `/00200/mpn`, behind whatever its server has before it.
    pub path: String,
    /// The keys of the hub: two while it changes them.
    pub hub_keys: Vec<VerifyingKey>,
    /// Its own.
    pub key: SigningKey,
}

impl Endpoint {
    /// Whether a request is a message of the hub, by everything but the message itself; else the status to refuse it
    /// with. Content should have been read to its end before, a little over [`MESSAGE_BYTES_MAX`] too: a connection
    /// that is closed on unread content is reset, and the status is lost. `now` is the machine's time.
    pub fn check(&self, request: &Parts, content: &[u8], now: Timestamp) -> Result<(), StatusCode> {
        let (path, kinds) = (request.uri.path(), request.headers.get_all(header::CONTENT_TYPE));
        let mut kinds = kinds.iter().map(|kind| kind.to_str().unwrap_or_default());
        // of two, one was not signed
        let content_type = if let (Some(kind), None) = (kinds.next(), kinds.next()) { kind } else { "" };
        let signed = RequestParts { method: request.method.as_str(), path, content_type, body: content };
        if request.method != Method::POST {
            Err(StatusCode::METHOD_NOT_ALLOWED)
        } else if path != self.path || request.uri.query().is_some() {
            Err(StatusCode::NOT_FOUND)
        } else if content.len() > MESSAGE_BYTES_MAX {
            Err(StatusCode::PAYLOAD_TOO_LARGE)
        } else if verify_request(&self.hub_keys, &signed, &request.headers, now).is_err() {
            Err(StatusCode::UNAUTHORIZED)
        } else if content_type != CONTENT_TYPE || request.headers.contains_key(header::CONTENT_ENCODING) {
            Err(StatusCode::UNSUPPORTED_MEDIA_TYPE)
        } else {
            Ok(())
        }
    }

    /// The signed response that carries an answer, to the request with this content and to no other. `now` is the
    /// machine's time.
    pub fn respond(&self, request_body: &[u8], answer: Vec<u8>, now: Timestamp) -> Response<Vec<u8>> {
        let parts = ResponseParts { status: StatusCode::OK.as_u16(), body: &answer, request_body };
        let signed = sign_response(&self.key, &parts, now);
        let mut response = Response::new(answer);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE));
        for (name, value) in signed.pairs() {
            // made of ASCII alone: digits, base64, a checked key id
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(name, value);
            }
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use domain::clock::machine_now;
    use http::Request;

    use super::*;
    use crate::signature::{sign_request, verify_response};

    const CONTENT: &[u8] = b"question";

    fn endpoint() -> Endpoint {
        let key = |id, seed| SigningKey::from_seed(id, &[seed; 32]).unwrap();
        let hub_keys = vec![key("hub-2", 3).verifying_key(), key("hub-1", 1).verifying_key()];
        Endpoint { path: "/00200/mpn".to_owned(), hub_keys, key: key("00200-1", 2) }
    }

    /// A request as the hub signs it for that method, path and content type.
    fn request(method: &str, path: &str, content_type: &str, content: &[u8]) -> Parts {
        let hub = SigningKey::from_seed("hub-1", &[1; 32]).unwrap();
        let parts = RequestParts {
            method,
            path: path.split('?').next().unwrap_or_default(),
            content_type,
            body: content,
        };
        let signed = sign_request(&hub, &parts, machine_now());
        let mut request = Request::builder().method(method).uri(path).header("content-type", content_type);
        for (name, value) in signed.pairs() {
            request = request.header(name, value);
        }
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn what_is_no_message_of_the_hub_gets_the_status_that_says_why() {
        let (endpoint, now) = (endpoint(), machine_now());
        let sound = || request("POST", "/00200/mpn", CONTENT_TYPE, CONTENT);
        assert_eq!(endpoint.check(&sound(), CONTENT, now), Ok(()));
        for (method, path, kind, status) in [
            ("PUT", "/00200/mpn", CONTENT_TYPE, 405),
            ("POST", "/00500/mpn", CONTENT_TYPE, 404),
            ("POST", "/00200/mpn?again=1", CONTENT_TYPE, 404),
            ("POST", "/00200/mpn", "text/xml; charset=utf-8", 415),
        ] {
            let refused = endpoint.check(&request(method, path, kind, CONTENT), CONTENT, now);
            assert_eq!(refused.map_err(|status| status.as_u16()), Err(status), "{method} {path} {kind}");
        }
        assert_eq!(endpoint.check(&sound(), b"other", now), Err(StatusCode::UNAUTHORIZED));
        assert_eq!(endpoint.check(&sound(), CONTENT, now.plus_seconds(600)), Err(StatusCode::UNAUTHORIZED));
        for size in [MESSAGE_BYTES_MAX, MESSAGE_BYTES_MAX + 1] {
            let content = vec![b' '; size];
            let checked =
                endpoint.check(&request("POST", "/00200/mpn", CONTENT_TYPE, &content), &content, now);
            let due = if size > MESSAGE_BYTES_MAX { Err(StatusCode::PAYLOAD_TOO_LARGE) } else { Ok(()) };
            assert_eq!(checked, due);
        }
        let mut coded = sound();
        coded.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        assert_eq!(endpoint.check(&coded, CONTENT, now), Err(StatusCode::UNSUPPORTED_MEDIA_TYPE));
        let mut twice = sound();
        twice.headers.append(header::CONTENT_TYPE, HeaderValue::from_static("text/xml"));
        assert_eq!(endpoint.check(&twice, CONTENT, now), Err(StatusCode::UNAUTHORIZED));
    }

    #[test]
    fn a_response_is_signed_for_its_request_alone() {
        let (endpoint, now) = (endpoint(), machine_now());
        let response = endpoint.respond(CONTENT, b"answer".to_vec(), now);
        assert_eq!(response.headers()[header::CONTENT_TYPE], CONTENT_TYPE);
        let keys = [endpoint.key.verifying_key()];
        let is_believed = |request_body: &[u8]| {
            let parts = ResponseParts { status: 200, body: response.body(), request_body };
            verify_response(&keys, &parts, response.headers(), now).is_ok()
        };
        assert!(is_believed(CONTENT) && !is_believed(b"another question"));
    }
}
