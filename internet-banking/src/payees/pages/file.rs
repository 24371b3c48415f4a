//! Payees as a file: saved, read, looked over, and registered.

use askama::Template;
use axum::Extension;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect};
use edge::upload::{TooLarge, UploadedFile};
use edge::{CsrfForm, CsrfUpload, Errors, Frame};
use formats::finding::{Fault, Finding, Findings};
use secrecy::SecretString;
use serde::Deserialize;

use super::{admit, because, page_frame};
use crate::Bank;
use crate::answer::{Answer, Stop, again, failed, shown};
use crate::history::note;
use crate::payeasy::views::Trouble;
use crate::payees::bounds::Bounds;
use crate::payees::import::{self, FileRow, Plan};
use crate::payees::links::{ImportLink, ListPage};
use crate::payees::problem::Problem;
use crate::payees::{Codes, Entered, List, Payees, operation};
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
    /// Which list is read.
    pub list: List,
    /// Whether the file replaces all.
    pub replaces: bool,
    /// What is wrong, the first of it.
    pub wrong: Vec<Finding>,
    /// How many there are.
    pub wrong_count: usize,
}

impl ImportPage {
    /// Every heading, and those without which a file is none.
    pub fn headings(&self, is_needed: bool) -> String {
        let named = self.list.headings().iter().filter(|heading| heading.is_needed || !is_needed);
        named.map(|heading| heading.name).collect::<Vec<_>>().join("、")
    }

    /// The kinds of accounts.
    pub fn kinds(&self) -> String {
        self.list.account_kinds().iter().map(|(word, _)| *word).collect::<Vec<_>>().join("・")
    }
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
    /// What the company calls it by.
    pub codes: Codes,
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
    /// Which list it changes.
    pub list: List,
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

/// `GET /payees/csv`, `GET /employees/csv`
pub async fn download(State(bank): State<Bank>, by: SignedIn, Extension(list): Extension<List>) -> Answer {
    admit(&by, list)?;
    let all = Payees::of(&bank.database, by.contract.id, list).all().await.map_err(failed)?;
    let detail = format!("{}: {} payees", list.code(), all.len());
    note(&bank, &by, "payee.download", by.contract.id.to_string(), detail).await?;
    let name = format!("payees-{}-{}.csv", list.code(), bank.clock.now().date());
    Ok(import::write(list, &all).download(&name))
}

/// `GET /payees/import`, `GET /employees/import`
pub async fn show(by: SignedIn, Extension(list): Extension<List>) -> Answer {
    admit(&by, list)?;
    shown(&page(&by, list, false, None))
}

/// `POST /payees/import`, `POST /employees/import`
pub async fn upload(
    State(bank): State<Bank>,
    by: SignedIn,
    Extension(list): Extension<List>,
    form: CsrfUpload,
) -> Answer {
    admit(&by, list)?;
    let replaces = form.text("mode") == "replace";
    let Some(file) = form.file else {
        let trouble = Problem::Input(Errors::one("file", "ファイルを選んでください。")).trouble();
        return again(&page(&by, list, replaces, Some((trouble, None))));
    };
    match read(list, file).await? {
        Ok(rows) => {
            let kept = operation::keep(&bank, &by, list, &rows, replaces).await;
            let id = kept.map_err(|problem| because(&by, list, &problem))?;
            Ok(Redirect::to(&ImportLink(list, id).to_string()).into_response())
        }
        Err(wrong) => {
            let count = wrong.count();
            let words = format!(
                "ファイルに誤りが{count}か所あります。まだ何も登録していません。直してから、もう一度選んでください。"
            );
            let trouble = Problem::Input(Errors::one("file", words)).trouble();
            again(&page(&by, list, replaces, Some((trouble, Some(wrong)))))
        }
    }
}

/// `GET /payees/import/{import}`, `GET /employees/import/{import}`
pub async fn plan(
    State(bank): State<Bank>,
    by: SignedIn,
    Extension(list): Extension<List>,
    Path(id): Path<String>,
) -> Answer {
    let plan = planned(&bank, &by, list, &id).await?;
    shown(&plan_page(&by, ImportLink(list, id), &plan, None))
}

/// `POST /payees/import/{import}`, `POST /employees/import/{import}`
pub async fn confirm(
    State(bank): State<Bank>,
    by: SignedIn,
    Extension(list): Extension<List>,
    Path(id): Path<String>,
    CsrfForm(form): CsrfForm<Confirmed>,
) -> Answer {
    let plan = planned(&bank, &by, list, &id).await?;
    if plan.digest() != form.digest || plan.is_empty() {
        return again(&plan_page(&by, ImportLink(list, id), &plan, Some(Problem::Changed.trouble())));
    }
    match operation::import(&bank, &by, list, (&id, &plan), &form.one_time_password).await {
        Ok(()) => Ok(Redirect::to(&format!("{}?done=imported", list.link(ListPage::All))).into_response()),
        Err(problem) => again(&plan_page(&by, ImportLink(list, id), &plan, Some(problem.trouble()))),
    }
}

/// What the file that waits would change now.
async fn planned(bank: &Bank, by: &SignedIn, list: List, id: &str) -> Result<Plan, Stop> {
    admit(by, list)?;
    let kept = operation::kept(bank, by, list, id).await.map_err(|problem| because(by, list, &problem))?;
    let (rows, replaces) = kept.ok_or_else(Stop::not_found)?;
    let known = Payees::of(&bank.database, by.contract.id, list).all().await.map_err(failed)?;
    Ok(Plan::of(known, &rows, replaces))
}

/// Reads a file away from what serves other pages.
async fn read(list: List, file: UploadedFile) -> Result<Result<Vec<FileRow>, Findings>, Stop> {
    let bytes = match file.bytes {
        Ok(bytes) => bytes,
        Err(TooLarge) => {
            let mut findings = Findings::keeping(1);
            findings.add(Finding::of_file(Fault::TooLarge { most: Bounds::embedded().file_bytes_max }));
            return Ok(Err(findings));
        }
    };
    tokio::task::spawn_blocking(move || import::read(list, &bytes)).await.map_err(failed)
}

fn page(
    by: &SignedIn,
    list: List,
    replaces: bool,
    trouble: Option<(Trouble, Option<Findings>)>,
) -> ImportPage {
    let (trouble, wrong) = trouble.map_or((None, None), |(trouble, wrong)| (Some(trouble), wrong));
    ImportPage {
        frame: page_frame(by, list, trouble.as_ref()),
        csrf: by.csrf.clone(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        list,
        replaces,
        wrong_count: wrong.as_ref().map_or(0, Findings::count),
        wrong: wrong.map(|wrong| wrong.kept().to_vec()).unwrap_or_default(),
    }
}

fn plan_page(by: &SignedIn, action: ImportLink, plan: &Plan, trouble: Option<Trouble>) -> PlanPage {
    let list = action.0;
    let row = |(word, class, icon), row: &FileRow, before: Vec<String>| PlanRow {
        word,
        class,
        icon,
        name: row.name.clone(),
        entered: Entered::of(row.account.clone(), row.holder.clone()),
        group: row.group.clone(),
        codes: row.codes.clone(),
        before,
    };
    let added = plan.added.iter().map(|one| row(("追加", "ok", "+"), one, Vec::new()));
    let changed = plan.changed.iter().map(|(was, one)| {
        let [first, second] = list.code_labels();
        let parts = [
            ("登録名", &was.name, &one.name),
            ("受取人名", &was.holder, &one.holder),
            ("グループ", &was.group, &one.group),
            (first, &was.codes.first, &one.codes.first),
            (second, &was.codes.second, &one.codes.second),
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
        codes: one.codes.clone(),
        before: Vec::new(),
    });
    PlanPage {
        frame: page_frame(by, list, trouble.as_ref()),
        csrf: by.csrf.clone(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        list,
        action,
        counts: [plan.added.len(), plan.changed.len(), plan.removed.len(), plan.same],
        rows: removed.chain(changed).chain(added).take(SHOWN_MAX).collect(),
        digest: plan.digest(),
    }
}
