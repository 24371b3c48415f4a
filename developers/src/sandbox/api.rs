//! `/v1/sandbox`: the same for programs. Like the business time it is for the demo and test benches, where whoever
//! reaches this machine may do everything, so it takes no key; JSON alone, which no page of another site can send.

use axum::body::to_bytes;
use axum::extract::{Path, Query, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use collectors::protocol;
use domain::CollectorNumber;
use gateway::api::problem::{Code, FieldError, Problem};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::fault::{RULES_MAX, Rule};
use super::registration::Wanted;
use super::{Exchange, RegisterError, Sandbox, explain};

/// Bytes of a body at most.
const BODY_BYTES_MAX: usize = 64 * 1024;
/// Exchanges of one answer at most.
const LIMIT_MAX: usize = 100;

/// The calls.
pub fn routes(sandbox: Sandbox) -> Router {
    let router = Router::new()
        .route("/v1/sandbox/collectors", get(list))
        .route("/v1/sandbox/collectors/{code}", get(show).put(register).delete(withdraw))
        .route("/v1/sandbox/collectors/{code}/faults", get(faults).put(set_faults))
        .route("/v1/sandbox/collectors/{code}/messages", get(messages))
        .method_not_allowed_fallback(|| async { Problem::from(Code::MethodNotAllowed) })
        .with_state(sandbox);
    edge::security_headers(router)
}

async fn list(State(sandbox): State<Sandbox>) -> Json<Value> {
    let rows = sandbox.rows().map(|row| {
        let registration = sandbox.registration(&row.number).map(|one| one.kept());
        let (number, kind) = (row.number.as_str(), row.kind.as_str());
        json!({"collector": number, "name": row.name, "kind": kind, "registration": registration})
    });
    Json(json!({"collectors": rows.collect::<Vec<_>>()}))
}

/// A row that can be taken over.
fn row(sandbox: &Sandbox, code: &str) -> Result<CollectorNumber, Problem> {
    let number = code.parse::<CollectorNumber>().ok().filter(|number| sandbox.row(number).is_some());
    number.ok_or_else(|| {
        let happened = "No row that begins with 99 and has a mock bears this number.";
        Problem::because(Code::CollectorUnknown, happened)
    })
}

/// A row that is taken over.
fn registered(sandbox: &Sandbox, code: &str) -> Result<CollectorNumber, Problem> {
    let number = row(sandbox, code)?;
    match sandbox.registration(&number) {
        Some(_) => Ok(number),
        None => Err(Problem::because(
            Code::CollectorUnknown,
            "Nobody has registered a collector for this number.",
        )),
    }
}

async fn show(State(sandbox): State<Sandbox>, Path(code): Path<String>) -> Result<Json<Value>, Problem> {
    let number = registered(&sandbox, &code)?;
    let kept = sandbox.registration(&number).map(|one| one.kept());
    Ok(Json(serde_json::to_value(kept).unwrap_or_default()))
}

async fn register(
    State(sandbox): State<Sandbox>,
    Path(code): Path<String>,
    request: Request,
) -> Result<Json<Value>, Problem> {
    let number = row(&sandbox, &code)?;
    let wanted: Wanted = body(request).await?;
    match sandbox.register(&number, &wanted).await {
        Ok(()) => {
            let kept = sandbox.registration(&number).map(|one| one.kept());
            Ok(Json(serde_json::to_value(kept).unwrap_or_default()))
        }
        Err(RegisterError::Wrong(wrong)) => {
            let field = |wrong: super::Wrong| FieldError {
                pointer: format!("/{}", wrong.field),
                detail: wrong.message,
            };
            Err(Problem { errors: wrong.into_iter().map(field).collect(), ..Code::FieldsInvalid.into() })
        }
        Err(RegisterError::Failed(why)) => Err(Problem::because(Code::Unavailable, why)),
    }
}

async fn withdraw(State(sandbox): State<Sandbox>, Path(code): Path<String>) -> Result<Response, Problem> {
    let number = registered(&sandbox, &code)?;
    sandbox.withdraw(&number).await.map_err(|why| Problem::because(Code::Unavailable, why))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Faults {
    faults: Vec<Rule>,
}

async fn faults(State(sandbox): State<Sandbox>, Path(code): Path<String>) -> Result<Json<Value>, Problem> {
    let number = registered(&sandbox, &code)?;
    Ok(Json(json!({"faults": sandbox.rules(&number)})))
}

async fn set_faults(
    State(sandbox): State<Sandbox>,
    Path(code): Path<String>,
    request: Request,
) -> Result<Json<Value>, Problem> {
    let number = registered(&sandbox, &code)?;
    let Faults { faults } = body(request).await?;
    if faults.len() > RULES_MAX {
        let detail = format!("{RULES_MAX} rules at most");
        return Err(Problem::field(Code::FieldsInvalid, "/faults", detail));
    }
    if let Some(at) = faults.iter().position(|rule| !rule.is_bounded()) {
        return Err(Problem::field(Code::FieldsInvalid, format!("/faults/{at}/times"), "1 to 1,000"));
    }
    sandbox.set_rules(&number, faults);
    Ok(Json(json!({"faults": sandbox.rules(&number)})))
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct From {
    after: u64,
    limit: usize,
}

impl Default for From {
    fn default() -> Self {
        Self { after: 0, limit: LIMIT_MAX }
    }
}

async fn messages(
    State(sandbox): State<Sandbox>,
    Path(code): Path<String>,
    from: Result<Query<From>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let number = registered(&sandbox, &code)?;
    let Query(from) = from.map_err(|_| Problem::from(Code::QueryInvalid))?;
    let exchanges = sandbox.exchanges(&number, from.after, from.limit.min(LIMIT_MAX));
    let told: Vec<_> = exchanges.iter().map(|exchange| told(&sandbox, &number, exchange)).collect();
    Ok(Json(json!({"messages": told})))
}

fn told(sandbox: &Sandbox, number: &CollectorNumber, exchange: &Exchange) -> Value {
    let registration = sandbox.registration(number);
    let request = protocol::decode(&exchange.request).ok();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let replies = exchange.replies.iter().map(|reply| match (reply, &registration, &request) {
        (Ok(reply), Some(registration), Some(request)) => {
            let checks = explain::of_answer(&registration.key, request, &exchange.request, reply);
            let wrong: Vec<_> = checks
                .iter()
                .filter_map(|check| {
                    Some(json!({"what": check.what, "wrong": check.wrong.as_ref()?, "clause": check.clause}))
                })
                .collect();
            json!({"status": reply.status, "body": text(&reply.body), "wrong": wrong})
        }
        (Ok(reply), _, _) => json!({"status": reply.status, "body": text(&reply.body)}),
        (Err(why), _, _) => json!({"error": why}),
    });
    json!({
        "id": exchange.id,
        "at": exchange.at.rfc3339(),
        "message": request.as_ref().map(|message| message.body.name()),
        "request": text(&exchange.request),
        "fault": exchange.fault,
        "under_way": exchange.is_open,
        "replies": replies.collect::<Vec<_>>(),
    })
}

async fn body<T: DeserializeOwned>(request: Request) -> Result<T, Problem> {
    let kind =
        request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.split(';').next().map(str::trim) != Some("application/json") {
        return Err(Code::ContentTypeWrong.into());
    }
    let bytes =
        to_bytes(request.into_body(), BODY_BYTES_MAX).await.map_err(|_| Problem::from(Code::BodyTooLarge))?;
    serde_json::from_slice(&bytes).map_err(|error| match error.is_data() {
        true => Problem::field(Code::FieldsInvalid, "", error.to_string()),
        false => Code::BodyMalformed.into(),
    })
}
