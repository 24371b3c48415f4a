//! The collectors' web sites: every service of every site, from the form to the bank.

use std::fmt::Write as _;

use axum::body::{Body, to_bytes};
use http::{Request, StatusCode, header};
use tower::ServiceExt as _;

use super::hub::{Hub, at};
use crate::mocks::Collector;

pub struct Page {
    pub status: StatusCode,
    pub headers: http::HeaderMap,
    pub text: String,
}

pub async fn get(hub: &Hub, path: &str) -> Page {
    fetch(hub, Request::get(path).body(Body::empty()).unwrap()).await
}

async fn fetch(hub: &Hub, request: Request<Body>) -> Page {
    let response = hub.site.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, 1 << 22).await.unwrap();
    Page { status: parts.status, headers: parts.headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
}

/// Sends a form of a page with these fields, as a browser does.
pub async fn post(hub: &Hub, path: &str, fields: &[(String, String)]) -> Page {
    let page = get(hub, path).await;
    assert_eq!(page.status, StatusCode::OK, "{path}");
    let cookie = page.headers[header::SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
    let token = page.text.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let mut body = format!("csrf={token}&action=act");
    for (name, value) in fields {
        write!(body, "&{name}=").unwrap();
        for byte in value.bytes() {
            write!(body, "%{byte:02X}").unwrap();
        }
    }
    let request = Request::post(path)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::COOKIE, cookie)
        .header("sec-fetch-site", "same-origin")
        .body(Body::from(body))
        .unwrap();
    fetch(hub, request).await
}

/// A bill as its page shows it.
#[derive(Clone, Debug)]
pub struct Slip {
    pub path: String,
    pub text: String,
    pub customer: String,
    pub confirmation: String,
    pub category: String,
}

impl Slip {
    pub async fn open(hub: &Hub, path: &str) -> Self {
        let page = get(hub, path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.text);
        let mut numbers = page.text.split("<dd class=\"digits\">").skip(2).map(|rest| {
            let shown = rest.split('<').next().unwrap();
            assert!(shown.split(' ').all(|group| (1..=6).contains(&group.len())), "grouped: {shown}");
            shown.replace(' ', "")
        });
        let mut next = || numbers.next().unwrap_or_default();
        let (customer, confirmation, category) = (next(), next(), next());
        Self { path: path.to_owned(), text: page.text, customer, confirmation, category }
    }

    pub fn state(&self) -> &str {
        self.text.split("data-state=\"").nth(1).unwrap().split('"').next().unwrap()
    }

    pub fn amount(&self) -> i64 {
        let shown = self.text.split("data-field=\"amount\">").nth(1).unwrap().split('<').next().unwrap();
        shown.replace(',', "").parse().unwrap()
    }

    /// The bills that the same act made.
    pub fn others(&self) -> Vec<String> {
        let Some((_, list)) = self.text.split_once("<ul class=\"bills\">") else { return Vec::new() };
        let list = list.split("</ul>").next().unwrap();
        list.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
    }

    fn key(&self, collector: &str) -> String {
        let category = match self.category.as_str() {
            "" => String::new(),
            digits => format!("<PaymentCategory>{digits}</PaymentCategory>"),
        };
        format!(
            "<Collector>{collector}000</Collector><CustomerNumber>{}</CustomerNumber>\
             <ConfirmationNumber>{}</ConfirmationNumber>{category}",
            self.customer, self.confirmation
        )
    }

    pub async fn inquire(&self, hub: &Hub, collector: &str) -> super::hub::Answer {
        let body = format!(
            "<Inquiry>{}<Bank>9999</Bank><Channel>internet_banking</Channel></Inquiry>",
            self.key(collector)
        );
        let today = hub.clock.now().date().to_string();
        hub.send(collector, &super::hub::on(&today, &super::hub::message(collector, 1, &body))).await
    }

    /// Pays what an inquiry has answered.
    pub async fn pay(&self, hub: &Hub, collector: &str, serial: u32, found: &super::hub::Answer) -> String {
        let field = |name: &str| found.field(name).unwrap();
        let body = format!(
            "<Clearing>{}<BillId>{}</BillId><Amount>{}</Amount><Fee>{}</Fee><Bank>9999</Bank>\
             <Channel>internet_banking</Channel><EntryKind>typed</EntryKind>\
             <ReceiptDate>{}</ReceiptDate></Clearing>",
            self.key(collector),
            field("BillId"),
            field("Amount"),
            found.field("Fee").unwrap_or_else(|| "0".to_owned()),
            hub.clock.now().date()
        );
        let message = super::hub::message(collector, serial, &body);
        let message = super::hub::on(&hub.clock.now().date().to_string(), &message);
        let answer = hub.send(collector, &message).await;
        assert_eq!(answer.field("ProvisionalCode"), None);
        answer.code()
    }
}

/// What a service's form starts with, other than where `changed` says so.
pub fn filled(one: &Collector, service: &str, changed: &[(&str, &str)], hub: &Hub) -> Vec<(String, String)> {
    let service = one.site.services.iter().find(|found| found.id == service).unwrap();
    let today = hub.clock.now().date();
    let fields = service.fields.iter().map(|field| {
        let other = changed.iter().find(|(name, _)| *name == field.id);
        (field.id.clone(), other.map_or_else(|| field.first(today), |(_, text)| (*text).to_owned()))
    });
    fields.collect()
}

/// Does what a service offers; gives the first bill's page.
pub async fn act(hub: &Hub, number: &str, service: &str, changed: &[(&str, &str)]) -> Slip {
    let one = hub.mocks.collector(number).unwrap();
    let path = format!("/sites/{number}/{service}");
    let page = post(hub, &path, &filled(one, service, changed, hub)).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{path}: {}", page.text);
    Slip::open(hub, page.headers[header::LOCATION].to_str().unwrap()).await
}

#[tokio::test]
async fn every_service_of_every_site_issues_bills_that_can_be_inquired_about() {
    let hub = Hub::start().await;
    for one in hub.mocks.collectors() {
        let number = one.institution.number.as_str();
        let home = get(&hub, &format!("/sites/{number}")).await;
        assert_eq!(home.status, StatusCode::OK);
        assert!(home.text.contains("実在の機関とは関係がなく") && !home.text.contains("style="));
        for service in &one.site.services {
            let name = format!("{number} {}", service.id);
            assert!(home.text.contains(&format!("href=\"/sites/{number}/{}\"", service.id)), "{name}");
            let slip = act(&hub, number, &service.id, &[]).await;
            // a form that lists no other bill issued one
            let bills = slip.others().len().max(1);
            assert_eq!(bills, service.bills.len(), "{name}");
            assert!(slip.text.contains("http-equiv=\"refresh\""), "{name}");
            if service.delay_s > 0 {
                assert_eq!(slip.state(), "appearing", "{name}");
                continue;
            }
            let banks = get(&hub, &format!("{}/banks", slip.path.split('?').next().unwrap())).await;
            assert_eq!(slip.state(), "payable", "{name}");
            assert!(banks.text.contains("見本銀行"), "{name}");
            if !one.institution.takes_typed_numbers {
                assert!(slip.customer.is_empty(), "{name} shows numbers that nobody can type");
            } else if !one.institution.payer_types_amount {
                let answer = slip.inquire(&hub, number).await;
                assert_eq!(answer.code(), "0000", "{name}");
                assert!(!answer.bill_ids().is_empty(), "{name}");
            }
        }
    }
}

/// The row of the gateway's test of another collector, which has no site of its own.
const ANOTHER: &str = include_str!("../../../gateway/tests/all/another_collector/row.toml");

#[tokio::test]
async fn a_row_without_a_site_has_one_of_its_charges() {
    let mut data = crate::Data::embedded();
    data.institutions += ANOTHER;
    let hub = Hub::start_with(&data).await;
    let one = hub.mocks.collector("99029").unwrap();
    assert_eq!(one.site.services.len(), one.institution.charges.len());
    for service in &one.site.services {
        let slip = act(&hub, "99029", &service.id, &[("amount", "12,345")]).await;
        let found = slip.inquire(&hub, "99029").await;
        assert_eq!((found.code().as_str(), found.field("Amount").as_deref()), ("0000", Some("12345")));
        assert_eq!(slip.pay(&hub, "99029", 2, &found).await, "0000");
        assert_eq!(Slip::open(&hub, &slip.path).await.state(), "paid");
    }
}

#[tokio::test]
async fn a_bill_turns_to_paid_and_the_page_stops_asking() {
    let hub = Hub::start().await;
    let service = hub.mocks.collector("04100").unwrap().site.services[0].id.clone();
    let slip = act(&hub, "04100", &service, &[]).await;
    assert_eq!(slip.state(), "payable");
    let found = slip.inquire(&hub, "04100").await;
    assert_eq!(slip.pay(&hub, "04100", 2, &found).await, "0000");
    let paid = Slip::open(&hub, &slip.path).await;
    assert_eq!((paid.state(), paid.amount()), ("paid", slip.amount()));
    assert!(paid.text.contains("令和8年11月24日(火)") && !paid.text.contains("http-equiv=\"refresh\""));
    assert!(!paid.text.contains("インターネットバンキングで支払う"));
    let banks = get(&hub, &format!("{}/banks", slip.path.split('?').next().unwrap())).await;
    assert!(banks.text.contains("いまはお支払いになれません"), "{}", banks.text);
}

#[tokio::test]
async fn sites_and_their_bills_outlive_a_restart() {
    let hub = Hub::start().await;
    let service = hub.mocks.collector("04000").unwrap().site.services[0].id.clone();
    let slip = act(&hub, "04000", &service, &[]).await;
    let found = slip.inquire(&hub, "04000").await;
    slip.pay(&hub, "04000", 2, &found).await;
    let unpaid = act(&hub, "04000", &service, &[]).await;
    hub.mocks.close().await;
    let Hub { folder, key, clock, .. } = hub;
    let hub = Hub::start_in(folder, key, clock).await;
    assert_eq!(Slip::open(&hub, &slip.path).await.state(), "paid");
    let again = Slip::open(&hub, &unpaid.path).await;
    assert_eq!((again.state(), &again.customer), ("payable", &unpaid.customer));
}

#[tokio::test]
async fn the_controls_lead_to_the_page_of_every_bill() {
    let hub = Hub::start().await;
    let (_, json) = hub.json("GET", "/control/04100/bills", "").await;
    let controls = get(&hub, "/04100").await.text;
    for bill in json["bills"].as_array().unwrap() {
        let page = bill["page"].as_str().unwrap();
        assert!(controls.contains(&format!("href=\"{page}\"")), "{bill}");
        let slip = Slip::open(&hub, page).await;
        assert_eq!(slip.state(), bill["state"], "{bill}");
        assert!(slip.text.contains(bill["contents"].as_str().unwrap()), "{bill}");
    }
}

#[tokio::test]
async fn a_page_needs_its_whole_address_or_all_numbers() {
    let hub = Hub::start().await;
    let service = hub.mocks.collector("04100").unwrap().site.services[0].id.clone();
    let slip = act(&hub, "04100", &service, &[]).await;
    let path = slip.path.split('?').next().unwrap();
    assert!(path.rsplit('/').next().unwrap().len() >= 20, "{path} could be guessed");
    assert_eq!(get(&hub, &path.replace("04100", "04000")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(get(&hub, &path[..path.len() - 1]).await.status, StatusCode::NOT_FOUND);
    let numbers = |confirmation: &str| {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        vec![
            pair("customer_number", &slip.customer),
            pair("confirmation_number", confirmation),
            pair("payment_category", &slip.category),
        ]
    };
    let found = post(&hub, "/sites/04100/lookup", &numbers(&slip.confirmation)).await;
    assert_eq!(found.status, StatusCode::OK);
    assert!(found.text.contains(&format!("href=\"{path}\"")), "{}", found.text);
    let wrong = if slip.confirmation == "000000" { "111111" } else { "000000" };
    let refused = post(&hub, "/sites/04100/lookup", &numbers(wrong)).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!refused.text.contains(path));
}

#[tokio::test]
async fn what_was_typed_wrongly_is_named_and_kept_and_nothing_is_issued() {
    let hub = Hub::start().await;
    let one = hub.mocks.collector("99090").unwrap();
    let service = one.site.services[0].id.clone();
    let path = format!("/sites/99090/{service}");
    let mut fields = filled(one, &service, &[("amount", "0"), ("payer", "見本\u{202e}")], &hub);
    fields.push(("unknown".to_owned(), "x".to_owned()));
    let before = hub.json("GET", "/control/99090/bills", "").await.1["bills"].as_array().unwrap().len();
    let page = post(&hub, &path, &fields).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.text.contains("<title>エラー: ") && page.text.contains("value=\"0\""), "{}", page.text);
    let after = hub.json("GET", "/control/99090/bills", "").await.1["bills"].as_array().unwrap().len();
    assert_eq!(before, after);
    let request = Request::post(&path)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from("csrf=x&payer=a&amount=100"))
        .unwrap();
    assert_eq!(fetch(&hub, request).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_style_sheet_has_the_sites_colours_and_the_list_leads_to_each_site() {
    let hub = Hub::start().await;
    let list = get(&hub, "/").await;
    for one in hub.mocks.collectors() {
        let number = one.institution.number.as_str();
        assert!(list.text.contains(&format!("href=\"/sites/{number}\"")), "{number}");
        let css = get(&hub, &format!("/sites/{number}/look.css")).await;
        assert!(css.headers[header::CONTENT_TYPE].to_str().unwrap().starts_with("text/css"));
        assert!(css.text.starts_with(&format!(":root {{ --main: {}", one.site.colours.main.as_str())));
    }
    assert_eq!(get(&hub, "/sites/12345").await.status, StatusCode::NOT_FOUND);
    assert_eq!(at(super::hub::TUESDAY), hub.clock.now());
}

#[tokio::test]
async fn our_bank_is_led_to_and_the_others_say_that_they_are_not_connected() {
    let hub = Hub::start().await;
    let service = hub.mocks.collector("04100").unwrap().site.services[0].id.clone();
    let slip = act(&hub, "04100", &service, &[]).await;
    let path = slip.path.split('?').next().unwrap();
    let banks = get(&hub, &format!("{path}/banks?kana=%E3%81%BE")).await;
    assert!(banks.text.contains("武蔵ひながた銀行") && !banks.text.contains("北みほん銀行"));
    let ours = get(&hub, &format!("{path}/banks/9999")).await;
    assert!(ours.text.contains("href=\"http://localhost:8080/payeasy/new\""), "{}", ours.text);
    let other = get(&hub, &format!("{path}/banks/9906")).await;
    assert!(other.text.contains("つながっていません") && !other.text.contains("localhost"));
    assert_eq!(get(&hub, &format!("{path}/banks/0001")).await.status, StatusCode::NOT_FOUND);
}
