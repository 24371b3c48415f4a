//! camt.056 of another bank: a case for the payee, or refused at once.

use database::{Row, read};
use domain::time::TimeOfDay;
use domain::{AccountId, BankCode, RecallId, Timestamp, Yen, calendar};
use ledger::{AuditRecord, Commit, EntityId};

use super::{Body, CASE, Consent, ConsentState, asked_guard, event, one_case};
use crate::network::{self, Message, RecallRequest, decode};
use crate::step::SYSTEM;
use crate::{StoreError, Transfers};

/// No such transfer was credited; its money has gone back; it is asked for already: ISO's codes.
const NO_TRANSFER: &str = "NOOR";
const GONE_BACK: &str = "ARDT";
const ASKED_BEFORE: &str = "AM05";

/// Until what time of its last day the payee may answer.
const ANSWERED_UNTIL: TimeOfDay = match TimeOfDay::from_hms_opt(15, 0, 0) {
    Some(time) => time,
    None => TimeOfDay::MIN,
};

/// What a case begins with.
pub(super) struct Asked {
    /// The bank that asks.
    pub from: BankCode,
    /// The number of its transfer, and of its request.
    pub original: String,
    pub request: String,
    /// The account that was credited.
    pub account: AccountId,
    pub amount: Yen,
    /// Who paid, in kana as it was sent.
    pub payer: String,
    pub credited_at: Timestamp,
}

impl Transfers {
    /// The commit that begins a case, or the code with which the request is refused.
    pub(in crate::network) async fn asked_back(
        &self,
        message: &Message,
        asked: &RecallRequest,
    ) -> Result<Result<Commit, &'static str>, StoreError> {
        let sql = "SELECT account, amount, at_us, message FROM interbank_incoming
             WHERE from_bank = $1 AND id = $2 AND outcome = 'credited'";
        let credited: Option<(i64, i64, i64, Vec<u8>)> = read!(self.database(), |c| {
            sqlx::query_as(sql).bind(message.from.as_str()).bind(&asked.original).fetch_optional(c).await
        })?;
        let Some((account, amount, credited_us, bytes)) =
            credited.filter(|(_, amount, ..)| *amount == asked.amount.get())
        else {
            return Ok(Err(NO_TRANSFER));
        };
        if let Some(case) = self.consent_of(message, asked).await? {
            return Ok(Err(match case.state {
                ConsentState::Given | ConsentState::Returned | ConsentState::Settled => GONE_BACK,
                _ => ASKED_BEFORE,
            }));
        }
        let payer = match decode(&bytes).map(|message| message.body) {
            Ok(network::Body::Transfer(transfer)) => transfer.debtor.name,
            _ => {
                return Err(StoreError::Corrupt(format!(
                    "{} was credited and is no transfer",
                    asked.original
                )));
            }
        };
        Ok(Ok(self.case(Asked {
            from: message.from.clone(),
            original: asked.original.clone(),
            request: message.id.clone(),
            account: AccountId::new(account),
            amount: Yen::new(amount),
            payer,
            credited_at: Timestamp::from_micros(credited_us),
        })?))
    }

    /// The commit that begins a case: from here on the payee is asked.
    pub(super) fn case(&self, asked: Asked) -> Result<Commit, StoreError> {
        let (id, now) = (RecallId::generate(), self.now());
        let days = self.terms().get().consent_days(now.date());
        let last = calendar::add_business_days(now.date(), i16::from(days));
        let until = Timestamp::from_jst(last, ANSWERED_UNTIL);
        let entity = EntityId(id.uuid());
        Ok(Commit {
            guards: vec![(one_case(&asked.from, &asked.original), entity), (asked_guard(until, id), entity)],
            events: vec![event(id, 1, &Body::of(ConsentState::Asked), now)?],
            rows: vec![Row {
                table: &CASE,
                values: vec![
                    id.uuid().into(),
                    asked.from.as_str().into(),
                    asked.original.into(),
                    asked.request.into(),
                    asked.account.get().into(),
                    asked.amount.get().into(),
                    asked.payer.into(),
                    asked.credited_at.micros().into(),
                    until.micros().into(),
                    now.micros().into(),
                ],
            }],
            audit: vec![AuditRecord {
                contract: None,
                actor: SYSTEM.to_owned(),
                action: "recall.asked",
                subject: id.to_string(),
                detail: format!("{} yen, by {}", asked.amount.get(), asked.from),
            }],
            ..Commit::default()
        })
    }

    /// The case of a transfer, where one was begun.
    async fn consent_of(
        &self,
        message: &Message,
        asked: &RecallRequest,
    ) -> Result<Option<Consent>, StoreError> {
        let sql = "SELECT id FROM recall_consent WHERE from_bank = $1 AND original = $2";
        let found: Option<uuid::Uuid> = read!(self.database(), |c| {
            sqlx::query_scalar(sql).bind(message.from.as_str()).bind(&asked.original).fetch_optional(c).await
        })?;
        match found {
            Some(id) => self.consent_for_operator(RecallId::from_uuid(id)).await,
            None => Ok(None),
        }
    }
}
