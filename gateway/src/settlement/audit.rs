//! Every settlement against its payments, its transfers and the accounts that they fill.

use std::collections::{BTreeMap, HashMap};

use database::{Tx, on};
use domain::{AccountId, CollectorNumber, TransferId, Yen};
use ledger::audit::Finding;
use sqlx::FromRow;
use uuid::Uuid;

use super::state::{AdviceState, Settlement, SettlementState, Sums};
use super::store::{self, SettlementRow};
use crate::directory::PayerFees;
use crate::{StoreError, chart};

/// What the payments say: the sums of those that are owed, by collector, and of those that a part has settled.
#[derive(Debug, Default)]
pub(crate) struct PaymentSums {
    pub owed: BTreeMap<String, Sums>,
    pub settled: BTreeMap<(Uuid, i64), Sums>,
}

impl PaymentSums {
    /// Adds a payment; an overflow stays at the largest sum, which then fits nothing.
    pub fn add(sums: &mut Sums, amount: i64, fee: i64) {
        let one = Sums { count: 1, amount: Yen::new(amount), fee: Yen::new(fee) };
        *sums = sums.plus(one).unwrap_or(Sums { count: u32::MAX, ..*sums });
    }
}

/// The transfer of a row, if it is in the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Moved {
    debit: AccountId,
    credit: AccountId,
    amount: Yen,
}

#[derive(FromRow)]
struct PartRow {
    settlement: Uuid,
    part: i64,
    count: i64,
    amount: i64,
    fee: i64,
    debit: Option<i64>,
    credit: Option<i64>,
    moved: Option<i64>,
    fee_debit: Option<i64>,
    fee_credit: Option<i64>,
    fee_moved: Option<i64>,
}

const PARTS: &str = "
    SELECT p.settlement, p.part, p.count, p.amount, p.fee, t.debit, t.credit, t.amount AS moved,
           f.debit AS fee_debit, f.credit AS fee_credit, f.amount AS fee_moved
    FROM settlement_part p
    LEFT JOIN transfer t ON t.id = p.transfer AND t.kind = 0
    LEFT JOIN transfer f ON f.id = p.fee_transfer AND f.kind = 0
    ORDER BY p.settlement, p.part";

#[derive(FromRow)]
struct NetRow {
    settlement: Uuid,
    number: String,
    pay_date: String,
    count: i64,
    amount: i64,
    fee: i64,
    payable: i64,
    account: i64,
    transfer: Uuid,
    debit: Option<i64>,
    credit: Option<i64>,
    moved: Option<i64>,
    due_of: Option<Uuid>,
    advice_of: Option<Uuid>,
}

const NET_PAYMENTS: &str = "
    SELECT n.settlement, n.number, n.pay_date, n.count, n.amount, n.fee, n.payable, n.account, n.transfer,
           t.debit, t.credit, t.amount AS moved, d.entity AS due_of, a.entity AS advice_of
    FROM net_payment n
    LEFT JOIN transfer t ON t.id = n.transfer AND t.kind = 0
    LEFT JOIN guard d ON d.key = 'due|' || n.pay_date || '|' || n.number
    LEFT JOIN guard a ON a.key = 'advice|' || n.number
    ORDER BY n.settlement";

const BALANCES: &str = "
    SELECT account, CAST(sum(amount) AS BIGINT) FROM (
        SELECT credit AS account, amount FROM transfer WHERE kind IN (0, 2)
        UNION ALL
        SELECT debit, -amount FROM transfer WHERE kind IN (0, 2)
    ) AS moved GROUP BY account";

/// What is wrong with the settlements of this snapshot.
pub(crate) async fn findings<'c>(
    tx: &mut Tx,
    collectors: impl Iterator<Item = &'c CollectorNumber>,
    payments: &PaymentSums,
) -> Result<Vec<Finding>, StoreError> {
    let mut findings = Vec::new();
    let (settlements, unreadable) = settlements(tx).await?;
    findings.extend(unreadable);
    findings.extend(parts(tx, &settlements, payments).await?);
    findings.extend(net_payments(tx, &settlements).await?);
    let rows: Vec<(i64, i64)> = on!(tx, |c| sqlx::query_as(BALANCES).fetch_all(c).await)?;
    let balances: HashMap<i64, i64> = rows.into_iter().collect();
    for (account, (check, expected)) in expected_balances(collectors, payments, settlements.values()) {
        let found = Yen::new(balances.get(&account.get()).copied().unwrap_or_default());
        if found != expected {
            let detail = format!("it has {found} yen, and {expected} follow from payments and settlements");
            findings.push(Finding { check, subject: account.to_string(), detail });
        }
    }
    Ok(findings)
}

/// Every settlement whose last event can be read, and those of which it cannot.
async fn settlements(tx: &mut Tx) -> Result<(BTreeMap<Uuid, Settlement>, Vec<Finding>), StoreError> {
    #[derive(FromRow)]
    struct Known {
        id: Uuid,
        collector: String,
        window_date: String,
        #[sqlx(flatten)]
        last: SettlementRow,
    }
    let sql = format!(
        "SELECT s.id, s.collector, s.window_date, e.seq, e.body FROM settlement s {}",
        store::last("s.id")
    );
    let rows: Vec<Known> = on!(tx, |c| sqlx::query_as(sqlx::AssertSqlSafe(sql)).fetch_all(c).await)?;
    let all: Vec<Uuid> = on!(tx, |c| sqlx::query_scalar("SELECT id FROM settlement").fetch_all(c).await)?;
    let (mut settlements, mut findings) = (BTreeMap::new(), Vec::new());
    for row in rows {
        match Settlement::try_from(row.last) {
            Ok(settlement)
                if settlement.id().uuid() == row.id
                    && settlement.collector.as_str() == row.collector
                    && settlement.window.to_string() == row.window_date =>
            {
                settlements.insert(row.id, settlement);
            }
            _ => {}
        }
    }
    for id in all.into_iter().filter(|id| !settlements.contains_key(id)) {
        let detail = "it has no readable event of its own".to_owned();
        findings.push(Finding { check: "settlement-events", subject: id.to_string(), detail });
    }
    Ok((settlements, findings))
}

async fn parts(
    tx: &mut Tx,
    settlements: &BTreeMap<Uuid, Settlement>,
    payments: &PaymentSums,
) -> Result<Vec<Finding>, StoreError> {
    let rows: Vec<PartRow> = on!(tx, |c| sqlx::query_as(PARTS).fetch_all(c).await)?;
    let mut findings = Vec::new();
    let mut totals: BTreeMap<Uuid, (i64, Sums)> = BTreeMap::new();
    let mut known = BTreeMap::new();
    for row in &rows {
        let name = format!("{} part {}", row.settlement, row.part);
        let mut fault = |check, detail| findings.push(Finding { check, subject: name.clone(), detail });
        let sums = row.sums();
        known.insert((row.settlement, row.part), ());
        let of_payments = payments.settled.get(&(row.settlement, row.part)).copied().unwrap_or_default();
        if of_payments != sums {
            fault(
                "settlement-part",
                format!("it says {}, and its payments are {}", said(sums), said(of_payments)),
            );
        }
        let (parts, total) = totals.entry(row.settlement).or_default();
        *parts += 1;
        *total = total.plus(sums).unwrap_or(*total);
        let Some(settlement) = settlements.get(&row.settlement) else {
            fault("settlement-part", "it belongs to no settlement".to_owned());
            continue;
        };
        let collector = &settlement.collector;
        let account = chart::settlement(collector);
        let fee_account = match settlement.payer_fees {
            PayerFees::WithAmount => account,
            PayerFees::Kept => chart::FEE_INCOME,
        };
        let amount = Moved { debit: chart::clearing(collector), credit: account, amount: sums.amount };
        let fee = Moved { debit: chart::fee(collector), credit: fee_account, amount: sums.fee };
        let moved =
            [moved(row.debit, row.credit, row.moved), moved(row.fee_debit, row.fee_credit, row.fee_moved)];
        if moved != [Some(amount), (sums.fee > Yen::ZERO).then_some(fee)] {
            fault("settlement-transfer", format!("it is {} and its transfers are {moved:?}", said(sums)));
        }
    }
    for (id, settlement) in settlements {
        let found = totals.remove(id).unwrap_or_default();
        if found != (settlement.parts, settlement.sums) {
            let (parts, sums) = found;
            let (is, of) = (said(settlement.sums), settlement.parts);
            let detail = format!("it is {is} in {of} parts, found are {} in {parts}", said(sums));
            findings.push(Finding { check: "settlement-sums", subject: settlement.number(), detail });
        }
    }
    for (id, part) in payments.settled.keys().filter(|key| !known.contains_key(key)) {
        let subject = format!("{id} part {part}");
        let detail = "payments name it, and it does not exist".to_owned();
        findings.push(Finding { check: "settlement-part", subject, detail });
    }
    Ok(findings)
}

async fn net_payments(
    tx: &mut Tx,
    settlements: &BTreeMap<Uuid, Settlement>,
) -> Result<Vec<Finding>, StoreError> {
    let rows: Vec<NetRow> = on!(tx, |c| sqlx::query_as(NET_PAYMENTS).fetch_all(c).await)?;
    let mut findings = Vec::new();
    let mut rows: BTreeMap<Uuid, NetRow> = rows.into_iter().map(|row| (row.settlement, row)).collect();
    for (id, settlement) in settlements {
        let row = rows.remove(id);
        let mut fault =
            |check, detail| findings.push(Finding { check, subject: settlement.number(), detail });
        let has_one = matches!(settlement.state, SettlementState::Due | SettlementState::Paid);
        let Some(row) = row else {
            if has_one {
                fault("net-payment", format!("it is {} without a net payment", settlement.state));
            }
            continue;
        };
        if !has_one || !row.is_of(settlement) {
            fault("net-payment", format!("it is {settlement:?}, and its net payment is another"));
        }
        let paid = settlement.state == SettlementState::Paid;
        let transfer = Moved {
            debit: chart::settlement(&settlement.collector),
            credit: settlement.account,
            amount: settlement.payable(),
        };
        let moved = moved(row.debit, row.credit, row.moved);
        if moved != paid.then_some(transfer) {
            fault(
                "net-payment-transfer",
                format!("it is {} and its transfer is {moved:?}", settlement.state),
            );
        }
        if (row.due_of == Some(*id)) != (settlement.state == SettlementState::Due) {
            fault("net-payment-due", format!("it is {} and due is {:?}", settlement.state, row.due_of));
        }
        if (row.advice_of == Some(*id)) != (settlement.advice == AdviceState::Open) {
            let advice = settlement.advice.as_str();
            fault("net-payment-advice", format!("its advice is {advice} and open is {:?}", row.advice_of));
        }
    }
    findings.extend(rows.into_values().map(|row| Finding {
        check: "net-payment",
        subject: row.number,
        detail: "it belongs to no settlement".to_owned(),
    }));
    Ok(findings)
}

/// What each account of the hub must have: clearing accounts what is accepted and not settled, settlement accounts what
/// is due, beneficiaries what was paid.
fn expected_balances<'a, 'b>(
    collectors: impl Iterator<Item = &'a CollectorNumber>,
    payments: &PaymentSums,
    settlements: impl Iterator<Item = &'b Settlement>,
) -> BTreeMap<AccountId, (&'static str, Yen)> {
    let mut expected = BTreeMap::new();
    for account in [chart::BANK_OF_JAPAN, chart::INTERBANK, chart::FEE_INCOME] {
        expected.insert(account, ("settlement-account", Yen::ZERO));
    }
    for collector in collectors {
        let owed = payments.owed.get(collector.as_str()).copied().unwrap_or_default();
        expected.insert(chart::clearing(collector), ("clearing-account", owed.amount));
        expected.insert(chart::fee(collector), ("clearing-account", owed.fee));
        expected.insert(chart::settlement(collector), ("settlement-account", Yen::ZERO));
        expected.insert(chart::public_money(collector), ("settlement-account", Yen::ZERO));
    }
    for settlement in settlements {
        let account = match settlement.state {
            SettlementState::Paid => settlement.account,
            _ => chart::settlement(&settlement.collector),
        };
        let mut add = |account, amount: Yen| {
            let (_, sum) = expected.entry(account).or_insert(("settlement-account", Yen::ZERO));
            *sum = sum.checked_add(amount).unwrap_or(*sum);
        };
        add(account, settlement.payable());
        if settlement.payer_fees == PayerFees::Kept {
            add(chart::FEE_INCOME, settlement.sums.fee);
        }
    }
    expected
}

/// Sums for people.
fn said(Sums { count, amount, fee }: Sums) -> String {
    format!("{count} payments of {amount} yen and {fee} yen of fees")
}

fn moved(debit: Option<i64>, credit: Option<i64>, amount: Option<i64>) -> Option<Moved> {
    let (debit, credit) = (AccountId::new(debit?), AccountId::new(credit?));
    Some(Moved { debit, credit, amount: Yen::new(amount?) })
}

impl PartRow {
    fn sums(&self) -> Sums {
        let count = u32::try_from(self.count).unwrap_or(u32::MAX);
        Sums { count, amount: Yen::new(self.amount), fee: Yen::new(self.fee) }
    }
}

impl NetRow {
    fn is_of(&self, settlement: &Settlement) -> bool {
        let Sums { count, amount, fee } = settlement.sums;
        self.number == settlement.number()
            && Some(&self.pay_date) == settlement.pay_date.map(|date| date.to_string()).as_ref()
            && (self.count, self.amount, self.fee) == (count.into(), amount.get(), fee.get())
            && self.payable == settlement.payable().get()
            && self.account == settlement.account.get()
            && Some(TransferId::from_uuid(self.transfer)) == settlement.transfer
    }
}
