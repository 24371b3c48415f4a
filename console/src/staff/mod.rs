//! The bank's staff as the console knows them, and 職員: who is recorded by two people, and who leaves.

pub(super) mod pages;
pub(super) mod proposal;
mod store;

use axum::Router;
use axum::routing::{get, post};
use domain::StaffId;
use gateway::Operator;
use internet_banking::contracts::code;

use super::Console;
use super::links::{ConsoleLink, SuspendStaffLink};

use super::help::ConsoleCode;
use super::problem::Problem;

pub(crate) use store::first_password;
pub use store::{Member, NewStaff, Store, StoreError};

/// The pages of this folder.
pub fn routes() -> Router<Console> {
    Router::new()
        .route(ConsoleLink::Staff.path(), get(pages::show).post(pages::propose))
        .route(SuspendStaffLink::ROUTE, post(pages::suspend))
}

code! {
    /// What a member of staff does where four eyes are asked for. Nobody is both.
    StaffRole {
        /// 起票者: proposes.
        Maker = "maker", "起票者";
        /// 承認者: approves or sends back.
        Checker = "checker", "承認者";
    }

    /// How staff sign in; there is one way.
    StaffMethod {
        /// Password and one-time password.
        PasswordAndToken = "password_and_token", "パスワードとワンタイムパスワード";
    }
}

/// A member of staff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Staff {
    /// The person.
    pub id: StaffId,
    /// What the person types to sign in.
    pub login_id: String,
    /// Department and name.
    pub name: String,
    /// The person's role.
    pub role: StaffRole,
}

impl Staff {
    /// The person in the audit log.
    pub fn actor(&self) -> String {
        actor(self.id)
    }
}

/// Whether a member of staff may do what a role does: asked in the operation itself.
pub(super) fn require(by: &Staff, role: StaffRole) -> Result<(), Problem> {
    if by.role == role {
        return Ok(());
    }
    tracing::warn!(staff = %by.id, role = role.code(), "refused: another role");
    Err(ConsoleCode::NotPermitted.into())
}

/// A member of staff as the hub knows who acts.
pub fn operator(staff: &Staff) -> Operator {
    Operator::staff(staff.id)
}

/// A member of staff in the audit log: `staff:0190…`.
pub fn actor(id: StaffId) -> String {
    format!("staff:{id}")
}
