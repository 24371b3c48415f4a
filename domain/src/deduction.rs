//! 先方負担: the fee of a transfer taken from what is owed to its payee (R122), by the bank's table or one of the
//! company's own (R123).
//!
//! The fee that the bank charges is that of the amount sent, which is smaller than the amount owed. Around the
//! boundary of the table the two can lie on different sides of it; the three methods differ in who bears the
//! difference.

use crate::money::Yen;

/// Fees of one relation between payer and payee, by the amount: tax is in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeeBands {
    /// The least amount of the upper band (支払金額範囲): 30,000 yen at most banks.
    pub boundary: Yen,
    /// The fee below it.
    pub below: Yen,
    /// The fee from it on.
    pub from: Yen,
}

impl FeeBands {
    /// The fee of an amount.
    pub fn of(&self, amount: Yen) -> Yen {
        if amount < self.boundary { self.below } else { self.from }
    }
}

/// 手数料計算方法: which band a payment is in whose fee is deducted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// 据置型: the amount owed decides.
    Plain,
    /// 未満手数料加算型: the upper band begins at the boundary and its lower fee.
    LowerFeeAdded,
    /// 以上手数料加算型: the upper band begins at the boundary and its upper fee.
    UpperFeeAdded,
}

impl Method {
    /// Every method.
    pub const ALL: &[Self] = &[Self::Plain, Self::LowerFeeAdded, Self::UpperFeeAdded];

    /// The word on a page.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Plain => "据置型",
            Self::LowerFeeAdded => "未満手数料加算型",
            Self::UpperFeeAdded => "以上手数料加算型",
        }
    }

    /// Added to the boundary.
    const fn added(self, bands: &FeeBands) -> Yen {
        match self {
            Self::Plain => Yen::ZERO,
            Self::LowerFeeAdded => bands.below,
            Self::UpperFeeAdded => bands.from,
        }
    }
}

/// What a company has set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// 手数料計算方法.
    pub method: Method,
    /// 適用最低支払金額: from which nothing less has anything deducted. Zero where all has.
    pub minimum: Yen,
    /// The company's own amounts in place of the bank's (基準手数料を使用しない).
    pub own: Option<FeeBands>,
}

/// A payment whose payee bears the fee. A page shows all four numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deducted {
    /// 支払金額: what is owed.
    pub owed: Yen,
    /// 先方負担手数料: what the payee bears.
    pub deducted: Yen,
    /// 振込金額: what is sent.
    pub sent: Yen,
    /// 振込手数料: what the bank charges for that.
    pub fee: Yen,
}

impl Deducted {
    /// What the payer bears beside the amount owed: the fee less what was deducted, negative where the payer gains.
    /// A row of which this is not zero is marked.
    pub fn difference(&self) -> Yen {
        Yen::new(self.fee.get() - self.deducted.get())
    }

    /// What leaves the payer's account, the fee with it.
    pub fn total(&self) -> Yen {
        Yen::new(self.sent.get() + self.fee.get())
    }
}

/// Why nothing can be deducted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeductionError {
    /// Nothing would be left to send.
    #[error("{owed} yen do not leave anything when {deducted} yen are deducted")]
    NothingLeft {
        /// What is owed.
        owed: Yen,
        /// What would be deducted.
        deducted: Yen,
    },
    /// A fee, a boundary or an amount is negative or too large to be one.
    #[error("an amount is negative or too large")]
    Amount,
}

/// A payment with the fee deducted. `bank` is the bank's table for the payee's bank and branch, which also tells
/// the fee that is charged.
pub fn deduct(owed: Yen, terms: &Terms, bank: &FeeBands) -> Result<Deducted, DeductionError> {
    let bands = terms.own.as_ref().unwrap_or(bank);
    let amounts =
        [owed, terms.minimum, bank.boundary, bank.below, bank.from, bands.boundary, bands.below, bands.from];
    if amounts.iter().any(|amount| *amount < Yen::ZERO || *amount > crate::money::AMOUNT_MAX) {
        return Err(DeductionError::Amount);
    }
    let upper_from = Yen::new(bands.boundary.get() + terms.method.added(bands).get());
    let deducted = match owed {
        owed if owed < terms.minimum => Yen::ZERO,
        owed if owed < upper_from => bands.below,
        _ => bands.from,
    };
    let sent = Yen::new(owed.get() - deducted.get());
    if sent <= Yen::ZERO {
        return Err(DeductionError::NothingLeft { owed, deducted });
    }
    Ok(Deducted { owed, deducted, sent, fee: bank.of(sent) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    use Method::{LowerFeeAdded, Plain, UpperFeeAdded};

    const fn bands(below: i64, from: i64) -> FeeBands {
        FeeBands { boundary: Yen::new(30_000), below: Yen::new(below), from: Yen::new(from) }
    }

    const fn terms(method: Method) -> Terms {
        Terms { method, minimum: Yen::ZERO, own: None }
    }

    /// Worked examples of banks: owed, method, deducted, sent, charged, in all.
    ///
    /// Proves R122.
    #[test]
    fn the_worked_examples_of_banks() {
        for (fees, owed, method, deducted, sent, fee, total) in [
            (bands(110, 330), 30_329, Plain, 330, 29_999, 110, 30_109),
            (bands(110, 330), 30_329, LowerFeeAdded, 330, 29_999, 110, 30_109),
            (bands(110, 330), 30_329, UpperFeeAdded, 110, 30_219, 330, 30_549),
            (bands(385, 550), 30_000, Plain, 550, 29_450, 385, 29_835),
            (bands(385, 550), 30_550, Plain, 550, 30_000, 550, 30_550),
            (bands(330, 550), 30_000, Plain, 550, 29_450, 330, 29_780),
            (bands(110, 330), 30_000, LowerFeeAdded, 110, 29_890, 110, 30_000),
            (bands(110, 330), 30_109, LowerFeeAdded, 110, 29_999, 110, 30_109),
            (bands(110, 330), 30_110, LowerFeeAdded, 330, 29_780, 110, 29_890),
            (bands(110, 330), 30_330, UpperFeeAdded, 330, 30_000, 330, 30_330),
        ] {
            let found = deduct(Yen::new(owed), &terms(method), &fees).unwrap();
            let numbers = [found.deducted, found.sent, found.fee, found.total()].map(Yen::get);
            assert_eq!(numbers, [deducted, sent, fee, total], "{owed} {method:?}");
        }
    }

    /// Where somebody gains or loses, to the yen: from 440 and 550 yen, 据置型 between 30,000 and 30,549.
    ///
    /// Proves R122.
    #[test]
    fn the_difference_begins_and_ends_where_the_method_says() {
        let fees = bands(440, 550);
        let difference =
            |owed: i64, method| deduct(Yen::new(owed), &terms(method), &fees).unwrap().difference().get();
        for (method, begin, end, gain) in [
            (Plain, 30_000, 30_550, -110),
            (LowerFeeAdded, 30_440, 30_550, -110),
            (UpperFeeAdded, 30_440, 30_550, 110),
        ] {
            for (owed, expected) in [(begin - 1, 0), (begin, gain), (end - 1, gain), (end, 0)] {
                assert_eq!(difference(owed, method), expected, "{owed} {method:?}");
            }
        }
    }

    /// The company's own amounts are deducted, and the bank's are charged.
    ///
    /// Proves R123.
    #[test]
    fn an_amount_of_ones_own_is_deducted_in_place_of_the_banks() {
        let own = FeeBands { boundary: Yen::new(10_000), below: Yen::new(200), from: Yen::new(400) };
        let terms = Terms { own: Some(own), ..terms(Plain) };
        for (owed, deducted, fee) in [(9_999, 200, 110), (10_000, 400, 110), (30_400, 400, 330)] {
            let found = deduct(Yen::new(owed), &terms, &bands(110, 330)).unwrap();
            assert_eq!((found.deducted.get(), found.fee.get()), (deducted, fee), "{owed}");
        }
        let none = Terms { own: None, ..terms };
        assert_eq!(deduct(Yen::new(9_999), &none, &bands(110, 330)).unwrap().deducted.get(), 110);
    }

    /// 適用最低支払金額.
    ///
    /// Proves R122.
    #[test]
    fn below_the_minimum_nothing_is_deducted() {
        let terms = Terms { minimum: Yen::new(1_000), ..terms(Plain) };
        let found = |owed| deduct(Yen::new(owed), &terms, &bands(110, 330)).unwrap();
        assert_eq!((found(999).deducted.get(), found(999).fee.get()), (0, 110));
        assert_eq!((found(1_000).deducted.get(), found(1_000).sent.get()), (110, 890));
    }

    #[test]
    fn what_leaves_nothing_to_send_is_refused() {
        let found = |owed| deduct(Yen::new(owed), &terms(Plain), &bands(110, 330));
        let nothing = DeductionError::NothingLeft { owed: Yen::new(110), deducted: Yen::new(110) };
        assert_eq!(found(110), Err(nothing));
        assert_eq!(found(111).unwrap().sent, Yen::new(1));
        assert_eq!(found(-1), Err(DeductionError::Amount));
        assert_eq!(found(i64::MAX), Err(DeductionError::Amount));
    }

    proptest! {
        #[test]
        fn nothing_gets_lost_and_far_from_the_boundary_nobody_gains(
            owed in 2_000_i64..100_000, below in 0_i64..1_000, more in 0_i64..1_000,
        ) {
            let fees = bands(below, below + more);
            for method in Method::ALL {
                let found = deduct(Yen::new(owed), &terms(*method), &fees).unwrap();
                prop_assert_eq!(found.sent.get() + found.deducted.get(), owed);
                prop_assert_eq!(found.total().get(), owed + found.difference().get());
                if !(30_000..30_000 + below + more).contains(&owed) {
                    prop_assert_eq!(found.difference(), Yen::ZERO);
                }
            }
        }
    }
}
