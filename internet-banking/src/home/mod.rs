//! `/home`: what is to be done first, then the balances.

mod batches;
mod due;
mod transfers;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Html;
use axum::routing::get;
use chrono::{NaiveTime, Timelike};
use domain::time::month_day;
use domain::{Timestamp, Yen};
use edge::{Failure, Frame, render};
use gateway::RepeatKey;
use ledger::Balance;

use self::batches::{Ask, BatchTask};
use self::due::Due;
use self::transfers::Undone;
use crate::Bank;
use crate::approvals;
use crate::contracts::{Business, DepositAccount};
use crate::frame::{self, Area};
use crate::links::{Link, PaymentLink, RequestLink};
use crate::payeasy::draft::Step;
use crate::payeasy::store::Drafts;
use crate::security::store::wants_reminder;
use crate::sign_in::SignedIn;
use crate::users::Members;

/// Payments without an outcome that the page names; the history has the others.
const TASKS_MAX: u32 = 10;

/// Entries that the page offers to go on with.
const LEFT_MAX: i64 = 3;

/// A password that has not been changed for so long is old, for those who want to be reminded.
const PASSWORD_OLD_S: i64 = 90 * 86_400;

/// Days for which a refund is named.
const REFUND_DAYS: i64 = 14;

/// The page of this folder.
pub fn routes() -> Router<Bank> {
    Router::new().route(Link::Home.path(), get(show))
}

#[derive(Template)]
#[template(path = "home/home.html")]
struct Page {
    frame: Frame,
    greeting: &'static str,
    now: String,
    /// Until when one can be signed in today: `21:00`; nothing where that has no end.
    open_until: Option<String>,
    /// 10:00:07 現在.
    read_at: String,
    may_see_balances: bool,
    may_pay: bool,
    may_transfer: bool,
    /// Payments that the contract's own systems asked for.
    requests: Vec<Request>,
    /// Whether there are more than these.
    more_requests: bool,
    /// Requests that wait for the user's approval.
    approvals: usize,
    /// The user's own requests that were sent back.
    sent_back: usize,
    tasks: Vec<Task>,
    /// Whether there are more than these.
    more_tasks: bool,
    /// Payments that came back, whose bills are unpaid again.
    refunds: Vec<Task>,
    /// Whether there are more than these.
    more_refunds: bool,
    lines: Vec<Line>,
    total: Yen,
    /// Transfers that reached nobody.
    undone: Vec<Undone>,
    /// Whether there are more than these.
    more_undone: bool,
    /// Batches of bulk data that wait for the user, or were not carried out.
    batches: Vec<BatchTask>,
    /// Whether there are more than these.
    more_batches: bool,
    /// Recalls of other banks that wait for an answer.
    recalls: usize,
    /// Payments that were being entered.
    left: Vec<Left>,
    /// Transfers that were being entered.
    left_transfers: Vec<transfers::Left>,
    /// What the user's token and certificate ask for.
    due: Vec<Due>,
    /// Passwords that have not been changed for long, where the user wants to know.
    old_passwords: Vec<OldPassword>,
}

impl Page {
    fn has_nothing_to_do(&self) -> bool {
        self.approvals == 0
            && self.sent_back == 0
            && self.tasks.is_empty()
            && self.requests.is_empty()
            && self.refunds.is_empty()
            && self.undone.is_empty()
            && self.batches.is_empty()
            && self.recalls == 0
            && self.left.is_empty()
            && self.left_transfers.is_empty()
            && self.due.is_empty()
            && self.old_passwords.is_empty()
    }
}

/// A payment that was being entered.
struct Left {
    link: String,
    collector: String,
}

/// A password that has not been changed for long.
struct OldPassword {
    label: &'static str,
    link: Link,
}

/// A payment whose outcome is not known yet, or that came back.
struct Task {
    link: PaymentLink,
    collector: String,
    day: String,
    amount: Yen,
}

/// A payment that waits for the user's look.
struct Request {
    link: RequestLink,
    collector: String,
    day: String,
    amount: Yen,
}

/// An account as the page shows it.
struct Line {
    account: DepositAccount,
    balance: Yen,
    available: Yen,
    moved: Yen,
}

impl Line {
    fn moved_words(&self) -> String {
        if self.moved > Yen::ZERO { format!("+{}", self.moved) } else { self.moved.to_string() }
    }
}

async fn show(State(bank): State<Bank>, signed_in: SignedIn) -> Result<Html<String>, Failure> {
    let now = bank.clock.now();
    let lines = lines(&bank, &signed_in, now).await?;
    let mut frame = frame::page(&signed_in, Area::Home);
    if signed_in.session.ended_other {
        frame.notice = Some(
            "同じログインIDでの前のログインを終了しました。お心当たりがない場合は、すぐにお取引店へご連絡ください。"
                .to_owned(),
        );
        bank.sign_ins.sessions().told(signed_in.session.key).await?;
    }
    let hours = crate::hours::now_of(&bank).await?;
    let total = lines.iter().try_fold(Yen::ZERO, |sum, line| sum.checked_add(line.balance));
    let mut tasks = tasks(&bank, &signed_in).await?;
    let named = usize::try_from(TASKS_MAX).unwrap_or(usize::MAX);
    let mut requests = requests(&bank, &signed_in).await?;
    let more_requests = requests.len() > named;
    requests.truncate(named);
    let more_tasks = tasks.len() > named;
    tasks.truncate(named);
    let mut refunds = refunds(&bank, &signed_in, now).await?;
    let more_refunds = refunds.len() > named;
    refunds.truncate(named);
    let mut undone = transfers::undone(&bank, &signed_in, now).await?;
    let more_undone = undone.len() > named;
    undone.truncate(named);
    let mut batches = batches::of(&bank, &signed_in, now).await?;
    let more_batches = batches.len() > named;
    batches.truncate(named);
    let (approvals, sent_back) = approvals::waiting_for(&bank.database, &signed_in, now).await?;
    render(&Page {
        approvals,
        sent_back,
        frame,
        greeting: greeting(now.time()),
        now: frame::day_and_time(now),
        open_until: hours.session_end(signed_in.session.signed_in_at).map(|end| {
            let end = end.time();
            format!("{:02}:{:02}", end.hour(), end.minute())
        }),
        read_at: now.time().format("%H:%M:%S").to_string(),
        may_see_balances: signed_in.user.rights.may(Business::Inquiry),
        may_pay: signed_in.user.rights.may(Business::PayEasy),
        may_transfer: signed_in.user.rights.may(Business::Transfer),
        total: total.ok_or_else(|| Failure::internal("the sum of the balances does not fit"))?,
        requests,
        more_requests,
        more_tasks,
        more_refunds,
        refunds,
        undone,
        more_undone,
        batches,
        more_batches,
        recalls: transfers::recalls(&bank, &signed_in, now).await?,
        tasks,
        lines,
        left: left(&bank, &signed_in, now).await?,
        left_transfers: transfers::left(&bank, &signed_in, now).await?,
        due: due::of(&bank, &signed_in, now).await?,
        old_passwords: old_passwords(&bank, &signed_in, now).await?,
    })
}

/// Entries that can be gone on with: a session that ended by itself has lost none (SEC-25).
async fn left(bank: &Bank, by: &SignedIn, now: Timestamp) -> Result<Vec<Left>, Failure> {
    if !by.user.rights.may(Business::PayEasy) {
        return Ok(Vec::new());
    }
    let drafts = Drafts::of(&bank.database, by.contract.id, by.user.id).left(now, LEFT_MAX).await?;
    let mut left = Vec::with_capacity(drafts.len());
    for draft in drafts {
        let payment = draft.choice.as_ref().map(|choice| choice.payment);
        if let Some(payment) = payment
            && bank.gateway.payment(by.contract.id, payment).await?.is_some()
        {
            continue;
        }
        if let Some(payment) = payment
            && approvals::about(&bank.database, by.contract.id, by.user.id, &payment.to_string())
                .await?
                .is_some()
        {
            continue;
        }
        // an answer of the collector holds for as long as a session that is not used: then it is asked anew
        let is_valid = match draft.inquiry {
            Some(id) => {
                let inquiry = bank.gateway.inquiry(by.contract.id, id).await?;
                inquiry.is_some_and(|inquiry| inquiry.is_valid_at(now))
            }
            None => false,
        };
        let step = if is_valid { draft.reached() } else { Step::Numbers };
        let collector = bank.gateway.collectors().get(&draft.collector);
        left.push(Left {
            link: draft.path(step),
            collector: collector.map_or_else(|| draft.collector.to_string(), |found| found.shown_name()),
        });
    }
    Ok(left)
}

/// The passwords that the user wants to be reminded of (C4); one without a date is not.
async fn old_passwords(bank: &Bank, by: &SignedIn, now: Timestamp) -> Result<Vec<OldPassword>, Failure> {
    if !wants_reminder(&bank.database, by.user.id).await? {
        return Ok(Vec::new());
    }
    let own = Members::of(&bank.database, by.contract.id).find(by.user.id).await?;
    let is_old = |at: Option<Timestamp>| at.is_some_and(|at| now.seconds_since(at) >= PASSWORD_OLD_S);
    let passwords = own.map(|own| {
        [
            (own.password_changed_at, "ログインパスワード", Link::SecurityPassword),
            (own.confirmation_changed_at, "確認用パスワード", Link::SecurityConfirmation),
        ]
    });
    let old = passwords.into_iter().flatten().filter(|(at, ..)| is_old(*at));
    Ok(old.map(|(_, label, link)| OldPassword { label, link }).collect())
}

/// 払込結果を確認中: payments that the user may see and that wait for the collector's word.
async fn tasks(bank: &Bank, signed_in: &SignedIn) -> Result<Vec<Task>, Failure> {
    let accounts = signed_in.user.rights.accounts(Business::PayEasy);
    if accounts.is_empty() {
        return Ok(Vec::new());
    }
    let open = bank.gateway.open_payments(signed_in.contract.id, &accounts, TASKS_MAX + 1).await?;
    Ok(open.into_iter().map(|payment| Task::of(bank, &payment)).collect())
}

/// 返金のお知らせ: what came back of late and was not paid again under the same numbers, with amount and fee.
async fn refunds(bank: &Bank, signed_in: &SignedIn, now: Timestamp) -> Result<Vec<Task>, Failure> {
    let accounts = signed_in.user.rights.accounts(Business::PayEasy);
    let since = now.plus_seconds(-REFUND_DAYS * 24 * 3600);
    let contract = signed_in.contract.id;
    let mut refunds = Vec::new();
    for payment in bank.gateway.refunded_payments(contract, &accounts, since, TASKS_MAX + 1).await? {
        let facts = &payment.facts;
        let collector = bank.gateway.collectors().get(&facts.collector);
        let key = collector.map(|collector| RepeatKey::of_payment(collector, facts));
        let paid_again = match (key, payment.returned_at) {
            (Some(key), Some(returned_at)) => bank.gateway.paid_before(contract, &key, returned_at).await?,
            _ => Vec::new(),
        };
        if paid_again.is_empty() {
            let returned = facts.amount.checked_add(facts.fee).unwrap_or(facts.amount);
            refunds.push(Task { amount: returned, ..Task::of(bank, &payment) });
        }
    }
    Ok(refunds)
}

impl Task {
    fn of(bank: &Bank, payment: &gateway::Payment) -> Self {
        let facts = &payment.facts;
        let collector = bank.gateway.collectors().get(&facts.collector);
        Self {
            link: PaymentLink(facts.id),
            collector: collector.map_or_else(|| facts.collector.to_string(), |found| found.shown_name()),
            day: month_day(facts.receipt_date),
            amount: facts.amount,
        }
    }
}

/// 外部システムからの払込依頼: those that the user may authorise.
async fn requests(bank: &Bank, signed_in: &SignedIn) -> Result<Vec<Request>, Failure> {
    let accounts = signed_in.user.rights.accounts(Business::PayEasy);
    let waiting = bank.gateway.payment_requests(signed_in.contract.id, &accounts, TASKS_MAX + 1).await?;
    let request = |request: gateway::PaymentRequest| {
        let collector = bank.gateway.collectors().get(&request.collector);
        Request {
            link: RequestLink(request.id),
            collector: collector.map_or_else(|| request.collector.to_string(), |found| found.shown_name()),
            day: month_day(request.created_at.date()),
            amount: request.bill.amount,
        }
    };
    Ok(waiting.into_iter().map(request).collect())
}

/// The accounts whose balance the user may see. An account that the ledger does not know is a fault of ours,
/// and showing the others alone would hide it.
async fn lines(bank: &Bank, signed_in: &SignedIn, now: Timestamp) -> Result<Vec<Line>, Failure> {
    let accounts = bank.contracts.accounts_for(&signed_in.user, Business::Inquiry).await?;
    let ids: Vec<_> = accounts.iter().map(|account| account.account).collect();
    let balances = bank.ledger.balances(&ids).await?;
    let midnight = Timestamp::from_jst(now.date(), NaiveTime::MIN);
    let mut lines = Vec::with_capacity(accounts.len());
    for account in accounts {
        let found = balances.iter().find(|balance| balance.account == account.account);
        let Some(Balance { balance, available, .. }) = found.copied() else {
            return Err(Failure::internal(format!("account {} is not in the ledger", account.account)));
        };
        let moved = bank.ledger.moved_since(account.account, midnight).await?;
        lines.push(Line { account, balance, available, moved });
    }
    Ok(lines)
}

fn greeting(time: NaiveTime) -> &'static str {
    match time.hour() {
        5..=10 => "おはようございます",
        11..=17 => "こんにちは",
        _ => "こんばんは",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greeting_follows_the_time_of_day() {
        let at = |h, m| greeting(NaiveTime::from_hms_opt(h, m, 0).unwrap());
        assert_eq!(at(4, 59), "こんばんは");
        assert_eq!(at(5, 0), "おはようございます");
        assert_eq!(at(10, 59), "おはようございます");
        assert_eq!(at(11, 0), "こんにちは");
        assert_eq!(at(17, 59), "こんにちは");
        assert_eq!(at(18, 0), "こんばんは");
    }
}
