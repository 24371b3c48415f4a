//! The table of drafts. Every statement names contract and user, so another's draft is simply not there.

use database::{Database, execute, read};
use domain::{
    AccountId, BillId, CollectorNumber, ContractId, InquiryId, PaymentCategory, PaymentId, Timestamp, UserId,
    Yen,
};
use uuid::Uuid;

use super::draft::{Choice, DRAFT_LIFE_S, DRAFTS_PER_USER_MAX, Draft};
use super::favourites::Prefill;
use super::purpose::Purpose;

/// Seconds for which an expired draft is kept, so that its page can say so and lead to its payment.
const KEPT_AFTER_EXPIRY_S: i64 = 24 * 3600;

/// The drafts of the bank.
#[derive(Clone, Debug)]
pub struct Drafts<'a> {
    database: &'a Database,
    contract: ContractId,
    user: UserId,
}

/// What a row that does not read like a draft is reported as.
#[derive(Debug, thiserror::Error)]
pub enum DraftError {
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// A column holds what no draft can have.
    #[error("the draft's column {0} cannot be read")]
    Column(&'static str),
}

#[derive(sqlx::FromRow)]
struct DraftRow {
    collector: String,
    inquiry: Option<Uuid>,
    bill: Option<String>,
    account: Option<i64>,
    amount: Option<i64>,
    printed: Option<i64>,
    payment: Option<Uuid>,
    request: Option<Uuid>,
    customer_number: Option<String>,
    category: Option<String>,
    purpose: Option<String>,
    link: Option<String>,
    expires_us: i64,
}

impl<'a> Drafts<'a> {
    /// The drafts of one user.
    pub const fn of(database: &'a Database, contract: ContractId, user: UserId) -> Self {
        Self { database, contract, user }
    }

    /// Begins an entry, and clears away old ones.
    pub async fn begin(&self, collector: &CollectorNumber, now: Timestamp) -> Result<Draft, DraftError> {
        self.insert(self.new_draft(collector, now), now).await
    }

    /// Begins an entry at its last step: what a request asked for is chosen, and the payment's id is the request's.
    pub async fn begin_with(
        &self,
        collector: &CollectorNumber,
        inquiry: InquiryId,
        choice: Choice,
        now: Timestamp,
    ) -> Result<Draft, DraftError> {
        let request = Some(choice.payment);
        let new = self.new_draft(collector, now);
        self.insert(Draft { inquiry: Some(inquiry), choice: Some(choice), request, ..new }, now).await
    }

    /// Begins an entry whose numbers are filled in as far as they stay the same.
    pub async fn begin_again(
        &self,
        collector: &CollectorNumber,
        prefill: Prefill,
        now: Timestamp,
    ) -> Result<Draft, DraftError> {
        let new = self.new_draft(collector, now);
        self.insert(Draft { prefill: Some(prefill), ..new }, now).await
    }

    /// Begins an entry of a hand-off's bill.
    pub async fn begin_linked(
        &self,
        collector: &CollectorNumber,
        inquiry: InquiryId,
        hand_off: &str,
        now: Timestamp,
    ) -> Result<Draft, DraftError> {
        let new = self.new_draft(collector, now);
        self.insert(Draft { inquiry: Some(inquiry), link: Some(hand_off.to_owned()), ..new }, now).await
    }

    /// Begins an entry whose numbers are a hand-off's, to be paid as if they were typed.
    pub async fn begin_handed(
        &self,
        collector: &CollectorNumber,
        prefill: Prefill,
        hand_off: &str,
        now: Timestamp,
    ) -> Result<Draft, DraftError> {
        let new = self.new_draft(collector, now);
        self.insert(Draft { prefill: Some(prefill), link: Some(hand_off.to_owned()), ..new }, now).await
    }

    fn new_draft(&self, collector: &CollectorNumber, now: Timestamp) -> Draft {
        Draft {
            id: domain::random::opaque_id(),
            contract: self.contract,
            user: self.user,
            collector: collector.clone(),
            inquiry: None,
            printed: None,
            choice: None,
            request: None,
            prefill: None,
            purpose: None,
            link: None,
            expires_at: now.plus_seconds(DRAFT_LIFE_S),
        }
    }

    async fn insert(&self, draft: Draft, now: Timestamp) -> Result<Draft, DraftError> {
        execute!(
            self.database,
            "DELETE FROM payeasy_draft WHERE expires_us < $1",
            now.plus_seconds(-KEPT_AFTER_EXPIRY_S).micros(),
        )?;
        let choice = draft.choice.as_ref();
        execute!(
            self.database,
            "INSERT INTO payeasy_draft \
             (id, contract, app_user, collector, inquiry, bill, account, amount, payment, request, expires_us, \
              customer_number, category, link) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
            draft.id.as_str(),
            self.contract.uuid(),
            self.user.uuid(),
            draft.collector.as_str(),
            draft.inquiry.map(InquiryId::uuid),
            choice.map(|choice| choice.bill.as_str()),
            choice.map(|choice| choice.account.get()),
            choice.map(|choice| choice.amount.get()),
            choice.map(|choice| choice.payment.uuid()),
            draft.request.map(PaymentId::uuid),
            draft.expires_at.micros(),
            draft.prefill.as_ref().map(|kept| kept.customer_number.as_str()),
            draft.prefill.as_ref().and_then(|kept| kept.category.as_ref()).map(PaymentCategory::as_str),
            draft.link.as_deref(),
        )?;
        execute!(
            self.database,
            "DELETE FROM payeasy_draft WHERE app_user = $1 AND id NOT IN \
             (SELECT id FROM payeasy_draft WHERE app_user = $1 ORDER BY expires_us DESC, id LIMIT $2)",
            self.user.uuid(),
            DRAFTS_PER_USER_MAX,
        )?;
        Ok(draft)
    }

    /// The draft of this id, expired or not, if it is this user's.
    pub async fn find(&self, id: &str) -> Result<Option<Draft>, DraftError> {
        let row: Option<DraftRow> = read!(self.database, |c| {
            sqlx::query_as(
                "SELECT collector, inquiry, printed, bill, account, amount, payment, request, customer_number, \
                 category, purpose, link, expires_us FROM payeasy_draft \
                 WHERE id = $1 AND contract = $2 AND app_user = $3",
            )
            .bind(id)
            .bind(self.contract.uuid())
            .bind(self.user.uuid())
            .fetch_optional(c)
            .await
        })?;
        row.map(|row| self.draft(id, row)).transpose()
    }

    /// The inquiry of the user's newest entry that pays a hand-off.
    pub async fn newest_linked(&self, hand_off: &str) -> Result<Option<InquiryId>, sqlx::Error> {
        let found: Option<Uuid> = read!(self.database, |c| {
            sqlx::query_scalar(
                "SELECT inquiry FROM payeasy_draft WHERE contract = $1 AND app_user = $2 AND link = $3 \
                 AND customer_number IS NULL AND inquiry IS NOT NULL ORDER BY expires_us DESC, id LIMIT 1",
            )
            .bind(self.contract.uuid())
            .bind(self.user.uuid())
            .bind(hand_off)
            .fetch_optional(c)
            .await
        })?;
        Ok(found.map(InquiryId::from_uuid))
    }

    /// Entries that have their bills and are not over, the newest first: what a lost session has left.
    pub async fn left(&self, now: Timestamp, most: i64) -> Result<Vec<Draft>, DraftError> {
        let ids: Vec<String> = read!(self.database, |c| {
            sqlx::query_scalar(
                "SELECT id FROM payeasy_draft WHERE contract = $1 AND app_user = $2 AND expires_us > $3 \
                 AND inquiry IS NOT NULL ORDER BY expires_us DESC, id LIMIT $4",
            )
            .bind(self.contract.uuid())
            .bind(self.user.uuid())
            .bind(now.micros())
            .bind(most)
            .fetch_all(c)
            .await
        })?;
        let mut left = Vec::with_capacity(ids.len());
        for id in ids {
            left.extend(self.find(&id).await?);
        }
        Ok(left)
    }

    /// Records an answered inquiry with the amount that the payer read from the slip; what was chosen from an earlier
    /// one is forgotten.
    pub async fn inquired(
        &self,
        id: &str,
        inquiry: InquiryId,
        printed: Option<Yen>,
    ) -> Result<(), DraftError> {
        execute!(
            self.database,
            "UPDATE payeasy_draft \
             SET inquiry = $4, printed = $5, bill = NULL, account = NULL, amount = NULL, payment = NULL \
             WHERE id = $1 AND contract = $2 AND app_user = $3 AND request IS NULL",
            id,
            self.contract.uuid(),
            self.user.uuid(),
            inquiry.uuid(),
            printed.map(Yen::get),
        )?;
        Ok(())
    }

    /// Records how far a 納付目的コード is made up.
    pub async fn purposed(&self, id: &str, purpose: &Purpose) -> Result<(), DraftError> {
        execute!(
            self.database,
            "UPDATE payeasy_draft SET purpose = $4 \
             WHERE id = $1 AND contract = $2 AND app_user = $3 AND request IS NULL",
            id,
            self.contract.uuid(),
            self.user.uuid(),
            purpose.as_str(),
        )?;
        Ok(())
    }

    /// Records what was chosen from `inquiry`. The same choice again keeps its payment's id; any change
    /// brings the new one, so that a review page shown before authorises nothing any more (SEC-15).
    pub async fn chosen(&self, id: &str, inquiry: InquiryId, choice: &Choice) -> Result<(), DraftError> {
        execute!(
            self.database,
            "UPDATE payeasy_draft SET payment = CASE WHEN bill = $5 AND account = $6 AND amount = $7 \
             THEN payment ELSE $8 END, bill = $5, account = $6, amount = $7 \
             WHERE id = $1 AND contract = $2 AND app_user = $3 AND inquiry = $4 AND request IS NULL",
            id,
            self.contract.uuid(),
            self.user.uuid(),
            inquiry.uuid(),
            choice.bill.as_str(),
            choice.account.get(),
            choice.amount.get(),
            choice.payment.uuid(),
        )?;
        Ok(())
    }

    /// Replaces the id of a payment that was refused for good, so that the next try is a payment of its own. A
    /// request's keeps its id, which its asker follows.
    pub async fn renew(&self, id: &str, refused: PaymentId) -> Result<(), DraftError> {
        execute!(
            self.database,
            "UPDATE payeasy_draft SET payment = $5 \
             WHERE id = $1 AND contract = $2 AND app_user = $3 AND payment = $4 AND request IS NULL",
            id,
            self.contract.uuid(),
            self.user.uuid(),
            refused.uuid(),
            PaymentId::generate().uuid(),
        )?;
        Ok(())
    }

    fn draft(&self, id: &str, row: DraftRow) -> Result<Draft, DraftError> {
        let choice = match (row.bill, row.account, row.amount, row.payment) {
            (Some(bill), Some(account), Some(amount), Some(payment)) => Some(Choice {
                bill: bill.parse::<BillId>().map_err(|_| DraftError::Column("bill"))?,
                account: AccountId::new(account),
                amount: Yen::new(amount),
                payment: PaymentId::from_uuid(payment),
            }),
            _ => None,
        };
        let prefill = match row.customer_number {
            Some(customer) => Some(Prefill {
                customer_number: customer.parse().map_err(|_| DraftError::Column("customer_number"))?,
                category: row
                    .category
                    .map(|category| category.parse())
                    .transpose()
                    .map_err(|_| DraftError::Column("category"))?,
            }),
            None => None,
        };
        Ok(Draft {
            id: id.to_owned(),
            contract: self.contract,
            user: self.user,
            collector: row.collector.parse().map_err(|_| DraftError::Column("collector"))?,
            inquiry: row.inquiry.map(InquiryId::from_uuid),
            printed: row.printed.map(Yen::new),
            choice,
            request: row.request.map(PaymentId::from_uuid),
            prefill,
            purpose: row
                .purpose
                .map(|purpose| purpose.parse())
                .transpose()
                .map_err(|_| DraftError::Column("purpose"))?,
            link: row.link,
            expires_at: Timestamp::from_micros(row.expires_us),
        })
    }
}

/// The hand-off that an entry began with, whosever it is: where the session has ended, nobody is known who asks. The
/// caller compares the browser.
pub async fn began_with(database: &Database, draft: &str) -> Result<Option<String>, sqlx::Error> {
    let found: Option<Option<String>> = read!(database, |c| {
        sqlx::query_scalar("SELECT link FROM payeasy_draft WHERE id = $1").bind(draft).fetch_optional(c).await
    })?;
    Ok(found.flatten())
}

#[cfg(test)]
mod tests {
    use super::*;
    use database::testing::TestDatabase;

    database::on_both!(
        a_draft_is_its_own_users_alone,
        a_changed_choice_is_another_payment_and_the_same_one_is_not,
        a_refused_payment_is_renewed_once,
        old_drafts_are_cleared_away,
    );

    fn now() -> Timestamp {
        Timestamp::parse_rfc3339("2026-11-24T10:00:00+09:00").unwrap()
    }

    fn tax() -> CollectorNumber {
        "00200".parse().unwrap()
    }

    fn choice(account: i64) -> Choice {
        Choice {
            bill: "B1".parse().unwrap(),
            account: AccountId::new(account),
            amount: Yen::new(12_300),
            payment: PaymentId::generate(),
        }
    }

    async fn a_draft_is_its_own_users_alone(test: TestDatabase) {
        let (contract, user) = (ContractId::generate(), UserId::generate());
        let drafts = Drafts::of(&test.database, contract, user);
        let draft = drafts.begin(&tax(), now()).await.unwrap();
        assert_eq!(drafts.find(&draft.id).await.unwrap().as_ref(), Some(&draft));
        for (contract, user) in [(contract, UserId::generate()), (ContractId::generate(), user)] {
            let other = Drafts::of(&test.database, contract, user);
            assert_eq!(other.find(&draft.id).await.unwrap(), None);
            other.inquired(&draft.id, InquiryId::generate(), None).await.unwrap();
        }
        assert_eq!(drafts.find(&draft.id).await.unwrap(), Some(draft), "another's request changed nothing");
    }

    async fn a_changed_choice_is_another_payment_and_the_same_one_is_not(test: TestDatabase) {
        let drafts = Drafts::of(&test.database, ContractId::generate(), UserId::generate());
        let draft = drafts.begin(&tax(), now()).await.unwrap();
        let inquiry = InquiryId::generate();
        drafts.inquired(&draft.id, inquiry, None).await.unwrap();
        let payment = async |chosen: &Choice| {
            drafts.chosen(&draft.id, inquiry, chosen).await.unwrap();
            drafts.find(&draft.id).await.unwrap().unwrap().choice.unwrap().payment
        };
        let first = payment(&choice(1)).await;
        assert_eq!(payment(&choice(1)).await, first, "back and forward is the same payment");
        let second = payment(&choice(2)).await;
        assert_ne!(second, first, "another account is another payment");
        drafts.chosen(&draft.id, InquiryId::generate(), &choice(3)).await.unwrap();
        let kept = drafts.find(&draft.id).await.unwrap().unwrap();
        assert_eq!(kept.choice.unwrap().payment, second, "a choice from an older inquiry is not taken");
        drafts.inquired(&draft.id, InquiryId::generate(), None).await.unwrap();
        assert_eq!(drafts.find(&draft.id).await.unwrap().unwrap().choice, None);
    }

    async fn a_refused_payment_is_renewed_once(test: TestDatabase) {
        let drafts = Drafts::of(&test.database, ContractId::generate(), UserId::generate());
        let draft = drafts.begin(&tax(), now()).await.unwrap();
        let (inquiry, chosen) = (InquiryId::generate(), choice(1));
        drafts.inquired(&draft.id, inquiry, None).await.unwrap();
        drafts.chosen(&draft.id, inquiry, &chosen).await.unwrap();
        let payment = async || drafts.find(&draft.id).await.unwrap().unwrap().choice.unwrap().payment;
        drafts.renew(&draft.id, chosen.payment).await.unwrap();
        let renewed = payment().await;
        assert_ne!(renewed, chosen.payment);
        drafts.renew(&draft.id, chosen.payment).await.unwrap();
        assert_eq!(payment().await, renewed, "a late refusal of the first does not touch the second");
    }

    async fn old_drafts_are_cleared_away(test: TestDatabase) {
        let drafts = Drafts::of(&test.database, ContractId::generate(), UserId::generate());
        let first = drafts.begin(&tax(), now()).await.unwrap();
        for second in 1..=DRAFTS_PER_USER_MAX {
            drafts.begin(&tax(), now().plus_seconds(second)).await.unwrap();
        }
        assert_eq!(drafts.find(&first.id).await.unwrap(), None, "the oldest goes first");
        drafts.begin(&tax(), now().plus_seconds(DRAFT_LIFE_S + KEPT_AFTER_EXPIRY_S + 60)).await.unwrap();
        let left: i64 = read!(test.database, |c| {
            sqlx::query_scalar("SELECT count(*) FROM payeasy_draft").fetch_one(c).await
        })
        .unwrap();
        assert_eq!(left, 1, "all the others expired a day ago");
    }
}
