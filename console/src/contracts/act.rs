//! What the papers of a contract ask for (R8): each procedure with its words. All are one kind of request, and take the
//! same way: a maker with the paper before him proposes, another checks and approves, and one commit changes the
//! contract.

use domain::{CertificateId, ContractId, Date, OrderId, UserId, Yen};
use internet_banking::contracts::registry::{AccountName, FiledPayee};
use internet_banking::contracts::{ContractKind, Plan, SignInMethod, code};
use internet_banking::payees::Master;
use internet_banking::payees::master::{shown_bank, shown_branch};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What the maker and the checker read of a day on which the bank is closed.
const CLOSED_DAY: &str = "銀行の休業日です。この日からのご利用でよいか、申込書で確かめてください。";

code! {
    /// A procedure that the bank does on paper.
    Procedure {
        /// The day from which on the customer can set the contract up.
        Usable = "usable", "利用開始日の決定・変更";
        /// Another 初期設定番号, in place of one that was lost.
        Notice = "notice", "初期設定番号の再発行";
        /// The master's passwords (R15, R49).
        ResetMaster = "reset-master", "マスターユーザのパスワードの初期化";
        /// 電子証明書方式 or ID・パスワード方式 (R26, R27, R28).
        SignIn = "sign-in", "ログイン方式の変更";
        /// The plan.
        Plan = "plan", "プランの変更";
        /// What may be paid to private collectors in a day.
        Limit = "limit", "民間の収納機関への1日の限度額の変更";
        /// What may be transferred in a day (R96, R97).
        TransferLimit = "transfer-limit", "振込・振替の1日の限度額の変更";
        /// 都度指定 transfers on the same day (R86).
        SameDay = "same-day", "都度指定方式の当日扱いの変更";
        /// 事前登録 (R81).
        Payee = "payee", "振込先の事前登録";
        /// Its end.
        PayeeEnd = "payee-end", "事前登録の振込先の抹消";
        /// The lock of the master's sign-in (SEC-10).
        UnlockSignIn = "unlock-sign-in", "マスターユーザのログイン停止の解除";
        /// The lock of a 確認用パスワード.
        UnlockConfirmation = "unlock-confirmation", "確認用パスワードの停止の解除";
        /// The lock of 振込先口座の確認機能 (R95).
        UnlockNameCheck = "unlock-name-check", "振込先口座の確認機能の停止の解除";
        /// One administrator without another one's confirmation (SEC-21).
        SingleAdministrator = "single-administrator", "管理者1名での手続きの許可";
        /// A reservation that the customer wants back (SEC-43).
        CancelTransfer = "cancel-transfer", "振込・振替の予約の取消し";
        /// A certificate by which a user signs in (R37, R38, R46, R47).
        RevokeCertificate = "revoke-certificate", "電子証明書の失効";
        /// 届出住所.
        Address = "address", "届出住所の変更";
        /// The company's own words in every mail.
        Phrase = "phrase", "メールに載せる合言葉の変更";
        /// Where the master's mails go.
        MasterMail = "master-mail", "マスターユーザのメールアドレスの変更";
        /// 解約.
        End = "end", "解約";
    }
}

/// A change of one contract, with the paper that asks for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractChange {
    /// Which contract; of an application the one that it will be.
    pub contract: ContractId,
    /// 書類番号 of the paper.
    pub document: String,
    /// What is done.
    pub act: Act,
}

/// What is done, with what the maker has seen before it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum Act {
    /// 新規契約.
    Open(Application),
    /// 利用可能 from a day on; a 初期設定番号 may be printed.
    Usable {
        /// The day.
        from: Date,
    },
    /// Another 初期設定番号 may be printed.
    Notice,
    /// The master's passwords end, and a 初期設定番号 may be printed.
    ResetMaster {
        /// The master.
        user: UserId,
    },
    /// The other way to sign in.
    SignIn {
        /// As it was.
        before: SignInMethod,
        /// As it is to be.
        after: SignInMethod,
    },
    /// Another plan.
    Plan {
        /// As it was.
        before: Plan,
        /// As it is to be.
        after: Plan,
    },
    /// Another daily limit towards private collectors.
    Limit {
        /// As it was.
        before: Yen,
        /// As it is to be.
        after: Yen,
    },
    /// Another daily limit of transfers.
    TransferLimit {
        /// As it was; none is the plan's standard.
        before: Option<Yen>,
        /// As it is to be.
        after: Yen,
    },
    /// 都度指定 transfers on the same day, or no more.
    SameDay {
        /// As it was.
        before: bool,
        /// As it is to be.
        after: bool,
    },
    /// A payee is filed.
    Payee(FiledPayee),
    /// A payee is filed no more.
    PayeeEnd {
        /// 受取人番号.
        number: String,
    },
    /// The master's sign-in is unlocked.
    UnlockSignIn {
        /// The master.
        user: UserId,
        /// What the counter of failures is kept under, in hexadecimal: a keyed hash of the login ID.
        subject: String,
    },
    /// A confirmation password is unlocked.
    UnlockConfirmation {
        /// Whose.
        user: UserId,
        /// Since when it was locked, in microseconds.
        locked_us: i64,
    },
    /// 振込先口座の確認機能 of a user or of the whole contract is unlocked (R95).
    UnlockNameCheck {
        /// The user, or the contract.
        subject: Uuid,
        /// The same in words, as the maker has read it.
        whom: String,
        /// Since when it was locked, in microseconds.
        locked_us: i64,
    },
    /// One administrator changes things without another one's confirmation, to the end of a day or until the policy is
    /// set anew.
    SingleAdministrator {
        /// The version of the policy that the maker has seen.
        seen: i64,
        /// The last day; papers from before it was said permit nothing any more.
        #[serde(default)]
        until: Option<Date>,
    },
    /// A reservation is taken back.
    CancelTransfer {
        /// Which.
        order: OrderId,
        /// The same in words, as the maker has read it.
        words: String,
    },
    /// A certificate is revoked; its user may fetch another.
    RevokeCertificate {
        /// Whose.
        user: UserId,
        /// Which.
        certificate: CertificateId,
        /// Its serial number, as the paper has it.
        serial: String,
    },
    /// Another 届出住所.
    Address {
        /// As it was.
        before: String,
        /// As it is to be.
        after: String,
    },
    /// Other words in mails.
    Phrase {
        /// As they were.
        before: String,
        /// As they are to be.
        after: String,
    },
    /// Another mail address of the master.
    MasterMail {
        /// The master.
        user: UserId,
        /// As it was.
        before: Option<String>,
        /// As it is to be.
        after: String,
    },
    /// The contract ends.
    End,
}

/// Accounts with 口座名義, as the bank's register has them.
pub type Holders = Vec<(AccountName, String)>;

/// 申込み: everything that a new contract begins with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Application {
    /// The company's name.
    pub name: String,
    /// 法人 or 個人事業主.
    pub kind: ContractKind,
    /// The plan.
    pub plan: Plan,
    /// How its users will sign in.
    pub sign_in: SignInMethod,
    /// Why not by certificate; empty where it is (R26).
    pub sign_in_reason: String,
    /// The day of the application.
    pub applied_on: Date,
    /// 届出住所.
    pub address: String,
    /// The company's own words in mails; empty where it has chosen none.
    pub phrase: String,
    /// 代表口座.
    pub main: AccountName,
    /// 一般口座.
    pub others: Vec<AccountName>,
}

impl Application {
    /// All accounts, the main one first.
    pub fn accounts(&self) -> impl Iterator<Item = &AccountName> {
        std::iter::once(&self.main).chain(&self.others)
    }
}

impl Act {
    /// Whether somebody may do less after it than before: whatever was judged before it is committed no more.
    pub(super) const fn changes_access(&self) -> bool {
        match self {
            Self::ResetMaster { .. }
            | Self::SignIn { .. }
            | Self::Plan { .. }
            | Self::SameDay { .. }
            | Self::PayeeEnd { .. }
            | Self::RevokeCertificate { .. }
            | Self::End => true,
            Self::Open(_)
            | Self::Usable { .. }
            | Self::Notice
            | Self::Limit { .. }
            | Self::TransferLimit { .. }
            | Self::Payee(_)
            | Self::UnlockSignIn { .. }
            | Self::UnlockConfirmation { .. }
            | Self::UnlockNameCheck { .. }
            | Self::SingleAdministrator { .. }
            | Self::CancelTransfer { .. }
            | Self::Address { .. }
            | Self::Phrase { .. }
            | Self::MasterMail { .. } => false,
        }
    }
}

impl ContractChange {
    /// Of one contract and procedure one request is open; of payees and users one each.
    pub fn subject(&self) -> String {
        let base = format!("{}/{}", Self::subject_of(self.contract), self.word());
        match &self.act {
            Act::Payee(payee) => format!("{base}/{}", payee.number),
            Act::PayeeEnd { number } => format!("{base}/{number}"),
            Act::UnlockConfirmation { user, .. } | Act::RevokeCertificate { user, .. } => {
                format!("{base}/{user}")
            }
            Act::UnlockNameCheck { subject, .. } => format!("{base}/{subject}"),
            Act::CancelTransfer { order, .. } => format!("{base}/{order}"),
            // of one application for an account one is open
            Act::Open(of) => {
                format!("contract-application/{}-{}-{}", of.main.branch, of.main.kind.code(), of.main.number)
            }
            _ => base,
        }
    }

    /// What the subjects of all requests about a contract begin with.
    pub fn subject_of(contract: ContractId) -> String {
        format!("contract/{contract}")
    }

    /// The procedure; none of an application, which has a page of its own.
    pub const fn procedure(&self) -> Option<Procedure> {
        Some(match &self.act {
            Act::Open(_) => return None,
            Act::Usable { .. } => Procedure::Usable,
            Act::Notice => Procedure::Notice,
            Act::ResetMaster { .. } => Procedure::ResetMaster,
            Act::SignIn { .. } => Procedure::SignIn,
            Act::Plan { .. } => Procedure::Plan,
            Act::Limit { .. } => Procedure::Limit,
            Act::TransferLimit { .. } => Procedure::TransferLimit,
            Act::SameDay { .. } => Procedure::SameDay,
            Act::Payee(_) => Procedure::Payee,
            Act::PayeeEnd { .. } => Procedure::PayeeEnd,
            Act::UnlockSignIn { .. } => Procedure::UnlockSignIn,
            Act::UnlockConfirmation { .. } => Procedure::UnlockConfirmation,
            Act::UnlockNameCheck { .. } => Procedure::UnlockNameCheck,
            Act::SingleAdministrator { .. } => Procedure::SingleAdministrator,
            Act::CancelTransfer { .. } => Procedure::CancelTransfer,
            Act::RevokeCertificate { .. } => Procedure::RevokeCertificate,
            Act::Address { .. } => Procedure::Address,
            Act::Phrase { .. } => Procedure::Phrase,
            Act::MasterMail { .. } => Procedure::MasterMail,
            Act::End => Procedure::End,
        })
    }

    /// The application, where it is one.
    pub const fn application(&self) -> Option<&Application> {
        match &self.act {
            Act::Open(of) => Some(of),
            _ => None,
        }
    }

    /// The person whom it is about, where it is about one.
    pub const fn user(&self) -> Option<UserId> {
        match &self.act {
            Act::ResetMaster { user }
            | Act::UnlockSignIn { user, .. }
            | Act::UnlockConfirmation { user, .. }
            | Act::RevokeCertificate { user, .. }
            | Act::MasterMail { user, .. } => Some(*user),
            _ => None,
        }
    }

    fn word(&self) -> &'static str {
        self.procedure().map_or("open", Procedure::code)
    }

    /// What it does, in a few words.
    pub const fn title(&self) -> &'static str {
        match self.procedure() {
            Some(procedure) => procedure.label(),
            None => "新規契約の申込受付",
        }
    }

    /// What approving it does.
    pub const fn consequence(&self) -> &'static str {
        match &self.act {
            Act::Open(_) => {
                "口座名義が契約者のものであることを確かめてください。承認すると、契約を「申込受付」で登録します。お客さまは\
                 まだ利用できません。お金は動きません。"
            }
            Act::Usable { .. } => {
                "承認すると、契約を「利用可能」にし、はじめてのときは初期設定番号の通知書を1回印刷できるようになります。お金は動きません。"
            }
            Act::Notice => {
                "承認すると、初期設定番号の通知書をもう1回印刷できるようになります。印刷すると、前の番号は使えなくなります。\
                 お金は動きません。"
            }
            Act::ResetMaster { .. } => {
                "承認すると、マスターユーザのパスワードを使えなくし、ログイン中の画面を終了します。初期設定番号の通知書を1回\
                 印刷できるようになります。お金は動きません。"
            }
            Act::SignIn { after: SignInMethod::Password, .. } => {
                "承認すると、この契約の利用者は電子証明書なしでログインします。ログイン中の画面は終了します。お金は動きません。"
            }
            Act::SignIn { after: SignInMethod::Certificate, .. } => {
                "承認すると、この契約の利用者は電子証明書がないとログインできなくなります。ログイン中の画面は終了します。\
                 お金は動きません。"
            }
            Act::Plan { .. } => "承認すると、すぐに新しいプランの業務になります。お金は動きません。",
            Act::Limit { .. } => {
                "承認すると、民間の収納機関への1日の払込限度額をすぐに変更します。本日の払込済額を下回る金額にすると、\
                 本日はこれ以上払い込めません。この承認でお金は動きません。"
            }
            Act::TransferLimit { .. } => {
                "承認すると、振込・振替の1日の限度額をすぐに変更します。この承認でお金は動きません。"
            }
            Act::SameDay { after: true, .. } => {
                "承認すると、都度指定方式の振込を当日扱いで受け付けます。電子証明書方式の間だけ有効です。お金は動きません。"
            }
            Act::SameDay { after: false, .. } => {
                "承認すると、都度指定方式の振込を当日扱いで受け付けなくなります。お金は動きません。"
            }
            Act::Payee(_) => "承認すると、お客さまはこの番号で振り込めます。この承認でお金は動きません。",
            Act::PayeeEnd { .. } => {
                "承認すると、お客さまはこの番号で振り込めなくなります。お金は動きません。"
            }
            Act::UnlockSignIn { .. } | Act::UnlockConfirmation { .. } => {
                "承認すると、停止を解除し、誤った回数を0に戻します。パスワードは変わりません。お金は動きません。"
            }
            Act::UnlockNameCheck { .. } => {
                "お届け印と本人確認書類を確かめてください。承認すると、振込先口座の確認機能の停止を解除し、数えた回数を0に戻します。\
                 お金は動きません。"
            }
            Act::SingleAdministrator { .. } => {
                "承認すると、この契約の管理者は、許可の最終日まで、もう一人の管理者の確認なしに手続きできます。その前に承認の設定を\
                 変更すると、そこで終わります。取引の承認は変わりません。お金は動きません。"
            }
            Act::CancelTransfer { .. } => {
                "承認すると、この予約を取り消し、指定日に引き落とさないようにします。取り消した予約は元に戻せません。お金は動きません。"
            }
            Act::RevokeCertificate { .. } => {
                "承認すると、この電子証明書ではすぐにログインできなくなり、ログイン中の画面は終了します。利用者は新しい電子証明書を\
                 取得できます。お金は動きません。"
            }
            Act::Address { .. } => "承認すると、通知書とトークンの送り先が変わります。お金は動きません。",
            Act::Phrase { .. } => "承認すると、次のメールから新しい言葉を載せます。お金は動きません。",
            Act::MasterMail { .. } => {
                "承認すると、次のメールから新しいアドレスへ送ります。前のアドレスにも変更をお知らせします。お金は動きません。"
            }
            Act::End => {
                "承認すると、この契約の利用者はログインできなくなり、電子証明書とAPIキーは失効し、口座はほかのFB契約で使えるように\
                 なります。受付済みの払込はそのまま進み、予約中の振込・振替は指定日に不能になります。この承認でお金は動きません。"
            }
        }
    }

    /// Label and value of each particular, for whoever checks it against the paper.
    /// `holders` are those of an application's accounts.
    pub fn rows(&self, holders: &Holders) -> Vec<(&'static str, String)> {
        let yes = |on: bool| (if on { "受け付ける" } else { "受け付けない" }).to_owned();
        let limit = |limit: &Option<Yen>| match limit {
            Some(yen) => format!("{yen} 円"),
            None => "プランの標準".to_owned(),
        };
        let chosen = |text: &str| (if text.is_empty() { "なし" } else { text }).to_owned();
        let change = |before: String, after: String| vec![("変更前", before), ("変更後", after)];
        match &self.act {
            Act::Open(of) => application_rows(of, holders),
            Act::Usable { from } => {
                let mut rows = vec![("利用開始日", domain::time::year_month_day(*from))];
                if !domain::calendar::is_business_day(*from) {
                    rows.push(("ご注意", CLOSED_DAY.to_owned()));
                }
                rows
            }
            Act::Notice | Act::End | Act::ResetMaster { .. } | Act::UnlockSignIn { .. } => Vec::new(),
            Act::UnlockConfirmation { .. } => Vec::new(),
            Act::SingleAdministrator { until, .. } => {
                vec![("許可の最終日", until.map(domain::time::year_month_day).unwrap_or_default())]
            }
            Act::UnlockNameCheck { whom, .. } => vec![("停止の対象", whom.clone())],
            Act::CancelTransfer { words, .. } => vec![("取り消す予約", words.clone())],
            Act::RevokeCertificate { serial, .. } => vec![("シリアル番号", serial.clone())],
            Act::SignIn { before, after } => change(before.label().to_owned(), after.label().to_owned()),
            Act::Plan { before, after } => change(before.label().to_owned(), after.label().to_owned()),
            Act::Limit { before, after } => change(format!("{before} 円"), format!("{after} 円")),
            Act::TransferLimit { before, after } => change(limit(before), format!("{after} 円")),
            Act::SameDay { before, after } => change(yes(*before), yes(*after)),
            Act::Payee(payee) => payee_rows(payee),
            Act::PayeeEnd { number } => vec![("受取人番号", number.clone())],
            Act::Address { before, after } | Act::Phrase { before, after } => {
                change(chosen(before), chosen(after))
            }
            Act::MasterMail { before, after, .. } => {
                change(chosen(before.as_deref().unwrap_or_default()), after.clone())
            }
        }
    }
}

fn application_rows(of: &Application, holders: &Holders) -> Vec<(&'static str, String)> {
    let mut rows = vec![
        ("契約者", of.name.clone()),
        ("区分", of.kind.label().to_owned()),
        ("申込日", domain::time::year_month_day(of.applied_on)),
        ("プラン", of.plan.label().to_owned()),
        ("ログインの方式", of.sign_in.label().to_owned()),
    ];
    if !of.sign_in_reason.is_empty() {
        rows.push(("ID・パスワード方式とする理由", of.sign_in_reason.clone()));
    }
    // whose each is stands beside it: nobody gets another's account
    let with_holder = |account: &AccountName| {
        let holder = holders.iter().find(|(name, _)| name == account);
        holder.map_or_else(|| account.to_string(), |(_, holder)| format!("{account} 口座名義 {holder}"))
    };
    rows.push(("代表口座", with_holder(&of.main)));
    rows.extend(of.others.iter().map(|account| ("一般口座", with_holder(account))));
    rows.push(("届出住所", of.address.clone()));
    if !of.phrase.is_empty() {
        rows.push(("メールに載せる合言葉", of.phrase.clone()));
    }
    rows
}

/// The particulars of a payee.
pub(super) fn payee_rows(payee: &FiledPayee) -> Vec<(&'static str, String)> {
    let code = |text: &str| format!("{text}(一覧にない番号)");
    let bank = payee.bank.parse().ok().and_then(|bank| Master::bank(&bank));
    let branch = bank.zip(payee.branch.parse().ok()).and_then(|(bank, branch)| bank.branch(&branch));
    let bank_name =
        bank.map_or_else(|| code(&payee.bank), |bank| format!("{} {}", bank.code, shown_bank(bank)));
    let branch_name =
        branch.map_or_else(|| code(&payee.branch), |one| format!("{} {}", one.code, shown_branch(one)));
    vec![
        ("受取人番号", payee.number.clone()),
        ("銀行", bank_name),
        ("支店", branch_name),
        ("口座", format!("{} {}", payee.kind.label(), payee.account_number)),
        ("受取人名", payee.name.clone()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use internet_banking::contracts::AccountKind;

    fn of(contract: ContractId, act: Act) -> ContractChange {
        ContractChange { contract, document: "2026-0001".to_owned(), act }
    }

    #[test]
    fn requests_about_one_contract_are_found_by_one_beginning_and_do_not_hinder_one_another() {
        let contract = ContractId::generate();
        let payee = |number: &str| Act::PayeeEnd { number: number.to_owned() };
        let subjects: std::collections::BTreeSet<_> = [Act::Notice, Act::End, payee("0001"), payee("0002")]
            .map(|act| of(contract, act).subject())
            .into();
        assert_eq!(subjects.len(), 4);
        assert!(subjects.iter().all(|s| s.starts_with(&ContractChange::subject_of(contract))));
    }

    #[test]
    fn every_procedure_has_words_and_reads_back() {
        let user = UserId::generate();
        let account = AccountName {
            branch: "100".to_owned(),
            kind: AccountKind::Ordinary,
            number: "0000001".to_owned(),
        };
        let application = Application {
            name: "株式会社見本".to_owned(),
            kind: ContractKind::Company,
            plan: Plan::Mini,
            sign_in: SignInMethod::Password,
            sign_in_reason: "端末が対応していないため".to_owned(),
            applied_on: "2026-11-24".parse().unwrap(),
            address: "仙台市青葉区".to_owned(),
            phrase: "梅に鶯".to_owned(),
            main: account.clone(),
            others: vec![account],
        };
        let acts = [
            Act::Open(application),
            Act::Usable { from: "2026-11-24".parse().unwrap() },
            Act::ResetMaster { user },
            Act::SignIn { before: SignInMethod::Certificate, after: SignInMethod::Password },
            Act::TransferLimit { before: None, after: Yen::new(5) },
            Act::SameDay { before: false, after: true },
            Act::MasterMail { user, before: None, after: "a@example.jp".to_owned() },
            Act::SingleAdministrator { seen: 3, until: Date::from_ymd_opt(2026, 12, 24) },
        ];
        for act in acts {
            let change = of(ContractId::generate(), act);
            let json = serde_json::to_string(&change).unwrap();
            assert_eq!(serde_json::from_str::<ContractChange>(&json).unwrap(), change);
            assert!(
                change.consequence().contains("お金は動きません。") || change.consequence().contains("お金")
            );
            assert!(
                !change.title().is_ascii()
                    && (change.rows(&Holders::new()).len() > 1 || change.procedure().is_some())
            );
        }
    }
}
