use super::*;

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn table() -> FeeTable {
    FeeTable {
        since: day("2026-04-01"),
        wire: Yen::new(4_500),
        correspondent: Yen::new(3_000),
        lifting_part: "0.0005".parse().unwrap(),
        lifting_least: Yen::new(2_500),
    }
}

const DOWN: ConversionRule = ConversionRule { yen: Rounding::Down, foreign: Rounding::Down };

fn dollar_rate() -> Rate {
    Rate { currency: Currency::USD, units: 1, yen: "151.23".parse().unwrap() }
}

fn usd(cents: i64) -> Money {
    Money::new(Currency::USD, cents)
}

fn jpy(yen: i64) -> Money {
    Money::yen(Yen::new(yen))
}

/// By hand: what is instructed, from what it is paid and who bears the charges; then sent, deducted, principal, and the
/// fees: wire, lifting, correspondent, debited.
#[test]
fn costs_by_hand() {
    use ChargeBearer::{Creditor, Debtor, Shared};
    use Instruction::{Amount, Spend};
    let (yen, own) = (Funding::Yen(dollar_rate()), Funding::Same(Some(dollar_rate())));
    let in_yen = Funding::Same(None);
    for (instruction, funding, bearer, sent, deducted, principal, fees) in [
        // 12,345.50 x 151.23 = 1,867,009.965
        (Amount(usd(1_234_550)), yen, Shared, usd(1_234_550), None, jpy(1_867_009), [4_500, 0, 0, 4_500]),
        (Amount(usd(1_234_550)), yen, Debtor, usd(1_234_550), None, jpy(1_867_009), [4_500, 0, 3_000, 7_500]),
        // 4,500 / 151.23 = 29.7560..., up to 29.76
        (
            Amount(usd(1_234_550)),
            yen,
            Creditor,
            usd(1_231_574),
            Some(usd(2_976)),
            jpy(1_867_009),
            [4_500, 0, 0, 0],
        ),
        // 100,000 / 151.23 = 661.24, which costs 99,999
        (Spend(Yen::new(100_000)), yen, Shared, usd(66_124), None, jpy(99_999), [4_500, 0, 0, 4_500]),
        // a twentieth of a per cent of 1,867,009 = 933.5045, so the least
        (Amount(usd(1_234_550)), own, Shared, usd(1_234_550), None, usd(1_234_550), [4_500, 2_500, 0, 7_000]),
        // of 15,123,000 = 7,561.5
        (
            Amount(usd(10_000_000)),
            own,
            Debtor,
            usd(10_000_000),
            None,
            usd(10_000_000),
            [4_500, 7_561, 3_000, 15_061],
        ),
        // of 5,000,000 = 2,500, of 5,002,000 = 2,501
        (
            Amount(jpy(5_000_000)),
            in_yen,
            Shared,
            jpy(5_000_000),
            None,
            jpy(5_000_000),
            [4_500, 2_500, 0, 7_000],
        ),
        (
            Amount(jpy(5_002_000)),
            in_yen,
            Shared,
            jpy(5_002_000),
            None,
            jpy(5_002_000),
            [4_500, 2_501, 0, 7_001],
        ),
        // 4,500 + 2,500 deducted
        (
            Spend(Yen::new(50_000)),
            in_yen,
            Creditor,
            jpy(43_000),
            Some(jpy(7_000)),
            jpy(50_000),
            [4_500, 2_500, 0, 0],
        ),
    ] {
        let found = cost(instruction, funding, bearer, &table(), DOWN).unwrap();
        assert_eq!(
            (found.sent, found.deducted, found.principal),
            (sent, deducted, principal),
            "{instruction:?}"
        );
        let Fees { wire, lifting, correspondent } = found.fees;
        let told = [wire, lifting, correspondent, found.fees_debited].map(Yen::get);
        assert_eq!(told, fees, "{instruction:?} {bearer}");
        assert_eq!(
            found.sent.checked_add(found.deducted.unwrap_or(Money::new(sent.currency, 0))),
            Some(found.instructed)
        );
    }
}

#[test]
fn what_has_no_cost_is_told() {
    use ChargeBearer::{Creditor, Shared};
    let yen = Funding::Yen(dollar_rate());
    let found =
        |instruction, funding, bearer| cost(instruction, funding, bearer, &table(), DOWN).unwrap_err();
    assert_eq!(found(Instruction::Amount(usd(0)), yen, Shared), CostError::NotPositive);
    assert_eq!(found(Instruction::Amount(usd(-1)), yen, Shared), CostError::NotPositive);
    assert_eq!(found(Instruction::Amount(usd(2_976)), yen, Creditor), CostError::FeesExceedAmount);
    assert_eq!(found(Instruction::Amount(usd(1)), Funding::Same(None), Shared), CostError::Rate);
    assert_eq!(found(Instruction::Amount(jpy(1)), yen, Shared), CostError::Rate);
    assert_eq!(
        found(Instruction::Spend(Yen::new(1)), Funding::Same(Some(dollar_rate())), Shared),
        CostError::Rate
    );
    assert_eq!(
        found(Instruction::Amount(Money::new(Currency::EUR, 1)), yen, Shared),
        CostError::Conversion(ConversionError::OtherCurrency)
    );
    assert_eq!(
        found(Instruction::Spend(Yen::new(1)), yen, Shared),
        CostError::Conversion(ConversionError::Nothing)
    );
}

#[test]
fn fees_and_thresholds_hold_from_their_day_on() {
    let dearer = FeeTable { since: day("2027-04-01"), wire: Yen::new(7_500), ..table() };
    let tables = [dearer, table()];
    for (on, wire) in [
        ("2026-03-31", None),
        ("2026-04-01", Some(4_500)),
        ("2027-03-31", Some(4_500)),
        ("2027-04-01", Some(7_500)),
    ] {
        assert_eq!(fees_on(&tables, day(on)).map(|table| table.wire.get()), wire, "{on}");
    }
    let due = |yen, on: &str| reports_due(&thresholds(), Yen::new(yen), day(on));
    assert_eq!(due(1_000_000, "2026-11-27"), []);
    assert_eq!(due(1_000_001, "2026-11-27"), [Report::TaxOffice]);
    assert_eq!(due(30_000_000, "2026-11-27"), [Report::TaxOffice]);
    assert_eq!(due(30_000_001, "2026-11-27"), [Report::TaxOffice, Report::PaymentReport]);
    assert_eq!(due(1_000_001, "2009-03-31"), []);
}

#[test]
fn a_payee_who_bears_no_fee_gets_everything() {
    let free = FeeTable { wire: Yen::ZERO, ..table() };
    let yen = Funding::Yen(dollar_rate());
    let found = cost(Instruction::Amount(usd(10_000)), yen, ChargeBearer::Creditor, &free, DOWN).unwrap();
    assert_eq!((found.sent, found.deducted), (usd(10_000), Some(usd(0))));
}

#[test]
fn charge_bearers_have_a_code_in_either_standard() {
    let codes: Vec<_> = ChargeBearer::ALL.iter().map(|bearer| (bearer.as_str(), bearer.mt())).collect();
    assert_eq!(codes, [("DEBT", "OUR"), ("SHAR", "SHA"), ("CRED", "BEN")]);
}
