//! The demo's staff at the console. Everybody here is invented.

use console::Console;
use console::staff::{NewStaff, StaffRole};

use super::tokens::Maker;

/// A member of the demo's staff.
pub struct SampleStaff {
    /// 職員番号.
    pub person_number: &'static str,
    /// Types this to sign in.
    pub login_id: &'static str,
    /// Department and name.
    pub name: &'static str,
    /// The role.
    pub role: StaffRole,
    /// The password.
    pub password: &'static str,
    /// The token.
    pub token_serial: &'static str,
}

const PASSWORD: &str = "ginkou-no-ura-guchi";

/// Two who propose and two who approve, in the order of the printed table.
pub const STAFF: [SampleStaff; 4] = [
    member("7710001", "unyo-01", "決済業務課 渡辺直子", StaffRole::Maker, "9100000001"),
    member("7710002", "unyo-02", "決済業務課 小林大輔", StaffRole::Maker, "9100000002"),
    member("7710011", "unyo-11", "決済業務課 課長 山本恵", StaffRole::Checker, "9100000011"),
    member("7710012", "unyo-12", "事務統括部 中村誠", StaffRole::Checker, "9100000012"),
];

const fn member(
    person_number: &'static str,
    login_id: &'static str,
    name: &'static str,
    role: StaffRole,
    token_serial: &'static str,
) -> SampleStaff {
    SampleStaff { person_number, login_id, name, role, password: PASSWORD, token_serial }
}

/// Makes the sample staff where the database has no staff yet.
pub async fn seed(console: &Console, maker: &Maker) -> anyhow::Result<()> {
    if console.staff.any().await? {
        return Ok(());
    }
    // one hash for all: they share their invented password, and hashing is slow on purpose
    let password_hash = console.passwords.hash(PASSWORD).await?;
    for member in &STAFF {
        console.tokens.register(member.token_serial, None, &maker.seed(member.token_serial)).await?;
        let new = NewStaff {
            person_number: member.person_number.to_owned(),
            login_id: member.login_id.to_owned(),
            name: member.name.to_owned(),
            role: member.role,
            token_serial: member.token_serial.to_owned(),
            password_hash: password_hash.clone(),
        };
        console.staff.add(&new).await?;
    }
    Ok(())
}
