//! Recalls of other banks: the payee gives back once, or keeps it; whatever the network does wrong.

use std::time::Duration;

use database::on_both;
use database::testing::TestDatabase;
use domain::{RecallId, TransferId, Yen};
use ledger::{Commit, GuardKey, Kind, Transfer};
use serde_json::json;
use transfers::{
    Consent, ConsentError, ConsentState, NewConsent, NewOrder, Reason, RecallError, RecallState, State,
};

use crate::interbank::Interbank;
use crate::network::start;
use crate::support::{Bank, CASH, OTHER, OWN, account, at, bank, by, day};

on_both!(
    a_payee_who_consents_gives_back_once_and_the_day_settles_it,
    a_payee_who_refuses_or_says_nothing_keeps_it,
    what_was_not_credited_or_is_asked_for_already_is_refused_at_once,
    what_the_payee_has_not_is_not_given_back,
    silence_and_lies_neither_lose_nor_double_a_return,
    from_100_million_yen_on_a_return_settles_at_once,
    a_return_that_the_networks_books_lack_keeps_the_day_open,
    within_the_bank_the_payee_is_asked_and_gives_back_in_one_commit,
    within_the_bank_who_refuses_or_says_nothing_keeps_it,
);

/// Credits OTHER from another bank, which asks for it back; the case.
async fn asked(bank: &Bank, network: &Interbank, amount: i64) -> Consent {
    let number = network.incoming_with(amount, json!({})).await;
    bank.engine.collect().await.unwrap();
    network.ask_back(&number, amount).await;
    assert_eq!(bank.engine.collect().await.unwrap(), 1);
    bank.engine.consents(Some(&[OTHER]), 1).await.unwrap().remove(0)
}

fn answer(bank: &Bank, id: RecallId, consents: bool) -> NewConsent {
    NewConsent {
        id,
        contract: bank.contract,
        accounts: vec![OTHER],
        consents,
        guards: Vec::new(),
        barred_by: Vec::new(),
        actor: "user".to_owned(),
    }
}

/// Delivers until the case is none of these.
async fn until(bank: &Bank, id: RecallId, open: ConsentState) -> Consent {
    for _ in 0..200 {
        let case = bank.engine.consent_for_operator(id).await.unwrap().unwrap();
        if case.state != open {
            return case;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        bank.engine.send_open_work().await.unwrap();
    }
    panic!("it stays {open}");
}

async fn withdraw(bank: &Bank, amount: i64) {
    let transfer = Transfer {
        id: TransferId::generate(),
        debit: OTHER,
        credit: CASH,
        amount,
        kind: Kind::Posted,
        memo: "出金".to_owned(),
    };
    let commit = Commit { transfers: vec![transfer], ..Commit::default() };
    bank.engine.ledger().commit(commit).await.unwrap();
}

/// Two consents at once and one after that are one; another account's user sees nothing of it.
async fn a_payee_who_consents_gives_back_once_and_the_day_settles_it(test: TestDatabase) {
    let (bank, network) = start(test).await;
    let case = asked(&bank, &network, 5_000).await;
    assert_eq!(
        (case.state, case.amount, case.payer.as_str()),
        (ConsentState::Asked, Yen::new(5_000), "ｻﾄｳ ｼﾞﾛｳ")
    );
    assert!(bank.engine.consents(Some(&[OWN]), 10).await.unwrap().is_empty());
    assert_eq!(bank.engine.consent(&[OWN], case.id).await.unwrap(), None);
    let stranger = NewConsent { accounts: vec![OWN], ..answer(&bank, case.id, true) };
    assert!(matches!(bank.engine.answer_recall(&stranger).await, Err(ConsentError::NoSuchCase)));
    bank.assert_clean().await;
    let new = answer(&bank, case.id, true);
    let both = tokio::join!(bank.engine.answer_recall(&new), bank.engine.answer_recall(&new));
    assert!(both.0.is_ok() && both.1.is_ok(), "{both:?}");
    assert_eq!(bank.money(OTHER).await, (0, 0));
    assert_eq!(until(&bank, case.id, ConsentState::Given).await.state, ConsentState::Returned);
    bank.engine.answer_recall(&new).await.unwrap();
    let other = bank.engine.answer_recall(&answer(&bank, case.id, false)).await;
    assert!(matches!(other, Err(ConsentError::Over(ConsentState::Returned))), "{other:?}");
    assert_eq!(network.given_back().await, [(5_000, "ACSP".to_owned(), 1)]);
    bank.assert_clean().await;
    bank.go_to("2026-11-24T16:00:00");
    let settled = bank.engine.settle_day(day("2026-11-24")).await.unwrap();
    assert_eq!((settled.settled, settled.incoming, settled.agrees()), (1, Some(Yen::new(5_000)), true));
    let again = bank.engine.settle_day(day("2026-11-24")).await.unwrap();
    assert_eq!((again.settled, again.agrees()), (0, true));
    assert_eq!(until(&bank, case.id, ConsentState::Given).await.state, ConsentState::Settled);
    bank.assert_clean().await;
}

/// On both sides of the deadline, which is 15:00 of the fifth business day.
async fn a_payee_who_refuses_or_says_nothing_keeps_it(test: TestDatabase) {
    let (bank, network) = start(test).await;
    let refused = asked(&bank, &network, 5_000).await;
    let silent = asked(&bank, &network, 6_000).await;
    let late = asked(&bank, &network, 7_000).await;
    let new = answer(&bank, refused.id, false);
    bank.engine.answer_recall(&new).await.unwrap();
    bank.engine.answer_recall(&new).await.unwrap();
    assert_eq!(until(&bank, refused.id, ConsentState::Refused).await.state, ConsentState::Answered);
    let other = bank.engine.answer_recall(&answer(&bank, refused.id, true)).await;
    assert!(matches!(other, Err(ConsentError::Over(ConsentState::Answered))), "{other:?}");
    bank.go_to("2026-12-01T14:59:59");
    assert_eq!(bank.engine.refuse_unanswered().await.unwrap(), 0);
    bank.engine.answer_recall(&answer(&bank, late.id, true)).await.unwrap();
    bank.go_to("2026-12-01T15:00:00");
    let too_late = bank.engine.answer_recall(&answer(&bank, silent.id, true)).await;
    assert!(matches!(too_late, Err(ConsentError::Over(ConsentState::Asked))), "{too_late:?}");
    assert_eq!(bank.engine.refuse_unanswered().await.unwrap(), 1);
    assert_eq!(bank.engine.refuse_unanswered().await.unwrap(), 0, "once");
    let over = until(&bank, silent.id, ConsentState::Refused).await;
    assert_eq!((over.state, over.code.as_deref()), (ConsentState::Answered, Some("NOAS")));
    until(&bank, late.id, ConsentState::Given).await;
    let said = network.asked_back().await;
    assert_eq!(said, [Some("RJCR CUST".to_owned()), Some("RJCR NOAS".to_owned()), None]);
    assert_eq!(bank.money(OTHER).await, (11_000, 11_000));
    bank.assert_clean().await;
}

async fn what_was_not_credited_or_is_asked_for_already_is_refused_at_once(test: TestDatabase) {
    let (bank, network) = start(test).await;
    let case = asked(&bank, &network, 5_000).await;
    network.ask_back("stray", 5_000).await;
    network.ask_back(&case.original, 4_999).await;
    network.ask_back(&case.original, 5_000).await;
    // another bank has sent no such transfer
    network.ask_back_from("0001", &case.original, 5_000).await;
    assert_eq!(bank.engine.collect().await.unwrap(), 4);
    bank.engine.answer_recall(&answer(&bank, case.id, true)).await.unwrap();
    until(&bank, case.id, ConsentState::Given).await;
    network.ask_back(&case.original, 5_000).await;
    assert_eq!(bank.engine.collect().await.unwrap(), 1);
    let codes: Vec<String> = database::read!(bank.database, |c| {
        let sql = "SELECT code FROM interbank_incoming WHERE outcome = 'refused' ORDER BY code";
        sqlx::query_scalar(sql).fetch_all(c).await
    })
    .unwrap();
    assert_eq!(codes, ["AM05", "ARDT", "NOOR", "NOOR", "NOOR"]);
    assert_eq!(bank.engine.consents(None, 10).await.unwrap().len(), 1);
    bank.assert_clean().await;
}

/// One yen less than enough, a closed account, and a stop: nothing is debited, and the case waits on.
async fn what_the_payee_has_not_is_not_given_back(test: TestDatabase) {
    let (bank, network) = start(test).await;
    let case = asked(&bank, &network, 5_000).await;
    let new = answer(&bank, case.id, true);
    withdraw(&bank, 1).await;
    let short = bank.engine.answer_recall(&new).await;
    assert!(matches!(short, Err(ConsentError::Shortage)), "{short:?}");
    bank.deposit(OTHER, 1).await;
    let bar = GuardKey(format!("{}service|transfer", GuardKey::BAR));
    let taken = Commit { guards: vec![(bar.clone(), case_entity(&case))], ..Commit::default() };
    bank.engine.ledger().commit(taken).await.unwrap();
    let barred = NewConsent { barred_by: vec![bar.clone()], ..new.clone() };
    let stopped = bank.engine.answer_recall(&barred).await;
    assert!(matches!(&stopped, Err(ConsentError::Guarded(key)) if *key == bar.0), "{stopped:?}");
    assert_eq!(bank.money(OTHER).await, (5_000, 5_000));
    withdraw(&bank, 5_000).await;
    assert!(bank.engine.ledger().close_account(OTHER).await.unwrap());
    let closed = bank.engine.answer_recall(&new).await;
    assert!(matches!(closed, Err(ConsentError::Closed)), "{closed:?}");
    assert!(network.given_back().await.is_empty());
    bank.engine.answer_recall(&answer(&bank, case.id, false)).await.unwrap();
    until(&bank, case.id, ConsentState::Refused).await;
    bank.assert_clean().await;
}

fn case_entity(case: &Consent) -> ledger::EntityId {
    ledger::EntityId(case.id.uuid())
}

/// Each fault once; a network that is gone and comes back; and one that says no to what it has.
async fn silence_and_lies_neither_lose_nor_double_a_return(test: TestDatabase) {
    let (bank, mut network) = start(test).await;
    for mode in ["drop", "lose", "error500", "error500_after", "wrong_key", "unsigned", "garbage", "other"] {
        network.fault(json!({ "mode": mode, "kind": "return" })).await;
        let case = asked(&bank, &network, 1_000).await;
        bank.engine.answer_recall(&answer(&bank, case.id, true)).await.unwrap();
        assert_eq!(until(&bank, case.id, ConsentState::Given).await.state, ConsentState::Returned, "{mode}");
        assert_eq!(bank.money(OTHER).await, (0, 0), "{mode}");
    }
    let case = asked(&bank, &network, 2_000).await;
    network.go_down().await;
    bank.engine.answer_recall(&answer(&bank, case.id, true)).await.unwrap();
    bank.engine.send_open_work().await.unwrap();
    bank.assert_clean().await;
    network.come_up().await;
    until(&bank, case.id, ConsentState::Given).await;
    let back = network.given_back().await;
    assert_eq!((back.len(), back.iter().map(|(amount, ..)| amount).sum::<i64>()), (9, 10_000));
    // a refusal that is a lie: the money goes back to the payee, and the books do not agree
    network.fault(json!({ "mode": "refuse", "kind": "return" })).await;
    let lied = asked(&bank, &network, 3_000).await;
    bank.engine.answer_recall(&answer(&bank, lied.id, true)).await.unwrap();
    assert_eq!(until(&bank, lied.id, ConsentState::Given).await.state, ConsentState::Rejected);
    assert_eq!(bank.money(OTHER).await, (3_000, 3_000));
    assert_eq!(bank.alarms().await, [("transfer_contradicted".to_owned(), lied.id.to_string())]);
    bank.go_to("2026-11-24T16:00:00");
    let day = bank.engine.settle_day(day("2026-11-24")).await.unwrap();
    assert_eq!((day.settled, day.unknown), (9, vec![lied.id.uuid().simple().to_string()]));
    bank.assert_clean().await;
}

/// And after the network's day the return settles with the next.
async fn from_100_million_yen_on_a_return_settles_at_once(test: TestDatabase) {
    let (bank, network) = start(test).await;
    for (amount, state) in [(99_999_999, ConsentState::Returned), (100_000_000, ConsentState::Settled)] {
        let case = asked(&bank, &network, amount).await;
        bank.engine.answer_recall(&answer(&bank, case.id, true)).await.unwrap();
        assert_eq!(until(&bank, case.id, ConsentState::Given).await.state, state, "{amount}");
        bank.assert_clean().await;
    }
    let late = asked(&bank, &network, 1).await;
    bank.go_to("2026-11-24T16:00:00");
    bank.engine.answer_recall(&answer(&bank, late.id, true)).await.unwrap();
    until(&bank, late.id, ConsentState::Given).await;
    let today = bank.engine.settle_day(day("2026-11-24")).await.unwrap();
    assert_eq!((today.settled, today.agrees()), (1, true));
    bank.go_to("2026-11-25T16:00:00");
    let next = bank.engine.settle_day(day("2026-11-25")).await.unwrap();
    assert_eq!((next.settled, next.agrees()), (1, true));
    bank.assert_clean().await;
}

async fn a_return_that_the_networks_books_lack_keeps_the_day_open(test: TestDatabase) {
    let (bank, network) = start(test).await;
    let case = asked(&bank, &network, 5_000).await;
    bank.engine.answer_recall(&answer(&bank, case.id, true)).await.unwrap();
    until(&bank, case.id, ConsentState::Given).await;
    let number = case.id.uuid().simple().to_string();
    bank.go_to("2026-11-24T16:00:00");
    network.spoil_incoming(&number, Some(5_001)).await;
    let other = bank.engine.settle_day(day("2026-11-24")).await.unwrap();
    assert_eq!(
        (&other.returns, &other.unknown, other.incoming),
        (&vec![case.id], &vec![number.clone()], None)
    );
    network.spoil_incoming(&number, None).await;
    let lost = bank.engine.settle_day(day("2026-11-24")).await.unwrap();
    assert_eq!((lost.returns, lost.unknown, lost.incoming), (vec![case.id], Vec::new(), None));
    bank.assert_clean().await;
}

/// An order to OTHER that is recalled, and the case of its payee.
async fn recalled(bank: &Bank, new: NewOrder) -> (domain::OrderId, Consent) {
    let order = bank.engine.place(new).await.unwrap().facts.id;
    let recall = bank.engine.recall(bank.contract, order, &by()).await.unwrap();
    assert_eq!(recall.state, RecallState::Asked, "nobody else need be told first");
    let again = bank.engine.recall(bank.contract, order, &by()).await.unwrap();
    assert_eq!(again.id, recall.id, "one an order");
    (order, bank.engine.consents(Some(&[OTHER]), 1).await.unwrap().remove(0))
}

/// A digit was wrong, and another customer of this bank was credited: the money comes back by that customer's consent,
/// at once and once; to 別段預金 where the payer's account is closed by then.
async fn within_the_bank_the_payee_is_asked_and_gives_back_in_one_commit(test: TestDatabase) {
    let bank = bank(test).await;
    let (order, case) = recalled(&bank, bank.within(400_000)).await;
    assert_eq!((case.payer.as_str(), case.amount.get(), case.state), ("ｶ)ﾐﾎﾝ", 400_000, ConsentState::Asked));
    assert_eq!(case.until, at("2026-12-01T15:00:00"), "the fifth business day");
    let stranger = NewConsent { accounts: vec![OWN], ..answer(&bank, case.id, true) };
    assert!(matches!(bank.engine.answer_recall(&stranger).await, Err(ConsentError::NoSuchCase)));
    withdraw(&bank, 1).await;
    let short = bank.engine.answer_recall(&answer(&bank, case.id, true)).await;
    assert!(matches!(short, Err(ConsentError::Shortage)), "{short:?}");
    bank.deposit(OTHER, 1).await;
    let (one, two) = (answer(&bank, case.id, true), answer(&bank, case.id, true));
    let (one, two) = tokio::join!(bank.engine.answer_recall(&one), bank.engine.answer_recall(&two));
    assert_eq!((one.unwrap().state, two.unwrap().state), (ConsentState::Settled, ConsentState::Settled));
    assert_eq!((bank.money(OWN).await, bank.money(OTHER).await), ((1_000_000, 1_000_000), (0, 0)));
    let back = bank.engine.find(bank.contract, order).await.unwrap().unwrap();
    assert_eq!((back.state, back.reason), (State::Returned, Some(Reason::Recalled)));
    let recall = bank.engine.recall_of(order).await.unwrap().unwrap();
    assert_eq!(recall.state, RecallState::Returned);
    let fees = bank.charges().await;
    assert_eq!(fees.iter().filter(|(kind, _)| kind == "recall").count(), 1);
    bank.assert_clean().await;
    let (order, case) = recalled(&bank, bank.within(1_000_000)).await;
    assert!(bank.engine.ledger().close_account(OWN).await.unwrap());
    bank.engine.answer_recall(&answer(&bank, case.id, true)).await.unwrap();
    let suspense = bank.engine.ledger().internal_balance(transfers::chart::SUSPENSE).await.unwrap();
    assert_eq!(suspense, Yen::new(1_000_000));
    assert_eq!(bank.alarms().await, [("transfer_return_held".to_owned(), order.to_string())]);
    bank.assert_clean().await;
}

async fn within_the_bank_who_refuses_or_says_nothing_keeps_it(test: TestDatabase) {
    let bank = bank(test).await;
    let (refused, case) = recalled(&bank, bank.within(1_000)).await;
    let answered = bank.engine.answer_recall(&answer(&bank, case.id, false)).await.unwrap();
    assert_eq!(answered.state, ConsentState::Answered);
    let late = bank.engine.answer_recall(&answer(&bank, case.id, true)).await;
    assert!(matches!(late, Err(ConsentError::Over(ConsentState::Answered))), "{late:?}");
    let (silent, case) = recalled(&bank, bank.within(2_000)).await;
    bank.clock.set_offset_us(case.until.micros());
    assert_eq!(bank.engine.refuse_unanswered().await.unwrap(), 1);
    for order in [refused, silent] {
        assert_eq!(bank.engine.recall_of(order).await.unwrap().unwrap().state, RecallState::Refused);
        let found = bank.engine.find(bank.contract, order).await.unwrap().unwrap();
        assert_eq!(found.state, State::Settled);
    }
    assert_eq!(bank.money(OTHER).await, (3_000, 3_000));
    // 振替 is nobody else's
    let own = bank.own(account("9999", "101", "1234567"), 1);
    let own = bank.engine.place(own).await.unwrap().facts.id;
    let none = bank.engine.recall(bank.contract, own, &by()).await;
    assert!(matches!(none, Err(RecallError::NotSent)), "{none:?}");
    bank.assert_clean().await;
}
