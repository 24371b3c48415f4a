//! 内容の確認: the last look, and what it comes to.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect};
use edge::{CsrfForm, Errors, Frame};
use secrecy::SecretString;
use serde::Deserialize;

use super::detail::{RightLine, changed, duty_words, right_lines};
use super::list::Nothing;
use super::{drafts, due, link, open, page_frame, to};
use crate::Bank;
use crate::answer::{Answer, Stop, again, failed, shown};
use crate::approvals::ApprovalLink;
use crate::contracts::{Role, SignInMethod};
use crate::links::Link;
use crate::payeasy::views::Trouble;
use crate::secrets::secret_field;
use crate::sign_in::SignedIn;
use crate::users::draft::Draft;
use crate::users::links::{MemberLink, UserEntryLink, UserPage};
use crate::users::{TemporaryShown, operation};

/// The page.
#[derive(Template)]
#[template(path = "users/review.html")]
pub struct ReviewPage {
    /// The frame.
    pub frame: Frame,
    /// The form's token.
    pub csrf: String,
    /// What is wrong.
    pub trouble: Option<Trouble>,
    /// The same, for the controls.
    pub errors: Errors,
    /// Where the form goes.
    pub action: UserEntryLink,
    /// Where the basics are changed.
    pub basics: Option<UserEntryLink>,
    /// Where the rights are changed.
    pub rights_link: UserEntryLink,
    /// What the button does.
    pub button: &'static str,
    /// Whether a removed user comes back as the same person.
    pub returning: bool,
    /// Name and login ID.
    pub login_id: String,
    /// The person's name.
    pub name: String,
    /// Where mails go.
    pub email: String,
    /// The person's role.
    pub role: &'static str,
    /// What the person may do.
    pub rights: Vec<RightLine>,
    /// What an administrator is given.
    pub duties: Vec<&'static str>,
}

impl ReviewPage {
    /// Whether the person would sign in for nothing.
    fn may_nothing(&self) -> bool {
        let none = |line: &RightLine| line.accounts.is_empty() && line.steps.is_empty();
        self.duties.is_empty() && self.rights.iter().all(none)
    }
}

/// A user was added, or has a temporary password: it is shown this once.
#[derive(Template)]
#[template(path = "users/added.html")]
pub struct AddedPage {
    /// The frame.
    pub frame: Frame,
    /// What was done.
    pub title: &'static str,
    /// Whose.
    pub whose: String,
    /// The passwords.
    pub password: TemporaryShown,
    /// What the person does next, of somebody who was added.
    pub next: Vec<&'static str>,
    /// The user's page.
    pub user: MemberLink,
}

/// What the form holds.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    #[serde(deserialize_with = "secret_field")]
    one_time_password: SecretString,
}

/// `GET /admin/users/entry/{draft}/review`
pub async fn show(State(bank): State<Bank>, by: SignedIn, Path(id): Path<String>) -> Answer {
    let draft = open(&bank, &by, &id).await?;
    if due(&draft) != UserPage::Review {
        return Ok(to(&draft, due(&draft)));
    }
    shown(&page(&bank, &by, &draft, None).await?)
}

/// `POST /admin/users/entry/{draft}/review`
pub async fn submit(
    State(bank): State<Bank>,
    by: SignedIn,
    Path(id): Path<String>,
    CsrfForm(form): CsrfForm<Typed>,
) -> Answer {
    let draft = open(&bank, &by, &id).await?;
    if due(&draft) != UserPage::Review {
        return Ok(to(&draft, due(&draft)));
    }
    let done = match operation::submit(&bank, &by, &draft, &form.one_time_password).await {
        Ok(done) => done,
        Err(problem) => return again(&page(&bank, &by, &draft, Some(problem.trouble())).await?),
    };
    drafts(&bank, &by).delete(&draft.id).await.map_err(failed)?;
    if let Some(asked) = done.asked {
        return Ok(Redirect::to(&ApprovalLink(asked).to_string()).into_response());
    }
    match done.temporary {
        None => Ok(Redirect::to(&changed(done.user)).into_response()),
        Some(temporary) => shown(&AddedPage {
            frame: page_frame(&by, None),
            title: if draft.returning {
                "利用者をもう一度登録しました"
            } else {
                "利用者を追加しました"
            },
            whose: format!("{}({})", draft.name, draft.login_id),
            password: temporary.shown(),
            next: next_steps(by.contract.sign_in),
            user: MemberLink(done.user),
        }),
    }
}

/// What somebody does who was added, before money moves.
fn next_steps(sign_in: SignInMethod) -> Vec<&'static str> {
    let fetch = "「電子証明書の取得」の画面で、仮のパスワードで電子証明書を取得します。";
    let of_all = [
        "ログインして、ログインパスワードと確認用パスワードを決めます。",
        "「利用者情報」の「トークン」で、トークンの利用開始を登録します。ワンタイムパスワードの要るお手続きは、それからできます。",
    ];
    (sign_in == SignInMethod::Certificate).then_some(fetch).into_iter().chain(of_all).collect()
}

/// `POST /admin/users/entry/{draft}/forget`
pub async fn forget(
    State(bank): State<Bank>,
    by: SignedIn,
    Path(id): Path<String>,
    _: CsrfForm<Nothing>,
) -> Answer {
    let draft = open(&bank, &by, &id).await?;
    drafts(&bank, &by).delete(&draft.id).await.map_err(failed)?;
    Ok(Redirect::to(Link::AdminUsers.path()).into_response())
}

async fn page(
    bank: &Bank,
    by: &SignedIn,
    draft: &Draft,
    trouble: Option<Trouble>,
) -> Result<ReviewPage, Stop> {
    let accounts = bank.contracts.accounts(by.contract.id).await.map_err(failed)?;
    Ok(ReviewPage {
        frame: page_frame(by, trouble.as_ref()),
        csrf: by.csrf.clone(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        action: link(draft, UserPage::Review),
        basics: (draft.role != Role::Master).then(|| link(draft, UserPage::Basics)),
        rights_link: link(draft, UserPage::Rights),
        button: if draft.adds() { "登録する" } else { "変更する" },
        returning: draft.returning,
        login_id: draft.login_id.clone(),
        name: draft.name.clone(),
        email: draft.email.clone(),
        role: draft.role.label(),
        rights: right_lines(by, &draft.rights.clone().unwrap_or_default(), &accounts),
        duties: duty_words(&draft.duties),
    })
}
