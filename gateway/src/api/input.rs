//! Reading what a caller sends: bounded in bytes, depth and time, strict about fields, and every fault with a pointer.

mod plain;

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
/// Characters of a pointer at most.
const POINTER_CHARS_MAX: usize = 200;
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
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(Problem::because(Code::BodyMalformed, "The body is empty."));
    }
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
    let said = text.rsplit_once(" at line ").map_or(text.as_str(), |(before, _)| before);
    let mut pointer = pointer(error.path().iter());
    // a field that is not there, or should not be, is named by the words alone
    if let Some(field) = plain::field(said) {
        let own = format!("/{}", escaped(field));
        if !pointer.ends_with(&own) {
            pointer.push_str(&own);
        }
    }
    Problem::field(Code::FieldsInvalid, bounded(pointer), plain::words(said))
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

/// A pointer whose names somebody else has chosen.
fn bounded(mut pointer: String) -> String {
    let end = pointer.char_indices().nth(POINTER_CHARS_MAX).map(|(at, _)| at);
    pointer.truncate(end.unwrap_or(pointer.len()));
    pointer
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
        read.map(|axum::extract::Query(query)| Self(query)).map_err(|error| query_fault(&error.body_text()))
    }
}

/// What a reader said of a query: `Failed to …: limit: invalid digit found in string`.
fn query_fault(said: &str) -> Problem {
    let said = said.split_once("query string: ").map_or(said, |(_, said)| said);
    let (name, said) = match said.split_once(": ") {
        Some((name, rest)) if !name.contains([' ', '`']) => (name, rest),
        _ => ("", said),
    };
    let name = plain::field(said).unwrap_or(name).to_owned();
    Problem::field(Code::QueryInvalid, bounded(name), plain::words(said))
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
        assert_points(
            r#"{"amount": "1", "account": {"number": "1"}}"#,
            "/amount",
            "a whole number, not text",
        );
        assert_points(r#"{"amount": 1, "account": {}}"#, "/account/number", "missing");
        assert_points(r#"{"amount": 1, "account": {"number": 7}}"#, "/account/number", "expected text");
        assert_points(
            r#"{"amount": 1, "account": {"number": "1", "x/~y": 0}}"#,
            "/account/x~1~0y",
            "no such field",
        );
        assert_points(r#"{"amount": 1, "amount": 2, "account": {"number": "1"}}"#, "/amount", "twice");
        assert_points(r#"{"amount": 1.5, "account": {"number": "1"}}"#, "/amount", "fraction");
        assert_points("5", "", "an object, not a whole number");
    }

    #[test]
    fn an_empty_body_is_told_as_such() {
        for body in ["", " \n"] {
            let problem = read::<Order>(&Bytes::copy_from_slice(body.as_bytes())).unwrap_err();
            assert_eq!(problem, Problem::because(Code::BodyMalformed, "The body is empty."));
        }
    }

    #[test]
    fn a_fault_of_a_query_names_the_parameter() {
        for (said, name, words) in [
            (
                "Failed to deserialize query string: limit: invalid digit found in string",
                "limit",
                "expected a whole number",
            ),
            ("Failed to deserialize query string: missing field `from`", "from", "it is missing"),
            (
                "Failed to deserialize query string: x: unknown field `x`, expected `date`",
                "x",
                "there is no such field; expected `date`",
            ),
            ("Failed to deserialize query string: duplicate field `after`", "after", "it is there twice"),
        ] {
            assert_eq!(query_fault(said), Problem::field(Code::QueryInvalid, name, words), "{said}");
        }
        let long = query_fault(&format!("x: unknown field `{}`, expected `date`", "x".repeat(9_000)));
        assert_eq!(long.errors[0].pointer.len(), POINTER_CHARS_MAX);
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
