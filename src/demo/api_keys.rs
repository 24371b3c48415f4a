//! The demo's keys to the hub's API. Their tokens are kept in the data folder, so that every start shows the same ones.

use anyhow::Context as _;
use gateway::Operator;
use gateway::api::key::{Holder, NewKey, Scope, Token, TokenKind};
use internet_banking::Bank;
use internet_banking::api_keys::KeyOrder;
use serde_json::{Value, json};

use super::sample;
use crate::data::{DataArgs, read_or_make};

/// The collector that has a key.
const COLLECTOR: &str = "99022";

/// The tokens.
pub struct ApiKeys {
    /// Of the sandbox contract: pays at once.
    pub integrator: Token,
    /// Of the first sample contract: its payments wait for a person.
    pub company: Token,
    /// Of a collector.
    pub collector: Token,
    /// Of an operator.
    pub operator: Token,
}

impl ApiKeys {
    /// Reads the tokens, made on the first start, and makes sure that the database knows them.
    pub async fn load_or_make(data: &DataArgs, bank: &Bank) -> anyhow::Result<Self> {
        let keys = Self {
            integrator: token(data, "api-integrator", TokenKind::Test)?,
            company: token(data, "api-company", TokenKind::Live)?,
            collector: token(data, "api-collector", TokenKind::Collector)?,
            operator: token(data, "api-operator", TokenKind::Operator)?,
        };
        let by = Operator::system();
        let contracts = sample::contracts();
        let of = |sandbox: bool| contracts.iter().find(|contract| contract.sandbox == sandbox);
        for (token, sandbox, name) in
            [(&keys.integrator, true, "接続試験"), (&keys.company, false, "会計システム")]
        {
            let sample = of(sandbox).context("there is no such sample contract")?;
            let accounts: Vec<_> = sample.accounts.iter().map(sample::SampleAccount::id).collect();
            let main = *accounts.first().context("a sample contract has an account")?;
            let contract = bank.contracts.contract_of(main).await?;
            let order = KeyOrder {
                contract: contract.context("the sample contracts are not there; try --reset")?,
                accounts,
                name: name.to_owned(),
                scopes: vec![Scope::Inquire, Scope::Pay, Scope::Read],
            };
            bank.register_api_key(token, &order, &by).await?;
        }
        let collector = Holder::Collector(COLLECTOR.parse()?);
        for (token, holder, name, scopes) in [
            (&keys.collector, collector, "収納機関", vec![Scope::Read]),
            (&keys.operator, Holder::Operator, "運用", vec![Scope::Read, Scope::Operate]),
        ] {
            let new = NewKey { name: name.to_owned(), holder, scopes };
            bank.gateway.register_api_key(token, &new, &by).await?;
        }
        Ok(keys)
    }

    /// As `demo.json` shows them.
    pub fn json(&self) -> Value {
        json!({
            "integrator": self.integrator.expose(),
            "company": self.company.expose(),
            "collector": self.collector.expose(),
            "operator": self.operator.expose(),
        })
    }
}

fn token(data: &DataArgs, name: &str, kind: TokenKind) -> anyhow::Result<Token> {
    let file = data.key_file(name);
    let bytes = read_or_make(&file, || Ok(Token::generate(kind).expose().as_bytes().to_vec()))?;
    let text = String::from_utf8(bytes).unwrap_or_default();
    Token::parse(text.trim()).map_err(|_| {
        anyhow::anyhow!("{} is no API key; remove it or begin anew with --reset", file.display())
    })
}
