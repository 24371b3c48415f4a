//! Proofs of payments in every state, verified with public keys; and that nothing in one can be changed.

use collectors::signature::SigningKey;
use database::testing::TestDatabase;
use database::{execute, on_both};
use domain::payment::{Cancellation, State};
use domain::{PaymentId, Timestamp};
use gateway::proof::bundle::{LogEntry, Open};
use gateway::proof::{KeySet, Mark, ProofBundle, Report, verify};
use gateway::service::CloseOptions;
use gateway::{FourEyes, Operator, Settings, Word};
use serde_json::{Value, json};

use crate::counter;
use crate::support::{PENSION, SHOP, TAX, WITH_FEE, World, limits, settings};

on_both!(
    an_accepted_payment_is_proved,
    a_payment_that_took_several_deliveries_is_proved,
    an_unknown_outcome_is_proved_to_be_unknown,
    what_the_collector_refused_is_proved,
    a_released_hold_is_proved,
    a_payment_decided_by_people_is_proved,
    other_payments_are_shown_as_digests,
    what_was_reconciled_and_settled_is_shown,
    a_payment_taken_back_is_proved,
    a_proof_of_a_changed_database_fails,
);

async fn prove(world: &World, id: PaymentId) -> (ProofBundle, Report) {
    let bundle = world.hub.gateway.proof(id).await.unwrap().unwrap();
    let text = bundle.write().unwrap();
    let read = ProofBundle::read(&text).unwrap();
    assert_eq!(read, bundle);
    let report = verify(&read, Some(&world.hub.gateway.public_keys()));
    (read, report)
}

/// Proves a payment that nothing is wrong with; what is noted of it.
async fn proved(world: &World, id: PaymentId) -> (ProofBundle, Vec<String>) {
    let (bundle, report) = prove(world, id).await;
    assert!(report.is_sound(), "{report:#?}");
    let noted = report.lines.iter().filter(|line| line.mark == Mark::Noted).map(|line| line.text.clone());
    (bundle, noted.collect())
}

fn wrong(report: &Report) -> Vec<&str> {
    let wrong = report.lines.iter().filter(|line| line.mark == Mark::Wrong);
    wrong.map(|line| line.text.as_str()).collect()
}

async fn an_accepted_payment_is_proved(test: TestDatabase) {
    let world = World::new(test).await;
    let id = world.pay(WITH_FEE).await.unwrap().facts.id;
    let payment = world.reaches(id, State::Accepted).await;
    for text in [&id.to_string(), &payment.facts.receipt_number, &payment.facts.message_key] {
        assert_eq!(world.hub.gateway.find_payment(text).await.unwrap(), Some(id), "{text}");
    }
    assert_eq!(world.hub.gateway.find_payment("20261124-99999999").await.unwrap(), None);
    assert_eq!(world.hub.gateway.proof(PaymentId::generate()).await.unwrap(), None);

    let (bundle, noted) = proved(&world, id).await;
    let proof = &bundle.proof;
    assert_eq!((proof.state, &proof.facts), (State::Accepted, &payment.facts));
    assert_eq!((proof.transfers.len(), proof.events.len(), proof.exchanges.len()), (4, 3, 1));
    assert_eq!(proof.open, [Open::Settlement, Open::Reconciliation], "it was sealed for the proof");
    assert_eq!(noted.len(), 2, "{noted:?}");
    assert_eq!(proof.keys.keys.len(), 2, "the hub's and this collector's");
    // without other keys it is said that the file's own were used
    let report = verify(&bundle, None);
    assert!(report.is_sound() && report.lines[0].mark == Mark::Noted, "{report:#?}");
    assert!(report.lines[0].text.contains("--keys"));
    // with keys of somebody else it is nothing
    let mut others = world.hub.gateway.public_keys();
    for key in &mut others.keys {
        key.x = String::from_utf8(vec![b'A'; 43]).unwrap();
    }
    let report = verify(&bundle, Some(&others));
    assert!(wrong(&report).len() >= 4, "{report:#?}");
    let report = verify(&bundle, Some(&KeySet::default()));
    assert!(!report.is_sound());
    world.assert_clean().await;
}

async fn a_payment_that_took_several_deliveries_is_proved(test: TestDatabase) {
    let world = World::new(test).await;
    world.network.fault("00200", json!({"mode": "drop", "on": "clearing", "times": 1})).await;
    let id = world.pay(TAX).await.unwrap().facts.id;
    world.reaches(id, State::Accepted).await;
    let (bundle, _) = proved(&world, id).await;
    let sent: Vec<_> = bundle
        .proof
        .exchanges
        .iter()
        .map(|e| (e.delivery, e.message.as_str(), e.response.is_some()))
        .collect();
    assert_eq!(sent, [(1, "Clearing", false), (2, "ResendConfirmation", true)]);
}

async fn an_unknown_outcome_is_proved_to_be_unknown(test: TestDatabase) {
    let still = Settings { poll_interval_ms: 3_600_000, ..settings() };
    let world = World::with(test, still, &limits()).await;
    world.network.fault("00200", json!({"mode": "drop", "on": "clearing", "times": 1})).await;
    let id = world.pay(TAX).await.unwrap().facts.id;
    world.reaches(id, State::Unknown).await;
    let (bundle, noted) = proved(&world, id).await;
    assert_eq!(bundle.proof.open, [Open::Outcome, Open::Reconciliation]);
    assert!(noted[0].contains("whether the collector has cleared the bill"), "{noted:?}");
    assert_eq!((bundle.proof.transfers.len(), bundle.proof.exchanges.len()), (1, 1));
}

async fn what_the_collector_refused_is_proved(test: TestDatabase) {
    let world = World::new(test).await;
    world.network.fault("00200", json!({"mode": "refuse", "times": 1})).await;
    let id = world.pay(TAX).await.unwrap().facts.id;
    let payment = world.reaches(id, State::Rejected).await;
    let (bundle, _) = proved(&world, payment.facts.id).await;
    assert_eq!(bundle.proof.open, [Open::Reconciliation]);
    assert!(bundle.proof.exchanges[0].response.is_some());
}

async fn a_released_hold_is_proved(test: TestDatabase) {
    let mut world = World::new(test).await;
    let order = world.order(&world.inquire(PENSION).await);
    let id = order.payment;
    world.network.go_down().await;
    world.hub.gateway.pay(order).await.unwrap();
    world.clock.advance_seconds(121);
    world.reaches(id, State::Voided).await;
    let (bundle, _) = proved(&world, id).await;
    assert!(bundle.proof.exchanges.is_empty(), "nothing ever left");
    assert_eq!(bundle.proof.transfers.len(), 2);
}

async fn a_payment_decided_by_people_is_proved(test: TestDatabase) {
    let still = Settings { poll_interval_ms: 3_600_000, ..settings() };
    let world = World::with(test, still, &limits()).await;
    world.network.fault("00200", json!({"mode": "drop", "on": "clearing", "times": 1})).await;
    let id = world.pay(TAX).await.unwrap().facts.id;
    world.reaches(id, State::Unknown).await;
    let (maker, checker) = (Operator::staff("1"), Operator::staff("2"));
    let eyes = FourEyes { maker, checker, reason: "収納機関に電話で確認".to_owned() };
    world.hub.gateway.decide(id, Word::Cleared, 1, &eyes).await.unwrap();
    let (bundle, noted) = proved(&world, id).await;
    assert_eq!(bundle.proof.state, State::Accepted);
    assert!(
        noted[0]
            .contains("no signed answer, but the collector's word off line, cleared, by staff:1 and staff:2")
    );
    let verdict = async |id| prove(&world, id).await.1.verdict(State::Accepted);
    let word = "accepted by the word of staff (cleared: staff:1, checked by staff:2), which is proved, and by no \
                signed answer of the collector";
    // it was cleared there, and only the answer was lost
    assert_eq!(verdict(id).await, word);
    let (day, tax, system) = (bundle.proof.facts.receipt_date, "00200".parse().unwrap(), Operator::system());
    world.hub.gateway.reconcile(&tax, day, &system).await.unwrap();
    assert_eq!(verdict(id).await, word, "the books have it");
    // a collector whose word was wrong
    world.network.fault("00500", json!({"mode": "lose", "on": "clearing", "times": 1})).await;
    let id = world.pay(PENSION).await.unwrap().facts.id;
    world.reaches(id, State::Unknown).await;
    world.hub.gateway.decide(id, Word::Cleared, 1, &eyes).await.unwrap();
    world.hub.gateway.reconcile(&"00500".parse().unwrap(), day, &system).await.unwrap();
    let lacks = format!("{word}; but the collector's books lack it (missing_there)");
    assert_eq!(verdict(id).await, lacks);
}

async fn other_payments_are_shown_as_digests(test: TestDatabase) {
    let world = World::new(test).await;
    let first = world.pay(WITH_FEE).await.unwrap().facts;
    let between = world.pay(TAX).await.unwrap().facts;
    world.network.fault("99022", json!({"mode": "drop", "on": "clearing", "times": 1})).await;
    let last = world.pay(SHOP).await.unwrap().facts;
    world.reaches(last.id, State::Accepted).await;
    let (bundle, _) = proved(&world, first.id).await;
    let text = bundle.write().unwrap();
    for other in [&between, &last] {
        for secret in [other.id.to_string(), other.message_key.clone(), other.hold.to_string()] {
            assert!(!text.contains(&secret), "{secret}");
        }
    }
    let entries = &bundle.proof.log[0].entries;
    let own = entries.iter().filter(|entry| matches!(entry, LogEntry::Own(_))).count();
    assert!(own == 2 && entries.len() > 5, "{own} of {}", entries.len());
    // once sealed, what comes later is not in it, and the first payment's stretch ends where it did
    let payment = world.pay(PENSION).await.unwrap().facts.id;
    let (again, _) = proved(&world, first.id).await;
    assert_eq!(again.proof.log, bundle.proof.log);
    proved(&world, payment).await;
}

async fn what_was_reconciled_and_settled_is_shown(test: TestDatabase) {
    let world = World::new(test).await;
    let facts = world.pay(SHOP).await.unwrap().facts;
    let fellow = world.pay(WITH_FEE).await.unwrap().facts;
    let staff = Operator::staff(7);
    let (gateway, date) = (&world.hub.gateway, facts.receipt_date);
    gateway.close_service(&facts.collector, date, CloseOptions::default(), &staff).await.unwrap();
    gateway.reconcile(&facts.collector, date, &staff).await.unwrap();
    let (bundle, noted) = proved(&world, facts.id).await;
    let line = bundle.proof.reconciliation.as_ref().unwrap();
    assert_eq!((line.result.as_str(), line.after_close, line.sums_agree), ("matched", true, true));
    assert_eq!(bundle.proof.open, [Open::Settlement]);
    assert_eq!(noted.len(), 1, "{noted:?}");

    // two payments go over in one commit, and neither proof shows the other
    let window = Timestamp::parse_rfc3339("2026-11-25T00:00:00+09:00").unwrap();
    world.clock.advance_seconds(window.seconds_since(world.clock.now()));
    gateway.close_window(date, Some(&facts.collector), &staff).await.unwrap();
    for (own, other) in [(&facts, &fellow), (&fellow, &facts)] {
        world.reaches(own.id, State::Settled).await;
        let (bundle, noted) = proved(&world, own.id).await;
        assert!(bundle.proof.open.is_empty() && noted.is_empty(), "{noted:?}");
        let text = bundle.write().unwrap();
        assert!(!text.contains(&other.id.to_string()) && !text.contains(&other.message_key));
    }
}

async fn a_payment_taken_back_is_proved(test: TestDatabase) {
    let world = World::new(test).await;
    let id = counter::pay(&world, WITH_FEE).await.facts.id;
    world.network.fault("99022", json!({"mode": "drop", "on": "cancellation", "times": 1})).await;
    counter::cancel(&world, id).await.unwrap();
    counter::reaches(&world, id, Cancellation::Confirmed).await;
    let (bundle, _) = proved(&world, id).await;
    let proof = &bundle.proof;
    assert_eq!((proof.state, proof.transfers.len()), (State::Cancelled, 6));
    let sent: Vec<_> =
        proof.exchanges.iter().map(|e| (e.delivery, e.message.as_str(), e.response.is_some())).collect();
    assert_eq!(sent[..2], [(1, "Clearing", true), (1, "Cancellation", false)]);
    // a busy machine may need more than one repeat
    assert!(sent.last().is_some_and(|(_, name, answered)| *name == "ResendConfirmation" && *answered));
}

/// A payment with a fee that took two deliveries, after another payment, and was reconciled.
async fn rich(world: &World) -> ProofBundle {
    world.pay(TAX).await.unwrap();
    world.network.fault("99022", json!({"mode": "drop", "on": "clearing", "times": 1})).await;
    let facts = world.pay(WITH_FEE).await.unwrap().facts;
    world.reaches(facts.id, State::Accepted).await;
    let staff = Operator::staff(7);
    world.hub.gateway.reconcile(&facts.collector, facts.receipt_date, &staff).await.unwrap();
    proved(world, facts.id).await.0
}

/// One in so many bytes of a file is changed: a prime, so that every part of a line is met.
const EVERY_BYTES: usize = 11;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_in_a_file_can_be_changed() {
    let world = World::new(database::testing::sqlite().await).await;
    let bundle = rich(&world).await;
    let keys = world.hub.gateway.public_keys();
    let text = bundle.write().unwrap().into_bytes();
    for at in (0..text.len()).step_by(EVERY_BYTES) {
        let mut changed = text.clone();
        changed[at] ^= 1 << (at % 8);
        let Ok(changed) = String::from_utf8(changed) else { continue };
        let found = ProofBundle::read(&changed);
        let sound = found.is_ok_and(|bundle| verify(&bundle, Some(&keys)).is_sound());
        assert!(!sound, "byte {at}: {}", &changed[at.saturating_sub(20)..(at + 20).min(changed.len())]);
    }
    // space between the parts says nothing
    let compact = serde_json::to_string(&bundle).unwrap();
    assert_eq!(ProofBundle::read(&compact).unwrap(), bundle);
}

/// The hub itself cannot make a file that says something else: all but its own word at the time of writing is held by
/// the collector's signature, by the log's seals, or by another part.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_can_be_said_that_did_not_happen() {
    let world = World::new(database::testing::sqlite().await).await;
    let bundle = rich(&world).await;
    let keys = world.hub.gateway.public_keys();
    let document = serde_json::to_value(&bundle.proof).unwrap();
    let mut places = Vec::new();
    leaves(&document, String::new(), &mut places);
    assert!(places.len() > 150, "{}", places.len());
    let free = |place: &str| place == "/made_at" || place.starts_with("/reconciliation");
    for place in places.iter().filter(|place| !free(place)) {
        for change in [changed, dropped] {
            let mut document = document.clone();
            change(&mut document, place);
            let Some(forged) = signed(&document) else { continue };
            if forged == bundle {
                continue;
            }
            let report = verify(&forged, Some(&keys));
            assert!(!report.is_sound(), "{place}: {report:#?}");
        }
    }
    // whole parts taken out or repeated
    for part in ["/events", "/transfers", "/exchanges", "/log", "/keys/keys", "/open"] {
        for count in 0..document.pointer(part).unwrap().as_array().unwrap().len() {
            for repeat in [false, true] {
                let mut document = document.clone();
                let list = document.pointer_mut(part).unwrap().as_array_mut().unwrap();
                let entry = list.remove(count);
                if repeat {
                    list.extend([entry.clone(), entry]);
                }
                // keys that are left out of the file are known from elsewhere
                let Some(forged) = signed(&document).filter(|_| part != "/keys/keys") else { continue };
                assert!(!verify(&forged, Some(&keys)).is_sound(), "{part} {count} {repeat}");
            }
        }
    }
}

/// The places of all values that are not lists or objects.
fn leaves(value: &Value, place: String, places: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, member)| leaves(member, format!("{place}/{name}"), places));
        }
        Value::Array(entries) => {
            entries.iter().enumerate().for_each(|(at, entry)| leaves(entry, format!("{place}/{at}"), places));
        }
        _ => places.push(place),
    }
}

/// Another value of the same kind.
fn changed(document: &mut Value, place: &str) {
    let value = document.pointer_mut(place).unwrap();
    *value = match &*value {
        Value::Number(number) => json!(number.as_i64().unwrap() + 1),
        Value::Bool(yes) => json!(!yes),
        Value::String(text) => {
            let mut chars: Vec<char> = text.chars().collect();
            match chars.iter().rposition(char::is_ascii_alphanumeric) {
                Some(at) => chars[at] = if chars[at] == '1' { '2' } else { '1' },
                None => chars.push('1'),
            }
            json!(chars.into_iter().collect::<String>())
        }
        _ => json!(1),
    };
}

/// The member is taken out.
fn dropped(document: &mut Value, place: &str) {
    let (parent, name) = place.rsplit_once('/').unwrap();
    match document.pointer_mut(parent).unwrap() {
        Value::Object(members) => drop(members.remove(name)),
        Value::Array(entries) => drop(entries.remove(name.parse().unwrap())),
        _ => {}
    }
}

/// What a hub would sign that lies; `None` where it is no proof any more.
fn signed(document: &Value) -> Option<ProofBundle> {
    let proof: gateway::proof::bundle::Proof = serde_json::from_value(document.clone()).ok()?;
    let key = SigningKey::from_seed("hub-1", &[1; 32]).unwrap();
    let text = format!("mpn-proof-1\n{}", serde_json::to_string(&proof).unwrap());
    let value = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, key.sign(text.as_bytes()));
    let bundle = json!({"proof": document, "signature": {"key_id": "hub-1", "value": value}});
    serde_json::from_value(bundle).ok()
}

async fn a_proof_of_a_changed_database_fails(test: TestDatabase) {
    let world = World::new(test).await;
    let payment = world.pay(SHOP).await.unwrap();
    let id = payment.facts.id;
    proved(&world, id).await;
    database::testing::drop_triggers(&world.test.database).await;
    for (change, back) in [
        (
            "UPDATE transfer SET amount = amount + 1 WHERE kind = 2",
            "UPDATE transfer SET amount = amount - 1 WHERE kind = 2",
        ),
        (
            "UPDATE transfer SET memo = memo || '1' WHERE kind = 2",
            "UPDATE transfer SET memo = 'ペイジー ' || substr(memo, 6, length(memo) - 6) WHERE kind = 2",
        ),
        (
            "UPDATE event SET at_us = at_us + 1 WHERE seq = 2",
            "UPDATE event SET at_us = at_us - 1 WHERE seq = 2",
        ),
        (
            "UPDATE payment SET memo = memo || '1'",
            "UPDATE payment SET memo = substr(memo, 1, length(memo) - 1)",
        ),
        (
            "UPDATE audit SET detail = detail || '1'",
            "UPDATE audit SET detail = substr(detail, 1, length(detail) - 1)",
        ),
        ("UPDATE audit_head SET number = number + 1", "UPDATE audit_head SET number = number - 1"),
        ("UPDATE audit_heads SET at_us = at_us + 1", "UPDATE audit_heads SET at_us = at_us - 1"),
    ] {
        execute!(world.test.database, change).unwrap();
        assert!(!prove(&world, id).await.1.is_sound(), "{change}");
        execute!(world.test.database, back).unwrap();
        proved(&world, id).await;
    }
    assert!(Timestamp::default() < payment.facts.held_at);
}
