//! The network's page: its books, what waits for the bank, what it is to do wrong, and buttons by which other banks
//! pay, return and ask back.

use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use domain::{Timestamp, Yen};
use edge::{CsrfForm, Errors, Failure, Frame, PreSession};
use http::StatusCode;
use serde::Deserialize;

use super::acts::{self, NewIncoming, NewRecall, NewReturn, Spoil};
use super::faults::{self, Fault, KINDS, Mode};
use super::message::Received;
use crate::mocks::Mocks;
use crate::site::views::{Page, frame};
use crate::store::StoreError;

/// Where the page is.
const HERE: &str = "/interbank";
/// Lines of each list, the newest first.
const SHOWN_MAX: i64 = 20;
/// Messages that one fault meets at most, and milliseconds that an answer waits.
const COUNT_MAX: u32 = 1_000;
const DELAY_MS_MAX: u32 = 60_000;

/// The page and its forms.
pub(crate) fn routes() -> Router<Mocks> {
    Router::new()
        .route(HERE, get(show))
        .route("/interbank/fault", post(add_fault))
        .route("/interbank/faults/end", post(end_faults))
        .route("/interbank/incoming", post(pay))
        .route("/interbank/transfer", post(act_on_transfer))
        .route("/interbank/recall", post(ask_back))
}

/// A transfer of the bank in the books.
#[derive(sqlx::FromRow)]
struct SentRow {
    id: String,
    amount: i64,
    day: String,
    creditor: String,
    status: String,
    code: Option<String>,
    deliveries: i64,
    is_back: i64,
}

impl SentRow {
    fn yen(&self) -> Yen {
        Yen::new(self.amount)
    }

    /// Whether its payee's bank can still return it.
    fn may_return(&self) -> bool {
        self.status != "RJCT" && self.is_back == 0
    }

    fn word(&self) -> &'static str {
        match self.status.as_str() {
            _ if self.is_back != 0 => "返却",
            "RJCT" => "受付不可",
            "PDNG" => "営業開始待ち",
            "ACSC" => "決済済み",
            _ => "受付済み",
        }
    }
}

/// What waits for the bank, or has waited.
struct WaitingRow {
    what: &'static str,
    from: String,
    /// The number of the transfer that it is, or is about.
    number: String,
    amount: Option<Yen>,
    payer: String,
    /// Whether it is a transfer, which its bank may ask back.
    is_transfer: bool,
    acknowledged: Option<String>,
}

impl WaitingRow {
    fn of(id: &str, bytes: &[u8], acknowledged: Option<String>) -> Self {
        let Ok(read) = Received::read(bytes) else {
            let (what, from) = ("電文でないもの", String::new());
            let (number, payer, amount, is_transfer) = (id.to_owned(), String::new(), None, false);
            return Self { what, from, number, amount, payer, is_transfer, acknowledged };
        };
        let amounts = ["IntrBkSttlmAmt", "RtrdIntrBkSttlmAmt", "OrgnlIntrBkSttlmAmt"];
        let amount = amounts.iter().find_map(|name| read.text(&[name])?.parse().ok()).map(Yen::new);
        Self {
            what: match read.kind() {
                "transfer" => "振込の入金",
                "return" => "返却",
                "recall" => "組戻しの依頼",
                "resolution" => "組戻しへの回答",
                _ => "そのほか",
            },
            number: read.text(&["OrgnlMsgId"]).unwrap_or_else(|| read.id.clone()),
            amount,
            payer: read.text(&["Dbtr", "Nm"]).unwrap_or_default(),
            is_transfer: read.kind() == "transfer",
            from: read.from,
            acknowledged,
        }
    }

    fn word(&self) -> &'static str {
        match self.acknowledged.as_deref() {
            None => "銀行の受取り待ち",
            Some("RJCT") => "銀行が断りました",
            Some(_) => "銀行が受け取りました",
        }
    }
}

/// A recall of another bank, with the bank's answer.
#[derive(sqlx::FromRow)]
struct AskedRow {
    original: String,
    amount: i64,
    answer: Option<String>,
    given: Option<String>,
}

impl AskedRow {
    fn yen(&self) -> Yen {
        Yen::new(self.amount)
    }

    fn word(&self) -> &'static str {
        match (&self.answer, self.given.as_deref()) {
            (_, Some("RJCT")) => "返金を断りました",
            (_, Some(_)) => "返金されました",
            (Some(_), None) => "断られました",
            (None, None) => "回答待ち",
        }
    }
}

/// A choice of a list: what the form sends, and what a person reads.
type Choice = (&'static str, &'static str, bool);

#[derive(Template)]
#[template(path = "interbank.html")]
struct InterbankPage {
    frame: Frame,
    csrf: String,
    errors: Errors,
    now: String,
    faults: Vec<String>,
    sent: Vec<SentRow>,
    waiting: Vec<WaitingRow>,
    asked: Vec<AskedRow>,
    fault: FaultForm,
    pay: PayForm,
}

impl InterbankPage {
    fn modes(&self) -> Vec<(String, &'static str, bool)> {
        let choice = |mode: &Mode| (mode.word(), mode.label(), mode.word() == self.fault.mode);
        Mode::ALL.iter().map(choice).collect()
    }

    fn kinds(&self) -> Vec<Choice> {
        let all = [("", "どの電文でも")];
        let all = all.iter().chain(KINDS);
        all.map(|(word, label)| (*word, *label, *word == self.fault.kind)).collect()
    }
}

#[derive(Deserialize)]
#[serde(default)]
struct FaultForm {
    mode: String,
    kind: String,
    count: String,
    delay_ms: String,
}

impl Default for FaultForm {
    fn default() -> Self {
        let text = str::to_owned;
        Self { mode: text("drop"), kind: String::new(), count: text("1"), delay_ms: text("0") }
    }
}

#[derive(Deserialize)]
#[serde(default)]
struct PayForm {
    amount: String,
    payer: String,
    from_bank: String,
    branch: String,
    kind: String,
    number: String,
}

impl Default for PayForm {
    fn default() -> Self {
        let text = str::to_owned;
        Self {
            amount: text("50000"),
            payer: text("ｶ)ｱｵﾊﾞｼﾖｳｶｲ"),
            from_bank: text("0001"),
            branch: text("100"),
            kind: text("1"),
            number: text("1234567"),
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Told {
    done: String,
}

async fn show(
    State(mocks): State<Mocks>,
    Query(told): Query<Told>,
    csrf: PreSession,
) -> Result<Response, Failure> {
    let mut page = page(&mocks, &csrf).await?;
    page.frame.notice = match told.done.as_str() {
        "fault" => Some("障害の設定を変えました。次の電文から効きます。"),
        "incoming" => Some("振込を送りました。銀行が数秒のうちに受け取ります。"),
        "return" => Some("返却を送りました。銀行が数秒のうちに受け取ります。"),
        "spoil" => Some("帳簿から消しました。1日の照合で食い違いになります。"),
        "recall" => Some("組戻しを依頼しました。銀行が数秒のうちに受け取ります。"),
        _ => None,
    }
    .map(str::to_owned);
    Ok(csrf.attach(Html(page.render()?)))
}

async fn page(mocks: &Mocks, csrf: &PreSession) -> Result<InterbankPage, StoreError> {
    let (pool, now) = (&mocks.interbank().pool, mocks.config().clock.now());
    let sent = "SELECT id, amount, day, creditor, status, code, deliveries,
             EXISTS (SELECT 1 FROM returns r WHERE r.original = t.id) AS is_back
         FROM transfers t ORDER BY rowid DESC LIMIT $1";
    let waiting = "SELECT id, message, acknowledged FROM waiting ORDER BY rowid DESC LIMIT $1";
    let waiting: Vec<(String, Vec<u8>, Option<String>)> =
        sqlx::query_as(waiting).bind(SHOWN_MAX).fetch_all(pool).await?;
    let asked = "SELECT original, amount, answer,
             (SELECT g.status FROM given_back g WHERE g.original = a.original ORDER BY g.rowid DESC LIMIT 1) AS given
         FROM asked_back a ORDER BY rowid DESC LIMIT $1";
    Ok(InterbankPage {
        frame: frame(Page::Interbank),
        csrf: csrf.token().to_owned(),
        errors: Errors::none(),
        now: clock(now),
        faults: faults::list(pool).await?.iter().map(fault_words).collect(),
        sent: sqlx::query_as(sent).bind(SHOWN_MAX).fetch_all(pool).await?,
        waiting: waiting.into_iter().map(|(id, bytes, taken)| WaitingRow::of(&id, &bytes, taken)).collect(),
        asked: sqlx::query_as(asked).bind(SHOWN_MAX).fetch_all(pool).await?,
        fault: FaultForm::default(),
        pay: PayForm::default(),
    })
}

fn clock(now: Timestamp) -> String {
    now.jst().format("%Y-%m-%d %H:%M:%S").to_string()
}

fn fault_words(fault: &faults::Waiting) -> String {
    let mode = Mode::ALL.iter().find(|mode| mode.word() == fault.mode).map_or("", |mode| mode.label());
    let kind = fault.kind.as_deref().unwrap_or_default();
    let kind = KINDS.iter().find(|(word, _)| *word == kind).map_or("どの電文でも", |(_, label)| *label);
    let late = match fault.delay_ms {
        0 => String::new(),
        ms => format!("、{ms} ミリ秒遅れて"),
    };
    format!("{kind}: {mode}{late}、あと {} 回", fault.remaining)
}

/// The page again, with what was typed and what is wrong with it.
async fn wrong(
    mocks: &Mocks,
    csrf: &PreSession,
    errors: Errors,
    typed: impl FnOnce(&mut InterbankPage),
) -> Result<Response, Failure> {
    let mut page = page(mocks, csrf).await?;
    typed(&mut page);
    (page.errors, page.frame.has_errors) = (errors, true);
    Ok(csrf.attach((StatusCode::UNPROCESSABLE_ENTITY, Html(page.render()?))))
}

fn done(what: &str) -> Response {
    Redirect::to(&format!("{HERE}?done={what}")).into_response()
}

async fn add_fault(
    State(mocks): State<Mocks>,
    csrf: PreSession,
    CsrfForm(form): CsrfForm<FaultForm>,
) -> Result<Response, Failure> {
    let mut errors = Errors::none();
    let mut number = |field: &'static str, text: &str, most: u32, message: &'static str| {
        let found = text.trim().parse().ok().filter(|found| *found <= most);
        if found.is_none() {
            errors.add(field, message);
        }
        found.unwrap_or_default()
    };
    let count = number("count", &form.count, COUNT_MAX, "回数は 1,000 までの数字です。");
    let delay_ms = number("delay_ms", &form.delay_ms, DELAY_MS_MAX, "遅延は 60,000 ミリ秒までの数字です。");
    let mode = Mode::ALL.iter().find(|mode| mode.word() == form.mode);
    let kind = KINDS.iter().find(|(word, _)| *word == form.kind).map(|(word, _)| (*word).to_owned());
    match mode {
        Some(mode) if errors.is_empty() => {
            faults::add(&mocks.interbank().pool, &Fault { mode: *mode, kind, delay_ms, count }).await?;
            Ok(done("fault"))
        }
        mode => {
            if mode.is_none() {
                errors.add("mode", "障害を選んでください。");
            }
            wrong(&mocks, &csrf, errors, |page| page.fault = form).await
        }
    }
}

#[derive(Deserialize)]
struct Nothing {}

async fn end_faults(
    State(mocks): State<Mocks>,
    CsrfForm(Nothing {}): CsrfForm<Nothing>,
) -> Result<Response, Failure> {
    faults::clear(&mocks.interbank().pool).await?;
    Ok(done("fault"))
}

async fn pay(
    State(mocks): State<Mocks>,
    csrf: PreSession,
    CsrfForm(form): CsrfForm<PayForm>,
) -> Result<Response, Failure> {
    let mut errors = Errors::none();
    let amount = Yen::parse_typed(&form.amount).ok().filter(|amount| *amount > Yen::ZERO);
    if amount.is_none() {
        errors.add("amount", "金額は 1 円以上の数字で入れてください。");
    }
    let mut digits = |field: &'static str, text: &str, count: usize, message: &'static str| {
        if text.len() != count || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            errors.add(field, message);
        }
    };
    digits("from_bank", &form.from_bank, 4, "銀行番号は 4 けたの数字です。");
    digits("branch", &form.branch, 3, "店番は 3 けたの数字です。");
    digits("number", &form.number, 7, "口座番号は 7 けたの数字です。");
    if form.payer.trim().is_empty() {
        errors.add("payer", "振込依頼人を、半角カナで入れてください。");
    }
    let Some(amount) = amount.filter(|_| errors.is_empty()) else {
        return wrong(&mocks, &csrf, errors, |page| page.pay = form).await;
    };
    let kind = if form.kind == "2" { "2" } else { "1" };
    let new = NewIncoming {
        amount: amount.get(),
        from_bank: form.from_bank,
        payer: form.payer.trim().to_owned(),
        branch: form.branch,
        kind: kind.to_owned(),
        number: form.number,
        day: None,
        id: None,
        debit: None,
    };
    acts::pay(&mocks, &new).await?;
    Ok(done("incoming"))
}

/// A transfer of the books, and which button was pressed beside it.
#[derive(Deserialize)]
struct OfTransfer {
    id: String,
    action: String,
}

async fn act_on_transfer(
    State(mocks): State<Mocks>,
    CsrfForm(form): CsrfForm<OfTransfer>,
) -> Result<Response, Failure> {
    let sql = "SELECT amount FROM transfers WHERE id = $1 AND status <> 'RJCT'
         AND NOT EXISTS (SELECT 1 FROM returns r WHERE r.original = id)";
    let pool = &mocks.interbank().pool;
    let amount: Option<i64> = sqlx::query_scalar(sql).bind(&form.id).fetch_optional(pool).await?;
    match (form.action.as_str(), amount) {
        ("spoil", _) => {
            acts::spoil(pool, &Spoil { id: form.id, amount: None }).await?;
            Ok(done("spoil"))
        }
        ("return", Some(amount)) => {
            let new = NewReturn { original: form.id, amount, code: "AC01".to_owned() };
            acts::give_back(&mocks, &new).await?;
            Ok(done("return"))
        }
        // it has gone back meanwhile
        ("return", None) => Ok(done("")),
        _ => Err(Failure::NotFound),
    }
}

/// A transfer that was handed to the bank.
#[derive(Deserialize)]
struct OfHanded {
    original: String,
    from_bank: String,
    amount: i64,
}

async fn ask_back(
    State(mocks): State<Mocks>,
    CsrfForm(form): CsrfForm<OfHanded>,
) -> Result<Response, Failure> {
    let OfHanded { original, from_bank, amount } = form;
    acts::ask_back(&mocks, &NewRecall { original, amount, from_bank, id: None }).await?;
    Ok(done("recall"))
}
