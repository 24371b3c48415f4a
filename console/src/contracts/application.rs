//! 申込受付: a new contract from its application form (R1, R5, R6, R25, R26).

use askama::Template;
use axum::extract::State;
use domain::{ContractId, Date};
use edge::{CsrfForm, Errors, Frame};
use internet_banking::answer::{Answer, again, shown};
use internet_banking::contracts::registry::AccountName;
use internet_banking::contracts::terms::Terms;
use internet_banking::contracts::{AccountKind, ContractKind, Plan, SignInMethod};
use serde::Deserialize;

use super::account::account_trouble;
use super::act::{Act, Application, ContractChange};
use super::procedure::{self, line, text};
use crate::Console;
use crate::frame::{self, Area};
use crate::links::ConsoleLink;
use crate::problem::Trouble;
use crate::requests::{Proposal, add_reason, propose as propose_request};
use crate::sign_in::StaffSignedIn;
use crate::staff::StaffRole;
use crate::words::{Choice, day};

/// Characters of a company's name at most.
const NAME_CHARS_MAX: usize = 60;
/// Characters of the reason for ID・パスワード方式 at most.
const WHY_CHARS_MAX: usize = 100;
/// 一般口座 of one application at most.
const OTHERS_MAX: usize = 20;

/// What was typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    name: String,
    kind: String,
    plan: String,
    applied_on: String,
    sign_in: String,
    sign_in_reason: String,
    branch: String,
    account_kind: String,
    number: String,
    others: String,
    address: String,
    phrase: String,
    document: String,
    reason: String,
}

#[derive(Template)]
#[template(path = "contracts/application.html")]
pub(crate) struct ApplicationPage {
    pub frame: Frame,
    pub csrf: String,
    pub trouble: Option<Trouble>,
    pub errors: Errors,
    pub kinds: Vec<Choice>,
    pub plans: Vec<Choice>,
    pub sign_ins: Vec<Choice>,
    pub account_kinds: Vec<Choice>,
    pub typed: Typed,
    pub may_propose: bool,
}

/// `GET /contracts/new`
pub async fn show(State(console): State<Console>, by: StaffSignedIn) -> Answer {
    let today = console.clock.now().date();
    let typed = Typed {
        applied_on: today.to_string(),
        sign_in: Terms::embedded().sign_in(today).code().to_owned(),
        ..Typed::default()
    };
    shown(&page(&by, None, typed))
}

/// `POST /contracts/new`
pub async fn propose(
    State(console): State<Console>,
    by: StaffSignedIn,
    CsrfForm(typed): CsrfForm<Typed>,
) -> Answer {
    let (read, mut errors) = match read(&typed, console.clock.now().date()) {
        Ok(read) => (Some(read), Errors::none()),
        Err(errors) => (None, errors),
    };
    add_reason(&mut errors, &typed.reason);
    for (field, account) in typed_accounts(&typed) {
        match account_trouble(&console.contracts, &account).await {
            Ok(trouble) => trouble.into_iter().for_each(|words| errors.add(field, words)),
            Err(problem) => {
                return Err(problem.stop(&by, Area::Contracts, &ConsoleLink::NewContract.to_string()));
            }
        }
    }
    let (Some((application, document)), true) = (read, errors.is_empty()) else {
        return again(&page(&by, Some(Trouble::input(errors)), typed));
    };
    let change = ContractChange { contract: ContractId::generate(), document, act: Act::Open(application) };
    let back = (Area::Contracts, ConsoleLink::NewContract.to_string());
    let reason = typed.reason.clone();
    propose_request(&console, &by, Proposal::Contract(change), &reason, back, async |trouble| {
        Ok(page(&by, Some(trouble), typed))
    })
    .await
}

impl Typed {
    /// For samples.
    #[cfg(test)]
    pub(crate) fn sample() -> Self {
        Self { name: "\"><script>".to_owned(), others: "</textarea><script>".to_owned(), ..Self::default() }
    }
}

/// The controls, as they follow one another.
const FIELDS: &[&str] = &[
    "name",
    "kind",
    "plan",
    "applied_on",
    "sign_in",
    "sign_in_reason",
    "account_kind",
    "number",
    "others",
    "address",
    "phrase",
    "document",
];

/// What the form asks for, or everything that is wrong in it, from the top of the form down.
fn read(typed: &Typed, today: Date) -> Result<(Application, String), Errors> {
    let mut errors = Errors::none();
    let mut or = |field, read: Result<String, String>| {
        read.unwrap_or_else(|message| {
            errors.add(field, message);
            String::new()
        })
    };
    let name = or("name", text(&line(&typed.name), NAME_CHARS_MAX, "契約者名"));
    let address = or("address", procedure::address(&typed.address));
    let phrase = or("phrase", procedure::phrase(&line(&typed.phrase)));
    let document = or("document", procedure::document(&typed.document));
    let kind = ContractKind::from_code(&typed.kind);
    let plan = Plan::from_code(&typed.plan);
    let sign_in = SignInMethod::from_code(&typed.sign_in);
    let applied_on = day(&typed.applied_on).filter(|day| *day <= today);
    for (field, missing, message) in [
        ("kind", kind.is_none(), "法人か個人事業主かを選んでください。"),
        ("plan", plan.is_none(), "プランを選んでください。"),
        ("sign_in", sign_in.is_none(), "ログインの方式を選んでください。"),
        ("applied_on", applied_on.is_none(), "申込日を、本日までの日で入力してください。"),
    ] {
        if missing {
            errors.add(field, message);
        }
    }
    let sign_in_reason = line(&typed.sign_in_reason);
    // of a day that cannot be read the rule of today is told at once with it
    if sign_in == Some(SignInMethod::Password)
        && Terms::embedded().sign_in(applied_on.unwrap_or(today)) == SignInMethod::Certificate
        && let Err(message) = text(&sign_in_reason, WHY_CHARS_MAX, "ID・パスワード方式とする理由")
    {
        errors.add("sign_in_reason", message);
    }
    let account_kind = AccountKind::from_code(&typed.account_kind);
    if account_kind.is_none() {
        errors.add("account_kind", "科目を選んでください。");
    }
    let main =
        AccountName::parse(&typed.branch, account_kind.unwrap_or(AccountKind::Ordinary), &typed.number);
    if main.is_none() {
        errors.add("number", "店番は3けた、口座番号は7けたまでの数字で入力してください。");
    }
    let others = match (others(&typed.others), &main) {
        (Ok(others), Some(main)) if others.contains(main) => {
            errors.add("others", "代表口座と同じ口座があります。");
            Vec::new()
        }
        (Ok(others), _) => others,
        (Err(messages), _) => {
            messages.into_iter().for_each(|message| errors.add("others", message));
            Vec::new()
        }
    };
    match (kind, plan, sign_in, applied_on, main) {
        (Some(kind), Some(plan), Some(sign_in), Some(applied_on), Some(main)) if errors.is_empty() => {
            let sign_in_reason =
                if sign_in == SignInMethod::Password { sign_in_reason } else { String::new() };
            let application = Application {
                name,
                kind,
                plan,
                sign_in,
                sign_in_reason,
                applied_on,
                address,
                phrase,
                main,
                others,
            };
            Ok((application, document))
        }
        _ => {
            errors.sort_by_form(FIELDS);
            Err(errors)
        }
    }
}

/// The accounts that can be read, each with its field.
fn typed_accounts(typed: &Typed) -> Vec<(&'static str, AccountName)> {
    let kind = AccountKind::from_code(&typed.account_kind);
    let main = kind.and_then(|kind| AccountName::parse(&typed.branch, kind, &typed.number));
    let main = main.map(|account| ("number", account));
    let others = typed.others.lines().filter_map(account_of_line).map(|account| ("others", account));
    main.into_iter().chain(others.take(OTHERS_MAX)).collect()
}

/// `201 当座 0098765`.
fn account_of_line(line: &str) -> Option<AccountName> {
    let parts: Vec<&str> = line.split_whitespace().collect();
    let [branch, kind, number] = parts.as_slice() else { return None };
    let kind = AccountKind::ALL.iter().copied().find(|known| known.label() == *kind)?;
    AccountName::parse(branch, kind, number)
}

/// 一般口座, one a line; or what is wrong, line by line.
fn others(typed: &str) -> Result<Vec<AccountName>, Vec<String>> {
    let (mut found, mut wrong) = (Vec::new(), Vec::new());
    for (index, line) in typed.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let place = index + 1;
        match account_of_line(line) {
            Some(account) if found.contains(&account) => {
                wrong.push(format!("{place}行目の口座は、前の行と同じです。"));
            }
            Some(account) => found.push(account),
            None => wrong.push(format!(
                "{place}行目を「店番 科目 口座番号」の順に入力してください(例: 201 当座 0098765)。"
            )),
        }
    }
    if found.len() > OTHERS_MAX {
        wrong.push(format!("一般口座は{OTHERS_MAX}口座までです。"));
    }
    if wrong.is_empty() { Ok(found) } else { Err(wrong) }
}

fn page(by: &StaffSignedIn, trouble: Option<Trouble>, typed: Typed) -> ApplicationPage {
    ApplicationPage {
        frame: Frame { has_errors: trouble.is_some(), ..frame::page(by, Area::Contracts) },
        csrf: by.csrf.clone(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        kinds: ContractKind::ALL.iter().map(|k| Choice::new(k.code(), k.label(), &typed.kind)).collect(),
        plans: Plan::ALL.iter().map(|p| Choice::new(p.code(), p.label(), &typed.plan)).collect(),
        sign_ins: SignInMethod::ALL
            .iter()
            .map(|m| Choice::new(m.code(), m.label(), &typed.sign_in))
            .collect(),
        account_kinds: AccountKind::ALL
            .iter()
            .map(|k| Choice::new(k.code(), k.label(), &typed.account_kind))
            .collect(),
        typed,
        may_propose: by.staff.role == StaffRole::Maker,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed() -> Typed {
        let text = |text: &str| text.to_owned();
        Typed {
            name: text("株式会社新規"),
            kind: text("company"),
            plan: text("web"),
            applied_on: text("2026-11-24"),
            sign_in: text("certificate"),
            branch: text("100"),
            account_kind: text("ordinary"),
            number: text("7654321"),
            others: text("201 当座 0098765\r\n\r\n201 普通 12"),
            address: text("仙台市青葉区中央"),
            document: text("2026-0001"),
            ..Typed::default()
        }
    }

    /// Proves R5, R26.
    #[test]
    fn an_application_has_a_main_account_and_a_reason_where_no_certificate_is_used() {
        let today: Date = "2026-11-24".parse().unwrap();
        let (of, document) = read(&typed(), today).unwrap();
        assert_eq!(
            (of.main.number.as_str(), of.others.len(), document.as_str()),
            ("7654321", 2, "2026-0001")
        );
        assert_eq!(of.others[1].number, "0000012");
        let password = Typed { sign_in: "password".to_owned(), ..typed() };
        assert!(read(&password, today).unwrap_err().of("sign_in_reason").is_some());
        let old = Typed { applied_on: "2012-03-18".to_owned(), ..password.clone() };
        assert!(read(&old, today).is_ok(), "before the certificate was the rule");
        let reason = Typed { sign_in_reason: "端末が対応していない".to_owned(), ..password };
        assert_eq!(read(&reason, today).unwrap().0.sign_in_reason, "端末が対応していない");
        for (field, wrong) in [
            ("name", Typed { name: String::new(), ..typed() }),
            ("number", Typed { branch: "1".to_owned(), ..typed() }),
            ("others", Typed { others: "100 普通 7654321".to_owned(), ..typed() }),
            ("others", Typed { others: "100 貯蓄 1".to_owned(), ..typed() }),
            ("others", Typed { others: "100 普通 12\n100 普通 12".to_owned(), ..typed() }),
            ("applied_on", Typed { applied_on: "2026-11-25".to_owned(), ..typed() }),
            ("document", Typed { document: String::new(), ..typed() }),
        ] {
            assert!(read(&wrong, today).unwrap_err().of(field).is_some(), "{field}");
        }
        let all =
            Typed { sign_in: "password".to_owned(), account_kind: "ordinary".to_owned(), ..Typed::default() };
        let told = read(&all, today).unwrap_err();
        let fields =
            ["name", "kind", "plan", "applied_on", "sign_in_reason", "number", "address", "document"];
        for field in fields {
            assert!(told.of(field).is_some(), "{field} is told at once with the others");
        }
        let lines = Typed { others: "100 貯蓄 1\n201 当座 0098765\n12".to_owned(), ..typed() };
        let told: Vec<_> = read(&lines, today).unwrap_err().iter().map(|e| e.message.to_string()).collect();
        assert!(told.len() == 2 && told[0].starts_with("1行目") && told[1].starts_with("3行目"), "{told:?}");
    }
}
