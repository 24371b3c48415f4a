//! Orders of the day, and what refuses them.

use database::testing::TestDatabase;
use database::{execute, on_both};
use domain::{AccountId, AccountKind, AccountRef, ContractId, OrderId, Timestamp, UserId, Yen};
use ledger::{GuardKey, NewAccount};
use transfers::{
    By, CancelError, DateProblem, Handling, Holder, Method, NewOrder, OrderQuery, PlaceError, RecallError,
    Relation, SetTerm, State, Terms,
};

use crate::support::{OTHER, OWN, SECOND, Unstopped, account, at, bank, by, day, limits};

on_both!(
    a_filed_payee_of_this_bank_is_credited_in_the_commit_of_the_debit,
    the_fee_that_was_shown_is_charged_or_nothing_is_taken,
    the_same_id_is_the_same_order,
    what_cannot_be_made_moves_nothing,
    the_money_of_an_order_to_another_bank_is_held_and_its_message_waits,
    an_orders_guards_are_taken_with_it,
    orders_are_listed_by_state_and_account,
    a_page_may_end_between_two_orders_of_one_instant,
    accounts_are_told_apart_by_their_kind,
    accounts_are_those_of_the_contract,
    a_bar_that_is_taken_refuses_an_order_a_recall_and_a_cancellation,
    the_moment_of_the_authorisation_counts_for_the_cut_off,
);

/// Proves R81, R83, R84.
async fn a_filed_payee_of_this_bank_is_credited_in_the_commit_of_the_debit(test: TestDatabase) {
    let bank = bank(test).await;
    let order = bank.engine.place(bank.within(30_000)).await.unwrap();
    assert_eq!((order.state, order.facts.relation), (State::Settled, Relation::SameBranch));
    assert_eq!((bank.money(OWN).await, bank.money(OTHER).await), ((970_000, 970_000), (30_000, 30_000)));
    // an own account is free, another branch is not
    let order = bank.engine.place(bank.own(account("9999", "101", "1234567"), 50_000)).await.unwrap();
    assert_eq!((order.facts.relation, order.facts.fee), (Relation::OwnAccount, Yen::ZERO));
    let branch = bank.order(account("9999", "101", "1234567"), 30_000);
    assert_eq!(bank.engine.place(branch).await.unwrap().facts.fee, Yen::new(330));
    assert_eq!(bank.money(SECOND).await, (80_000, 80_000));
    assert_eq!(
        bank.charges().await,
        [("transfer".to_owned(), 330)],
        "fees are debited later, not with the money"
    );
    assert_eq!(bank.money(OWN).await, (890_000, 890_000));
    bank.assert_clean().await;
}

/// One yen beside it on both sides, and a table that changes after the page: of an order of the day, and of a
/// reservation by its own day. What was taken keeps its fee.
///
/// Proves R84.
async fn the_fee_that_was_shown_is_charged_or_nothing_is_taken(test: TestDatabase) {
    let bank = bank(test).await;
    for (shown, taken) in [(329, false), (331, false), (330, true)] {
        let new = NewOrder { fee: Yen::new(shown), ..bank.order(account("9999", "101", "1234567"), 30_000) };
        match bank.engine.place(new).await {
            Ok(order) => assert_eq!((order.facts.fee, taken), (Yen::new(330), true)),
            Err(error) => {
                assert!(matches!(error, PlaceError::Fee(fee) if fee == Yen::new(330)), "{error:?}");
                assert!(!taken, "{shown}");
            }
        }
    }
    let free = NewOrder { fee: Yen::new(330), ..bank.own(account("9999", "101", "1234567"), 30_000) };
    assert!(matches!(bank.engine.place(free).await, Err(PlaceError::Fee(Yen::ZERO))));
    assert_eq!(bank.charges().await, [("transfer".to_owned(), 330)]);
    // from tomorrow on it costs more
    let tomorrow = day("2026-11-25");
    let early = NewOrder { day: tomorrow, ..bank.order(account("9999", "101", "1234567"), 30_000) };
    let late = NewOrder { id: OrderId::generate(), ..early.clone() };
    bank.engine.place(early).await.unwrap();
    let dearer = SetTerm::Fee(Relation::OwnBank, [Yen::new(220), Yen::new(440)]);
    bank.engine.terms().replace(Terms::embedded().with(&[(tomorrow, dearer)]));
    let refused = bank.engine.place(late.clone()).await;
    assert!(matches!(refused, Err(PlaceError::Fee(fee)) if fee == Yen::new(440)), "{refused:?}");
    let used = bank.engine.limit_use(&holders(&bank), &limits(), bank.clock.now().date()).await.unwrap();
    assert_eq!(used[0].used, Yen::new(60_000), "what is not taken is not counted");
    bank.engine.place(NewOrder { fee: Yen::new(440), ..late }).await.unwrap();
    bank.go_to("2026-11-25T08:30:00");
    assert_eq!(bank.engine.due(&Unstopped).await.unwrap(), 2);
    let charged: Vec<_> = bank.charges().await.into_iter().map(|(_, fee)| fee).collect();
    assert_eq!(charged.iter().sum::<i64>(), 330 + 330 + 440, "{charged:?}");
    bank.assert_clean().await;
}

async fn the_same_id_is_the_same_order(test: TestDatabase) {
    let bank = bank(test).await;
    let new = bank.within(30_000);
    let first = bank.engine.place(new.clone()).await.unwrap();
    bank.go_to("2026-11-24T16:30:00");
    assert_eq!(bank.engine.place(new.clone()).await.unwrap(), first, "after the cut-off too");
    assert_eq!(bank.money(OTHER).await, (30_000, 30_000));
    // whatever of it is another thing, it is another order
    let of = || new.clone();
    for other in [
        NewOrder { amount: Yen::new(30_001), ..of() },
        NewOrder { payee_name: "ﾔﾏﾀﾞ ﾊﾅｺ".to_owned(), ..of() },
        NewOrder { payer_name: "ｶ)ﾍﾞﾂﾒｲ".to_owned(), ..of() },
        NewOrder { to: account("9999", "101", "1234567"), ..of() },
        NewOrder { from: account("9999", "101", "1234567"), ..of() },
        NewOrder { account: SECOND, ..of() },
        NewOrder { method: Method::Typed, ..of() },
        NewOrder { day: day("2026-11-25"), ..of() },
        NewOrder { user: UserId::generate(), ..of() },
        NewOrder { contract: ContractId::generate(), ..of() },
    ] {
        let placed = bank.engine.place(other.clone()).await;
        assert!(matches!(placed, Err(PlaceError::OtherOrder)), "{other:?}: {placed:?}");
    }
    bank.go_to("2026-11-25T10:00:00");
    let at_once = bank.within(1);
    let both = tokio::join!(bank.engine.place(at_once.clone()), bank.engine.place(at_once));
    assert_eq!(both.0.unwrap(), both.1.unwrap());
    assert_eq!(bank.money(OTHER).await, (30_001, 30_001));
    bank.assert_clean().await;
}

/// Proves R82.
async fn what_cannot_be_made_moves_nothing(test: TestDatabase) {
    let bank = bank(test).await;
    let place = async |new: NewOrder| bank.engine.place(new).await.unwrap_err();
    let most = domain::money::AMOUNT_MAX.get();
    for none in [0, -1, most + 1] {
        assert!(matches!(place(bank.within(none)).await, PlaceError::Amount), "{none}");
    }
    // what a form can hold is judged by limits and funds
    let most = bank.within(most);
    assert!(matches!(place(most).await, PlaceError::Limit(_) | PlaceError::Shortage));
    let itself = bank.order(account("9999", "100", "1234567"), 1);
    assert!(matches!(place(itself).await, PlaceError::SameAccount));
    let nobody = bank.order(account("9999", "100", "0000000"), 1);
    assert!(matches!(place(nobody).await, PlaceError::NoSuchAccount));
    for short in [bank.within(1_000_001), bank.abroad(1_000_001)] {
        assert!(matches!(place(short).await, PlaceError::Shortage));
    }
    let typed = NewOrder { method: Method::Typed, ..bank.within(1) };
    assert!(matches!(place(typed).await, PlaceError::Day(DateProblem::TypedSameDay)));
    let holiday = NewOrder { day: day("2026-12-31"), ..bank.within(1) };
    assert!(matches!(place(holiday).await, PlaceError::Day(DateProblem::NotBusinessDay)));
    bank.go_to("2026-11-24T15:00:00");
    assert!(matches!(place(bank.abroad(1)).await, PlaceError::Day(DateProblem::CutOff(_))));
    bank.engine.ledger().close_account(OTHER).await.unwrap();
    assert!(matches!(place(bank.within(1)).await, PlaceError::Closed));
    assert_eq!(bank.money(OWN).await, (1_000_000, 1_000_000));
    let limit =
        bank.engine.limit_use(&holders(&bank), &crate::support::limits(), day("2026-11-24")).await.unwrap();
    assert_eq!(limit[0].used, Yen::ZERO, "what is refused is not counted");
    // the last yen goes
    assert_eq!(
        bank.engine.place(bank.order(account("9999", "101", "1234567"), 1_000_000)).await.unwrap().state,
        State::Settled
    );
    bank.assert_clean().await;
}

pub fn holders(bank: &crate::support::Bank) -> transfers::Holders {
    transfers::Holders { contract: bank.contract, account: OWN, user: bank.user }
}

async fn the_money_of_an_order_to_another_bank_is_held_and_its_message_waits(test: TestDatabase) {
    let bank = bank(test).await;
    let order = bank.engine.place(bank.abroad(400_000)).await.unwrap();
    assert!(order.state.is_open(), "{order:?}");
    assert_eq!(bank.money(OWN).await, (1_000_000, 600_000));
    assert!(bank.charges().await.is_empty(), "the network has not taken it");
    let second = bank.engine.place(bank.abroad(600_001)).await;
    assert!(matches!(second, Err(PlaceError::Shortage)), "what is held is not there twice");
    // without a way to the network nothing ever leaves, and the day after it is given up
    for _ in 0..3 {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        bank.engine.send_open_work().await.unwrap();
    }
    bank.go_to("2026-11-25T00:00:00");
    bank.engine.send_open_work().await.unwrap();
    let found = bank.engine.find(bank.contract, order.facts.id).await.unwrap().unwrap();
    assert_eq!((found.state, found.reason), (State::Failed, Some(transfers::Reason::DayOver)));
    assert_eq!(bank.money(OWN).await, (1_000_000, 1_000_000));
    bank.assert_clean().await;
}

async fn an_orders_guards_are_taken_with_it(test: TestDatabase) {
    let bank = bank(test).await;
    let guards = vec![GuardKey("otp|9000000001|1".to_owned())];
    let first = NewOrder { guards: guards.clone(), ..bank.within(1) };
    bank.engine.place(first).await.unwrap();
    let again = bank.engine.place(NewOrder { guards, ..bank.within(2) }).await;
    assert!(matches!(&again, Err(PlaceError::Guarded(key)) if key.starts_with("otp|")), "{again:?}");
    assert_eq!(bank.money(OTHER).await, (1, 1));
}

async fn orders_are_listed_by_state_and_account(test: TestDatabase) {
    let bank = bank(test).await;
    let settled = bank.engine.place(bank.within(1)).await.unwrap().facts.id;
    bank.go_to("2026-11-24T10:00:01");
    let reserved = NewOrder { day: day("2026-11-25"), ..bank.within(2) };
    let reserved = bank.engine.place(reserved).await.unwrap().facts.id;
    let list = async |states: Vec<State>, accounts: Vec<domain::AccountId>, limit: u32| -> Vec<OrderId> {
        let query = OrderQuery { states, ..OrderQuery::newest(bank.contract, accounts, limit) };
        bank.engine.list(&query).await.unwrap().into_iter().map(|order| order.facts.id).collect()
    };
    assert_eq!(list(Vec::new(), vec![OWN], 10).await, [reserved, settled]);
    assert_eq!(list(vec![State::Reserved], vec![OWN], 10).await, [reserved]);
    assert_eq!(list(vec![State::Settled, State::Failed], vec![OWN, OTHER], 10).await, [settled]);
    assert!(
        list(Vec::new(), vec![OTHER], 10).await.is_empty()
            && list(Vec::new(), Vec::new(), 10).await.is_empty()
    );
    assert_eq!(list(Vec::new(), vec![OWN], 1).await, [reserved]);
    let of = async |query: OrderQuery| {
        bank.engine.list(&query).await.unwrap().into_iter().map(|order| order.facts.id).collect::<Vec<_>>()
    };
    let all = || OrderQuery::newest(bank.contract, vec![OWN], 10);
    let at = |text: &str| domain::Timestamp::parse_rfc3339(&format!("{text}+09:00")).unwrap();
    let (first, second) = (at("2026-11-24T10:00:00"), at("2026-11-24T10:00:01"));
    assert_eq!(of(OrderQuery { placed: Some((first, second)), ..all() }).await, [settled]);
    assert_eq!(
        of(OrderQuery { placed: Some((second, at("2026-11-25T00:00:00"))), ..all() }).await,
        [reserved]
    );
    let days = |from: &str, until: &str| OrderQuery {
        day_from: Some(day(from)),
        day_until: Some(day(until)),
        ..all()
    };
    assert_eq!(of(days("2026-11-24", "2026-11-24")).await, [settled]);
    assert_eq!(of(days("2026-11-24", "2026-11-25")).await, [reserved, settled]);
    assert_eq!(of(days("2026-11-25", "2026-11-26")).await, [reserved]);
    let name = bank.within(1).payee_name;
    let part: String = name.chars().skip(1).take(3).collect();
    let called = |payee: &str| OrderQuery { payee: Some(payee.to_owned()), ..all() };
    assert_eq!(of(called(&name)).await, [reserved, settled]);
    assert_eq!(of(called(&part)).await, [reserved, settled]);
    for nobody in ["%", "_", "!", "\"", "\\", "payee", &bank.within(1).payer_name] {
        assert!(nobody == name || of(called(nobody)).await.is_empty(), "{nobody}");
    }
    let by = bank.within(1).user;
    assert_eq!(of(OrderQuery { user: Some(by), ..all() }).await, [reserved, settled]);
    assert!(of(OrderQuery { user: Some(UserId::generate()), ..all() }).await.is_empty());
    let stranger = ContractId::generate();
    assert_eq!(bank.engine.find(stranger, settled).await.unwrap(), None, "another contract's is not found");
}

/// The next page goes on with the other one, and repeats neither.
async fn a_page_may_end_between_two_orders_of_one_instant(test: TestDatabase) {
    let bank = bank(test).await;
    let (now, mut placed) = (bank.clock.now(), Vec::new());
    for amount in 1..=4 {
        placed.push(bank.engine.place(bank.within(amount)).await.unwrap().facts.id);
    }
    let mut listed = Vec::new();
    while listed.len() < placed.len() {
        let before = listed.last().map(|last| (now, *last));
        let page = OrderQuery { before, ..OrderQuery::newest(bank.contract, vec![OWN], 3) };
        let page = bank.engine.list(&page).await.unwrap();
        assert!(!page.is_empty(), "the page behind {} has none", listed.len());
        listed.extend(page.into_iter().map(|order| order.facts.id));
    }
    placed.sort_unstable_by(|one, other| other.cmp(one));
    assert_eq!(listed, placed);
}

/// 普通 and 当座 of one branch under one number are two accounts, of two customers.
///
/// Proves R89.
async fn accounts_are_told_apart_by_their_kind(test: TestDatabase) {
    let bank = bank(test).await;
    let (ordinary, current) = (OTHER, AccountId::new(5_005));
    bank.engine.ledger().open_account(&NewAccount::deposit(current, "ﾄｳｻﾞ")).await.unwrap();
    let sql = "INSERT INTO core_account (account, branch, branch_name, kind, number, name)
               VALUES ($1, '100', 'x', 'current', '7654321', 'ﾄｳｻﾞ')";
    execute!(bank.database, sql, current.get()).unwrap();
    let named = account("9999", "100", "7654321");
    for (kind, credited, holder) in
        [(AccountKind::Current, current, "ﾄｳｻﾞ"), (AccountKind::Ordinary, ordinary, "x")]
    {
        let to = AccountRef { kind, ..named.clone() };
        assert_eq!(bank.engine.holder(&to).await.unwrap(), Holder::Named(holder.to_owned()));
        let before = bank.money(credited).await.0;
        let order = bank.engine.place(bank.order(to, 1_000)).await.unwrap();
        assert_eq!(order.facts.payee_account, Some(credited), "{kind:?}");
        assert_eq!(bank.money(credited).await.0, before + 1_000);
    }
    // nobody has such an account, and none of another kind is credited in its place
    let savings = AccountRef { kind: AccountKind::Savings, ..named };
    assert_eq!(bank.engine.holder(&savings).await.unwrap(), Holder::NoSuchAccount);
    let refused = bank.engine.place(bank.order(savings, 1_000)).await;
    assert!(matches!(refused, Err(PlaceError::NoSuchAccount)), "{refused:?}");
    bank.assert_clean().await;
}

/// What a caller says of accounts is looked up.
async fn accounts_are_those_of_the_contract(test: TestDatabase) {
    let bank = bank(test).await;
    let own = |to| bank.own(to, 1_000);
    let (second, other) = (account("9999", "101", "1234567"), account("9999", "100", "7654321"));
    let stranger = own(other.clone());
    let only_payer = NewOrder { own_accounts: vec![OWN], ..own(second.clone()) };
    let only_payee = NewOrder { own_accounts: vec![SECOND], ..own(second.clone()) };
    let not_the_debited = NewOrder { account: OTHER, ..bank.order(second.clone(), 1_000) };
    let other_bank =
        NewOrder { from: account("0125", "100", "1234567"), ..bank.order(second.clone(), 1_000) };
    for (wrong, new) in
        [stranger, only_payer, only_payee, not_the_debited, other_bank].into_iter().enumerate()
    {
        let placed = bank.engine.place(new).await;
        assert!(matches!(placed, Err(PlaceError::NotOwn)), "{wrong}: {placed:?}");
    }
    let abroad = bank.engine.place(own(account("0125", "101", "1234567"))).await;
    assert!(matches!(abroad, Err(PlaceError::NoSuchAccount)), "{abroad:?}");
    assert_eq!(bank.money(OWN).await, (1_000_000, 1_000_000));
    assert_eq!(bank.engine.place(own(second)).await.unwrap().facts.fee, Yen::ZERO);
    bank.assert_clean().await;
}

/// An emergency stop: what is ordered after it is refused, of either kind.
/// What was authorised before the cut-off is taken after it, on the same day alone; the cut-off's own second is
/// too late.
///
/// Proves R85.
async fn the_moment_of_the_authorisation_counts_for_the_cut_off(test: TestDatabase) {
    let bank = bank(test).await;
    let until = at("2026-11-24T15:00:00");
    let in_time = Timestamp::from_micros(until.micros() - 1);
    bank.go_to("2026-11-24T15:00:20");
    let late = NewOrder { authorised_at: Some(until), ..bank.abroad(1) };
    let refused = bank.engine.place(late).await;
    assert!(matches!(refused, Err(PlaceError::Day(DateProblem::CutOff(of))) if of == until), "{refused:?}");
    let refused = bank.engine.place(bank.abroad(1)).await;
    assert!(matches!(refused, Err(PlaceError::Day(DateProblem::CutOff(_)))), "{refused:?}");
    let taken = NewOrder { authorised_at: Some(in_time), ..bank.abroad(1) };
    assert_eq!(bank.engine.place(taken.clone()).await.unwrap().facts.handling, Handling::SameDay);
    // a moment that is yet to come is none
    bank.go_to("2026-11-24T16:00:00");
    let ahead = NewOrder { authorised_at: Some(at("2026-11-25T10:00:00")), ..bank.within(1) };
    assert!(bank.engine.place(ahead).await.is_err());
    // a process that was not there all day
    let id = OrderId::generate();
    bank.go_to("2026-11-25T08:00:00");
    let refused = bank.engine.place(NewOrder { id, ..taken }).await;
    assert!(matches!(refused, Err(PlaceError::Day(DateProblem::Past))), "{refused:?}");
    bank.assert_clean().await;
}

async fn a_bar_that_is_taken_refuses_an_order_a_recall_and_a_cancellation(test: TestDatabase) {
    let bank = bank(test).await;
    let bar = GuardKey(format!("{}transfers", GuardKey::BAR));
    let barred = |new: NewOrder| NewOrder { barred_by: vec![bar.clone()], ..new };
    let done = bank.engine.place(barred(bank.within(1))).await.unwrap().facts.id;
    let reserved = NewOrder { day: day("2026-11-25"), ..barred(bank.within(2)) };
    bank.engine.place(reserved.clone()).await.unwrap();
    let stop = ledger::EntityId(uuid::Uuid::from_u128(1));
    let taken = ledger::Commit { guards: vec![(bar.clone(), stop)], ..ledger::Commit::default() };
    bank.engine.ledger().commit(taken).await.unwrap();
    for new in
        [barred(bank.within(4)), barred(bank.abroad(8)), NewOrder { id: OrderId::generate(), ..reserved }]
    {
        let refused = bank.engine.place(new).await;
        assert!(matches!(&refused, Err(PlaceError::Guarded(key)) if *key == bar.0), "{refused:?}");
    }
    let (by, owed) = (By { barred_by: vec![bar.clone()], ..by() }, bank.charges().await);
    let kept = bank.engine.recall(bank.contract, done, &by).await;
    assert!(matches!(&kept, Err(RecallError::Guarded(key)) if *key == bar.0), "{kept:?}");
    assert_eq!((bank.engine.recall_of(done).await.unwrap(), bank.charges().await), (None, owed));
    let kept = bank.engine.cancel(bank.contract, reserved.id, &by).await;
    assert!(matches!(&kept, Err(CancelError::Guarded(key)) if *key == bar.0), "{kept:?}");
    bank.go_to("2026-11-25T08:30:00");
    bank.engine.due(&Unstopped).await.unwrap();
    assert_eq!(bank.money(OTHER).await, (3, 3));
    bank.assert_clean().await;
}
