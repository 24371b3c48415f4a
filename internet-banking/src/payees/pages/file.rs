//! Payees as a file: saved, read, looked over, and registered.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect};
use edge::upload::{TooLarge, UploadedFile};
use edge::{CsrfForm, CsrfUpload, Errors, Frame};
use secrecy::SecretString;
use serde::Deserialize;

use super::{admit, because, page_frame};
use crate::Bank;
use crate::answer::{Answer, Stop, again, failed, shown};
use crate::history::note;
use crate::links::Link;
use crate::payeasy::views::Trouble;
use crate::payees::import::{self, FileError, FileRow, HEADINGS, Plan, Wrong};
use crate::payees::links::ImportLink;
use crate::payees::problem::Problem;
use crate::payees::{Entered, Payees, operation};
use crate::secrets::secret_field;
use crate::sign_in::SignedIn;

/// Changes that the page shows; the counts are of all.
const SHOWN_MAX: usize = 300;

/// The choice of a file, and what is wrong in one.
#[derive(Template)]
#[template(path = "payees/import.html")]
pub struct ImportPage {
    /// The frame.
    pub frame: Frame,
    /// The form's token.
    pub csrf: String,
    /// What is wrong.
    pub trouble: Option<Trouble>,
    /// The same, for the controls.
    pub errors: Errors,
    /// The headings of a file.
    pub headings: String,
    /// Whether the file replaces all.
    pub replaces: bool,
    /// Fields that are wrong.
    pub wrong: Vec<Wrong>,
    /// How many there are.
    pub wrong_count: usize,
}

/// A change that a file asks for.
pub struct PlanRow {
    /// `追加`, `変更` or `削除`.
    pub word: &'static str,
    /// The class of its tag.
    pub class: &'static str,
    /// The sign of its tag.
    pub icon: &'static str,
    /// 登録名.
    pub name: String,
    /// The account and 受取人名.
    pub entered: Entered,
    /// グループ.
    pub group: String,
    /// What it is now, where it changes.
    pub before: Vec<String>,
}

/// What a file would change.
#[derive(Template)]
#[template(path = "payees/plan.html")]
pub struct PlanPage {
    /// The frame.
    pub frame: Frame,
    /// The form's token.
    pub csrf: String,
    /// What is wrong.
    pub trouble: Option<Trouble>,
    /// The same, for the controls.
    pub errors: Errors,
    /// Where the form goes.
    pub action: ImportLink,
    /// How many are added, changed, removed, and stay.
    pub counts: [usize; 4],
    /// The first of the changes.
    pub rows: Vec<PlanRow>,
    /// What was shown.
    pub digest: String,
}

/// What the last form holds.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Confirmed {
    digest: String,
    #[serde(deserialize_with = "secret_field")]
    one_time_password: SecretString,
}

/// `GET /payees/csv`
pub async fn download(State(bank): State<Bank>, by: SignedIn) -> Answer {
    admit(&by)?;
    let all = Payees::of(&bank.database, by.contract.id).all().await.map_err(failed)?;
    note(&bank, &by, "payee.download", by.contract.id.to_string(), format!("{} payees", all.len())).await?;
    Ok(import::write(&all).download(&format!("payees-{}.csv", bank.clock.now().date())))
}

/// `GET /payees/import`
pub async fn show(by: SignedIn) -> Answer {
    admit(&by)?;
    shown(&page(&by, false, None, (Vec::new(), 0)))
}

/// `POST /payees/import`
pub async fn upload(State(bank): State<Bank>, by: SignedIn, form: CsrfUpload) -> Answer {
    admit(&by)?;
    let replaces = form.text("mode") == "replace";
    match read(form.file).await {
        Ok(rows) => {
            let kept = operation::keep(&bank, &by, &rows, replaces).await;
            let id = kept.map_err(|problem| because(&by, &problem))?;
            Ok(Redirect::to(&ImportLink(id).to_string()).into_response())
        }
        Err(FileError::Whole(words)) => {
            let trouble = Problem::Input(Errors::one("file", words)).trouble();
            again(&page(&by, replaces, Some(trouble), (Vec::new(), 0)))
        }
        Err(FileError::Fields(wrong, count)) => {
            let words = format!("ファイルに誤りが{count}か所あります。直してから、もう一度選んでください。");
            let trouble = Problem::Input(Errors::one("file", words)).trouble();
            again(&page(&by, replaces, Some(trouble), (wrong, count)))
        }
    }
}

/// `GET /payees/import/{import}`
pub async fn plan(State(bank): State<Bank>, by: SignedIn, Path(id): Path<String>) -> Answer {
    let plan = planned(&bank, &by, &id).await?;
    shown(&plan_page(&by, id, &plan, None))
}

/// `POST /payees/import/{import}`
pub async fn confirm(
    State(bank): State<Bank>,
    by: SignedIn,
    Path(id): Path<String>,
    CsrfForm(form): CsrfForm<Confirmed>,
) -> Answer {
    let plan = planned(&bank, &by, &id).await?;
    if plan.digest() != form.digest || plan.is_empty() {
        return again(&plan_page(&by, id, &plan, Some(Problem::Changed.trouble())));
    }
    match operation::import(&bank, &by, &id, &plan, &form.one_time_password).await {
        Ok(()) => Ok(Redirect::to(&format!("{}?done=imported", Link::Payees)).into_response()),
        Err(problem) => again(&plan_page(&by, id, &plan, Some(problem.trouble()))),
    }
}

/// What the file that waits would change now.
async fn planned(bank: &Bank, by: &SignedIn, id: &str) -> Result<Plan, Stop> {
    admit(by)?;
    let kept = operation::kept(bank, by, id).await.map_err(|problem| because(by, &problem))?;
    let (rows, replaces) = kept.ok_or_else(Stop::not_found)?;
    let known = Payees::of(&bank.database, by.contract.id).all().await.map_err(failed)?;
    Ok(Plan::of(known, &rows, replaces))
}

/// Reads a file away from what serves other pages.
async fn read(file: Option<UploadedFile>) -> Result<Vec<FileRow>, FileError> {
    let nothing = || FileError::Whole("ファイルを選んでください。".to_owned());
    let bytes = match file.ok_or_else(nothing)?.bytes {
        Ok(bytes) => bytes,
        Err(TooLarge) => {
            return Err(FileError::Whole("ファイルが大きすぎます。小さく分けてください。".to_owned()));
        }
    };
    let read = tokio::task::spawn_blocking(move || import::read(&bytes)).await;
    read.unwrap_or_else(|error| {
        tracing::error!(%error, "a file of payees could not be read");
        Err(FileError::Whole("ファイルを読み取れませんでした。".to_owned()))
    })
}

fn page(
    by: &SignedIn,
    replaces: bool,
    trouble: Option<Trouble>,
    (wrong, wrong_count): (Vec<Wrong>, usize),
) -> ImportPage {
    ImportPage {
        frame: page_frame(by, trouble.as_ref()),
        csrf: by.csrf.clone(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        headings: HEADINGS.join("、"),
        replaces,
        wrong,
        wrong_count,
    }
}

fn plan_page(by: &SignedIn, id: String, plan: &Plan, trouble: Option<Trouble>) -> PlanPage {
    let row = |(word, class, icon), row: &FileRow, before: Vec<String>| PlanRow {
        word,
        class,
        icon,
        name: row.name.clone(),
        entered: Entered::of(row.account.clone(), row.holder.clone()),
        group: row.group.clone(),
        before,
    };
    let added = plan.added.iter().map(|one| row(("追加", "ok", "+"), one, Vec::new()));
    let changed = plan.changed.iter().map(|(was, one)| {
        let parts = [
            ("登録名", &was.name, &one.name),
            ("受取人名", &was.holder, &one.holder),
            ("グループ", &was.group, &one.group),
        ];
        let differ = parts.into_iter().filter(|(_, was, is)| was != is);
        let before =
            differ.map(|(label, was, _)| format!("{label} {}", if was.is_empty() { "なし" } else { was }));
        row(("変更", "wait", "●"), one, before.collect())
    });
    let removed = plan.removed.iter().map(|one| PlanRow {
        word: "削除",
        class: "bad",
        icon: "−",
        name: one.name.clone(),
        entered: one.entered(),
        group: one.group.clone(),
        before: Vec::new(),
    });
    PlanPage {
        frame: page_frame(by, trouble.as_ref()),
        csrf: by.csrf.clone(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        action: ImportLink(id),
        counts: [plan.added.len(), plan.changed.len(), plan.removed.len(), plan.same],
        rows: removed.chain(changed).chain(added).take(SHOWN_MAX).collect(),
        digest: plan.digest(),
    }
}
