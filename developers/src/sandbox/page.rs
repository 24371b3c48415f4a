//! The sandbox's pages: which rows can be taken over, one row with its forms and messages, one exchange explained.

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use collectors::protocol::{self, Body, Message};
use domain::CollectorNumber;
use edge::{CsrfForm, Errors, Failure, Frame, PreSession};
use serde::Deserialize;

use super::explain::{self, Check, Line};
use super::fault::{Mode, RULES_MAX, Rule, TIMES_MAX, Target};
use super::registration::Wanted;
use super::{Exchange, RegisterError, Sandbox};
use crate::{site, xml};

/// Exchanges on a page.
const SHOWN_MAX: usize = 100;

/// A row that can be taken over, as the list shows it.
struct RowShown {
    number: String,
    name: String,
    kind: &'static str,
    endpoint: Option<String>,
}

#[derive(Template)]
#[template(path = "sandbox/list.html")]
struct ListPage {
    frame: Frame,
    rows: Vec<RowShown>,
    now: String,
}

/// An exchange in the list.
struct ExchangeShown {
    id: u64,
    at: String,
    message: &'static str,
    customer_number: String,
    fault: &'static str,
    /// What came of it, in a few words.
    outcome: String,
    /// The class and the icon of that.
    look: (&'static str, &'static str),
}

#[derive(Template)]
#[template(path = "sandbox/collector.html")]
struct CollectorPage {
    frame: Frame,
    csrf: String,
    number: String,
    name: String,
    kind: &'static str,
    is_registered: bool,
    typed: Wanted,
    errors: Errors,
    rules: Vec<Rule>,
    exchanges: Vec<ExchangeShown>,
}

/// A message, laid out and explained.
struct MessageShown {
    title: String,
    anchor: &'static str,
    clause: &'static str,
    checks: Vec<Check>,
    lines: Vec<Line>,
    text: String,
    /// What the hub takes it for.
    conclusion: String,
    note: String,
}

#[derive(Template)]
#[template(path = "sandbox/exchange.html")]
struct ExchangePage {
    frame: Frame,
    number: String,
    at: String,
    fault: &'static str,
    messages: Vec<MessageShown>,
}

/// The pages.
pub fn routes(sandbox: Sandbox) -> Router {
    Router::new()
        .route("/sandbox", get(list))
        .route("/sandbox/{code}", get(show).post(register))
        .route("/sandbox/{code}/withdrawal", post(withdraw))
        .route("/sandbox/{code}/faults", post(add_fault))
        .route("/sandbox/{code}/calm", post(calm))
        .route("/sandbox/{code}/messages/{id}", get(exchange))
        .with_state(sandbox)
}

async fn list(State(sandbox): State<Sandbox>) -> Result<Html<String>, Failure> {
    let rows = sandbox.rows().map(|row| RowShown {
        number: row.number.to_string(),
        name: row.name.clone(),
        kind: row.kind.as_str(),
        endpoint: sandbox.registration(&row.number).map(|one| one.endpoint.to_string()),
    });
    let now = sandbox.0.settings.clock.now().rfc3339();
    site::page(&ListPage { frame: site::frame("/sandbox"), rows: rows.collect(), now })
}

/// The row of an address.
fn row(sandbox: &Sandbox, code: &str) -> Result<CollectorNumber, Failure> {
    let number = code.parse::<CollectorNumber>().ok().filter(|number| sandbox.row(number).is_some());
    number.ok_or(Failure::NotFound)
}

fn page(
    sandbox: &Sandbox,
    number: &CollectorNumber,
    csrf: &PreSession,
    typed: Option<Wanted>,
    errors: Errors,
) -> Result<Response, Failure> {
    let row = sandbox.row(number).ok_or(Failure::NotFound)?;
    let registration = sandbox.registration(number);
    let kept = || registration.as_ref().map(|one| one.kept().wanted()).unwrap_or_default();
    let exchanges = sandbox.exchanges(number, 0, SHOWN_MAX);
    let mut frame = site::frame(&format!("/sandbox/{number}"));
    frame.has_errors = !errors.is_empty();
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = CollectorPage {
        frame,
        csrf: csrf.token().to_owned(),
        number: number.to_string(),
        name: row.name.clone(),
        kind: row.kind.as_str(),
        is_registered: registration.is_some(),
        typed: typed.unwrap_or_else(kept),
        errors,
        rules: sandbox.rules(number),
        exchanges: exchanges.iter().map(|exchange| listed(sandbox, number, exchange)).collect(),
    };
    Ok(csrf.attach((status, site::page(&page)?)))
}

async fn show(
    State(sandbox): State<Sandbox>,
    Path(code): Path<String>,
    csrf: PreSession,
) -> Result<Response, Failure> {
    page(&sandbox, &row(&sandbox, &code)?, &csrf, None, Errors::none())
}

async fn register(
    State(sandbox): State<Sandbox>,
    Path(code): Path<String>,
    csrf: PreSession,
    CsrfForm(typed): CsrfForm<RegisterForm>,
) -> Result<Response, Failure> {
    let number = row(&sandbox, &code)?;
    let wanted = Wanted {
        endpoint: typed.endpoint,
        key_id: typed.key_id,
        public_key: typed.public_key,
        root_ca: typed.root_ca,
        return_url: typed.return_url,
    };
    match sandbox.register(&number, &wanted).await {
        Ok(()) => Ok(Redirect::to(&format!("/sandbox/{number}")).into_response()),
        Err(RegisterError::Wrong(wrong)) => {
            let mut errors = Errors::none();
            for one in wrong {
                let field = if one.field == "collector" { "" } else { one.field };
                errors.add(field, one.message);
            }
            page(&sandbox, &number, &csrf, Some(wanted), errors)
        }
        Err(RegisterError::Failed(why)) => page(&sandbox, &number, &csrf, Some(wanted), Errors::general(why)),
    }
}

/// What is typed to register.
#[derive(Deserialize)]
struct RegisterForm {
    endpoint: String,
    key_id: String,
    public_key: String,
    #[serde(default)]
    root_ca: String,
    #[serde(default)]
    return_url: String,
}

async fn withdraw(
    State(sandbox): State<Sandbox>,
    Path(code): Path<String>,
    CsrfForm(Pressed {}): CsrfForm<Pressed>,
) -> Result<Redirect, Failure> {
    let number = row(&sandbox, &code)?;
    sandbox.withdraw(&number).await.map_err(Failure::internal)?;
    Ok(Redirect::to(&format!("/sandbox/{number}")))
}

/// A button without fields.
#[derive(Deserialize)]
struct Pressed {}

/// What is typed for a fault.
#[derive(Deserialize)]
struct FaultForm {
    mode: String,
    on: String,
    times: String,
}

async fn add_fault(
    State(sandbox): State<Sandbox>,
    Path(code): Path<String>,
    csrf: PreSession,
    CsrfForm(typed): CsrfForm<FaultForm>,
) -> Result<Response, Failure> {
    let number = row(&sandbox, &code)?;
    let (mode, on) = (typed.mode.parse::<Mode>(), typed.on.parse::<Target>());
    let (Ok(mode), Ok(on)) = (mode, on) else { return Err(Failure::BadForm) };
    let mut rules = sandbox.rules(&number);
    let times = typed.times.trim().parse().ok().filter(|times| Rule { mode, on, times: *times }.is_bounded());
    let wrong = match times {
        None => Some(Errors::one("times", format!("a number from 1 to {TIMES_MAX}"))),
        Some(_) if rules.len() >= RULES_MAX => {
            Some(Errors::general(format!("there are {RULES_MAX} rules already; remove them first")))
        }
        Some(times) => {
            rules.push(Rule { mode, on, times });
            None
        }
    };
    match wrong {
        Some(errors) => page(&sandbox, &number, &csrf, None, errors),
        None => {
            sandbox.set_rules(&number, rules);
            Ok(Redirect::to(&format!("/sandbox/{number}#faults")).into_response())
        }
    }
}

async fn calm(
    State(sandbox): State<Sandbox>,
    Path(code): Path<String>,
    CsrfForm(Pressed {}): CsrfForm<Pressed>,
) -> Result<Redirect, Failure> {
    let number = row(&sandbox, &code)?;
    sandbox.set_rules(&number, Vec::new());
    Ok(Redirect::to(&format!("/sandbox/{number}#faults")))
}

fn listed(sandbox: &Sandbox, number: &CollectorNumber, exchange: &Exchange) -> ExchangeShown {
    let message = protocol::decode(&exchange.request).ok();
    let (outcome, look) = outcome(sandbox, number, exchange, message.as_ref());
    ExchangeShown {
        id: exchange.id,
        at: exchange.at.rfc3339(),
        message: message.as_ref().map_or("unreadable", |message| message.body.name()),
        customer_number: message.as_ref().map(customer_number).unwrap_or_default(),
        fault: exchange.fault.map(Mode::label).unwrap_or_default(),
        outcome,
        look,
    }
}

/// The number that a message is about, its own or that of the one inside.
fn customer_number(message: &Message) -> String {
    let own = match &message.body {
        Body::ResendConfirmation(repeat) => {
            repeat.original_message().ok().map(|inner| protocol::encode(&inner))
        }
        _ => Some(protocol::encode(message)),
    };
    let lines = own.map(|bytes| explain::lines(&bytes)).unwrap_or_default();
    lines.into_iter().find(|line| line.name == "CustomerNumber").map(|line| line.value).unwrap_or_default()
}

fn outcome(
    sandbox: &Sandbox,
    number: &CollectorNumber,
    exchange: &Exchange,
    message: Option<&Message>,
) -> (String, (&'static str, &'static str)) {
    if exchange.is_open {
        return ("under way".to_owned(), ("wait", "●"));
    }
    let (Some(reply), Some(registration)) = (exchange.replies.first(), sandbox.registration(number)) else {
        return ("never left".to_owned(), ("wait", "●"));
    };
    let reply = match reply {
        Ok(reply) => reply,
        Err(why) => return (why.clone(), ("bad", "!")),
    };
    let Some(message) = message else { return ("the hub's message cannot be read".to_owned(), ("bad", "!")) };
    let checks = explain::of_answer(&registration.key, message, &exchange.request, reply);
    if let Some(wrong) = checks.iter().find_map(|check| check.wrong.as_ref().map(|why| (check.what, why))) {
        return (format!("no answer that counts: not {} ({})", wrong.0, wrong.1), ("bad", "!"));
    }
    let code = protocol::decode(&reply.body).ok().and_then(|answer| answer.body.code());
    let code = code.map(|code| code.to_string()).unwrap_or_default();
    (format!("{code} in {} ms", reply.took.as_millis()), ("ok", "✓"))
}

async fn exchange(
    State(sandbox): State<Sandbox>,
    Path((code, id)): Path<(String, u64)>,
) -> Result<Html<String>, Failure> {
    let number = row(&sandbox, &code)?;
    let found = sandbox.exchange(&number, id).ok_or(Failure::NotFound)?;
    let page = ExchangePage {
        frame: site::frame(&format!("/sandbox/{number}")),
        number: number.to_string(),
        at: found.at.rfc3339(),
        fault: found.fault.map(Mode::label).unwrap_or_default(),
        messages: messages(&sandbox, &number, &found)?,
    };
    site::page(&page)
}

fn messages(
    sandbox: &Sandbox,
    number: &CollectorNumber,
    exchange: &Exchange,
) -> Result<Vec<MessageShown>, Failure> {
    let registration = sandbox.registration(number).ok_or(Failure::NotFound)?;
    let kind = sandbox.row(number).ok_or(Failure::NotFound)?.kind;
    let request = protocol::decode(&exchange.request).ok();
    let element = request.as_ref().map_or("", |message| message.body.name());
    let path = format!("/{number}/mpn");
    let hub_keys = (sandbox.0.settings.hub_keys)();
    let mut shown = vec![MessageShown {
        title: format!("{element} of the hub"),
        anchor: "request",
        clause: explain::clause(element),
        checks: explain::of_request(
            &hub_keys,
            &path,
            &exchange.request,
            &exchange.request_headers,
            exchange.came,
        ),
        lines: explain::lines(&exchange.request),
        text: xml::laid_out(&exchange.request),
        conclusion: String::new(),
        note: String::new(),
    }];
    if let Some(Body::ResendConfirmation(repeat)) = request.as_ref().map(|message| &message.body)
        && let Ok(inner) = repeat.original_message()
    {
        let bytes = protocol::encode(&inner);
        shown.push(MessageShown {
            title: format!("{} inside of it", inner.body.name()),
            anchor: "original",
            clause: explain::clause(inner.body.name()),
            checks: Vec::new(),
            lines: explain::lines(&bytes),
            text: xml::laid_out(&bytes),
            conclusion: String::new(),
            note: "Base64 of the first message, byte for byte; decoded here.".to_owned(),
        });
    }
    for (at, reply) in exchange.replies.iter().enumerate() {
        let title =
            if at == 0 { "Your answer".to_owned() } else { "Your answer to the second copy".to_owned() };
        let anchor = if at == 0 { "answer" } else { "answer-2" };
        shown.push(match (reply, &request) {
            (Ok(reply), Some(request)) => {
                let checks = explain::of_answer(&registration.key, request, &exchange.request, reply);
                let answer = protocol::decode(&reply.body).ok();
                let is_right = checks.iter().all(|check| check.wrong.is_none());
                let conclusion = match &answer {
                    Some(answer) if is_right => explain::conclusion(kind, answer),
                    _ => "nothing: this is no answer, and a payment stays unknown until one comes".to_owned(),
                };
                MessageShown {
                    title,
                    anchor,
                    clause: explain::clause(answer.as_ref().map_or("", |answer| answer.body.name())),
                    checks,
                    lines: explain::lines(&reply.body),
                    text: xml::laid_out(&reply.body),
                    conclusion,
                    note: format!("Status {}, after {} ms.", reply.status, reply.took.as_millis()),
                }
            }
            (outcome, _) => MessageShown {
                title,
                anchor,
                clause: "/protocol#http",
                checks: Vec::new(),
                lines: Vec::new(),
                text: String::new(),
                conclusion: "nothing: no answer came".to_owned(),
                note: outcome.as_ref().err().cloned().unwrap_or_default(),
            },
        });
    }
    Ok(shown)
}
