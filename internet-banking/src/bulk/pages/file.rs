//! 外部ファイル送信: a file of another program in the layouts of the banks (一般ファイル伝送, R116, R117).

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect};
use domain::Yen;
use edge::upload::TooLarge;
use edge::{CsrfUpload, Errors, Frame};
use formats::finding::{Fault, Finding};
use secrecy::SecretString;

use super::{admit, because, count, page_frame};
use crate::Bank;
use crate::answer::{Answer, Stop, again, shown};
use crate::bulk::links::{BatchLink, BatchPage};
use crate::bulk::operation::{self, Sent};
use crate::bulk::problem::Problem;
use crate::bulk::{csv_rows, rules};
use crate::contracts::Business;
use crate::links::Link;
use crate::payeasy::views::Trouble;
use crate::policy;
use crate::sign_in::SignedIn;

/// Characters of a file's name that are kept.
const NAME_CHARS_MAX: usize = 100;

/// How many items a file of a business may have.
pub struct Most {
    /// The business.
    pub label: &'static str,
    /// How many.
    pub items: Yen,
}

/// The page.
#[derive(Template)]
#[template(path = "bulk/file.html")]
pub struct FilePage {
    /// The frame.
    pub frame: Frame,
    /// The form's token.
    pub csrf: String,
    /// What is wrong.
    pub trouble: Option<Trouble>,
    /// The same, for the controls.
    pub errors: Errors,
    /// What may be sent.
    pub most: Vec<Most>,
    /// Whether the same file was sent before, and the person is asked.
    pub is_same: bool,
    /// What is wrong with a file.
    pub findings: Vec<Finding>,
    /// How many things are.
    pub wrong_count: usize,
}

/// `GET /bulk/file`
pub async fn show(by: SignedIn) -> Answer {
    permit(&by)?;
    shown(&page(&by, None))
}

/// `POST /bulk/file`
pub async fn submit(State(bank): State<Bank>, by: SignedIn, form: CsrfUpload) -> Answer {
    permit(&by)?;
    match sent(&bank, &by, form).await {
        Ok(link) => Ok(Redirect::to(&link).into_response()),
        Err(problem @ Problem::NotPermitted) => Err(because(&by, &problem)),
        Err(problem) => again(&page(&by, Some(&problem))),
    }
}

async fn sent(bank: &Bank, by: &SignedIn, form: CsrfUpload) -> Result<String, Problem> {
    let code = SecretString::from(form.text("one_time_password").to_owned());
    let again = form.text("again") == "on";
    let file = form.file.ok_or_else(|| Problem::Input(Errors::one("file", "ファイルを選んでください。")))?;
    let bytes = file.bytes.map_err(|TooLarge| {
        Problem::File(csv_rows::whole(Fault::TooLarge { most: edge::upload::FILE_BYTES_MAX }))
    })?;
    let name = file.name.chars().filter(|c| !c.is_control()).take(NAME_CHARS_MAX).collect();
    let batch = operation::begin_file(bank, by, Sent { name, bytes, again }, &code).await?;
    Ok(BatchLink(batch.id, BatchPage::Rows).to_string())
}

/// 一般ファイル伝送 is a right beside that of a business (R116).
fn permit(by: &SignedIn) -> Result<(), Stop> {
    admit(by)?;
    policy::require(by, Business::FileTransfer).map_err(|_| because(by, &Problem::NotPermitted))
}

fn page(by: &SignedIn, problem: Option<&Problem>) -> FilePage {
    let trouble = problem.map(Problem::trouble);
    let (findings, wrong_count) = match problem {
        Some(Problem::File(findings)) => (findings.kept().to_vec(), findings.count()),
        _ => (Vec::new(), 0),
    };
    let most = rules::mine(by).filter_map(|business| {
        Some(Most { label: business.label(), items: count(rules::file_items_max(business)?) })
    });
    FilePage {
        frame: page_frame(by, trouble.is_some()),
        csrf: by.csrf.clone(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        most: most.collect(),
        is_same: matches!(problem, Some(Problem::SameFile { .. })),
        findings,
        wrong_count,
    }
}
