//! Who may do what. Every operation asks here itself; that a page shows no link is never the protection
//! (SEC-14, SEC-34, SEC-35).

use domain::AccountId;

use crate::contracts::{Business, Plan, User};
use crate::sign_in::SignedIn;

/// The user may not do this, or not with this account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the user has no right to {}", .0.code())]
pub struct Forbidden(pub Business);

/// Lets the user on to a business, or not.
pub fn require(signed_in: &SignedIn, business: Business) -> Result<(), Forbidden> {
    if may(signed_in.contract.plan, &signed_in.user, business) {
        return Ok(());
    }
    tracing::warn!(user = %signed_in.user.id, business = business.code(), "refused: no right");
    Err(Forbidden(business))
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
    Err(Forbidden(business))
}

/// The table: the plan must offer the business and the user must have been given it, whatever the role.
/// Masters give rights to themselves too.
fn may(plan: Plan, user: &User, business: Business) -> bool {
    offers(plan, business) && user.rights.may(business)
}

/// Every plan has inquiries and Pay-easy by typed numbers (C12).
const fn offers(plan: Plan, business: Business) -> bool {
    match (plan, business) {
        (Plan::Web | Plan::Type2 | Plan::Mini, Business::Inquiry | Business::PayEasy) => true,
    }
}

/// 情報リンク方式: not in ミニ (R105, C12).
pub const fn offers_link(plan: Plan) -> bool {
    match plan {
        Plan::Web | Plan::Type2 => true,
        Plan::Mini => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contracts::{Rights, Role};
    use domain::{ContractId, UserId};

    fn user(role: Role, rights: Rights) -> User {
        User {
            id: UserId::generate(),
            contract: ContractId::generate(),
            login_id: "hanako01".to_owned(),
            name: "佐藤花子".to_owned(),
            role,
            token_serial: None,
            rights,
        }
    }

    /// Walks the whole matrix, so that a new plan, role or business must be placed in it on purpose.
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
                            asked == given,
                            "{plan:?} {role:?} {asked:?}"
                        );
                    }
                }
            }
        }
    }
}
