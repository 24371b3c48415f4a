//! What recording a person, or letting one in no more, asks of two others.

use domain::StaffId;
use domain::StaffRequestId;
use gateway::{Gateway, Operator};
use ledger::{AuditRecord, Commit, Refused};
use serde::{Deserialize, Serialize};

use super::store::{self, Member, NewStaff, Store};
use super::{StaffRole, actor};
use crate::help::ConsoleCode;
use crate::links::ConsoleLink;
use crate::problem::Problem;
use crate::requests::carry_out::{Carried, Once, commit_once};
use crate::requests::pages::Matter;

/// A change of the staff.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaffChange {
    /// The person's record.
    pub staff: StaffId,
    /// 書類番号.
    pub document: String,
    /// What is done.
    pub act: StaffAct,
}

/// What is done about a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum StaffAct {
    /// The person gets a record.
    Register {
        /// 職員番号.
        person_number: String,
        /// What the person will type.
        login_id: String,
        /// Department and name.
        name: String,
        /// The role's word.
        role: String,
        /// A token of the stock.
        token_serial: String,
    },
    /// The person is let in no more.
    Suspend {
        /// What the person typed.
        login_id: String,
        /// Department and name.
        name: String,
    },
}

impl StaffChange {
    /// What it is about: of a person one request is open.
    pub fn subject(&self) -> String {
        match &self.act {
            StaffAct::Register { person_number, .. } => format!("staff-person-{person_number}"),
            StaffAct::Suspend { .. } => format!("staff-{}", self.staff),
        }
    }

    /// What it does, in a few words.
    pub const fn title(&self) -> &'static str {
        match self.act {
            StaffAct::Register { .. } => "職員の登録",
            StaffAct::Suspend { .. } => "職員の利用停止",
        }
    }

    /// What it is about, beside the title.
    pub fn about(&self) -> String {
        let (StaffAct::Register { login_id, .. } | StaffAct::Suspend { login_id, .. }) = &self.act;
        login_id.clone()
    }

    /// What approving it does.
    pub const fn consequence(&self) -> &'static str {
        match self.act {
            StaffAct::Register { .. } => {
                "承認すると、この職員を登録します。本人がトークンでパスワードを決めると、ログインできます。お金は動きません。"
            }
            StaffAct::Suspend { .. } => {
                "承認すると、この職員はすぐにログインできなくなり、ログイン中の画面も終わります。元に戻せません。お金は動きません。"
            }
        }
    }

    /// What the page of a request shows of it.
    pub(crate) fn matter(&self) -> Matter {
        let mut rows = match &self.act {
            StaffAct::Register { person_number, login_id, name, role, token_serial } => vec![
                ("職員番号", person_number.clone()),
                ("所属と氏名", name.clone()),
                ("職員ID", login_id.clone()),
                ("役割", StaffRole::from_code(role).map_or("", StaffRole::label).to_owned()),
                ("トークン", token_serial.clone()),
            ],
            StaffAct::Suspend { login_id, name } => {
                vec![("職員ID", login_id.clone()), ("所属と氏名", name.clone())]
            }
        };
        rows.push(("書類番号", self.document.clone()));
        let link = ConsoleLink::Staff.to_string();
        Matter { heading: "職員", link, link_words: "職員の一覧を見る", rows }
    }

    /// Whether it could be carried out now.
    pub async fn check(&self, gateway: &Gateway) -> Result<(), Problem> {
        let ledger = gateway.ledger();
        let store = Store::new(ledger.database().clone(), ledger.clock().clone());
        let members = store.members().await.map_err(|error| Problem::unavailable(&error))?;
        match &self.act {
            StaffAct::Register { person_number, login_id, token_serial, .. } => {
                if let Some(words) = taken(&members, person_number, login_id, token_serial) {
                    return Err(Problem::new(ConsoleCode::StaffTaken, words));
                }
                match store.is_in_stock(token_serial).await {
                    Ok(true) => Ok(()),
                    Ok(false) => Err(Problem::new(ConsoleCode::StaffTaken, no_token(token_serial))),
                    Err(error) => Err(Problem::unavailable(&error)),
                }
            }
            StaffAct::Suspend { .. } => {
                let found = members.iter().find(|member| member.staff.id == self.staff);
                match found {
                    Some(member) if member.suspended_at.is_none() => Ok(()),
                    _ => Err(Problem::new(
                        ConsoleCode::StaffTaken,
                        "この職員は、登録がないか、すでに利用停止です。".to_owned(),
                    )),
                }
            }
        }
    }

    /// Records it, once.
    pub(crate) async fn carry_out(
        &self,
        gateway: &Gateway,
        request: StaffRequestId,
        checker: &Operator,
    ) -> Carried {
        match commit_once(gateway, request, self.commit(gateway, checker)).await {
            Once::Done => Carried::Done(match &self.act {
                StaffAct::Register { login_id, .. } => {
                    format!(
                        "職員 {login_id} を登録しました。本人に、ログインの画面の「はじめてログインする方」からパスワードを決めるよう伝えてください。"
                    )
                }
                StaffAct::Suspend { login_id, .. } => format!("職員 {login_id} の利用を停止しました。"),
            }),
            Once::Refused(Refused::Taken(_)) => Carried::Refused(
                "職員番号、職員ID、トークンのいずれかが、ほかの職員に登録されています。".to_owned(),
            ),
            Once::Refused(_) => Carried::Refused(ConsoleCode::StaffTaken.entry().happened.to_owned()),
            Once::Unclear => Carried::Unclear,
        }
    }

    fn commit(&self, gateway: &Gateway, checker: &Operator) -> Commit {
        let now = gateway.ledger().clock().now();
        let record = |action, detail| AuditRecord {
            contract: None,
            actor: checker.to_string(),
            action,
            subject: actor(self.staff),
            detail: format!("{detail}; paper {}", self.document),
        };
        match &self.act {
            StaffAct::Register { person_number, login_id, name, role, token_serial } => {
                let new = NewStaff {
                    person_number: person_number.clone(),
                    login_id: login_id.clone(),
                    name: name.clone(),
                    role: StaffRole::from_code(role).unwrap_or(StaffRole::Maker),
                    token_serial: token_serial.clone(),
                    password_hash: String::new(),
                };
                let detail = format!("person {person_number}, {login_id}, {role}, token {token_serial}");
                Commit {
                    changes: vec![store::token_of_staff(token_serial, now)],
                    rows: vec![store::row(self.staff, &new, now)],
                    audit: vec![record("staff.register", detail)],
                    ..Commit::default()
                }
            }
            StaffAct::Suspend { login_id, .. } => Commit {
                changes: vec![store::suspension(self.staff, now)],
                audit: vec![record("staff.suspend", login_id.clone())],
                ..Commit::default()
            },
        }
    }
}

/// What of a new person belongs to another one already, in words.
pub(super) fn taken(
    members: &[Member],
    person_number: &str,
    login_id: &str,
    token_serial: &str,
) -> Option<String> {
    let of_person = |member: &&Member| member.person_number.as_deref() == Some(person_number);
    if let Some(other) = members.iter().find(of_person) {
        let words = "には、すでに登録があります。1人に2つの登録はできません。";
        return Some(format!("職員番号 {person_number}({})の方{words}", other.staff.login_id));
    }
    if members.iter().any(|member| member.staff.login_id == login_id) {
        return Some(format!("職員ID {login_id} は、すでに使われています。別の職員IDにしてください。"));
    }
    let has_token = |member: &&Member| member.token_serial == token_serial;
    members.iter().find(has_token).map(|other| {
        format!(
            "トークン {token_serial} は、{} が使っています。トークンは共用できません。",
            other.staff.login_id
        )
    })
}

pub(super) fn no_token(token_serial: &str) -> String {
    format!(
        "トークン {token_serial} は、在庫にありません。「トークンの在庫」で受け入れたものを選んでください。"
    )
}
