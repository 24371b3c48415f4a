//! Paying by the eL番号 of a local tax's slip: a picture fills the form, the form finds the bill.

use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect};
use edge::{CsrfForm, CsrfUpload, Errors};

use super::{Answer, admit, again, drafts, failed, page_frame, shown};
use crate::Bank;
use crate::payeasy::draft::Step;
use crate::payeasy::el::{self, Printed, TypedEl};
use crate::payeasy::operation;
use crate::payeasy::views::{ElPage, Trouble};
use crate::sign_in::SignedIn;

/// `GET /payeasy/el`
pub async fn show(State(_): State<Bank>, by: SignedIn) -> Answer {
    admit(&by)?;
    shown(&page(&by, TypedEl::default(), None, None))
}

/// `POST /payeasy/el/picture`: the form, filled.
pub async fn fill(State(bank): State<Bank>, by: SignedIn, form: CsrfUpload) -> Answer {
    admit(&by)?;
    match el::read_picture(form.file).await {
        Ok(code) => {
            let printed = Printed::of(&code, bank.clock.now().date());
            shown(&page(&by, TypedEl::of(&code), Some(printed), None))
        }
        Err(errors) => again(&page(&by, TypedEl::default(), None, Some(Trouble::input(errors)))),
    }
}

/// `POST /payeasy/el`
pub async fn submit(State(bank): State<Bank>, by: SignedIn, CsrfForm(typed): CsrfForm<TypedEl>) -> Answer {
    admit(&by)?;
    let numbers = match typed.read() {
        Ok(numbers) => numbers,
        Err(errors) => return again(&page(&by, typed, None, Some(Trouble::input(errors)))),
    };
    let (agency, printed) = (el::agency(), numbers.printed);
    let found = match operation::collector(&bank.gateway, &agency) {
        Ok(collector) => operation::inquire(&bank, &by, collector, numbers).await,
        Err(problem) => Err(problem),
    };
    match found {
        Ok(inquiry) => {
            let entries = drafts(&bank, &by);
            let draft = entries.begin(&agency, bank.clock.now()).await.map_err(failed)?;
            entries.inquired(&draft.id, inquiry.id, printed).await.map_err(failed)?;
            Ok(Redirect::to(&draft.path(Step::Bills)).into_response())
        }
        Err(problem) => {
            let mut trouble = Trouble::from(&problem);
            if let Some((field, words)) = el::in_its_words(trouble.code) {
                trouble.errors = Errors::one(field, words);
            }
            again(&page(&by, typed, None, Some(trouble)))
        }
    }
}

fn page(by: &SignedIn, typed: TypedEl, printed: Option<Printed>, trouble: Option<Trouble>) -> ElPage {
    let errors = trouble.as_ref().map_or_else(Errors::none, |trouble| trouble.errors.clone());
    ElPage {
        frame: page_frame(by, trouble.is_some()),
        csrf: by.csrf.clone(),
        errors,
        trouble,
        typed,
        printed,
    }
}
