//! Another institution is one row and one folder of sample bills, and no code: `another_collector/` holds both,
//! and everything that the institutions of the list do works with it.

use std::path::Path;

use collectors::Directory;
use domain::ResponseCode;
use domain::payment::State;
use gateway::{InquiryError, InquiryRequest};
use mocks::{Data, SeedBill};

use crate::support::{World, limits, settings};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/all/another_collector");
const NUMBER: &str = "99029";

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(FOLDER).join(path)).unwrap()
}

/// The lists of the program with the row and the folder added, as a checkout with them would have.
fn lists() -> (Directory, Data) {
    let mut data = Data::embedded();
    let list = format!("{}{}", Directory::TEXT, read("row.toml"));
    data.institutions.clone_from(&list);
    data.bills.insert(NUMBER.to_owned(), read(&format!("fixtures/{NUMBER}/bills.toml")));
    (Directory::parse(&list).unwrap(), data)
}

fn request(bill: &SeedBill) -> InquiryRequest {
    InquiryRequest {
        collector: bill.collector.parse().unwrap(),
        customer_number: bill.customer_number.parse().unwrap(),
        confirmation_number: bill.confirmation_number.parse().unwrap(),
        category: bill.payment_category.as_ref().map(|text| text.parse().unwrap()),
        amount: None,
    }
}

#[tokio::test]
async fn another_row_and_folder_are_another_collector() {
    let (directory, data) = lists();
    let test = database::testing::sqlite().await;
    let world = World::of(test, settings(), &limits(), directory, &data).await;
    let row = world.hub.gateway.collectors().get(&NUMBER.parse().unwrap()).unwrap();
    assert!(row.contact.contains("お客さまセンター"), "the change of today: {}", row.contact);
    let bills = data.bills().unwrap();
    let own: Vec<_> = bills.iter().filter(|bill| bill.collector == NUMBER).collect();
    assert_eq!(own.len(), 4);
    let mut paid = 0;
    for bill in own {
        assert!(row.numbers.customer_number(&bill.customer_number).is_ok());
        let answer = world.hub.gateway.inquire(world.payer, request(bill)).await;
        let refused = match bill.scenario.as_str() {
            "already_paid" => ResponseCode::AlreadyPaid,
            "expired" => ResponseCode::Expired,
            _ => {
                let inquiry = answer.unwrap();
                let [found] = inquiry.bills.as_slice() else { panic!("one bill") };
                assert_eq!((found.contents.as_str(), found.fee.get()), (bill.contents.as_str(), bill.fee));
                let payment = world.hub.gateway.pay(world.order(&inquiry)).await.unwrap();
                assert_eq!(payment.state, State::Accepted);
                let (deliveries, _, code) = world.network.record(&payment).await.unwrap();
                assert_eq!((deliveries, code.as_str()), (1, "0000"));
                paid += bill.amount + bill.fee;
                continue;
            }
        };
        assert!(matches!(answer, Err(InquiryError::Refused(code)) if code == refused), "{answer:?}");
    }
    assert_eq!(world.balance().await.available.get(), 1_000_000 - paid);
    // and it has the special numbers of every mock, in its own widths
    let path = format!("/control/{NUMBER}/special-numbers");
    let shown = world.network.control("GET", &path, String::new()).await;
    let shown = &shown["special_numbers"][0];
    assert_eq!(
        (&shown["customer_number"], &shown["confirmation_number"]),
        (&"000000000100".into(), &"1234".into())
    );
    let special = InquiryRequest {
        collector: NUMBER.parse().unwrap(),
        customer_number: "000000000100".parse().unwrap(),
        confirmation_number: "1234".parse().unwrap(),
        category: None,
        amount: None,
    };
    assert_eq!(world.hub.gateway.inquire(world.payer, special).await.unwrap().bills.len(), 1);
    world.assert_clean().await;
}

/// Every sample bill of every institution of the list gets the answer that its scenario says.
#[tokio::test]
async fn every_institution_of_the_list_answers_for_its_sample_bills() {
    let world = World::new(database::testing::sqlite().await).await;
    for bill in mocks::sample_bills() {
        let mut request = request(&bill);
        let row = world.hub.gateway.collectors().get(&request.collector).unwrap();
        request.amount =
            row.payer_types_amount(request.category.as_ref()).then(|| domain::Yen::new(bill.amount));
        let answer = world.hub.gateway.inquire(world.payer, request).await;
        let refused = match bill.scenario.as_str() {
            _ if !row.methods.online => {
                assert!(matches!(answer, Err(InquiryError::LinkOnly)), "{}", bill.bill_id);
                continue;
            }
            "normal" => {
                let inquiry = answer.unwrap_or_else(|error| panic!("{}: {error}", bill.bill_id));
                let found = inquiry.bills.iter().find(|found| found.id.as_str() == bill.bill_id).unwrap();
                assert_eq!(found.amount.get(), bill.amount, "{}", bill.bill_id);
                assert!(inquiry.bills.len() == 1 || row.several_bills, "{}", bill.bill_id);
                continue;
            }
            "already_paid" => ResponseCode::AlreadyPaid,
            "expired" => ResponseCode::Expired,
            "not_yet" => ResponseCode::NotYetPayable,
            other => panic!("{other}"),
        };
        assert!(matches!(answer, Err(InquiryError::Refused(code)) if code == refused), "{}", bill.bill_id);
    }
}
