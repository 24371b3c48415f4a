//! Every result of `apply`, in tables.

use std::collections::BTreeSet;

use ledger::TransferResult;
use ledger::transfer::Field;

use crate::table::run;

/// Each failure in the order of the checks: every line is wrong in all that the lines below it are wrong in.
const PRECEDENCE: &str = "
    account A bounded balance 100
    account C internal
    account U internal USD closed
    T0 A C 10 pending => Ok
    T1 A C 10 posted => Ok
    T1 X X 0 pending => ExistsWithDifferent(Kind)
    T2 X X 0 post Q => AmountNotPositive
    T2 X X 0 post Q => IdFailedBefore
    T3 X X -1 post Q => AmountNotPositive
    T4 X X 1 post Q => AccountsEqual
    T5 X Y 1 post Q => DebitAccountNotFound
    close A
    close C
    T6 A Y 1 post Q => CreditAccountNotFound
    T7 A U 1 post Q => CurrenciesDiffer
    T8 A C 1000 post Q => PendingNotFound
    T9 A C 1000 post T1 => PendingIsNoHold
    T10 A C 10 post T0 => Ok
    T11 A C 1000 post T0 => PendingDiffers(Amount)
    T12 A C 10 post T0 => PendingPosted
    T13 A C 1000 posted => DebitAccountClosed
    account B bounded balance 10
    account F bounded balance max
    account G bounded balance max closed
    T14 B G 1000 posted => CreditAccountClosed
    T15 B F 1000 posted => Overflow
    T16 B C 1000 posted => CreditAccountClosed
    account D internal
    T17 B D 1000 posted => ExceedsAvailable
    T18 B D 10 posted => Ok
";

const SAME_ID: &str = "
    account A bounded balance 100
    account B bounded balance 100
    account C internal
    account D internal
    T1 A C 10 posted => Ok
    T1 A C 10 posted => Exists
    T1 B D 11 pending => ExistsWithDifferent(Kind)
    T1 B D 11 posted => ExistsWithDifferent(Debit)
    T1 A D 11 posted => ExistsWithDifferent(Credit)
    T1 A C 11 posted => ExistsWithDifferent(Amount)
    balance A 90 held 0
    H1 A C 10 pending => Ok
    H2 A C 10 pending => Ok
    P1 A C 10 post H1 => Ok
    P1 A C 10 post H1 => Exists
    P1 A C 10 post H2 => ExistsWithDifferent(Kind)
    P1 A C 10 void H1 => ExistsWithDifferent(Kind)
    H1 A C 10 pending => Exists
    balance A 80 held 10
";

const FAILED_ID: &str = "
    account A bounded balance 100
    account C internal
    T1 A C 101 posted => ExceedsAvailable
    account A bounded balance 200
    T1 A C 101 posted => IdFailedBefore
    T1 A C 1 posted => IdFailedBefore
    T2 A C 101 posted => Ok
    T2 C A 101 posted => ExistsWithDifferent(Debit)
    T2 A C 101 posted => Exists
";

const AVAILABLE: &str = "
    account A bounded balance 1000
    account C internal
    H1 A C 300 pending => Ok
    balance A 1000 held 300
    T1 A C 701 posted => ExceedsAvailable
    T2 A C 701 pending => ExceedsAvailable
    T3 A C 700 posted => Ok
    T4 A C 1 posted => ExceedsAvailable
    T5 A C 1 pending => ExceedsAvailable
    V1 A C 300 void H1 => Ok
    balance A 300 held 0
    T6 A C 300 pending => Ok
    T7 A C 1 pending => ExceedsAvailable
    account O bounded balance 10 overdraft 90
    T8 O C 101 posted => ExceedsAvailable
    T9 O C 60 posted => Ok
    balance O -50 held 0
    T10 O C 41 pending => ExceedsAvailable
    T11 O C 40 pending => Ok
    T12 O C 1 posted => ExceedsAvailable
    T13 O C 40 post T11 => Ok
    balance O -90 held 0
    account I internal
    T14 I A 1000000 posted => Ok
    balance I 0 held 0
    balance A 1000300 held 300
";

const HOLDS: &str = "
    account A bounded balance 100
    account B bounded balance 0
    account C internal
    H1 A B 60 pending => Ok
    H2 A B 40 pending => Ok
    balance B 0 held 0
    P1 A B 60 post H1 => Ok
    balance A 40 held 40
    balance B 60 held 0
    P2 A B 60 post H1 => PendingPosted
    P3 A B 60 void H1 => PendingPosted
    V1 A B 40 void H2 => Ok
    balance A 40 held 0
    balance B 60 held 0
    V2 A B 40 void H2 => PendingVoided
    P4 A B 40 post H2 => PendingVoided
    H3 A B 5 pending => Ok
    P5 C B 6 post H3 => PendingDiffers(Debit)
    P6 A C 6 post H3 => PendingDiffers(Credit)
    P7 A B 4 post H3 => PendingDiffers(Amount)
    P8 A B 6 void H3 => PendingDiffers(Amount)
    P9 A B 5 post V1 => PendingIsNoHold
    P10 A B 5 post P10 => PendingNotFound
    N1 A B 1000 pending => ExceedsAvailable
    P11 A B 1000 post N1 => PendingNotFound
    balance A 40 held 5
    H4 C B 7 pending => Ok
    balance C 0 held 0
    P12 C B 7 post H4 => Ok
    balance B 67 held 0
";

/// The end of an open hold is never refused for the account's condition or bound.
const ENDS_ALWAYS: &str = "
    account A bounded balance 100
    account B bounded balance 0
    H1 A B 60 pending => Ok
    H2 A B 40 pending => Ok
    close A
    close B
    T1 A B 1 posted => DebitAccountClosed
    T2 A B 1 pending => DebitAccountClosed
    account C internal
    T3 C B 1 posted => CreditAccountClosed
    T4 C B 1 pending => CreditAccountClosed
    P1 A B 60 post H1 => Ok
    V1 A B 40 void H2 => Ok
    balance A 40 held 0
    balance B 60 held 0
    account D bounded balance 100
    H3 D C 100 pending => Ok
    account D bounded balance -500 held 100
    P2 D C 100 post H3 => Ok
    balance D -600 held 0
    account D bounded balance 100
    H4 D C 100 pending => Ok
    account D bounded balance -500 held 100
    V2 D C 100 void H4 => Ok
    balance D -500 held 0
";

const CHAINS: &str = "
    account A bounded balance 100
    account B bounded balance 0
    account C internal
    H1 A C 50 pending => Ok
    chain
      T1 A B 50 posted => ChainFailed
      P1 A C 50 post H1 => ChainFailed
      T2 B C 51 posted => ExceedsAvailable
      T3 B C 1 posted => ChainFailed
    balance A 100 held 50
    balance B 0 held 0
    chain
      T1 A B 50 posted => Ok
      P1 A C 50 post H1 => Ok
      T4 B C 50 posted => Ok
    balance A 0 held 0
    balance B 0 held 0
    T2 B C 1 posted => IdFailedBefore
    T3 A B 1 posted => ExceedsAvailable
    chain
      T1 A B 50 posted => Exists
      P1 A C 50 post H1 => ChainFailed
      T4 B C 50 posted => ChainFailed
    chain
      T5 C A 10 posted => ChainFailed
      T5 C A 10 posted => Exists
    balance A 0 held 0
    chain
      T5 C A 10 posted => Ok
      T6 A C 10 pending => Ok
      T7 A C 10 void T6 => Ok
      T8 A B 10 posted => Ok
    balance A 0 held 0
    balance B 10 held 0
    chain
      H2 B C 10 pending => ChainFailed
      V2 B C 10 void H2 => ChainFailed
      V3 B C 10 void H2 => PendingVoided
    V4 B C 10 void H2 => PendingNotFound
    chain
      H2 B C 10 pending => Ok
      V2 B C 10 void H2 => Ok
    chain
      H3 B C 10 pending => Ok
    chain
      V5 B C 10 void H3 => ChainFailed
      T9 B C 11 posted => ExceedsAvailable
    P5 B C 10 post H3 => Ok
    balance B 0 held 0
";

const OVERFLOW: &str = "
    account A bounded balance max-5
    account B bounded balance 100
    account C internal
    T1 B A 6 posted => Overflow
    T2 B A 5 posted => Ok
    T3 C A max posted => Overflow
    account O bounded balance max-1 overdraft max held 10
    T4 O C max pending => Overflow
    T5 O C max-10 pending => Ok
    account N bounded balance -10 overdraft max
    T6 N C max posted => Overflow
    T7 N C max-10 posted => Ok
";

#[test]
fn the_first_check_that_fails_is_the_result() {
    run(PRECEDENCE);
}

#[test]
fn the_same_id_is_the_same_transfer() {
    run(SAME_ID);
}

#[test]
fn an_id_that_failed_stays_failed() {
    run(FAILED_ID);
}

#[test]
fn exactly_what_is_available_passes_and_one_more_does_not() {
    run(AVAILABLE);
}

#[test]
fn a_hold_ends_once_and_whole() {
    run(HOLDS);
}

#[test]
fn the_end_of_a_hold_is_never_refused_for_the_account() {
    run(ENDS_ALWAYS);
}

#[test]
fn a_chain_applies_whole_or_not_at_all() {
    run(CHAINS);
}

#[test]
fn balances_never_wrap() {
    run(OVERFLOW);
}

#[test]
fn the_tables_produce_every_result() {
    let tables = [PRECEDENCE, SAME_ID, FAILED_ID, AVAILABLE, HOLDS, ENDS_ALWAYS, CHAINS, OVERFLOW].map(run);
    let seen: BTreeSet<String> = tables.into_iter().flatten().collect();
    let every: BTreeSet<String> = every_result().iter().map(ToString::to_string).collect();
    assert_eq!(seen, every);
}

/// A result that is new stops this from compiling until it is in the list.
fn every_result() -> Vec<TransferResult> {
    use TransferResult::*;
    match Ok {
        Ok | ChainFailed | Exists | ExistsWithDifferent(_) | IdFailedBefore | AmountNotPositive => {}
        AccountsEqual | DebitAccountNotFound | CreditAccountNotFound | CurrenciesDiffer => {}
        PendingNotFound | PendingIsNoHold | PendingDiffers(_) | PendingPosted | PendingVoided => {}
        DebitAccountClosed | CreditAccountClosed | Overflow | ExceedsAvailable => {}
    }
    let mut all = vec![Ok, ChainFailed, Exists, IdFailedBefore, AmountNotPositive, AccountsEqual];
    all.extend([Field::Kind, Field::Debit, Field::Credit, Field::Amount].map(ExistsWithDifferent));
    all.extend([DebitAccountNotFound, CreditAccountNotFound, CurrenciesDiffer]);
    all.extend([PendingNotFound, PendingIsNoHold, PendingPosted, PendingVoided]);
    // a hold's kind cannot differ: what is no hold was refused before
    all.extend([Field::Debit, Field::Credit, Field::Amount].map(PendingDiffers));
    all.extend([DebitAccountClosed, CreditAccountClosed, Overflow, ExceedsAvailable]);
    all
}
