//! 口座名義の照会: who holds an account (R89). It moves nothing, keeps nothing and is asked once; without an answer in time
//! nothing is known.

use std::time::Duration;

use database::read;
use domain::{AccountRef, random};

use super::{Body, Message, Outcome, VerificationAnswer, encode};
use crate::{StoreError, Transfers};

/// Seconds of elapsed time for an answer: somebody waits before a page.
const WAIT_S: u64 = 5;
/// Why a bank names nobody: it supplies no names, or not now.
const NOT_SUPPLIED: &str = "NSUP";

/// What is known of an account's holder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    /// The name, as the account's bank has it.
    Named(String),
    /// The bank has no such account, or not any more (R90).
    NoSuchAccount,
    /// The bank supplies no names, nobody answered in time, or what came back counts for nothing (R92).
    NotKnown,
}

impl Transfers {
    /// Asks who holds an account: the own register, or the account's bank over the network.
    pub async fn holder(&self, account: &AccountRef) -> Result<Holder, StoreError> {
        if account.bank == *self.own_bank() {
            return self.own_holder(account).await;
        }
        let id = random::opaque_id();
        let question = encode(&Message {
            id: id.clone(),
            from: self.own_bank().clone(),
            to: account.bank.clone(),
            at: self.now(),
            body: Body::Verification(account.clone()),
        });
        let Some(channel) = self.channel() else { return Ok(Holder::NotKnown) };
        let asked = tokio::time::timeout(Duration::from_secs(WAIT_S), self.exchanged(channel, question));
        Ok(match asked.await {
            Ok(Outcome::Answered { message, .. }) => read_answer(message.body, &id),
            Ok(Outcome::NotSent(reason) | Outcome::Unknown(reason)) => {
                tracing::info!(reason, bank = %account.bank, "an account's holder is not known");
                Holder::NotKnown
            }
            Err(_elapsed) => Holder::NotKnown,
        })
    }

    async fn own_holder(&self, account: &AccountRef) -> Result<Holder, StoreError> {
        let name: Option<String> = read!(self.database(), |c| {
            sqlx::query_scalar(
                "SELECT name FROM core_account WHERE branch = $1 AND kind = $2 AND number = $3",
            )
            .bind(account.branch.as_str())
            .bind(account.kind.as_str())
            .bind(account.number.as_str())
            .fetch_optional(c)
            .await
        })?;
        Ok(name.map_or(Holder::NoSuchAccount, Holder::Named))
    }
}

fn read_answer(body: Body, asked: &str) -> Holder {
    match body {
        Body::VerificationAnswer(VerificationAnswer { original, found }) if original == asked => {
            match found {
                Ok(name) => Holder::Named(name),
                Err(code) if code == NOT_SUPPLIED => Holder::NotKnown,
                Err(_) => Holder::NoSuchAccount,
            }
        }
        _ => Holder::NotKnown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_answer_to_the_question_counts() {
        let answer = |original: &str, found: Result<&str, &str>| {
            let found = found.map(str::to_owned).map_err(str::to_owned);
            read_answer(
                Body::VerificationAnswer(VerificationAnswer { original: original.to_owned(), found }),
                "q",
            )
        };
        assert_eq!(answer("q", Ok("ﾔﾏﾀﾞ ﾀﾛｳ")), Holder::Named("ﾔﾏﾀﾞ ﾀﾛｳ".to_owned()));
        assert_eq!(answer("q", Err("AC01")), Holder::NoSuchAccount);
        assert_eq!(answer("q", Err("AC04")), Holder::NoSuchAccount);
        assert_eq!(answer("q", Err("NSUP")), Holder::NotKnown);
        assert_eq!(answer("other", Ok("ﾔﾏﾀﾞ ﾀﾛｳ")), Holder::NotKnown);
        assert_eq!(read_answer(Body::Collect(String::new()), "q"), Holder::NotKnown);
    }
}
