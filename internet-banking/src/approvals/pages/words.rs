//! The words of policies and of what is asked for.

use std::collections::BTreeMap;

use ::transfers::{Relation, State as Made};
use domain::{ApprovalId, Date, Yen};

use crate::Bank;
use crate::answer::{Stop, failed};
use crate::approvals::policy::{Flow, Need};
use crate::approvals::request::{Matter, Request};
use crate::approvals::state::State;
use crate::bulk;
use crate::contracts::{Store, StoreError};
use crate::frame::day_and_time;
use crate::payees::Master;
use crate::policy::approvable;
use crate::sign_in::SignedIn;
use crate::transfers;
use crate::users::acts::Act;
use crate::users::approval::AskedChange;

/// How a business is approved.
pub fn flow(flow: &Flow) -> String {
    match flow {
        Flow::None => "承認なし".to_owned(),
        Flow::Single => "シングル承認(1名)".to_owned(),
        Flow::Double { ordered: false } => "ダブル承認(2名、順序なし)".to_owned(),
        Flow::Double { ordered: true } => "ダブル承認(一次承認のあとに最終承認)".to_owned(),
        Flow::Bands { bands } => {
            let band = |band: &crate::approvals::policy::Band| match band.approvals {
                0 => format!("{} 円から 承認なし", band.from),
                approvals => format!("{} 円から {approvals}名", band.from),
            };
            format!("金額による({})", bands.iter().map(band).collect::<Vec<_>>().join("、"))
        }
    }
}

/// Whether a second administrator confirms changes.
pub const fn second(is_on: bool) -> &'static str {
    if is_on { "もう一人の管理者が確認する" } else { "確認なし" }
}

/// Whether one token serves one person of a request.
pub const fn tokens(distinct: bool) -> &'static str {
    if distinct { "認めない" } else { "認める" }
}

/// How many must approve.
pub fn need(need: Need) -> String {
    match need {
        Need { ordered: true, .. } => "一次承認のあとに最終承認(2名)".to_owned(),
        Need { approvals, .. } => format!("{approvals}名の承認"),
    }
}

/// Where a request is, as pages show it: icon, word and colour together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// 承認待ち …
    pub word: &'static str,
    /// The sign before the word.
    pub icon: &'static str,
    /// The style sheet's class of the colour.
    pub class: &'static str,
}

impl From<State> for Shown {
    fn from(state: State) -> Self {
        Self { word: state.label(), icon: state.icon(), class: state.class() }
    }
}

impl Shown {
    /// Of a request, and of what it became, as [`become_of`] found it.
    pub fn of(state: State, became: Option<Self>) -> Self {
        match (state, became) {
            (State::Done, Some(became)) => became,
            _ => state.into(),
        }
    }

    /// What is only reserved is not done, and what was taken back or could not be carried out says so.
    fn of_order(order: Made) -> Option<Self> {
        match order {
            Made::Reserved => Some(Self { word: "承認済み・予約中", icon: "○", class: "info" }),
            Made::Cancelled | Made::Failed | Made::Rejected | Made::Returned => {
                let made = transfers::words::shown_of(Relation::OtherBank, order);
                Some(Self { word: made.word, icon: made.icon, class: made.class })
            }
            _ => None,
        }
    }

    /// The same of a batch, which waits for its day.
    fn of_batch(batch: ::bulk::State) -> Option<Self> {
        match batch {
            ::bulk::State::Approved => {
                Some(Self { word: "承認済み・実行待ち", icon: "○", class: "info" })
            }
            ::bulk::State::Done => None,
            other => {
                let (word, icon, class) = bulk::words::tag(other);
                Some(Self { word, icon, class })
            }
        }
    }
}

/// What became of the requests that have every approval, where that is not simply done.
pub async fn become_of(bank: &Bank, requests: &[&Request]) -> Result<BTreeMap<ApprovalId, Shown>, Stop> {
    let Some(first) = requests.first() else { return Ok(BTreeMap::new()) };
    let done = || requests.iter().filter(|one| one.state == State::Done);
    let orders: Vec<_> = done().filter_map(|one| one.matter.order()).collect();
    let orders = bank.transfers.states_of(first.contract, &orders).await.map_err(failed)?;
    let batch = |one: &Request| match &one.matter {
        Matter::Bulk(of) => Some(of.batch),
        _ => None,
    };
    let batches: Vec<_> = done().filter_map(|one| batch(one)).collect();
    let batches = bank.bulk.states_of(first.contract, &batches).await.map_err(failed)?;
    let became = |one: &&&Request| {
        let order = one.matter.order().and_then(|id| Shown::of_order(*orders.get(&id)?));
        let shown = order.or_else(|| Shown::of_batch(*batches.get(&batch(one)?)?))?;
        Some((one.id, shown))
    };
    Ok(done().filter_map(|one| became(&one)).collect())
}

/// What the last approval of a request leads to, before it is given.
pub fn consequence(matter: &Matter, today: Date) -> &'static str {
    match matter {
        Matter::Transfer(of) if of.details.day > today => {
            "表示している内容のとおりに承認します。承認がそろうと、指定日の予約になります。引き落とすのは指定日です。依頼した方は、指定日の前日まで予約を取り消せます。"
        }
        Matter::Transfer(_) => {
            "表示している内容のとおりに承認します。最後の承認がそろうと、すぐに引き落として実行します。実行したあとは取り消せません。"
        }
        Matter::Return(_) => {
            "表示している内容のとおりに承認します。最後の承認がそろうと、すぐに引き落としてお返しします。実行したあとは取り消せません。"
        }
        Matter::Payeasy(_) => {
            "表示している内容のとおりに承認します。最後の承認のときは、収納機関にもう一度照会し、内容が同じことを確かめてから、すぐに払い込みます。払い込んだあとは取り消せません。"
        }
        Matter::Bulk(_) => {
            "表示している内容のとおりに承認します。承認がそろうと、決まった日に引き落として実行します。承認がそろったあとは取り消せません。"
        }
        Matter::Administration(_) => {
            "表示している内容のとおりに承認します。最後の承認がそろうと、すぐに変更します。"
        }
    }
}

/// A fact of a request.
pub struct Fact {
    /// What it is called.
    pub label: &'static str,
    /// What it is.
    pub value: String,
}

fn fact(label: &'static str, value: impl Into<String>) -> Fact {
    Fact { label, value: value.into() }
}

/// Everything that is asked for, from the record that is approved and from nothing else (SEC-16).
pub async fn facts(bank: &Bank, by: &SignedIn, request: &Request) -> Result<Vec<Fact>, StoreError> {
    match &request.matter {
        Matter::Payeasy(of) => {
            let collector = bank.gateway.collectors().get(&of.collector);
            let name = collector.map_or_else(String::new, |found| found.shown_name());
            let accounts = Store::accounts(&bank.contracts, request.contract).await?;
            let account = accounts.iter().find(|one| one.account == of.account);
            let mut facts = vec![
                fact("収納機関", format!("{name}({})", of.collector)),
                fact("払込の内容", of.bill.contents.clone()),
                fact("納付者", format!("{} 様", of.bill.payer)),
                fact("納付番号・お客様番号", of.customer_number.grouped()),
            ];
            facts.extend(of.category.as_ref().map(|category| fact("納付区分", category.as_str())));
            facts.push(fact("請求金額", format!("{} 円", of.bill.amount)));
            facts.push(fact("手数料", format!("{} 円", of.bill.fee)));
            facts.push(fact("引き落とす口座", account.map_or_else(String::new, ToString::to_string)));
            let day = |day: domain::Date| domain::time::year_month_day(day);
            facts.extend(of.bill.clear_by.map(|last| fact("払い込める最後の日", day(last))));
            if of.repeats {
                facts.push(fact("重ねての払込", "同じ番号に、重ねて払い込みます"));
            }
            Ok(facts)
        }
        Matter::Transfer(of) => {
            let (payee, details) = (of.payee.entered(), &of.details);
            let accounts = Store::accounts(&bank.contracts, request.contract).await?;
            let from = accounts.iter().find(|one| one.account == details.account);
            let place =
                format!("{}({}) {}({})", payee.bank, payee.account.bank, payee.branch, payee.account.branch);
            let number = format!("{} {}", payee.account.kind.label(), payee.account.number);
            let mut facts = match of.is_own() {
                true => vec![fact("入金口座", format!("{place} {number}"))],
                false => vec![
                    fact("振込先の銀行", place),
                    fact("振込先の口座", number),
                    fact("受取人名", payee.holder.clone()),
                    fact("振込先の指定", transfers::words::way(&of.payee.way)),
                    fact("依頼人名", details.payer_name.clone()),
                ],
            };
            facts.extend([
                fact("引落口座", from.map_or_else(String::new, ToString::to_string)),
                fact("指定日", domain::time::year_month_day(details.day)),
                fact("金額", format!("{} 円", details.amount)),
                fact("手数料", format!("{} 円", of.fee)),
            ]);
            Ok(facts)
        }
        Matter::Return(of) => {
            let accounts = Store::accounts(&bank.contracts, request.contract).await?;
            let account = accounts.iter().find(|one| one.account == of.account);
            Ok(vec![
                fact("内容", "入金された振込を、振込元の銀行へ返します。入金口座から引き落とします。"),
                fact("振込依頼人", of.payer.clone()),
                fact("依頼した銀行", format!("{}({})", Master::bank_name(&of.bank), of.bank)),
                fact("入金口座", account.map_or_else(String::new, ToString::to_string)),
                fact("入金日時", day_and_time(of.credited_at)),
                fact("返す金額", format!("{} 円", of.amount)),
                fact("銀行への回答の期限", day_and_time(of.until)),
            ])
        }
        Matter::Bulk(of) => {
            let accounts = Store::accounts(&bank.contracts, request.contract).await?;
            let account = accounts.iter().find(|one| one.account == of.account);
            let place = if of.kind.collects() { "入金口座" } else { "引落口座" };
            Ok(vec![
                fact(place, account.map_or_else(String::new, ToString::to_string)),
                fact("依頼人名", of.name.clone()),
                fact(of.kind.day_name(), domain::time::year_month_day(of.day)),
                fact("件数", format!("{}件", of.rows)),
                fact("合計金額", format!("{} 円", of.amount)),
                fact("手数料の合計", format!("{} 円", of.fees)),
                fact("明細の照合番号", of.digest.get(..16).unwrap_or_default()),
            ])
        }
        Matter::Administration(AskedChange::Policy { policy, .. }) => {
            let business =
                |business: crate::contracts::Business| fact(business.label(), flow(&policy.flow(business)));
            let mut facts: Vec<_> = approvable(by.contract.plan).map(business).collect();
            facts.push(fact("管理の手続き", second(policy.second_administrator)));
            facts.push(fact("同じトークンでの承認", tokens(policy.distinct_tokens)));
            Ok(facts)
        }
        Matter::Administration(AskedChange::User(entry)) => {
            let accounts = Store::accounts(&bank.contracts, request.contract).await?;
            let facts = entry.facts(by.contract.plan, &accounts).into_iter();
            Ok(facts.map(|(label, value)| Fact { label, value }).collect())
        }
        Matter::Administration(AskedChange::Act { whose, act, .. }) => {
            let words = Act::from_code(act).map_or("", |act| act.words().consequence);
            Ok(vec![fact("利用者", whose.clone()), fact("内容", words)])
        }
        Matter::Administration(AskedChange::Permit { whose, .. }) => Ok(vec![
            fact("利用者", whose.clone()),
            fact("内容", "いまの電子証明書を失効させ、利用者が新しい電子証明書を取得できるようにします。"),
        ]),
        Matter::Administration(AskedChange::TokenUnlock { serial, .. }) => Ok(vec![
            fact("トークン", serial.clone()),
            fact(
                "内容",
                "誤りによる利用停止を解除します。同じトークンをお使いの方全員が、また使えるようになります。",
            ),
        ]),
        Matter::Administration(AskedChange::TransferLimit { whose, limit, .. }) => {
            let words =
                limit.map_or_else(|| "ご契約の限度額と同じ".to_owned(), |yen: Yen| format!("{yen} 円"));
            Ok(vec![fact("限度額の対象", whose.clone()), fact("変更後の限度額(振込・振替)", words)])
        }
        Matter::Administration(AskedChange::Limit { whose, limit, .. }) => {
            let words =
                limit.map_or_else(|| "ご契約の限度額と同じ".to_owned(), |yen: Yen| format!("{yen} 円"));
            Ok(vec![fact("利用者", whose.clone()), fact("変更後の1日の限度額", words)])
        }
    }
}
