//! The last look before the policy changes: what becomes different, and what that means for what is already under way.

use askama::Template;
use edge::{Errors, Frame};

use super::{page_frame, settings, words};
use crate::Bank;
use crate::answer::{Stop, failed};
use crate::approvals::policy::{Need, Policy};
use crate::approvals::request::Request;
use crate::approvals::settings::Policies;
use crate::approvals::{bounds, store};
use crate::frame::Area;
use crate::links::Link;
use crate::payeasy::views::Trouble;
use crate::policy::approvable;
use crate::sign_in::SignedIn;
use crate::stops::under_way::under_way;

/// A line of the policy that becomes another one.
pub struct Difference {
    /// What it is about.
    pub label: &'static str,
    /// How it is.
    pub old: String,
    /// How it will be.
    pub new: String,
}

/// The page.
#[derive(Template)]
#[template(path = "approvals/review.html")]
pub struct ReviewPage {
    /// The frame.
    pub frame: Frame,
    /// The form's token.
    pub csrf: String,
    /// What is wrong.
    pub trouble: Option<Trouble>,
    /// The same, for the controls.
    pub errors: Errors,
    /// The version that is changed.
    pub seen: i64,
    /// The policy as the form's fields.
    pub fields: Vec<(String, String)>,
    /// What becomes different.
    pub differences: Vec<Difference>,
    /// Requests that wait for approvers, and how many of them need more of them then.
    pub waiting: (usize, usize),
    /// Whether there may be more than that.
    pub is_full: bool,
    /// How many approved transactions there are whose day is still to come.
    pub reserved: Option<String>,
    /// Whether approvals by one token count once from now on.
    pub one_token_each: bool,
    /// Approvals under the same token will count, those of waiting requests too.
    pub tokens_shared: bool,
    /// Whether another administrator confirms the change first.
    pub confirms: bool,
}

/// The page; `None` where nothing would change.
pub async fn page(
    bank: &Bank,
    by: &SignedIn,
    (seen, held, policy): (i64, &Policy, &Policy),
    trouble: Option<Trouble>,
) -> Result<Option<ReviewPage>, Stop> {
    let now = bank.clock.now();
    let mut differences: Vec<_> = approvable(by.contract.plan)
        .filter(|business| held.flow(*business) != policy.flow(*business))
        .map(|business| Difference {
            label: business.label(),
            old: words::flow(&held.flow(business)),
            new: words::flow(&policy.flow(business)),
        })
        .collect();
    let ticks = [
        (
            "管理の手続き",
            words::second as fn(bool) -> &'static str,
            held.second_administrator,
            policy.second_administrator,
        ),
        ("同じトークンでの承認", words::tokens, held.distinct_tokens, policy.distinct_tokens),
    ];
    for (label, words, old, new) in ticks.into_iter().filter(|(.., old, new)| old != new) {
        differences.push(Difference { label, old: words(old).to_owned(), new: words(new).to_owned() });
    }
    if let Some(until) = held.single_administrator_until.filter(|_| held.permits_one(now.date())) {
        let old = format!("{}まで、一人で手続きできる", domain::time::year_month_day(until));
        let new = "この変更で終わる".to_owned();
        differences.push(Difference { label: "書面による特例", old, new });
    }
    if differences.is_empty() {
        return Ok(None);
    }
    let contract = by.contract.id;
    let waiting = store::waiting(&bank.database, contract, now, |_| true).await.map_err(failed)?;
    let more = waiting.iter().filter(|one| needed(one, policy) != needed(one, held)).count();
    let taken = under_way(&bank.gateway, &bank.contracts, contract).await.map_err(failed)?;
    let confirms = Policies::of(&bank.database, contract).held(now).await.map_err(failed)?.confirms;
    Ok(Some(ReviewPage {
        frame: page_frame(by, Area::Admin, trouble.is_some()),
        csrf: by.csrf.clone(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        seen,
        fields: settings::fields(by, policy),
        differences,
        waiting: (waiting.len(), more),
        is_full: bounds::is_full(&waiting),
        reserved: (!taken.reserved.items.is_empty()).then(|| taken.reserved.count()),
        one_token_each: policy.distinct_tokens && !held.distinct_tokens,
        tokens_shared: !policy.distinct_tokens && held.distinct_tokens,
        confirms,
    }))
}

/// What a request that waits needs under a policy: what it was asked for under counts too, as when it is carried out.
fn needed(request: &Request, policy: &Policy) -> Need {
    let of_policy = match (request.matter.place(), request.matter.amount()) {
        (Some((business, _)), Some(amount)) => policy.need(business, amount),
        _ => Need::ONE,
    };
    request.need.and(of_policy).and(Need::ONE)
}
