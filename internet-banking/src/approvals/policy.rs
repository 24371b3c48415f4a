//! Who must approve what (C19, SEC-20): a contract's policy, and what one more approval comes to. Pure.

use std::collections::{BTreeMap, BTreeSet};

use domain::{Date, UserId, Yen};
use serde::{Deserialize, Serialize};

use super::ties::Ties;
use crate::contracts::{Business, Step};

/// Amounts that a business can be told apart by.
pub const BANDS_MAX: usize = 3;
/// Approvals that can be demanded.
pub const APPROVALS_MAX: u8 = 5;

/// How a business is approved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Flow {
    /// 承認なし.
    None,
    /// シングル承認.
    Single,
    /// ダブル承認.
    Double {
        /// 一次承認 first, then 最終承認.
        ordered: bool,
    },
    /// So many approvals from an amount on; the first band begins at nothing.
    Bands {
        /// By amount, from the smallest on.
        bands: Vec<Band>,
    },
}

/// How many approve from an amount on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Band {
    /// The smallest amount.
    pub from: Yen,
    /// How many approve.
    pub approvals: u8,
}

/// A contract's policy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// By business; one without a line is as [`standard`] says.
    #[serde(default)]
    pub flows: BTreeMap<Business, Flow>,
    /// What one administrator changes a second one confirms (SEC-21).
    #[serde(default)]
    pub second_administrator: bool,
    /// Nobody approves by a token by which the request was made or approved, and nobody without one (C19).
    #[serde(default)]
    pub distinct_tokens: bool,
    /// The last day on which one administrator changes things alone, whatever else the policy says: the bank has
    /// permitted it on paper. It ends before that where the policy is set anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub single_administrator_until: Option<Date>,
}

/// What a request needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Need {
    /// So many approvals, each by somebody else.
    pub approvals: u8,
    /// 一次承認 first, then 最終承認.
    pub ordered: bool,
}

/// What is wrong with a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The business is one that is always approved.
    MustBeApproved(Business),
    /// Amounts that do not rise from nothing, or too many of them.
    Bands(Business),
    /// More approvals than can be demanded.
    TooMany(Business),
}

/// Why somebody cannot approve a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The person approves nothing of the business.
    NotApprover,
    /// It is the person's own request.
    Own,
    /// The person has approved it already.
    Already,
    /// Made or approved by the same token.
    SameToken,
    /// Made or approved by somebody who has just given the person access, or has had it from the person.
    Tied,
    /// One token serves one person of a request, and somebody has none in use.
    NoToken,
    /// The other step's turn.
    OtherStep,
}

/// Somebody who is to do with a request, by which token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hand {
    /// The person.
    pub user: UserId,
    /// Serial of the person's token, where there is one.
    pub serial: Option<String>,
}

/// A request as the decision sees it.
#[derive(Clone, Copy, Debug)]
pub struct Standing<'a> {
    /// What it needs.
    pub need: Need,
    /// Who made it.
    pub author: &'a Hand,
    /// Who has approved it, in order.
    pub approvals: &'a [Hand],
    /// Whether one token serves one person of a request.
    pub distinct_tokens: bool,
    /// Who counts as one person.
    pub ties: &'a Ties,
}

/// What one more approval comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Approved {
    /// It is the last one.
    Enough,
    /// Others are needed.
    More,
}

/// Whether a business may be left without approval: transfers one at a time and Pay-easy, and no other.
pub const fn may_have_none(business: Business) -> bool {
    matches!(business, Business::Transfer | Business::PayEasy)
}

/// How a business is approved that the policy says nothing of.
pub const fn standard(business: Business) -> Flow {
    if may_have_none(business) { Flow::None } else { Flow::Single }
}

impl Need {
    /// Nobody.
    pub const NONE: Self = Self { approvals: 0, ordered: false };
    /// One other person.
    pub const ONE: Self = Self { approvals: 1, ordered: false };

    /// Whether nobody need approve.
    pub const fn is_none(self) -> bool {
        self.approvals == 0
    }

    /// Both: what was asked under one policy is never approved under less, nor under less than holds now.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let approvals = self.approvals.max(other.approvals);
        Self { approvals, ordered: approvals == 2 && (self.ordered || other.ordered) }
    }
}

impl Flow {
    /// What a request over an amount needs.
    pub fn need(&self, amount: Yen) -> Need {
        match self {
            Self::None => Need::NONE,
            Self::Single => Need::ONE,
            Self::Double { ordered } => Need { approvals: 2, ordered: *ordered },
            Self::Bands { bands } => {
                let band = bands.iter().rev().find(|band| amount >= band.from);
                Need { approvals: band.map_or(0, |band| band.approvals), ordered: false }
            }
        }
    }

    /// The most that any amount needs.
    pub fn most(&self) -> Need {
        match self {
            Self::Bands { bands } => Need {
                approvals: bands.iter().map(|b| b.approvals).max().unwrap_or_default(),
                ordered: false,
            },
            _ => self.need(Yen::ZERO),
        }
    }

    fn check(&self, business: Business) -> Result<(), Fault> {
        if let Self::Bands { bands } = self {
            let rises = bands.windows(2).all(|pair| pair.iter().map(|b| b.from).is_sorted_by(|a, b| a < b));
            let begins = bands.first().is_some_and(|band| band.from == Yen::ZERO);
            if !begins || !rises || bands.len() > BANDS_MAX {
                return Err(Fault::Bands(business));
            }
            if bands.iter().any(|band| band.approvals > APPROVALS_MAX) {
                return Err(Fault::TooMany(business));
            }
        }
        let has_gap = match self {
            Self::Bands { bands } => bands.iter().any(|band| band.approvals == 0),
            _ => self.most().is_none(),
        };
        if has_gap && !may_have_none(business) { Err(Fault::MustBeApproved(business)) } else { Ok(()) }
    }
}

impl Policy {
    /// How a business is approved.
    pub fn flow(&self, business: Business) -> Flow {
        self.flows.get(&business).cloned().unwrap_or_else(|| standard(business))
    }

    /// What a request over an amount needs.
    pub fn need(&self, business: Business, amount: Yen) -> Need {
        self.flow(business).need(amount)
    }

    /// Whether a second administrator confirms what one changes, in a contract that has so many of them registered,
    /// suspended ones among them: where the policy says so, and where it gives anything to approvers and there is
    /// another administrator. Nobody makes approvers alone whom nobody else has looked at (SEC-20, SEC-21).
    pub fn confirms(&self, registered: usize, today: Date) -> bool {
        let approved = self.flows.values().any(|flow| !flow.most().is_none());
        !self.permits_one(today) && (self.second_administrator || (approved && registered >= 2))
    }

    /// Whether what the bank has permitted on paper still holds.
    pub fn permits_one(&self, today: Date) -> bool {
        self.single_administrator_until.is_some_and(|last| today <= last)
    }

    /// Whether the policy can be one.
    pub fn check(&self) -> Result<(), Fault> {
        self.flows.iter().try_for_each(|(business, flow)| flow.check(*business))
    }
}

/// The approvals that count now: of people who can still approve it at the step at which they did, each another one
/// and none its author; and, where one token serves one person of a request, each by another one.
pub fn counted(
    need: Need,
    author: &Hand,
    given: &[Hand],
    distinct_tokens: bool,
    (able, ties): (&BTreeMap<UserId, BTreeSet<Step>>, &Ties),
) -> Vec<Hand> {
    let mut counted: Vec<Hand> = Vec::with_capacity(given.len());
    for hand in given {
        let standing = Standing { need, author, approvals: &counted, distinct_tokens, ties };
        let steps = able.get(&hand.user).cloned().unwrap_or_default();
        if standing.approve(hand, &steps).is_ok() {
            counted.push(hand.clone());
        }
    }
    counted
}

impl Standing<'_> {
    /// What an approval by this person comes to, who approves the business at these steps.
    pub fn approve(&self, by: &Hand, steps: &BTreeSet<Step>) -> Result<Approved, Refusal> {
        if steps.is_empty() {
            return Err(Refusal::NotApprover);
        }
        if by.user == self.author.user {
            return Err(Refusal::Own);
        }
        if self.approvals.iter().any(|one| one.user == by.user) {
            return Err(Refusal::Already);
        }
        let mut others = std::iter::once(self.author).chain(self.approvals);
        if others.any(|one| !self.ties.are_two(one.user, by.user)) {
            return Err(Refusal::Tied);
        }
        if self.distinct_tokens {
            if by.serial.is_none() || self.author.serial.is_none() {
                return Err(Refusal::NoToken);
            }
            if std::iter::once(self.author).chain(self.approvals).any(|one| one.serial == by.serial) {
                return Err(Refusal::SameToken);
            }
        }
        let given = self.approvals.len();
        let is_last = given.saturating_add(1) >= usize::from(self.need.approvals);
        let step = if is_last { Step::Final } else { Step::First };
        if self.need.ordered && !steps.contains(&step) {
            return Err(Refusal::OtherStep);
        }
        Ok(if is_last { Approved::Enough } else { Approved::More })
    }
}

/// Whether these people, each with the own steps and the maker of the request not among them, can bring it to its end.
pub fn can_be_met(need: Need, approvers: &[BTreeSet<Step>]) -> bool {
    let able = approvers.iter().filter(|steps| !steps.is_empty()).count();
    let of = |step| approvers.iter().any(|steps| steps.contains(&step));
    able >= usize::from(need.approvals) && (!need.ordered || (of(Step::First) && of(Step::Final)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hand(number: u128, serial: &str) -> Hand {
        let serial = Some(serial.to_owned()).filter(|serial| !serial.is_empty());
        Hand { user: UserId::from_uuid(uuid::Uuid::from_u128(number)), serial }
    }

    fn steps(text: &str) -> BTreeSet<Step> {
        text.split_whitespace().map(|step| Step::from_code(step).unwrap()).collect()
    }

    fn bands(of: &[(i64, u8)]) -> Flow {
        let band = |(from, approvals): &(i64, u8)| Band { from: Yen::new(*from), approvals: *approvals };
        Flow::Bands { bands: of.iter().map(band).collect() }
    }

    /// Proves SEC-20.
    #[test]
    fn who_may_approve_and_whether_it_is_enough() {
        use Approved::{Enough, More};
        use Refusal::{Already, NotApprover, OtherStep, Own, SameToken};
        let (author, a, b) = (hand(1, "t1"), hand(2, "t2"), hand(3, "t3"));
        let sharer = hand(4, "t1");
        let single = Need::ONE;
        let double = Need { approvals: 2, ordered: false };
        let ordered = Need { approvals: 2, ordered: true };
        let three = Need { approvals: 3, ordered: false };
        let none: &[Hand] = &[];
        let ties = Ties::default();
        let first = std::slice::from_ref(&a);
        let two = [a.clone(), b.clone()];
        // the need, who has approved, whether tokens must differ, who would now, with which rights, and the answer
        type Case<'a> = (Need, &'a [Hand], bool, &'a Hand, &'a str, Result<Approved, Refusal>);
        let rows: &[Case<'_>] = &[
            (single, none, false, &a, "final", Ok(Enough)),
            (single, none, false, &a, "first", Ok(Enough)),
            (single, none, false, &a, "", Err(NotApprover)),
            (single, none, false, &author, "first final", Err(Own)),
            (single, none, false, &sharer, "final", Ok(Enough)),
            (single, none, true, &sharer, "final", Err(SameToken)),
            (single, none, true, &a, "final", Ok(Enough)),
            (double, none, false, &a, "final", Ok(More)),
            (double, none, false, &author, "final", Err(Own)),
            (double, first, false, &a, "first final", Err(Already)),
            (double, first, false, &b, "first", Ok(Enough)),
            (double, first, false, &author, "first final", Err(Own)),
            (ordered, none, false, &a, "first", Ok(More)),
            (ordered, none, false, &a, "final", Err(OtherStep)),
            (ordered, first, false, &b, "first", Err(OtherStep)),
            (ordered, first, false, &b, "final", Ok(Enough)),
            (ordered, first, false, &a, "first final", Err(Already)),
            (three, first, false, &b, "final", Ok(More)),
            (three, &two, false, &sharer, "final", Ok(Enough)),
            (three, &two, true, &sharer, "final", Err(SameToken)),
        ];
        for (index, (need, approvals, distinct_tokens, by, of, expected)) in rows.iter().enumerate() {
            let distinct_tokens = *distinct_tokens;
            let standing = Standing { need: *need, author: &author, approvals, distinct_tokens, ties: &ties };
            assert_eq!(standing.approve(by, &steps(of)), *expected, "row {index}");
        }
        // whoever has no token at all cannot be told from who shares one
        for (one, other) in [("", ""), ("t1", ""), ("", "t2")] {
            let (author, by) = (hand(1, one), hand(2, other));
            let (author, approvals) = (&author, none);
            let standing = Standing { need: single, author, approvals, distinct_tokens: true, ties: &ties };
            assert_eq!(standing.approve(&by, &steps("final")), Err(Refusal::NoToken), "{one} {other}");
            let standing = Standing { distinct_tokens: false, ..standing };
            assert_eq!(standing.approve(&by, &steps("final")), Ok(Enough));
        }
    }

    /// Proves SEC-20.
    #[test]
    fn an_approval_counts_while_its_approver_could_give_it() {
        let (author, a, b) = (hand(1, "t1"), hand(2, "t2"), hand(3, "t3"));
        let able = |rights: &[(&Hand, &str)]| -> BTreeMap<UserId, BTreeSet<Step>> {
            rights.iter().map(|(hand, of)| (hand.user, steps(of))).collect()
        };
        let double = Need { approvals: 2, ordered: false };
        let ordered = Need { approvals: 2, ordered: true };
        let both = [a.clone(), b.clone()];
        let of = |need, given: &[Hand], rights: &[(&Hand, &str)]| {
            counted(need, &author, given, false, (&able(rights), &Ties::default())).len()
        };
        assert_eq!(of(double, &both, &[(&a, "final"), (&b, "final")]), 2);
        assert_eq!(of(double, &both, &[(&b, "final")]), 1, "one is gone");
        assert_eq!(of(ordered, &both, &[(&a, "first"), (&b, "final")]), 2);
        assert_eq!(
            of(ordered, &both, &[(&a, "final"), (&b, "final")]),
            0,
            "nobody has given the first any more"
        );
        assert_eq!(of(double, &[author.clone(), a.clone()], &[(&author, "final"), (&a, "final")]), 1);
        assert_eq!(of(double, &[a.clone(), a.clone()], &[(&a, "final")]), 1);
        let shared = [a.clone(), hand(3, "t2")];
        let rights = able(&[(&a, "final"), (&b, "final")]);
        let of = |distinct, ties: &Ties| counted(double, &author, &shared, distinct, (&rights, ties)).len();
        assert_eq!(of(true, &Ties::default()), 1);
        assert_eq!(of(false, &Ties::default()), 2);
        assert_eq!(of(false, &[(b.user, a.user)].into_iter().collect()), 1, "the one could be the other");
        assert_eq!(of(false, &[(author.user, a.user)].into_iter().collect()), 1, "the author could be one");
    }

    /// Nobody brings a request to its end alone that needs two, whatever the person may do and how often.
    ///
    /// Proves SEC-20.
    #[test]
    fn nobody_approves_alone_what_the_policy_gives_to_two() {
        let author = hand(1, "");
        for ordered in [false, true] {
            for who in [&author, &hand(2, "")] {
                let mut approvals = Vec::new();
                for _ in 0..3 {
                    let need = Need { approvals: 2, ordered };
                    let (author, approvals_now, ties) = (&author, &approvals[..], &Ties::default());
                    let standing =
                        Standing { need, author, approvals: approvals_now, distinct_tokens: false, ties };
                    match standing.approve(who, &steps("first final")) {
                        Ok(approved) => {
                            assert_eq!(approved, Approved::More);
                            approvals.push(who.clone());
                        }
                        Err(refusal) => assert!(matches!(refusal, Refusal::Own | Refusal::Already)),
                    }
                }
                assert!(approvals.len() <= 1);
            }
        }
    }

    #[test]
    fn amounts_decide_how_many_approve_at_both_sides_of_each_bound() {
        let flow = bands(&[(0, 0), (100_000, 1), (1_000_000, 3)]);
        for (amount, approvals) in [(0, 0), (99_999, 0), (100_000, 1), (999_999, 1), (1_000_000, 3)] {
            assert_eq!(flow.need(Yen::new(amount)).approvals, approvals, "{amount}");
        }
        assert_eq!(flow.most().approvals, 3);
        assert_eq!(Flow::Double { ordered: true }.need(Yen::ZERO), Need { approvals: 2, ordered: true });
    }

    /// Transfers one at a time and Pay-easy may go without approval, and nothing else.
    #[test]
    fn only_single_transfers_and_payeasy_may_have_no_approval() {
        for business in Business::ALL {
            let may = matches!(business, Business::Transfer | Business::PayEasy);
            let check =
                |flow: Flow| Policy { flows: [(*business, flow)].into(), ..Policy::default() }.check();
            for flow in [Flow::None, bands(&[(0, 0), (1_000, 1)])] {
                assert_eq!(check(flow).is_ok(), may, "{business:?}");
            }
            for flow in [Flow::Single, Flow::Double { ordered: true }, bands(&[(0, 1), (1_000, 2)])] {
                assert_eq!(check(flow), Ok(()), "{business:?}");
            }
            assert_eq!(Policy::default().need(*business, Yen::new(1)).is_none(), may, "{business:?}");
            for wrong in [bands(&[]), bands(&[(1, 1)]), bands(&[(0, 1), (5, 2), (5, 3)]), bands(&[(0, 6)])] {
                assert!(check(wrong).is_err(), "{business:?}");
            }
        }
    }

    #[test]
    fn what_was_asked_under_one_policy_needs_both_where_another_holds_now() {
        let (one, two) = (Need::ONE, Need { approvals: 2, ordered: true });
        assert_eq!((one.and(two), two.and(one), one.and(Need::NONE)), (two, two, one));
        let three = Need { approvals: 3, ordered: false };
        assert_eq!(two.and(three), three, "an order is one of two");
    }

    #[test]
    fn a_policy_needs_enough_approvers() {
        let two = Need { approvals: 2, ordered: true };
        assert!(can_be_met(two, &[steps("first"), steps("final")]));
        assert!(!can_be_met(two, &[steps("first"), steps("first")]));
        assert!(!can_be_met(two, &[steps("first final"), steps("")]));
        assert!(can_be_met(Need::NONE, &[]));
    }

    /// Proves SEC-20, SEC-21.
    #[test]
    fn whoever_gives_things_to_approvers_changes_nothing_alone_where_there_is_another_administrator() {
        let day = |day| Date::from_ymd_opt(2026, 11, day);
        let of = |flow: Option<Flow>, second, single: Option<Date>, registered| {
            let flows = flow.into_iter().map(|flow| (Business::PayEasy, flow)).collect();
            let policy = Policy {
                flows,
                second_administrator: second,
                single_administrator_until: single,
                ..Policy::default()
            };
            policy.confirms(registered, day(24).unwrap())
        };
        assert!(!of(None, false, None, 2) && !of(Some(Flow::None), false, None, 2), "nothing is approved");
        assert!(!of(Some(Flow::Single), false, None, 1), "there is nobody else");
        assert!(of(Some(Flow::Single), false, None, 2));
        assert!(of(Some(bands(&[(0, 0), (100, 1)])), false, None, 2), "from an amount on");
        assert!(of(None, true, None, 1), "it says so, and waits for a paper where there is nobody else");
        assert!(!of(Some(Flow::Single), true, day(24), 2), "the bank has permitted it on paper for today");
        assert!(of(Some(Flow::Single), true, day(23), 2), "and that ends by itself");
    }

    #[test]
    fn a_policy_reads_back_from_its_row() {
        let policy = Policy {
            flows: [
                (Business::PayEasy, bands(&[(0, 1), (1_000_000, 2)])),
                (Business::Transfer, Flow::Double { ordered: true }),
            ]
            .into(),
            second_administrator: true,
            distinct_tokens: true,
            single_administrator_until: Date::from_ymd_opt(2026, 12, 24),
        };
        let json = serde_json::to_string(&policy).unwrap();
        assert_eq!(serde_json::from_str::<Policy>(&json).unwrap(), policy);
        assert_eq!(serde_json::from_str::<Policy>("{}").unwrap(), Policy::default());
    }
}
