use proptest::prelude::*;

use super::*;

const DOWN: ConversionRule = ConversionRule { yen: Rounding::Down, foreign: Rounding::Down };

fn rate(currency: &str, units: u32, yen: &str) -> Rate {
    Rate { currency: currency.parse().unwrap(), units, yen: yen.parse().unwrap() }
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).unwrap()
}

fn quote(from: &str, until: &str) -> Quote {
    Quote {
        currency: Currency::USD,
        units: 1,
        tts: "151.23".parse().unwrap(),
        ttb: "149.23".parse().unwrap(),
        from: at(from),
        until: at(until),
    }
}

/// By hand: amount, rate, the exact product, and its whole yen down, half up, up.
#[test]
fn foreign_amounts_come_to_yen_by_hand() {
    for (amount, rate, down, half_up, up) in [
        // 12,345.50 x 151.23 = 1,867,009.965
        (("USD", 1_234_550), rate("USD", 1, "151.23"), 1_867_009, 1_867_010, 1_867_010),
        // 1,000.00 x 151.23 = 151,230
        (("USD", 100_000), rate("USD", 1, "151.23"), 151_230, 151_230, 151_230),
        // 0.99 x 151.23 = 149.7177
        (("USD", 99), rate("USD", 1, "151.23"), 149, 150, 150),
        // 50.00 x 151.21 = 7,560.5
        (("USD", 5_000), rate("USD", 1, "151.21"), 7_560, 7_561, 7_561),
        // 1,000,000 x 11.05 / 100 = 110,500
        (("KRW", 1_000_000), rate("KRW", 100, "11.05"), 110_500, 110_500, 110_500),
        // 999 x 11.05 / 100 = 110.3895
        (("KRW", 999), rate("KRW", 100, "11.05"), 110, 110, 111),
        // 1.234 x 492.17 = 607.33778
        (("KWD", 1_234), rate("KWD", 1, "492.17"), 607, 607, 608),
        // 250,000.00 x 163.4525 = 40,863,125
        (("EUR", 25_000_000), rate("EUR", 1, "163.4525"), 40_863_125, 40_863_125, 40_863_125),
        // 999,999,999,999.99 x 1 = 999,999,999,999.99
        (
            ("USD", MINOR_UNITS_MAX),
            rate("USD", 1, "1"),
            999_999_999_999,
            1_000_000_000_000,
            1_000_000_000_000,
        ),
    ] {
        let money = Money::new(amount.0.parse().unwrap(), amount.1);
        for (yen, expected) in [(Rounding::Down, down), (Rounding::HalfUp, half_up), (Rounding::Up, up)] {
            let rule = ConversionRule { yen, ..DOWN };
            assert_eq!(rate.yen_of(money, rule), Ok(Yen::new(expected)), "{money} {yen:?}");
        }
    }
}

/// By hand: yen to spend, rate, the quotient, and its minor units; and what these cost, which is never more.
#[test]
fn yen_come_to_foreign_amounts_by_hand() {
    for (yen, rate, units, cost) in [
        // 100,000 / 151.23 = 661.2444...; 661.24 x 151.23 = 99,999.3252
        (100_000, rate("USD", 1, "151.23"), 66_124, 99_999),
        // 151,230 / 151.23 = 1,000
        (151_230, rate("USD", 1, "151.23"), 100_000, 151_230),
        // 1,000 x 100 / 11.05 = 9,049.77...; 9,049 x 11.05 / 100 = 999.9145
        (1_000, rate("KRW", 100, "11.05"), 9_049, 999),
        // 1,000 / 492.17 = 2.0318...; 2.031 x 492.17 = 999.59727
        (1_000, rate("KWD", 1, "492.17"), 2_031, 999),
        // 1,000,000 / 163.4525 = 6,117.9853...; 6,117.98 x 163.4525 = 999,999.12595
        (1_000_000, rate("EUR", 1, "163.4525"), 611_798, 999_999),
    ] {
        let amount = rate.foreign_of(Yen::new(yen), DOWN).unwrap();
        assert_eq!(amount, Money::new(rate.currency, units));
        assert_eq!(rate.yen_of(amount, DOWN), Ok(Yen::new(cost)));
    }
}

#[test]
fn what_comes_to_nothing_or_to_too_much_is_told() {
    let dollar = rate("USD", 1, "151.23");
    let cents = |units| Money::new(Currency::USD, units);
    assert_eq!(
        rate("KRW", 100, "0.5").yen_of(Money::new("KRW".parse().unwrap(), 1), DOWN),
        Err(ConversionError::Nothing)
    );
    assert_eq!(dollar.foreign_of(Yen::new(1), DOWN), Err(ConversionError::Nothing));
    assert_eq!(dollar.yen_of(cents(MINOR_UNITS_MAX), DOWN), Err(ConversionError::TooLarge));
    assert_eq!(dollar.yen_of(Money::new(Currency::EUR, 1), DOWN), Err(ConversionError::OtherCurrency));
    let tiny = rate("USD", 1, "0.0000000000000000000000000001");
    assert_eq!(tiny.foreign_of(Yen::new(1), DOWN), Err(ConversionError::TooLarge));
    assert_eq!(rate("USD", 1, "0").foreign_of(Yen::new(1), DOWN), Err(ConversionError::TooLarge));
}

#[test]
fn a_quote_holds_from_its_first_instant_to_before_its_last() {
    let quotes = [
        quote("2026-11-27T10:00:00+09:00", "2026-11-27T15:00:00+09:00"),
        quote("2026-11-27T11:30:00+09:00", "2026-11-27T15:00:00+09:00"),
    ];
    let found = |now: &str| quote_at(&quotes, Currency::USD, at(now)).map(|quote| quote.from);
    assert_eq!(found("2026-11-27T09:59:59+09:00"), Err(QuoteError::NotYet(quotes[0].from)));
    assert_eq!(found("2026-11-27T10:00:00+09:00"), Ok(quotes[0].from));
    assert_eq!(found("2026-11-27T11:30:00+09:00"), Ok(quotes[1].from));
    assert_eq!(found("2026-11-27T14:59:59+09:00"), Ok(quotes[1].from));
    assert_eq!(found("2026-11-27T15:00:00+09:00"), Err(QuoteError::Expired(quotes[0].until)));
    assert_eq!(quote_at(&quotes, Currency::EUR, quotes[0].from).unwrap_err(), QuoteError::NotQuoted);
}

#[test]
fn what_are_no_rates_are_refused() {
    let right = quote("2026-11-27T10:00:00+09:00", "2026-11-27T15:00:00+09:00");
    assert_eq!(right.checked(), Ok(right));
    assert_eq!(right.rate(Side::Sell).yen.to_string(), "151.23");
    assert_eq!(right.rate(Side::Buy).yen.to_string(), "149.23");
    for wrong in [
        Quote { currency: Currency::JPY, ..right },
        Quote { units: 0, ..right },
        Quote { ttb: Decimal::ZERO, ..right },
        Quote { ttb: "151.24".parse().unwrap(), ..right },
    ] {
        assert_eq!(wrong.checked(), Err(QuoteError::NoRates));
    }
    assert_eq!(Quote { until: right.from, ..right }.checked(), Err(QuoteError::NoTime));
}

proptest! {
    /// Nobody pays more than they said, and what is left over buys no further cent.
    #[test]
    fn yen_to_spend_are_never_exceeded(yen in 1_000_i64..10_000_000_000, hundredths in 1_000_i64..100_000) {
        let rate = Rate { currency: Currency::USD, units: 1, yen: Decimal::new(hundredths, 2) };
        let amount = rate.foreign_of(Yen::new(yen), DOWN).unwrap();
        let cost = rate.yen_of(amount, DOWN).unwrap();
        prop_assert!(cost.get() <= yen);
        let more = Money::new(Currency::USD, amount.minor_units + 1);
        prop_assert!(more.decimal() * rate.yen > Decimal::from(yen));
    }
}
