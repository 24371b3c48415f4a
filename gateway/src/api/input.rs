//! Reading what a caller sends: bounded in bytes, depth and time, strict about fields, and every fault with a pointer.

use std::fmt::Display;
use std::time::Duration;

use axum::body::to_bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;

use super::problem::{Code, FieldError, Problem};

/// Bytes of a body at most.
const BODY_BYTES_MAX: usize = 16 * 1024;
/// Objects and lists inside of one another at most.
const BODY_DEPTH_MAX: usize = 8;
/// How long a body may take to arrive.
const BODY_WAIT: Duration = Duration::from_secs(10);

/// A JSON body.
#[derive(Clone, Debug)]
pub struct Input<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Input<T> {
    type Rejection = Problem;
    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Code::ContentTypeWrong.into());
        }
        let body = tokio::time::timeout(BODY_WAIT, to_bytes(request.into_body(), BODY_BYTES_MAX));
        match body.await {
            Err(_elapsed) => Err(Code::BodyMalformed.into()),
            Ok(Err(error)) if is_length(&error) => Err(Code::BodyTooLarge.into()),
            Ok(Err(_)) => Err(Code::BodyMalformed.into()),
            Ok(Ok(bytes)) => read(&bytes).map(Self),
        }
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

fn is_length(error: &axum::Error) -> bool {
    use std::error::Error as _;
    let mut cause: Option<&dyn std::error::Error> = error.source();
    while let Some(found) = cause {
        if found.is::<http_body_util::LengthLimitError>() {
            return true;
        }
        cause = found.source();
    }
    false
}

fn read<T: DeserializeOwned>(bytes: &Bytes) -> Result<T, Problem> {
    if depth(bytes).is_none_or(|depth| depth > BODY_DEPTH_MAX) {
        return Err(Code::BodyMalformed.into());
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| fault(&error))?;
    json.end().map_err(|_| Problem::from(Code::BodyMalformed))?;
    Ok(value)
}

/// How deep the objects go, as far as the brackets outside of strings tell; whether they match, the parser says. `None`
/// where there is a list: no body of ours has one, and the parser would take it for an object without names.
fn depth(bytes: &[u8]) -> Option<usize> {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0_usize, 0, false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' if !in_string => return None,
            b'{' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Some(deepest)
}

fn fault(error: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    if !error.inner().is_data() {
        return Code::BodyMalformed.into();
    }
    let text = error.inner().to_string();
    // the place in the text means nothing to whoever built the document with a library
    let detail = text.rsplit_once(" at line ").map_or(text.as_str(), |(before, _)| before);
    let mut pointer = pointer(error.path().iter());
    // a field that is not there, or should not be, is named by the words alone
    let named = ["missing field `", "unknown field `", "duplicate field `"];
    if let Some(field) = named.iter().find_map(|words| detail.strip_prefix(words)?.split('`').next()) {
        let own = format!("/{}", escaped(field));
        if !pointer.ends_with(&own) {
            pointer.push_str(&own);
        }
    }
    Problem::field(Code::FieldsInvalid, pointer, detail)
}

fn pointer<'p>(path: impl Iterator<Item = &'p Segment>) -> String {
    path.map(|segment| match segment {
        Segment::Seq { index } => format!("/{index}"),
        Segment::Map { key } => format!("/{}", escaped(key)),
        Segment::Enum { variant } => format!("/{}", escaped(variant)),
        Segment::Unknown => String::new(),
    })
    .collect()
}

fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// The faults of a body that has the right shape, all at once.
#[derive(Debug, Default)]
pub struct Faults(Vec<FieldError>);

impl Faults {
    /// Takes the value, or notes what is wrong with it.
    pub fn read<T, E: Display>(&mut self, pointer: &str, value: Result<T, E>) -> Option<T> {
        match value {
            Ok(value) => Some(value),
            Err(error) => {
                self.note(pointer, error);
                None
            }
        }
    }

    /// Notes a fault.
    pub fn note(&mut self, pointer: &str, detail: impl Display) {
        self.0.push(FieldError { pointer: pointer.to_owned(), detail: detail.to_string() });
    }

    /// Whether none was found.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The refusal, to be returned when there are any.
    pub fn problem(self) -> Problem {
        Problem { errors: self.0, ..Code::FieldsInvalid.into() }
    }
}

/// The parameters of a query; unknown ones are refused.
#[derive(Clone, Debug)]
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let read = axum::extract::Query::<T>::try_from_uri(&parts.uri);
        read.map(|axum::extract::Query(query)| Self(query))
            .map_err(|error| Problem::because(Code::QueryInvalid, format!("{}.", error.body_text())))
    }
}

/// One part of the path. What cannot be one is not there.
#[derive(Clone, Debug)]
pub struct Part(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Part {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let read = axum::extract::Path::<String>::from_request_parts(parts, state).await;
        read.map(|axum::extract::Path(part)| Self(part)).map_err(|_| Code::NotFound.into())
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Order {
        #[allow(dead_code, reason = "read by no test")]
        amount: i64,
        #[allow(dead_code, reason = "read by no test")]
        account: Account,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Account {
        #[allow(dead_code, reason = "read by no test")]
        number: String,
    }

    fn refused(body: &str) -> (Code, Vec<(String, String)>) {
        let problem = read::<Order>(&Bytes::copy_from_slice(body.as_bytes())).unwrap_err();
        (problem.code, problem.errors.into_iter().map(|e| (e.pointer, e.detail)).collect())
    }

    #[track_caller]
    fn assert_points(body: &str, pointer: &str, words: &str) {
        let (code, errors) = refused(body);
        assert_eq!(
            (code, errors.len(), errors[0].0.as_str()),
            (Code::FieldsInvalid, 1, pointer),
            "{errors:?}"
        );
        assert!(errors[0].1.contains(words) && !errors[0].1.contains("line"), "{errors:?}");
    }

    #[test]
    fn every_fault_has_a_pointer() {
        assert_points(r#"{"amount": 1}"#, "/account", "missing");
        assert_points(r#"{"amount": "1", "account": {"number": "1"}}"#, "/amount", "expected i64");
        assert_points(r#"{"amount": 1, "account": {}}"#, "/account/number", "missing");
        assert_points(r#"{"amount": 1, "account": {"number": 7}}"#, "/account/number", "string");
        assert_points(
            r#"{"amount": 1, "account": {"number": "1", "x/~y": 0}}"#,
            "/account/x~1~0y",
            "unknown",
        );
        assert_points(r#"{"amount": 1, "amount": 2, "account": {"number": "1"}}"#, "/amount", "duplicate");
        assert_points(r#"{"amount": 1.5, "account": {"number": "1"}}"#, "/amount", "floating point");
        assert_points("5", "", "invalid type");
    }

    #[test]
    fn what_is_no_json_or_nested_too_deep_is_refused_before_it_is_read() {
        let deep = format!("{}{}", "[".repeat(9), "]".repeat(9));
        for body in
            ["", "{", r#"{"amount": 1, "account": {"number": "1"}}{"#, "\"\\u12\"", "nul", deep.as_str()]
        {
            assert_eq!(refused(body).0, Code::BodyMalformed, "{body}");
        }
        assert_eq!(depth(br#"{"a": "[{{\"{[", "b": {"c": {}}}"#), Some(3));
        assert_eq!(depth(br#"{"a": []}"#), None);
    }
}
