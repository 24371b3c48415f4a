//! What stands in place of the sign-in outside the hours (R111).

use askama::Template;
use axum::extract::FromRequestParts;
use axum::response::{IntoResponse as _, Response};
use domain::Timestamp;
use edge::{Failure, Frame, render};
use gateway::link::Arrival;
use http::request::Parts;
use http::{HeaderValue, StatusCode, header};

use crate::hours::{self, Service, Standing};
use crate::links::{HandOffSignIn, Link};
use crate::payeasy::linked;
use crate::{Bank, frame};

/// Nobody is asked to come back later than in so many seconds: the hours may be longer by then.
const RETRY_AFTER_S_MAX: i64 = 86_400;

#[derive(Template)]
#[template(path = "sign_in/closed.html")]
struct ClosedPage {
    frame: Frame,
    /// When the bank opens: `11月25日(水) 08:00`.
    opens: Option<String>,
    /// The hours in words.
    hours: String,
    /// The same page again.
    here: String,
    carried: Option<Carried>,
}

/// The hand-off that the payer came with.
struct Carried {
    what: String,
    /// Whether it can be paid by its numbers when its half hour is over.
    by_numbers: bool,
    return_url: String,
}

impl Carried {
    fn of(bank: &Bank, arrival: &Arrival) -> Self {
        let row = bank.gateway.collectors().get(arrival.collector());
        Self {
            what: linked::what(bank, arrival),
            by_numbers: row.is_some_and(|row| row.methods.online),
            return_url: arrival.hand_off.return_url.clone(),
        }
    }
}

/// When the bank opens, where it is closed now; without an instant where that is not known.
pub(crate) async fn closed(bank: &Bank, now: Timestamp) -> Result<Option<Option<Timestamp>>, sqlx::Error> {
    Ok(match hours::now_of(bank).await?.standing(Service::SignIn, now) {
        Standing::Open { .. } => None,
        Standing::Closed { opens } => Some(opens),
    })
}

/// A page without sign-in that keeps the hours too: outside of them the closed page stands in its place.
pub(crate) struct InHours;

impl FromRequestParts<Bank> for InHours {
    type Rejection = Response;

    async fn from_request_parts(_: &mut Parts, bank: &Bank) -> Result<Self, Response> {
        let failed = |error: sqlx::Error| Failure::from(error).into_response();
        match closed(bank, bank.clock.now()).await.map_err(failed)? {
            None => Ok(Self),
            Some(opens) => {
                let page = page(bank, opens, None, None).await;
                Err(page.unwrap_or_else(axum::response::IntoResponse::into_response))
            }
        }
    }
}

/// The page, which keeps what the payer came with.
pub(super) async fn page(
    bank: &Bank,
    opens: Option<Timestamp>,
    notice: Option<String>,
    carried: Option<&Arrival>,
) -> Result<Response, Failure> {
    let now = bank.clock.now();
    let here = carried.map_or_else(
        || Link::SignIn.path().to_owned(),
        |one| HandOffSignIn { sign_in: Link::SignIn, hand_off: one.id.clone() }.to_string(),
    );
    let page = ClosedPage {
        frame: Frame { notice, ..frame::public() },
        opens: opens.map(frame::day_and_time),
        hours: hours::now_of(bank).await?.words(now),
        here,
        carried: carried.map(|one| Carried::of(bank, one)),
    };
    let mut response =
        axum::response::IntoResponse::into_response((StatusCode::SERVICE_UNAVAILABLE, render(&page)?));
    if let Some(opens) = opens {
        let wait = opens.seconds_since(now).clamp(1, RETRY_AFTER_S_MAX);
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait));
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page_checks;

    #[test]
    fn the_closed_page_says_when_the_bank_opens_and_what_becomes_of_a_hand_off() {
        for by_numbers in [None, Some(true), Some(false)] {
            for opens in [None, Some("1月4日(月) 08:00".to_owned())] {
                let known = opens.is_some();
                let page = ClosedPage {
                    frame: frame::public(),
                    opens,
                    hours: "毎日 8:00〜21:00".to_owned(),
                    here: "/sign-in".to_owned(),
                    carried: by_numbers.map(|by_numbers| Carried {
                        what: "<b>への払込(12,800 円)".to_owned(),
                        by_numbers,
                        return_url: "https://shop.example/\"><script>".to_owned(),
                    }),
                };
                let html = page.render().unwrap();
                page_checks::all(&html);
                assert_eq!(html.contains("1月4日(月) 08:00"), known);
                assert_eq!(html.contains("何も引き落とされていません。"), by_numbers.is_some());
                assert_eq!(html.contains("受け取った番号を入れて払い込めます"), by_numbers == Some(true));
            }
        }
    }
}
