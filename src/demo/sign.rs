//! What the demo tells: `demo.json` for scripts and a table for people.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;
use collectors::{Directory, Kind};
use domain::{Clock, Yen};
use internet_banking::Bank;
use internet_banking::contracts::SignInMethod;
use serde_json::{Value, json};

use super::api_keys::ApiKeys;
use super::staff::STAFF;
use super::{Ports, certificates, sample};

/// What is running, and where.
pub struct Shown<'a> {
    /// The ports.
    pub ports: &'a Ports,
    /// The data folder.
    pub data: &'a Path,
    /// Business time.
    pub clock: &'a Clock,
    /// The bank, for the balances.
    pub bank: &'a Bank,
    /// The keys to the hub's API.
    pub api_keys: &'a ApiKeys,
    /// Whether commands need the database's address too.
    pub on_postgres: bool,
    /// Whether the mock collectors run.
    pub mocks: bool,
}

/// Collectors of each kind whose first bill is printed.
const COLLECTORS_SHOWN: usize = 2;

/// A bill that can be paid by its numbers, of some collectors of each kind.
fn first_bills() -> Vec<mocks::SeedBill> {
    let directory = Directory::embedded();
    let mut shown: Vec<(Kind, mocks::SeedBill)> = Vec::new();
    for bill in mocks::sample_bills().into_iter().filter(|bill| bill.scenario == "normal") {
        let row = bill.collector.parse().ok().and_then(|number| directory.get(&number));
        let Some(row) = row.filter(|row| row.methods.online) else { continue };
        let is_shown = shown.iter().any(|(_, other)| other.collector == bill.collector);
        if !is_shown && shown.iter().filter(|(kind, _)| *kind == row.kind).count() < COLLECTORS_SHOWN {
            shown.push((row.kind, bill));
        }
    }
    shown.into_iter().map(|(_, bill)| bill).collect()
}

impl Shown<'_> {
    /// Writes `demo.json`.
    pub async fn write(&self) -> anyhow::Result<()> {
        let data = std::path::absolute(self.data)?;
        let clock_url = format!("{}/v1/time", self.url("http", "127.0.0.1", 1));
        let mut demo = json!({
            "bank": {
                "url": self.url("http", "localhost", 0),
                "tls_url": self.url("https", "localhost", 3),
                "ca_pem": data.join("ca.pem"),
            },
            "console": {"url": self.url("http", "localhost", 2), "staff": staff()},
            "api": {"url": self.url("http", "127.0.0.1", 1), "keys": self.api_keys.json()},
            "ops": {"url": self.url("http", "127.0.0.1", 20)},
            "clock": {"now": self.clock.now().rfc3339(), "set": clock_url},
            "contracts": self.contracts().await?,
        });
        if self.mocks {
            demo["mocks"] = json!({
                "url": self.url("http", "127.0.0.1", 10),
                "protocol_url": self.url("https", "127.0.0.1", 11),
                "smtp": self.url("smtp", "127.0.0.1", 12),
            });
            demo["bills"] = mocks::sample_bills().iter().map(bill).collect();
        }
        let file = self.data.join("demo.json");
        std::fs::write(&file, serde_json::to_string_pretty(&demo)?).with_context(|| {
            format!("cannot write {}; choose another data folder with --data", file.display())
        })
    }

    /// Prints where to go, how to sign in and what to pay.
    pub fn print(&self) {
        let mut table = String::new();
        // writing to a string cannot fail
        let _ = self.table(&mut table);
        // nobody may be reading any more
        drop(std::io::stdout().write_all(table.as_bytes()));
    }

    fn table(&self, out: &mut String) -> std::fmt::Result {
        let contracts = sample::contracts();
        let data = self.data.display();
        // the address may hold a password
        let database = if self.on_postgres { " --database-url URL" } else { "" };
        writeln!(out, "mpn is ready. Business time is {}.\n", self.clock.now().rfc3339())?;
        writeln!(out, "  Bank        {}", self.url("http", "localhost", 0))?;
        writeln!(out, "  Console     {}   (the bank's staff)", self.url("http", "localhost", 2))?;
        if self.mocks {
            writeln!(
                out,
                "  Collectors  {}   (bills to pay, messages, faults)",
                self.url("http", "127.0.0.1", 10)
            )?;
        }
        let api = self.url("http", "127.0.0.1", 1);
        writeln!(out, "  Hub API     {api}   (guide, reference, test numbers; keys in {data}/demo.json)\n")?;
        writeln!(out, "  Sign in as one of")?;
        writeln!(out, "    {:<16}  {:<14}  {:<8}  company", "login ID", "token", "plan")?;
        for contract in contracts.iter().take(3) {
            for user in &contract.users {
                let plan = contract.plan.code();
                writeln!(
                    out,
                    "    {:<16}  {:<14}  {plan:<8}  {}",
                    user.login_id, user.token_serial, contract.name
                )?;
            }
        }
        if let Some(user) = contracts.first().and_then(|c| c.users.first()) {
            writeln!(out, "    password               {}", user.password)?;
            writeln!(out, "    confirmation password  {}", user.confirmation_password)?;
        }
        let door = self.url("https", "localhost", 3);
        writeln!(
            out,
            "\n  By certificate at {door} (trust {data}/ca.pem, import the file by its pass phrase)"
        )?;
        for contract in contracts.iter().filter(|contract| contract.sign_in == SignInMethod::Certificate) {
            for user in &contract.users {
                let (login_id, serial, plan) = (&user.login_id, &user.token_serial, contract.plan.code());
                write!(out, "    {login_id:<16}  {serial:<14}  {plan:<8}  ")?;
                match certificates::sample_file(self.data, user) {
                    Some(file) => writeln!(out, "{}  {}", file.p12.display(), file.pass_phrase)?,
                    None => writeln!(out, "has none yet: {door}/certificate/fetch")?,
                }
            }
        }
        writeln!(out, "\n  Payees filed on paper, paid by number under 振込・振替")?;
        for contract in contracts.iter().take(3) {
            for payee in &contract.payees {
                let account = format!("{}-{} {}", payee.bank, payee.branch, payee.account_number);
                writeln!(out, "    {}  {account:<18}  {}, of {}", payee.number, payee.name, contract.name)?;
            }
        }
        writeln!(out, "\n  At the console, with a token's code each time")?;
        for member in &STAFF {
            let (login_id, serial, role) = (member.login_id, member.token_serial, member.role.code());
            writeln!(out, "    {login_id:<16}  {serial:<14}  {role:<8}  {}", member.name)?;
        }
        writeln!(out, "    password               {}", STAFF[0].password)?;
        if self.mocks {
            writeln!(out, "\n  Bills to begin with (more in {data}/demo.json)")?;
            writeln!(
                out,
                "    {:<9}  {:<20}  {:<7}  {:<12}  {:>9}",
                "collector", "number", "secret", "category", "yen"
            )?;
            for bill in first_bills() {
                let category = bill.payment_category.as_deref().unwrap_or("-");
                writeln!(
                    out,
                    "    {:<9}  {:<20}  {:<7}  {category:<12}  {:>9}",
                    bill.collector,
                    bill.customer_number,
                    bill.confirmation_number,
                    Yen::new(bill.amount)
                )?;
            }
        }
        writeln!(out, "\n  One-time passwords, for the console and for private collectors:")?;
        writeln!(out, "    cargo run --release -- token SERIAL --data {data}{database}")?;
        if self.mocks {
            writeln!(
                out,
                "    or on the page that stands in for the devices: {}/tokens",
                self.url("http", "127.0.0.1", 10)
            )?;
        }
        writeln!(
            out,
            "\n  Ctrl-C stops it; the next start goes on with the same data, --reset begins anew."
        )?;
        Ok(())
    }

    fn url(&self, scheme: &str, host: &str, offset: u16) -> String {
        // every offset was listened on before
        format!("{scheme}://{host}:{}", self.ports.base.saturating_add(offset))
    }

    async fn contracts(&self) -> anyhow::Result<Vec<Value>> {
        let mut shown = Vec::new();
        let data = std::path::absolute(self.data)?;
        for contract in sample::contracts() {
            let ids: Vec<_> = contract.accounts.iter().map(sample::SampleAccount::id).collect();
            let balances = self.bank.ledger.balances(&ids).await?;
            let accounts: Vec<_> = contract
                .accounts
                .iter()
                .zip(balances)
                .map(|(account, balance)| {
                    json!({
                        "branch": account.branch.0, "type": account.kind.code(), "number": account.number,
                        "balance": balance.balance,
                    })
                })
                .collect();
            let users: Vec<_> = contract
                .users
                .iter()
                .map(|user| {
                    let mut shown = json!({
                        "role": user.role.code(), "login_id": user.login_id, "password": user.password,
                        "confirmation_password": user.confirmation_password, "token_serial": user.token_serial,
                    });
                    if let Some(file) = certificates::sample_file(&data, user) {
                        shown["p12"] = json!(file.p12);
                        shown["p12_password"] = json!(file.pass_phrase);
                    }
                    shown
                })
                .collect();
            shown.push(json!({
                "name": contract.name, "plan": contract.plan.code(), "sign_in": contract.sign_in.code(),
                "accounts": accounts, "users": users, "payees": contract.payees,
            }));
        }
        Ok(shown)
    }
}

fn staff() -> Vec<Value> {
    let member = |member: &super::staff::SampleStaff| {
        json!({
            "login_id": member.login_id, "password": member.password, "role": member.role.code(),
            "token_serial": member.token_serial,
        })
    };
    STAFF.iter().map(member).collect()
}

fn bill(bill: &mocks::SeedBill) -> Value {
    json!({
        "collector": bill.collector,
        "customer_number": bill.customer_number,
        "confirmation_number": bill.confirmation_number,
        "payment_category": bill.payment_category,
        "bill_id": bill.bill_id,
        "amount": bill.amount,
        "fee": bill.fee,
        "scenario": bill.scenario,
    })
}
