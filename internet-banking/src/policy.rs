//! Who may do what. Every operation asks here itself; that a page shows no link is never the protection
//! (SEC-14, SEC-34, SEC-35). Two tables decide: which plans have a business, and who has a duty of administration.

use domain::{AccountId, UserId};

use crate::contracts::{Business, Duty, Plan, Rights, Role, User};
use crate::sign_in::SignedIn;

/// The user may not do this, or not with this account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the user has no right to {0}")]
pub struct Forbidden(pub &'static str);

/// The plans that have each business (R2–R4).
pub const PLANS: &[(Business, &[Plan])] = &[
    (Business::Inquiry, &[Plan::Web, Plan::Type2, Plan::Mini]),
    (Business::Transfer, &[Plan::Web, Plan::Type2, Plan::Mini]),
    (Business::PayEasy, &[Plan::Web, Plan::Type2, Plan::Mini]),
    (Business::BulkTransfer, &[Plan::Web, Plan::Type2]),
    (Business::Salary, &[Plan::Web, Plan::Type2]),
    (Business::LocalTax, &[Plan::Web, Plan::Type2]),
    (Business::DirectDebit, &[Plan::Type2]),
    (Business::ForeignRemittance, &[Plan::Type2]),
    (Business::ImportCredit, &[Plan::Type2]),
    (Business::FileTransfer, &[Plan::Type2]),
];

/// Whether administrators have a duty. The master has every one, general users none, on every plan (R16, R17, C15).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Administrators {
    /// All of them.
    Always,
    /// Those to whom the master gave it.
    WhereGiven,
    /// None.
    Never,
}

/// What administrators have of each duty (C15).
pub const DUTIES: &[(Duty, Administrators)] = &[
    (Duty::Users, Administrators::WhereGiven),
    (Duty::Administrators, Administrators::Never),
    (Duty::Rights, Administrators::WhereGiven),
    (Duty::Passwords, Administrators::Never),
    (Duty::SignInUnlock, Administrators::Never),
    (Duty::Limits, Administrators::WhereGiven),
    (Duty::Certificates, Administrators::Never),
    (Duty::TokenRevoke, Administrators::Always),
    (Duty::TokenUnlock, Administrators::Always),
    (Duty::MailPhrase, Administrators::WhereGiven),
    (Duty::History, Administrators::WhereGiven),
    (Duty::Approvals, Administrators::WhereGiven),
];

/// Lets the user on to a business, or not.
pub fn require(signed_in: &SignedIn, business: Business) -> Result<(), Forbidden> {
    if may(signed_in.contract.plan, &signed_in.user, business) {
        return Ok(());
    }
    tracing::warn!(user = %signed_in.user.id, business = business.code(), "refused: no right");
    Err(Forbidden(business.code()))
}

/// Whether the user may do a business; for pages, which show no more than that.
pub fn may_do(signed_in: &SignedIn, business: Business) -> bool {
    may(signed_in.contract.plan, &signed_in.user, business)
}

/// Lets the user do the business with the account, or not.
pub fn require_account(
    signed_in: &SignedIn,
    business: Business,
    account: AccountId,
) -> Result<(), Forbidden> {
    require(signed_in, business)?;
    if signed_in.user.rights.may_use(business, account) {
        return Ok(());
    }
    let user = signed_in.user.id;
    tracing::warn!(%user, business = business.code(), %account, "refused: not this account");
    Err(Forbidden(business.code()))
}

/// Lets the user do a duty of administration, or not.
pub fn require_duty(signed_in: &SignedIn, duty: Duty) -> Result<(), Forbidden> {
    if has(&signed_in.user, duty) {
        return Ok(());
    }
    tracing::warn!(user = %signed_in.user.id, duty = duty.code(), "refused: not this duty");
    Err(Forbidden(duty.code()))
}

/// Lets the user do a duty that touches another user, or not: nobody acts on the master or on themselves (but the
/// master on the own rights and limit), and on administrators only who may appoint them.
pub fn require_over(signed_in: &SignedIn, duty: Duty, of: &User) -> Result<(), Forbidden> {
    require_duty(signed_in, duty)?;
    if may_act_on(&signed_in.user, duty, of) {
        return Ok(());
    }
    tracing::warn!(user = %signed_in.user.id, of = %of.id, duty = duty.code(), "refused: not this user");
    Err(Forbidden(duty.code()))
}

/// Whether a user has a duty over another one of the contract; for pages, which show no more than that.
pub fn has_over(by: &User, duty: Duty, of: UserId, role: Role) -> bool {
    has(by, duty) && acts_on(by, duty, of, role)
}

/// The duties of a user, in the order of the table.
pub fn duties(user: &User) -> impl Iterator<Item = Duty> + '_ {
    Duty::ALL.iter().copied().filter(|duty| has(user, *duty))
}

/// The duties that the master can give to an administrator.
pub fn grantable() -> impl Iterator<Item = Duty> {
    DUTIES.iter().filter(|(_, who)| *who == Administrators::WhereGiven).map(|(duty, _)| *duty)
}

/// The businesses of a plan that have pages.
pub fn served(plan: Plan) -> impl Iterator<Item = Business> {
    Business::SERVED.iter().copied().filter(move |business| offers(plan, *business))
}

/// The businesses of a plan in which something can be asked for that others approve. What comes by 一般ファイル伝送 is
/// approved in the business that it is of.
pub fn approvable(plan: Plan) -> impl Iterator<Item = Business> {
    served(plan).filter(|business| !matches!(business, Business::Inquiry | Business::FileTransfer))
}

/// The rights that a user can give to others: the master any, an administrator the own ones, so that nobody reaches
/// further through somebody else.
pub fn can_give(by: &User, rights: &Rights) -> bool {
    let has_step = |(business, step)| by.rights.steps(business).contains(&step);
    by.role == Role::Master
        || (rights.iter().all(|(business, account)| by.rights.may_use(business, account))
            && rights.approvals().all(has_step))
}

/// The plan must offer the business and the user must have been given it, whatever the role. Masters give rights to
/// themselves too.
fn may(plan: Plan, user: &User, business: Business) -> bool {
    offers(plan, business) && user.rights.may(business)
}

/// Whether a plan has a business.
pub fn offers(plan: Plan, business: Business) -> bool {
    PLANS.iter().any(|(of, plans)| *of == business && plans.contains(&plan))
}

/// 情報リンク方式: not in ミニ (R105, C12).
pub const fn offers_link(plan: Plan) -> bool {
    match plan {
        Plan::Web | Plan::Type2 => true,
        Plan::Mini => false,
    }
}

/// Whether a user has a duty; for pages, which show no more than that.
pub fn has(user: &User, duty: Duty) -> bool {
    let administrators = DUTIES.iter().find(|(of, _)| *of == duty).map(|(_, who)| *who);
    match (user.role, administrators) {
        (Role::Master, Some(_)) | (Role::Admin, Some(Administrators::Always)) => true,
        (Role::Admin, Some(Administrators::WhereGiven)) => user.duties.contains(&duty),
        (Role::Admin, Some(Administrators::Never)) | (Role::General, Some(_)) | (_, None) => false,
    }
}

fn may_act_on(by: &User, duty: Duty, of: &User) -> bool {
    by.contract == of.contract && acts_on(by, duty, of.id, of.role)
}

fn acts_on(by: &User, duty: Duty, of: UserId, role: Role) -> bool {
    if by.id == of {
        return by.role == Role::Master && matches!(duty, Duty::Rights | Duty::Limits);
    }
    match role {
        Role::Master => false,
        Role::Admin => has(by, Duty::Administrators),
        Role::General => true,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::contracts::Step;
    use domain::ContractId;

    fn user(role: Role, rights: Rights) -> User {
        User {
            id: UserId::generate(),
            contract: ContractId::from_uuid(uuid::Uuid::from_u128(1)),
            login_id: "hanako01".to_owned(),
            name: "佐藤花子".to_owned(),
            role,
            token_serial: None,
            rights,
            duties: BTreeSet::new(),
            must_change: false,
        }
    }

    fn given(role: Role, duties: &[Duty]) -> User {
        User { duties: duties.iter().copied().collect(), ..user(role, Rights::none()) }
    }

    /// Walks the whole matrix, so that a new plan, role or business must be placed in it on purpose.
    /// Proves SEC-35.
    #[test]
    fn only_those_with_the_right_may_whatever_their_role_and_plan() {
        let account = AccountId::new(1);
        for plan in Plan::ALL {
            for role in Role::ALL {
                for asked in Business::ALL {
                    let nobody = user(*role, Rights::none());
                    assert!(!may(*plan, &nobody, *asked), "{plan:?} {role:?} without rights");
                    for given in Business::ALL {
                        let somebody = user(*role, Rights::none().with(*given, &[account]));
                        assert_eq!(
                            may(*plan, &somebody, *asked),
                            asked == given && offers(*plan, *asked),
                            "{plan:?} {role:?} {asked:?}"
                        );
                    }
                }
            }
        }
    }

    /// Proves R2, R3, R4.
    #[test]
    fn web_has_six_businesses_type_two_four_more_and_mini_exactly_three() {
        let of = |plan| Business::ALL.iter().copied().filter(|b| offers(plan, *b)).collect::<Vec<_>>();
        let mini = [Business::Inquiry, Business::Transfer, Business::PayEasy];
        let data = [Business::BulkTransfer, Business::Salary, Business::LocalTax];
        let more = [
            Business::DirectDebit,
            Business::ForeignRemittance,
            Business::ImportCredit,
            Business::FileTransfer,
        ];
        assert_eq!(of(Plan::Mini), mini);
        assert_eq!(of(Plan::Web), [&mini[..], &data].concat());
        assert_eq!(of(Plan::Type2), [&mini[..], &data, &more].concat());
        let placed: Vec<_> = PLANS.iter().map(|(business, _)| *business).collect();
        assert_eq!(placed, Business::ALL, "each has one row");
        let pages = |plan| served(plan).collect::<Vec<_>>();
        assert_eq!(pages(Plan::Mini), mini);
        assert!(Business::SERVED.iter().all(|business| pages(Plan::Type2).contains(business)));
    }

    /// Walks every duty and role.
    /// Proves R18.
    #[test]
    fn the_master_has_every_duty_general_users_none_and_administrators_what_the_table_says() {
        let placed: Vec<_> = DUTIES.iter().map(|(duty, _)| *duty).collect();
        assert_eq!(placed, Duty::ALL, "each has one row");
        for (duty, administrators) in DUTIES {
            assert!(has(&given(Role::Master, &[]), *duty), "{duty:?}");
            // what somebody was given as an administrator is worth nothing in another role
            assert!(!has(&given(Role::General, Duty::ALL), *duty), "{duty:?}");
            let expected = match administrators {
                Administrators::Always => (true, true),
                Administrators::WhereGiven => (false, true),
                Administrators::Never => (false, false),
            };
            let found = (has(&given(Role::Admin, &[]), *duty), has(&given(Role::Admin, &[*duty]), *duty));
            assert_eq!(found, expected, "{duty:?}");
        }
        let by_default: Vec<_> = duties(&given(Role::Admin, &[])).collect();
        assert_eq!(by_default, [Duty::TokenRevoke, Duty::TokenUnlock]);
    }

    #[test]
    fn nobody_acts_on_the_master_or_on_themselves_and_administrators_not_on_each_other() {
        let master = given(Role::Master, &[]);
        let admin = given(Role::Admin, Duty::ALL);
        let (other, general) = (given(Role::Admin, Duty::ALL), given(Role::General, &[]));
        for duty in Duty::ALL {
            assert!(!may_act_on(&admin, *duty, &master), "{duty:?}");
            assert!(!may_act_on(&admin, *duty, &admin), "{duty:?}");
            assert!(!may_act_on(&admin, *duty, &other), "{duty:?}");
            assert!(may_act_on(&admin, *duty, &general), "{duty:?}");
            assert!(may_act_on(&master, *duty, &admin), "{duty:?}");
            let own = matches!(duty, Duty::Rights | Duty::Limits);
            assert_eq!(may_act_on(&master, *duty, &master), own, "{duty:?}");
            let stranger = User { contract: ContractId::generate(), ..general.clone() };
            assert!(!may_act_on(&master, *duty, &stranger), "{duty:?}");
        }
    }

    #[test]
    fn an_administrator_gives_no_right_that_is_not_the_own() {
        let (a, b) = (AccountId::new(1), AccountId::new(2));
        let own = Rights::none().with(Business::Inquiry, &[a]);
        let admin = user(Role::Admin, own.clone());
        assert!(can_give(&admin, &own) && can_give(&admin, &Rights::none()));
        assert!(!can_give(&admin, &Rights::none().with(Business::Inquiry, &[a, b])));
        assert!(!can_give(&admin, &Rights::none().with(Business::PayEasy, &[a])));
        assert!(can_give(&user(Role::Master, Rights::none()), &Rights::all(&[a, b])));
        let approves = |step| Rights::none().approving(Business::PayEasy, step);
        let approver = user(Role::Admin, approves(Step::First));
        assert!(can_give(&approver, &approves(Step::First)) && !can_give(&approver, &approves(Step::Final)));
    }
}
