//! The demo's contracts, users, accounts and money. Everything here is invented.

use anyhow::Context as _;
use bulk::NewMandate;
use collectors::Directory;
use domain::{AccountId, AccountRef, Clock, ContractId, MandateId, PayeeId};
use internet_banking::Bank;
use internet_banking::contracts::registry::FiledPayee;
use internet_banking::contracts::{
    AccountKind, Business, DepositAccount, NewUser, Plan, Rights, Role, SignInMethod, Step,
};
use internet_banking::policy;
use ledger::{Commit, NewAccount};

use super::life;
use super::tokens::Maker;

const DAY_S: i64 = 24 * 3600;

/// A contract of the demo.
pub struct SampleContract {
    /// The company.
    pub name: &'static str,
    /// 口座名義 of its accounts.
    pub holder: &'static str,
    /// Its plan.
    pub plan: Plan,
    /// How its users sign in.
    pub sign_in: SignInMethod,
    /// Its accounts, the main one first.
    pub accounts: &'static [SampleAccount],
    /// Its users.
    pub users: Vec<SampleUser>,
    /// Whom it has filed on paper (事前登録).
    pub payees: Vec<FiledPayee>,
    /// Whose account it may debit: a 口座振替依頼書 is there.
    pub collects_from: Option<&'static SampleAccount>,
    /// Whether its API key debits at once.
    pub sandbox: bool,
}

/// An account of the demo.
pub struct SampleAccount {
    /// 店番 and 店名.
    pub branch: (&'static str, &'static str),
    /// 科目.
    pub kind: AccountKind,
    /// 口座番号.
    pub number: &'static str,
    /// What it opens with, in yen.
    pub opening: i64,
}

/// A user of the demo.
#[derive(Clone)]
pub struct SampleUser {
    /// Types this to sign in.
    pub login_id: String,
    /// The person.
    pub name: String,
    /// The role.
    pub role: Role,
    /// ログインパスワード.
    pub password: &'static str,
    /// 確認用パスワード.
    pub confirmation_password: &'static str,
    /// The token.
    pub token_serial: String,
    /// Whether the person has fetched a certificate.
    pub has_certificate: bool,
}

const HEAD_OFFICE: (&str, &str) = ("100", "本店営業部");
const IZUMI: (&str, &str) = ("201", "泉支店");
const PASSWORD: &str = "sakura-no-shita-de";
const CONFIRMATION: &str = "kakunin-no-kotoba";

static SHOJI: [SampleAccount; 2] = [
    SampleAccount {
        branch: HEAD_OFFICE,
        kind: AccountKind::Ordinary,
        number: "1234567",
        opening: 48_210_953,
    },
    SampleAccount { branch: IZUMI, kind: AccountKind::Current, number: "0098765", opening: 12_004_100 },
];
static SEISAKUSHO: [SampleAccount; 1] =
    [SampleAccount { branch: IZUMI, kind: AccountKind::Ordinary, number: "2345678", opening: 3_500_000 }];
static SHOTEN: [SampleAccount; 1] =
    [SampleAccount { branch: HEAD_OFFICE, kind: AccountKind::Ordinary, number: "3456789", opening: 50_000 }];
static GOJUNIN: [SampleAccount; 1] = [SampleAccount {
    branch: HEAD_OFFICE,
    kind: AccountKind::Current,
    number: "0500050",
    opening: 12_000_000,
}];
static SHOMEISHO: [SampleAccount; 1] = [SampleAccount {
    branch: HEAD_OFFICE,
    kind: AccountKind::Ordinary,
    number: "4567890",
    opening: 8_000_000,
}];

static SHIKEN: [SampleAccount; 2] = [
    SampleAccount {
        branch: HEAD_OFFICE,
        kind: AccountKind::Ordinary,
        number: "7000001",
        opening: 30_000_000,
    },
    SampleAccount { branch: IZUMI, kind: AccountKind::Current, number: "7000002", opening: 50_000 },
];

/// Accounts without a contract.
static OTHERS: [(&str, SampleAccount); 3] = [
    (
        "カ)シンキ",
        SampleAccount { branch: HEAD_OFFICE, kind: AccountKind::Ordinary, number: "7654321", opening: 0 },
    ),
    ("カ)シンキ", SampleAccount { branch: IZUMI, kind: AccountKind::Current, number: "0054321", opening: 0 }),
    (
        "アオバ タロウ",
        SampleAccount { branch: IZUMI, kind: AccountKind::Ordinary, number: "7654399", opening: 0 },
    ),
];

/// The demo's contracts, in the order of the printed table.
pub fn contracts() -> Vec<SampleContract> {
    use AccountKind::{Current, Ordinary};
    let user = |login: &str, name: &str, role, serial: &str| SampleUser {
        login_id: login.to_owned(),
        name: name.to_owned(),
        role,
        password: PASSWORD,
        confirmation_password: CONFIRMATION,
        token_serial: serial.to_owned(),
        has_certificate: false,
    };
    let seisakusho =
        |number: &str| filed(number, ("9999", "201"), Ordinary, "2345678", "ユ)レイジセイサクシヨ");
    let aoba = |number: &str| filed(number, ("0001", "001"), Ordinary, "1230000", "カ)アオバシヨウカイ");
    let with_certificate = |user: SampleUser| SampleUser { has_certificate: true, ..user };
    vec![
        SampleContract {
            name: "株式会社見本商事",
            holder: "カ)ミホンシヨウジ",
            plan: Plan::Type2,
            sign_in: SignInMethod::Password,
            accounts: &SHOJI,
            payees: vec![
                seisakusho("0001"),
                aoba("0002"),
                // its bank has closed the account: what is sent there comes back
                filed("0003", ("0005", "001"), Current, "0000004", "ユ)ヘイテンズミ"),
            ],
            collects_from: SEISAKUSHO.first(),
            sandbox: false,
            users: vec![
                user("shoji-master", "総務 鈴木一郎", Role::Master, "9000000001"),
                user("shoji-keiri", "経理 佐藤花子", Role::General, "9000000002"),
                user("shoji-keiri2", "経理 高橋健", Role::General, "9000000002"),
            ],
        },
        SampleContract {
            name: "有限会社例示製作所",
            holder: "ユ)レイジセイサクシヨ",
            plan: Plan::Web,
            sign_in: SignInMethod::Password,
            accounts: &SEISAKUSHO,
            payees: vec![filed("0001", ("9999", "100"), Ordinary, "1234567", "カ)ミホンシヨウジ")],
            collects_from: None,
            sandbox: false,
            users: vec![user("reiji-master", "代表 田中美咲", Role::Master, "9000000003")],
        },
        SampleContract {
            name: "ひな形商店",
            holder: "ヒナガタシヨウテン",
            plan: Plan::Mini,
            sign_in: SignInMethod::Password,
            accounts: &SHOTEN,
            payees: vec![seisakusho("0001")],
            collects_from: None,
            sandbox: false,
            users: vec![user("hinagata-master", "店主 伊藤実", Role::Master, "9000000004")],
        },
        SampleContract {
            name: "株式会社五十人",
            holder: "カ)ゴジユウニン",
            plan: Plan::Type2,
            sign_in: SignInMethod::Password,
            accounts: &GOJUNIN,
            payees: Vec::new(),
            collects_from: None,
            sandbox: false,
            users: (1..=50)
                .map(|n| {
                    let role = if n == 1 { Role::Master } else { Role::General };
                    let serial = format!("90000001{n:02}");
                    user(&format!("gojunin-{n:02}"), &format!("担当 {n:02}"), role, &serial)
                })
                .collect(),
        },
        SampleContract {
            name: "株式会社接続試験",
            holder: "カ)セツゾクシケン",
            plan: Plan::Type2,
            sign_in: SignInMethod::Password,
            accounts: &SHIKEN,
            payees: Vec::new(),
            collects_from: None,
            sandbox: true,
            users: vec![user("shiken-master", "開発 渡辺翔", Role::Master, "9000000005")],
        },
        SampleContract {
            name: "株式会社証明書見本",
            holder: "カ)シヨウメイシヨミホン",
            plan: Plan::Web,
            sign_in: SignInMethod::Certificate,
            accounts: &SHOMEISHO,
            payees: vec![seisakusho("0001"), aoba("0002")],
            collects_from: None,
            sandbox: false,
            users: vec![
                with_certificate(user("shomei-master", "総務 小林誠", Role::Master, "9000000016")),
                with_certificate(user("shomei-keiri", "経理 加藤由美", Role::General, "9000000017")),
                user("shomei-shinjin", "経理 吉田蓮", Role::General, "9000000018"),
            ],
        },
    ]
}

fn filed(
    number: &str,
    (bank, branch): (&str, &str),
    kind: AccountKind,
    account_number: &str,
    name: &str,
) -> FiledPayee {
    FiledPayee {
        number: number.to_owned(),
        bank: bank.to_owned(),
        branch: branch.to_owned(),
        kind,
        account_number: account_number.to_owned(),
        name: name.to_owned(),
    }
}

impl SampleAccount {
    /// The account in the ledger: branch, kind and number in one number.
    pub fn id(&self) -> AccountId {
        let kind = match self.kind {
            AccountKind::Ordinary => 1,
            AccountKind::Current => 2,
        };
        let digits = |text: &str| text.parse::<i64>().unwrap_or_default();
        AccountId::new(digits(self.branch.0) * 100_000_000 + kind * 10_000_000 + digits(self.number))
    }
}

/// Makes the sample contracts where the database has no contract yet.
pub async fn seed(bank: &Bank, maker: &Maker) -> anyhow::Result<()> {
    if bank.contracts.any_contract().await? {
        return Ok(());
    }
    // the accounts have three months behind them, until yesterday: today's movements are those that a person makes
    let now = bank.clock.now();
    let samples = contracts();
    let accounts: Vec<_> = samples
        .iter()
        .flat_map(|sample| sample.accounts.iter().map(|account| (account.id(), sample.name, account.opening)))
        .collect();
    life::pass(bank, &accounts, now.date()).await?;
    bank.clock.set_offset_us(Clock::offset_us_for(now.plus_seconds(-DAY_S)));
    let made = make(bank, maker).await;
    bank.clock.set_offset_us(Clock::offset_us_for(now));
    made
}

async fn make(bank: &Bank, maker: &Maker) -> anyhow::Result<()> {
    // one hash for all: they share their invented passwords, and hashing is slow on purpose
    let (password, confirmation) =
        tokio::try_join!(bank.passwords.hash(PASSWORD), bank.passwords.hash(CONFIRMATION))?;
    open_others(bank).await?;
    let mut mandates = Vec::new();
    for sample in contracts() {
        let contract = bank.contracts.add_contract(sample.name, sample.plan, sample.sign_in).await?;
        if sample.sandbox {
            bank.contracts.mark_sandbox(contract).await?;
        }
        for (index, account) in sample.accounts.iter().enumerate() {
            bank.contracts.add_account(contract, &deposit(sample.holder, account, index == 0)).await?;
        }
        file_payees(bank, contract, &sample.payees).await?;
        mandates.extend(sample.collects_from.map(|account| (contract, account)));
        maker.deliver(bank, contract, &sample).await?;
        let accounts: Vec<_> = sample.accounts.iter().map(SampleAccount::id).collect();
        for user in &sample.users {
            // of transfers and payments there is nothing to approve until the contract's settings ask for it
            let approves = |rights: Rights, step| {
                [Business::Transfer, Business::PayEasy]
                    .iter()
                    .chain(Business::BULK)
                    .filter(|business| policy::offers(sample.plan, **business))
                    .fold(rights, |all, one| all.approving(*one, step))
            };
            let rights = match (user.role, user.login_id.as_str()) {
                (Role::Master | Role::Admin, _) => {
                    approves(approves(Rights::all(&accounts), Step::First), Step::Final)
                }
                (Role::General, "shoji-keiri2" | "gojunin-02" | "shomei-keiri") => {
                    approves(Rights::all(&accounts), Step::First)
                }
                (Role::General, _) => Rights::all(&accounts),
            };
            bank.contracts
                .add_user(&NewUser {
                    contract,
                    login_id: user.login_id.clone(),
                    name: user.name.clone(),
                    role: user.role,
                    email: Some(format!("{}@example.jp", user.login_id)),
                    token_serial: Some(user.token_serial.clone()),
                    password_hash: password.clone(),
                    confirmation_hash: confirmation.clone(),
                    rights,
                })
                .await?;
        }
    }
    // the debited accounts are another contract's
    for (contract, account) in mandates {
        file_mandate(bank, contract, account).await?;
    }
    maker.stock(bank).await
}

/// What the contract has filed on paper, as two people of the bank would have entered it.
async fn file_payees(bank: &Bank, contract: ContractId, payees: &[FiledPayee]) -> anyhow::Result<()> {
    let now = bank.clock.now();
    let mut commit = Commit::default();
    for payee in payees {
        let (row, guard) = payee.filing(PayeeId::generate().uuid(), contract, now);
        commit.rows.push(row);
        commit.guards.push(guard);
    }
    bank.ledger.commit(commit).await.context("the sample payees could not be filed")?;
    Ok(())
}

/// The 口座振替依頼書 of an account of this bank.
async fn file_mandate(bank: &Bank, contract: ContractId, account: &SampleAccount) -> anyhow::Result<()> {
    let mandate = NewMandate {
        id: MandateId::generate(),
        contract,
        account: AccountRef {
            bank: bank.gateway.own_bank().clone(),
            branch: account.branch.0.parse().context("a branch of the demo")?,
            kind: match account.kind {
                AccountKind::Ordinary => domain::AccountKind::Ordinary,
                AccountKind::Current => domain::AccountKind::Current,
            },
            number: account.number.parse().context("a number of the demo")?,
        },
        customer: String::new(),
        from: bank.clock.now().date(),
        document: String::new(),
        actor: "system".to_owned(),
        guards: Vec::new(),
    };
    bank.bulk.register_mandate(mandate).await.context("the sample mandate could not be filed")?;
    Ok(())
}

/// Accounts of the bank whose owners have no contract yet: applications on the staff console name them.
async fn open_others(bank: &Bank) -> anyhow::Result<()> {
    for (name, account) in &OTHERS {
        let id = account.id();
        bank.ledger.open_account(&NewAccount::deposit(id, *name)).await?;
        bank.contracts.register_account(&deposit(name, account, false)).await?;
    }
    Ok(())
}

fn deposit(name: &str, account: &SampleAccount, main: bool) -> DepositAccount {
    DepositAccount {
        account: account.id(),
        branch: account.branch.0.to_owned(),
        branch_name: account.branch.1.to_owned(),
        kind: account.kind,
        number: account.number.to_owned(),
        name: name.to_owned(),
        main,
    }
}

/// The mocks' bills, as the developers' site shows them.
pub fn test_bills() -> Vec<developers::TestBill> {
    let directory = Directory::embedded();
    let name = |number: &str| {
        let number = number.parse().ok();
        let row = number.and_then(|number| directory.get(&number));
        row.map(|row| row.name.clone()).unwrap_or_default()
    };
    let shown = |bill: mocks::SeedBill| developers::TestBill {
        name: name(&bill.collector),
        collector: bill.collector,
        customer_number: bill.customer_number,
        confirmation_number: bill.confirmation_number,
        payment_category: bill.payment_category.unwrap_or_default(),
        contents: bill.contents,
        amount: bill.amount,
        scenario: bill.scenario,
    };
    mocks::sample_bills().into_iter().map(shown).collect()
}
