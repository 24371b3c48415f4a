//! A credit, an amendment and a remittance of people who do not exist.

use domain::remittance::ChargeBearer;
use domain::{Bic, Currency, Date, Money, Uetr};
use formats::swift::Message;
use formats::swift::credit::*;
use formats::swift::mt103::{Customer, CustomerTransfer};
use formats::swift::values::Bank;

pub fn day(text: &str) -> Date {
    text.parse().unwrap()
}

pub fn bic(text: &str) -> Bic {
    text.parse().unwrap()
}

pub fn sender() -> Bic {
    bic("MIHNJPJTXXX")
}

pub fn receiver() -> Bic {
    bic("EXMPDEFFXXX")
}

pub fn fin(messages: &[Message]) -> String {
    messages.iter().map(Message::to_fin).collect::<Vec<_>>().join("\r\n")
}

pub fn credit() -> Credit {
    Credit {
        form: Form::Irrevocable,
        number: "LC2026-000123".to_owned(),
        pre_advice: String::new(),
        issued: day("2026-11-27"),
        rules: Rules { book: RuleBook::Ucp, others: String::new() },
        expiry: day("2027-02-28"),
        expiry_place: "GERMANY".to_owned(),
        applicant_bank: None,
        applicant: "MIHON SHOJI CO., LTD.\n1-2-3 CHUO, AOBA-KU, SENDAI, MIYAGI 980-0000 JAPAN".to_owned(),
        beneficiary_account: "DE89370400440532013000".to_owned(),
        beneficiary: "BEISPIEL MASCHINEN GMBH\nMUSTERSTRASSE 1\n60311 FRANKFURT AM MAIN GERMANY".to_owned(),
        amount: Money::new(Currency::EUR, 12_500_000),
        tolerance: Some(Tolerance { plus: 5, minus: 5 }),
        additional_amounts: String::new(),
        available_with: Bank::Named("ANY BANK IN GERMANY".to_owned()),
        available_by: Availability::Negotiation,
        terms: Terms::Drafts { at: "AT SIGHT".to_owned(), drawee: Bank::Bic(bic("MIHNJPJT")) },
        partial_shipments: Some(Permission::NotAllowed),
        transhipment: Some(Permission::Allowed),
        route: Route {
            loading: "HAMBURG, GERMANY".to_owned(),
            discharge: "SENDAI-SHIOGAMA, JAPAN".to_owned(),
            ..Route::default()
        },
        shipment: Shipment::Latest(day("2027-01-31")),
        goods: "2 SETS OF MILLING MACHINES, MODEL \"BM-7\" & SPARE PARTS\n\
                AS PER PROFORMA INVOICE NO. 4711 DATED 2026-10-01\nCIF SENDAI-SHIOGAMA (INCOTERMS 2020)"
            .to_owned(),
        documents: "+ SIGNED COMMERCIAL INVOICE IN 3 COPIES\n\
                    + FULL SET OF CLEAN ON BOARD OCEAN BILLS OF LADING MADE OUT TO ORDER AND BLANK ENDORSED, \
                    MARKED FREIGHT PREPAID AND NOTIFY APPLICANT\n\
                    + INSURANCE POLICY FOR 110% OF THE INVOICE VALUE\n+ PACKING LIST IN 3 COPIES"
            .to_owned(),
        conditions: "ALL DOCUMENTS MUST BEAR THIS CREDIT NUMBER.".to_owned(),
        beneficiary_conditions: String::new(),
        bank_conditions: String::new(),
        charges: "ALL BANKING CHARGES OUTSIDE JAPAN ARE FOR ACCOUNT OF BENEFICIARY".to_owned(),
        presentation: Some(Presentation { days: 21, since: String::new() }),
        confirmation: Confirmation::Without,
        confirming_bank: None,
        reimbursing_bank: Some(Bank::Bic(bic("RMBRUS33"))),
        instructions: "UPON RECEIPT OF COMPLYING DOCUMENTS WE SHALL REMIT AS INSTRUCTED.".to_owned(),
        advise_through: None,
        to_bank: String::new(),
    }
}

/// Goods of 150 lines and documents of 60: two messages.
pub fn long_credit() -> Credit {
    let lines = |word: &str, count: usize| -> String {
        (1..=count).map(|line| format!("{line:03} {word:.<57}")).collect::<Vec<_>>().join("\n")
    };
    Credit { goods: lines("PART", 150), documents: lines("DOCUMENT", 60), ..credit() }
}

pub fn amendment() -> Amendment {
    let credit = credit();
    Amendment {
        receiver_number: "EX-77".to_owned(),
        amendment_charges: Some((ChargesPayer::Applicant, String::new())),
        changes: Changes {
            expiry: Some((day("2027-03-31"), "GERMANY".to_owned())),
            increase: Some(Money::new(Currency::EUR, 2_500_000)),
            shipment: Shipment::Latest(day("2027-02-28")),
            goods: vec![Change::Add("1 FURTHER SET".to_owned())],
            documents: vec![
                Change::Delete("+ PACKING LIST IN 3 COPIES".to_owned()),
                Change::Add("+ PACKING LIST IN 5 COPIES,\nSIGNED".to_owned()),
            ],
            ..Changes::default()
        },
        ..Amendment::of(&credit, 1, day("2026-12-10"))
    }
}

pub fn transfer() -> CustomerTransfer {
    CustomerTransfer {
        reference: "FT2026112700001".to_owned(),
        uetr: Uetr::of_random(*b"0123456789abcdef"),
        value_date: day("2026-12-01"),
        settled: Money::new(Currency::USD, 1_234_550),
        instructed: Money::new(Currency::USD, 1_234_550),
        rate: None,
        ordering: Customer {
            account: "1007654321".to_owned(),
            name: "MIHON SHOJI CO., LTD.".to_owned(),
            street: "1-2-3 CHUO, AOBA-KU".to_owned(),
            country: "JP".parse().unwrap(),
            town: "980-0000 SENDAI".to_owned(),
        },
        intermediary: Some(Bank::Bic(bic("INTRUS33"))),
        account_with: Bank::Bic(bic("EXMPDEFFXXX")),
        beneficiary: Customer {
            account: "DE89370400440532013000".to_owned(),
            name: "BEISPIEL MASCHINEN GMBH".to_owned(),
            street: "MUSTERSTRASSE 1".to_owned(),
            country: "DE".parse().unwrap(),
            town: "60311 FRANKFURT".to_owned(),
        },
        remittance: "INVOICE 4711 OF 2026-10-01".to_owned(),
        charge_bearer: ChargeBearer::Shared,
        deducted: None,
        to_bank: String::new(),
        reporting: String::new(),
    }
}
