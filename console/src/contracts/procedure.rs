//! The form of a procedure: what it asks for, and what was typed.

use domain::time::year_month_day;
use domain::{Date, OrderId, Yen};
use edge::Errors;
use internet_banking::certificates::Certificate;
use internet_banking::contracts::registry::{AccountName, FiledPayee, digits};
use internet_banking::contracts::terms::Terms;
use internet_banking::contracts::{AccountKind, Plan, SignInMethod};
use internet_banking::payees::Master;
use internet_banking::payees::counters::Lock;
use internet_banking::payees::master::shown_bank;
use internet_banking::payees::typed::read_holder;
use internet_banking::users::rules;
use serde::Deserialize;

use super::act::{Act, Procedure};
use super::seen::Seen;
use crate::words::Choice;

/// Characters of 書類番号 at most.
const DOCUMENT_CHARS_MAX: usize = 32;
/// Characters of an address at most.
const ADDRESS_CHARS_MAX: usize = 100;
/// Characters of the company's words in mails at most.
const PHRASE_CHARS_MAX: usize = 30;

/// What was typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    /// What the page showed as it is.
    pub before: String,
    /// 書類番号.
    pub document: String,
    /// 理由.
    pub reason: String,
    /// The one thing that most procedures ask for.
    pub value: String,
    /// 受取人番号.
    pub number: String,
    /// 銀行コード.
    pub bank: String,
    /// 支店コード.
    pub branch: String,
    /// 科目.
    pub kind: String,
    /// 口座番号.
    pub account_number: String,
    /// 受取人名.
    pub name: String,
}

/// How a control looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Control {
    /// One line of text.
    Text,
    /// Digits.
    Number,
    /// One of several.
    Choice(Vec<Choice>),
}

/// A control of the form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name and id.
    pub name: &'static str,
    /// What stands above it.
    pub label: &'static str,
    /// How it is filled in.
    pub hint: String,
    /// What was typed.
    pub value: String,
    /// How it looks.
    pub control: Control,
}

/// What only the database knows of the subject of a procedure.
#[derive(Clone, Debug, Default)]
pub struct Locks {
    /// The daily limit towards private collectors.
    pub limit: Yen,
    /// What a counter of the master's failed sign-ins is kept under, where it is locked.
    pub sign_in: Option<String>,
    /// Users whose confirmation password is locked: id, words, since when.
    pub confirmations: Vec<(domain::UserId, String, i64)>,
    /// Locks of 振込先口座の確認機能: each with whom it is of.
    pub name_checks: Vec<(Lock, String)>,
    /// The version of the approval policy by which a second administrator confirms what one changes, where one does.
    pub confirmed_by: Option<(i64, Date)>,
    /// Certificates that have not ended: each with its words.
    pub certificates: Vec<(Certificate, String)>,
    /// Reservations of transfers: each with its words.
    pub reservations: Vec<(OrderId, String)>,
    /// Payees that were filed: each number with its words.
    pub payees: Vec<(String, String)>,
}

/// As it is now, in words; empty where there is nothing to compare.
pub fn current(procedure: Procedure, seen: &Seen, locks: &Locks) -> String {
    let papers = &seen.papers;
    match procedure {
        Procedure::SignIn => seen.contract.sign_in.label().to_owned(),
        Procedure::Plan => seen.contract.plan.label().to_owned(),
        Procedure::Limit => format!("{} 円", locks.limit),
        Procedure::TransferLimit => match papers.transfer_limit {
            Some(limit) => format!("{limit} 円"),
            None => {
                format!("{} 円(プランの標準)", Terms::embedded().transfer_limit(seen.contract.plan).standard)
            }
        },
        Procedure::SameDay => (if papers.same_day { "受け付ける" } else { "受け付けない" }).to_owned(),
        Procedure::Address => papers.address.clone(),
        Procedure::Phrase => seen.contract.mail_phrase.clone(),
        Procedure::MasterMail => {
            seen.master.as_ref().and_then(|master| master.email.clone()).unwrap_or_default()
        }
        Procedure::Usable => papers.usable_from.map(year_month_day).unwrap_or_default(),
        Procedure::Notice
        | Procedure::ResetMaster
        | Procedure::Payee
        | Procedure::PayeeEnd
        | Procedure::UnlockSignIn
        | Procedure::UnlockConfirmation
        | Procedure::UnlockNameCheck
        | Procedure::SingleAdministrator
        | Procedure::CancelTransfer
        | Procedure::RevokeCertificate
        | Procedure::End => String::new(),
    }
}

/// Why a procedure has nothing that it could be about, in words.
pub const fn nothing(procedure: Procedure, locks: &Locks) -> Option<&'static str> {
    match procedure {
        Procedure::UnlockSignIn if locks.sign_in.is_none() => {
            Some("マスターユーザのログインは停止していません。")
        }
        Procedure::UnlockConfirmation if locks.confirmations.is_empty() => {
            Some("確認用パスワードが停止している利用者はいません。")
        }
        Procedure::UnlockNameCheck if locks.name_checks.is_empty() => {
            Some("振込先口座の確認機能は停止していません。")
        }
        Procedure::RevokeCertificate if locks.certificates.is_empty() => {
            Some("失効できる電子証明書はありません。")
        }
        Procedure::CancelTransfer if locks.reservations.is_empty() => {
            Some("予約中の振込・振替はありません。")
        }
        Procedure::PayeeEnd if locks.payees.is_empty() => Some("事前登録の振込先はありません。"),
        _ => None,
    }
}

/// What the maker must have done with the paper before.
pub const fn guidance(procedure: Procedure) -> &'static str {
    match procedure {
        Procedure::Usable => {
            "申込書の審査が終わってから起票します。利用開始日から、お客さまは初期設定ができます。"
        }
        Procedure::Notice => {
            "届いた通知書をなくされたときに、書面のお申出を受けて起票します。前の番号は、新しい通知書を印刷すると使えなくなります。"
        }
        Procedure::ResetMaster => {
            "マスターユーザがパスワードを忘れたときに、書面のお申出を受けて起票します。ログインID、ログインパスワード、確認用パスワードの3つを、\
             お客さまが初期設定の画面で取り直します。一般ユーザと管理者ユーザの分は、マスターユーザが画面で行います。"
        }
        Procedure::SignIn => {
            "書面のお申出を受けて起票します。ID・パスワード方式への変更は、電子証明書を使えないやむを得ない事情があるときだけです。事情を理由に書いてください。"
        }
        Procedure::Plan => {
            "書面のお申出を受けて起票します。ミニへの変更では、データ受付の業務が使えなくなることをお客さまに説明してください。"
        }
        Procedure::Limit => {
            "お客さまから書面の申出を受け、ご本人であることを確かめてから起票します。別の承認者が承認すると、すぐに変わります。税金・国庫金の払込に限度額はありません。"
        }
        Procedure::TransferLimit => "書面のお申出を受けて起票します。プランごとの上限の範囲で決めます。",
        Procedure::SameDay => "書面のお申出を受けて起票します。電子証明書方式のご契約だけが利用できます。",
        Procedure::Payee => "振込先の事前登録の書面を受けて起票します。書面と見比べて入力してください。",
        Procedure::PayeeEnd => "事前登録の取消しの書面を受けて起票します。",
        Procedure::UnlockSignIn => {
            "書面のお申出を受け、マスターユーザご本人であることを確かめてから起票します。"
        }
        Procedure::UnlockNameCheck => {
            "窓口で、お届け印と本人確認書類(運転免許証など)を確かめてから起票します。振込そのものは、停止の間も受取人名を入力して行えます。"
        }
        Procedure::UnlockConfirmation => {
            "書面のお申出を受け、利用者ご本人であることを確かめてから起票します。"
        }
        Procedure::SingleAdministrator => {
            "確認できる管理者が退職・利用停止・ログイン停止などでいなくなったときに、書面のお申出を受け、代表者ご本人の意思を確かめてから\
             起票します。いなくなった事情を理由に書いてください。ログインや確認用パスワードの停止だけなら、その解除を起票します。"
        }
        Procedure::CancelTransfer => {
            "書面のお申出を受けて起票します。緊急停止中の契約では、お客さまが画面で取り消せません。心当たりのない予約がないか、お客さまと一件ずつ確かめてください。"
        }
        Procedure::RevokeCertificate => {
            "パソコンの交換・修理やOSの再インストールで使えなくなったとき、盗難にあったときに、書面のお申出を受けて起票します。失効の完了は、メールで利用者とマスターユーザにお知らせします。"
        }
        Procedure::Address => {
            "届出住所の変更の書面を受けて起票します。通知書とトークンは、届出住所にだけ送ります。"
        }
        Procedure::Phrase => {
            "書面のお申出を受けて起票します。当行からのメールであることを、お客さまがこの言葉で見分けます。"
        }
        Procedure::MasterMail => {
            "画面で変更できないときに、書面のお申出を受けて起票します。前のアドレスと新しいアドレスの両方にお知らせします。"
        }
        Procedure::End => {
            "解約の書面を受けて起票します。受付済みの払込の結果が出ていることを確かめてください。"
        }
    }
}

/// The controls, filled with what was typed.
pub fn fields(procedure: Procedure, seen: &Seen, locks: &Locks, typed: &Typed) -> Vec<Field> {
    let field = |name, label, hint: &str, value: &str, control| Field {
        name,
        label,
        hint: hint.to_owned(),
        value: value.to_owned(),
        control,
    };
    let text = |label, hint| vec![field("value", label, hint, &typed.value, Control::Text)];
    let number = |label, hint| vec![field("value", label, hint, &typed.value, Control::Number)];
    let choice = |label, choices: Vec<(String, String)>| {
        let choices = choices.into_iter().map(|(value, words)| Choice::new(value, words, &typed.value));
        vec![field("value", label, "", &typed.value, Control::Choice(choices.collect()))]
    };
    match procedure {
        Procedure::Usable => text("利用開始日", "例: 2026-12-01。本日か、90日以内の日です。"),
        Procedure::SignIn => {
            let other = SignInMethod::ALL.iter().filter(|method| **method != seen.contract.sign_in);
            choice("変更後の方式", other.map(|m| (m.code().to_owned(), m.label().to_owned())).collect())
        }
        Procedure::Plan => {
            let other = Plan::ALL.iter().filter(|plan| **plan != seen.contract.plan);
            choice("変更後のプラン", other.map(|p| (p.code().to_owned(), p.label().to_owned())).collect())
        }
        Procedure::Limit => number("変更後の限度額(円)", "0にすると、民間の収納機関へは払い込めません。"),
        Procedure::TransferLimit => {
            let max = Terms::embedded().transfer_limit(seen.contract.plan).max;
            let hint = format!("{max} 円までです。0にすると、振り込めません。");
            vec![field("value", "変更後の限度額(円)", &hint, &typed.value, Control::Number)]
        }
        Procedure::SameDay => {
            let other = match seen.papers.same_day {
                true => ("off", "受け付けない"),
                false => ("on", "受け付ける"),
            };
            choice("都度指定方式の当日扱い", vec![(other.0.to_owned(), other.1.to_owned())])
        }
        Procedure::Payee => payee_fields(typed),
        Procedure::PayeeEnd => choice("抹消する振込先", locks.payees.clone()),
        Procedure::UnlockConfirmation => {
            let users = locks.confirmations.iter();
            choice("利用者", users.map(|(id, words, _)| (id.to_string(), words.clone())).collect())
        }
        Procedure::UnlockNameCheck => {
            let checks = locks.name_checks.iter();
            choice(
                "停止の対象",
                checks.map(|(lock, whom)| (lock.subject.to_string(), whom.clone())).collect(),
            )
        }
        Procedure::CancelTransfer => {
            let reserved = locks.reservations.iter();
            choice("取り消す予約", reserved.map(|(id, words)| (id.to_string(), words.clone())).collect())
        }
        Procedure::RevokeCertificate => {
            let certificates = locks.certificates.iter();
            choice(
                "電子証明書",
                certificates.map(|(one, words)| (one.id.to_string(), words.clone())).collect(),
            )
        }
        Procedure::Address => text("変更後の住所", "100文字までです。"),
        Procedure::Phrase => text("変更後の言葉", "30文字までです。空欄にすると、なしにします。"),
        Procedure::MasterMail => text("変更後のメールアドレス", "例: suzuki@example.jp"),
        Procedure::Notice
        | Procedure::ResetMaster
        | Procedure::UnlockSignIn
        | Procedure::SingleAdministrator
        | Procedure::End => Vec::new(),
    }
}

fn payee_fields(typed: &Typed) -> Vec<Field> {
    let field = |name, label, hint: &str, value: &str, control| Field {
        name,
        label,
        hint: hint.to_owned(),
        value: value.to_owned(),
        control,
    };
    let kinds = AccountKind::ALL.iter().map(|kind| Choice::new(kind.code(), kind.label(), &typed.kind));
    vec![
        field("number", "受取人番号", "4けたの数字です。", &typed.number, Control::Number),
        field("bank", "銀行コード", "4けたの数字です。", &typed.bank, Control::Number),
        field("branch", "支店コード", "3けたの数字です。", &typed.branch, Control::Number),
        field("kind", "科目", "", &typed.kind, Control::Choice(kinds.collect())),
        field("account_number", "口座番号", "7けたまでの数字です。", &typed.account_number, Control::Number),
        field(
            "name",
            "受取人名(カナ)",
            "書面のとおりに入力します。ひらがな・カタカナ・全角・半角のどれでもかまいません。",
            &typed.name,
            Control::Text,
        ),
    ]
}

/// What the form asks for, or what is wrong in it.
pub fn read(
    procedure: Procedure,
    seen: &Seen,
    locks: &Locks,
    typed: &Typed,
    today: Date,
) -> Result<Act, Errors> {
    let wrong = |message: String| Errors::one("value", message);
    let value = line(&typed.value);
    let master = seen.master.as_ref();
    let gone = || Errors::general("マスターユーザがいません。");
    Ok(match procedure {
        Procedure::Usable => Act::Usable { from: usable_from(&value, today).map_err(wrong)? },
        Procedure::Notice => Act::Notice,
        Procedure::ResetMaster => Act::ResetMaster { user: master.ok_or_else(gone)?.id },
        Procedure::SignIn => {
            let after = SignInMethod::from_code(&value).filter(|after| *after != seen.contract.sign_in);
            let after = after.ok_or_else(|| wrong("変更後の方式を選んでください。".to_owned()))?;
            Act::SignIn { before: seen.contract.sign_in, after }
        }
        Procedure::Plan => {
            let after = Plan::from_code(&value).filter(|after| *after != seen.contract.plan);
            let after = after.ok_or_else(|| wrong("変更後のプランを選んでください。".to_owned()))?;
            Act::Plan { before: seen.contract.plan, after }
        }
        Procedure::Limit => {
            let after = amount(&value).map_err(wrong)?;
            differs(after != locks.limit, "限度額")?;
            Act::Limit { before: locks.limit, after }
        }
        Procedure::TransferLimit => {
            let after = amount(&value).map_err(wrong)?;
            differs(Some(after) != seen.papers.transfer_limit, "限度額")?;
            let max = Terms::embedded().transfer_limit(seen.contract.plan).max;
            if after > max {
                return Err(wrong(format!("このプランの限度額は {max} 円までです。")));
            }
            Act::TransferLimit { before: seen.papers.transfer_limit, after }
        }
        Procedure::SameDay => match (seen.papers.same_day, value.as_str()) {
            (before @ false, "on") => Act::SameDay { before, after: true },
            (before @ true, "off") => Act::SameDay { before, after: false },
            _ => return Err(wrong("どちらにするか選んでください。".to_owned())),
        },
        Procedure::Payee => Act::Payee(payee(typed)?),
        Procedure::PayeeEnd => Act::PayeeEnd {
            number: locks
                .payees
                .iter()
                .map(|(number, _)| number)
                .find(|number| **number == value)
                .cloned()
                .ok_or_else(|| wrong("抹消する振込先を選んでください。".to_owned()))?,
        },
        Procedure::UnlockSignIn => Act::UnlockSignIn {
            user: master.ok_or_else(gone)?.id,
            subject: locks.sign_in.clone().ok_or_else(|| Errors::general("ログインは停止していません。"))?,
        },
        Procedure::UnlockConfirmation => {
            let found = locks.confirmations.iter().find(|(id, _, _)| id.to_string() == value);
            let (user, _, locked_us) = found.ok_or_else(|| wrong("利用者を選んでください。".to_owned()))?;
            Act::UnlockConfirmation { user: *user, locked_us: *locked_us }
        }
        Procedure::UnlockNameCheck => {
            let found = locks.name_checks.iter().find(|(lock, _)| lock.subject.to_string() == value);
            let (lock, whom) = found.ok_or_else(|| wrong("停止の対象を選んでください。".to_owned()))?;
            Act::UnlockNameCheck {
                subject: lock.subject,
                whom: whom.clone(),
                locked_us: lock.locked_at.micros(),
            }
        }
        Procedure::SingleAdministrator => {
            let (seen, until) = locks.confirmed_by.ok_or_else(|| {
                Errors::general("この契約の管理の手続きに、もう一人の管理者の確認は要りません。")
            })?;
            Act::SingleAdministrator { seen, until: Some(until) }
        }
        Procedure::CancelTransfer => {
            let found = locks.reservations.iter().find(|(id, _)| id.to_string() == value);
            let (order, words) = found.ok_or_else(|| wrong("取り消す予約を選んでください。".to_owned()))?;
            Act::CancelTransfer { order: *order, words: words.clone() }
        }
        Procedure::RevokeCertificate => {
            let found = locks.certificates.iter().find(|(one, _)| one.id.to_string() == value);
            let (one, _) = found.ok_or_else(|| wrong("電子証明書を選んでください。".to_owned()))?;
            Act::RevokeCertificate { user: one.user, certificate: one.id, serial: one.serial.clone() }
        }
        Procedure::Address => {
            let after = text(&value, ADDRESS_CHARS_MAX, "住所").map_err(wrong)?;
            differs(after != seen.papers.address, "住所")?;
            Act::Address { before: seen.papers.address.clone(), after }
        }
        Procedure::Phrase => {
            let before = seen.contract.mail_phrase.clone();
            let after = phrase(&value).map_err(wrong)?;
            differs(after != before, "言葉")?;
            Act::Phrase { before, after }
        }
        Procedure::MasterMail => {
            let master = master.ok_or_else(gone)?;
            let after = rules::email(&value).map_err(|message| wrong(message.to_owned()))?;
            differs(master.email.as_deref() != Some(after.as_str()), "メールアドレス")?;
            Act::MasterMail { user: master.id, before: master.email.clone(), after }
        }
        Procedure::End => Act::End,
    })
}

fn differs(differs: bool, what: &str) -> Result<(), Errors> {
    match differs {
        true => Ok(()),
        false => Err(Errors::one("value", format!("いまの{what}と同じです。違うものを入力してください。"))),
    }
}

/// 書類番号: without it there is no paper.
pub fn document(typed: &str) -> Result<String, String> {
    text(&line(typed), DOCUMENT_CHARS_MAX, "書類番号")
}

/// A day from which a contract can be used.
fn usable_from(typed: &str, today: Date) -> Result<Date, String> {
    crate::words::day(typed)
        .filter(|day| (0..=90).contains(&day.signed_duration_since(today).num_days()))
        .ok_or_else(|| "利用開始日を、本日から90日以内の日で入力してください(例: 2026-12-01)。".to_owned())
}

/// One line without what does not print.
pub fn line(typed: &str) -> String {
    let line: String = typed.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    line.trim().to_owned()
}

/// A text that must be there.
pub fn text(typed: &str, chars_max: usize, what: &str) -> Result<String, String> {
    match typed.chars().count() {
        0 => Err(format!("{what}を入力してください。")),
        chars if chars > chars_max => Err(format!("{what}は{chars_max}文字までです。")),
        _ => Ok(typed.to_owned()),
    }
}

/// The company's words in mails; none is empty.
pub fn phrase(typed: &str) -> Result<String, String> {
    if typed.is_empty() {
        Ok(String::new())
    } else {
        text(typed, PHRASE_CHARS_MAX, "メールに載せる合言葉")
    }
}

/// An address of a company.
pub fn address(typed: &str) -> Result<String, String> {
    text(&line(typed), ADDRESS_CHARS_MAX, "届出住所")
}

fn amount(typed: &str) -> Result<Yen, String> {
    use domain::money::AmountError;
    Yen::parse_typed(typed).map_err(|error| match error {
        AmountError::Empty => "変更後の限度額を入力してください。".to_owned(),
        AmountError::NotDigit(_) => "限度額は数字で入力してください。".to_owned(),
        AmountError::TooLarge => "限度額は 11 けたまでです。".to_owned(),
    })
}

fn exactly(typed: &str, count: usize) -> Option<String> {
    digits(typed).filter(|digits| digits.len() == count)
}

fn payee(typed: &Typed) -> Result<FiledPayee, Errors> {
    let mut errors = Errors::none();
    let mut number = |name, typed: &str, count, what: &str| {
        exactly(typed, count).unwrap_or_else(|| {
            errors.add(name, format!("{what}は{count}けたの数字で入力してください。"));
            String::new()
        })
    };
    let payee_number = number("number", &typed.number, 4, "受取人番号");
    let bank = number("bank", &typed.bank, 4, "銀行コード");
    let branch = number("branch", &typed.branch, 3, "支店コード");
    let kind = AccountKind::from_code(&typed.kind);
    if kind.is_none() {
        errors.add("kind", "科目を選んでください。");
    }
    // the branch is judged above
    let account = AccountName::parse("000", AccountKind::Ordinary, &typed.account_number);
    if account.is_none() {
        errors.add("account_number", "口座番号は7けたまでの数字で入力してください。");
    }
    let known = bank.parse().ok().and_then(|bank| Master::bank(&bank));
    let there = known.zip(branch.parse().ok()).and_then(|(known, branch)| known.branch(&branch));
    match (known, there) {
        (None, _) if errors.of("bank").is_none() => {
            errors.add("bank", "この銀行コードの金融機関はありません。");
        }
        (Some(known), None) if errors.of("branch").is_none() => {
            errors.add("branch", format!("{}に、この支店コードの支店はありません。", shown_bank(known)));
        }
        _ => {}
    }
    let name = match read_holder(&typed.name) {
        Ok(name) => name.to_string(),
        Err((message, _)) => {
            errors.add("name", message);
            String::new()
        }
    };
    match (kind, account) {
        (Some(kind), Some(account)) if errors.is_empty() => {
            Ok(FiledPayee { number: payee_number, bank, branch, kind, account_number: account.number, name })
        }
        _ => Err(errors),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filed_payee_has_codes_of_their_lengths_and_a_name_in_kana() {
        let typed = Typed {
            number: "0001".to_owned(),
            bank: "９９９９".to_owned(),
            branch: "100".to_owned(),
            kind: "ordinary".to_owned(),
            account_number: "98765".to_owned(),
            name: "カ)ミホンシヨウジ".to_owned(),
            ..Typed::default()
        };
        let filed = payee(&typed).unwrap();
        assert_eq!((filed.bank.as_str(), filed.account_number.as_str()), ("9999", "0098765"));
        assert_eq!(filed.name, "ｶ)ﾐﾎﾝｼﾖｳｼﾞ", "as it is sent");
        for (field, wrong) in [
            ("number", Typed { number: "1".to_owned(), ..typed.clone() }),
            ("bank", Typed { bank: "12a4".to_owned(), ..typed.clone() }),
            ("bank", Typed { bank: "8888".to_owned(), ..typed.clone() }),
            ("branch", Typed { branch: "998".to_owned(), ..typed.clone() }),
            ("kind", Typed { kind: String::new(), ..typed.clone() }),
            ("account_number", Typed { account_number: "12345678".to_owned(), ..typed.clone() }),
            ("name", Typed { name: "見本商事".to_owned(), ..typed.clone() }),
        ] {
            assert!(payee(&wrong).unwrap_err().of(field).is_some(), "{field}");
        }
    }

    #[test]
    fn a_contract_is_usable_from_today_or_soon() {
        let today: Date = "2026-11-24".parse().unwrap();
        let read = |typed: &str| usable_from(typed, today).ok().map(|day| day.to_string());
        assert_eq!(read("2026-11-24"), Some("2026-11-24".to_owned()));
        assert_eq!(read("2027-02-22"), Some("2027-02-22".to_owned()));
        for typed in ["2026-11-23", "2027-02-23", "明日", ""] {
            assert_eq!(read(typed), None, "{typed}");
        }
    }

    #[test]
    fn limits_papers_and_addresses_are_read_as_typed() {
        assert_eq!(amount("１０,０００,０００円"), Ok(Yen::new(10_000_000)));
        assert_eq!(amount("0"), Ok(Yen::ZERO), "nothing may be paid");
        for typed in ["", "-1", "1.5", "100000000000"] {
            assert!(amount(typed).is_err(), "{typed}");
        }
        assert_eq!(document(" 2026-本-0012 \n").unwrap(), "2026-本-0012");
        assert!(document(" ").is_err() && document(&"1".repeat(33)).is_err());
    }
}
