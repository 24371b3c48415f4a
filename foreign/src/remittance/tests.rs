use domain::exchange::{ConversionRule, Rounding, Side};
use domain::remittance::{FeeTable, Funding, cost};
use domain::{Bic, Money, Uetr, Yen};
use formats::iso20022::pacs008;
use formats::swift::mt103::CustomerTransfer;

use super::*;
use crate::message::Sent;
use crate::problem::Problem;

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).unwrap()
}

fn remitter() -> Remitter {
    Remitter {
        name: "MIHON SHOJI CO., LTD.".to_owned(),
        address: Address {
            street: "1-2-3 CHUO, AOBA-KU".to_owned(),
            ..Address::of("SENDAI", Country::JAPAN)
        },
        account: "1007654321".to_owned(),
        currency: Currency::JPY,
        is_corporation: true,
    }
}

fn quote() -> Quote {
    Quote {
        currency: Currency::USD,
        units: 1,
        tts: "151.23".parse().unwrap(),
        ttb: "149.23".parse().unwrap(),
        from: at("2026-11-27T10:00:00+09:00"),
        until: at("2026-11-27T15:00:00+09:00"),
    }
}

fn entered() -> Entered {
    Entered {
        day: "2026-11-30".to_owned(),
        reference: "PO-4711".to_owned(),
        payee_name: "BEISPIEL MASCHINEN GMBH".to_owned(),
        payee_street: "MUSTERSTRASSE 1".to_owned(),
        payee_post_code: "60311".to_owned(),
        payee_town: "FRANKFURT AM MAIN".to_owned(),
        payee_country: "DE".to_owned(),
        payee_account: "DE89 3704 0044 0532 0130 00".to_owned(),
        bank_bic: "exmpdeff".to_owned(),
        bank_country: "DE".to_owned(),
        currency: "USD".to_owned(),
        amount: "12,345.50".to_owned(),
        bearer: "SHAR".to_owned(),
        purpose: "import".to_owned(),
        goods: "MILLING MACHINES".to_owned(),
        origin: "DE".to_owned(),
        port: "HAMBURG, GERMANY".to_owned(),
        corporate_number: "7123456789012".to_owned(),
        law_declared: true,
        message: "INVOICE 4711".to_owned(),
        ..Entered::default()
    }
}

fn read_by(entered: &Entered, remitter: &Remitter, now: &str) -> Result<Read, Vec<Told<Field>>> {
    let contract = Rate { currency: Currency::USD, units: 1, yen: "148.5".parse().unwrap() };
    let context = Context {
        now: at(now),
        first_day: day("2026-11-27"),
        remitter,
        quotes: &[quote()],
        contracts: &[("FX-1".to_owned(), contract)],
        currencies: &[Currency::JPY, Currency::USD, Currency::EUR],
        sanctions: Sanctions::embedded(),
    };
    entered.read(&context)
}

fn read(entered: &Entered) -> Result<Read, Vec<Told<Field>>> {
    read_by(entered, &remitter(), "2026-11-27T11:00:00+09:00")
}

/// What is told of a form in which something was changed.
fn told(change: impl FnOnce(&mut Entered)) -> Vec<(Field, String, String)> {
    let mut entered = entered();
    change(&mut entered);
    let told = read(&entered).map_or_else(|told| told, |read| read.warnings);
    told.into_iter().map(|one| (one.field, one.problem.what(), one.problem.remedy())).collect()
}

#[track_caller]
fn first(change: impl FnOnce(&mut Entered), field: Field, what: &str, remedy: &str) {
    assert_eq!(told(change).first(), Some(&(field, what.to_owned(), remedy.to_owned())));
}

#[test]
fn an_application_becomes_the_message_that_leaves() {
    let Read { application, warnings } = read(&entered()).unwrap();
    assert_eq!(warnings, []);
    assert_eq!(application.instruction, Instruction::Amount(Money::new(Currency::USD, 1_234_550)));
    let RateChoice::Spot(quote) = &application.rate else { panic!("{:?}", application.rate) };
    let table = FeeTable {
        since: day("2026-04-01"),
        wire: Yen::new(4_500),
        correspondent: Yen::new(3_000),
        lifting_part: "0.0005".parse().unwrap(),
        lifting_least: Yen::new(2_500),
    };
    let rule = ConversionRule { yen: Rounding::Down, foreign: Rounding::Down };
    let funding = Funding::Yen(quote.rate(Side::Sell));
    let cost = cost(application.instruction, funding, application.bearer, &table, rule).unwrap();
    let (own, correspondent): (Bic, Bic) = ("MIHNJPJTXXX".parse().unwrap(), "CORRUS33XXX".parse().unwrap());
    let sent = Sent {
        application: &application,
        remitter: &remitter(),
        cost: &cost,
        number: "FT26112700001",
        uetr: Uetr::of_random([7; 16]),
        created: at("2026-11-27T11:00:00+09:00"),
        banks: (&own, &correspondent),
        settlement_day: day("2026-11-30"),
    };
    assert_eq!(sent.rate().unwrap(), "151.23円 / 1 USD");
    let transfer = sent.credit_transfer();
    let xml = String::from_utf8(pacs008::write(&transfer).unwrap()).unwrap();
    for part in [
        "<InstdAmt Ccy=\"USD\">12345.50</InstdAmt>",
        "<TwnNm>FRANKFURT AM MAIN</TwnNm><Ctry>DE</Ctry>",
        "<IBAN>DE89370400440532013000</IBAN>",
        "<Id>7123456789012</Id>",
        "<Cd>GDDS</Cd>",
        "<Inf>IMPORT OF MILLING MACHINES ORIGIN</Inf><Inf>Germany PORT HAMBURG, GERMANY</Inf>",
        "<EndToEndId>PO-4711</EndToEndId>",
    ] {
        assert!(xml.contains(part), "{part} in {xml}");
    }
    let copy = CustomerTransfer::from(&transfer).message(&own, &correspondent).unwrap();
    assert_eq!(copy.value("71A"), Some("SHA"));
}

#[test]
fn days_are_business_days_and_holidays_abroad_a_warning() {
    first(
        |e| e.day = "2026-11-28".to_owned(),
        Field::Day,
        "銀行の休業日です。外国送金と輸入信用状は銀行営業日だけの取扱いです",
        "2026-11-30以後の営業日を指定してください",
    );
    first(
        |e| e.day = "2026-11-26".to_owned(),
        Field::Day,
        "2026-11-27より前の日は指定できません",
        "2026-11-27以後を指定してください",
    );
    first(
        |e| e.day = "2026-12-28".to_owned(),
        Field::Day,
        "2026-12-27より後の日は指定できません",
        "2026-12-27までの日を指定してください",
    );
    first(
        |e| e.day = "2026-12-25".to_owned(),
        Field::Day,
        "アメリカ合衆国は2026-12-25に銀行が休業です(Christmas Day)",
        "このまま依頼できます。受取人への支払は2026-12-28以後になります",
    );
    // monday, a holiday in japan
    let entered = Entered { day: "2027-01-11".to_owned(), ..entered() };
    let told = read_by(&entered, &remitter(), "2026-12-28T11:00:00+09:00").unwrap_err();
    let next = day("2027-01-12");
    assert_eq!(told[0], Told { field: Field::Day, problem: Problem::NoBusinessDay { next } });
}

#[test]
fn accounts_and_banks_abroad_are_held_against_their_country() {
    first(
        |e| e.payee_account = "DE89 3704 0044 0532 0103 00".to_owned(),
        Field::PayeeAccount,
        "IBANの検査数字が合いません",
        "数字が入れ替わっていないか、受取人から知らされたIBANと1文字ずつ比べてください",
    );
    first(
        |e| e.payee_account = "12345678".to_owned(),
        Field::PayeeAccount,
        "受取銀行の国ではIBANが必要です",
        "受取人から知らされたIBANを、そのまま入れてください",
    );
    first(
        |e| e.payee_account = "FR14 2004 1010 0505 0001 3M02 606".to_owned(),
        Field::PayeeAccount,
        "フランスのものです",
        "国と番号のどちらが正しいか、受取人に確かめてください",
    );
    first(
        |e| e.bank_bic = "EXMPFRPP".to_owned(),
        Field::BankBic,
        "フランスのものです",
        "国と番号のどちらが正しいか、受取人に確かめてください",
    );
    first(
        |e| e.bank_bic.clear(),
        Field::BankBic,
        "受取銀行が分かりません",
        "BICを入れるか、銀行名・都市名・国を入れてください",
    );
    let named = Entered {
        payee_account: "000123456789".to_owned(),
        bank_bic: String::new(),
        bank_name: "EXAMPLE SAVINGS BANK".to_owned(),
        bank_town: "SPRINGFIELD".to_owned(),
        bank_country: "US".to_owned(),
        bank_clearing: "USABA 000000013".to_owned(),
        ..entered()
    };
    let payee = read(&named).unwrap().application.payee;
    assert_eq!(payee.account, Account::Other("000123456789".to_owned()));
    assert!(matches!(payee.bank, Agent::Named { clearing: Some(_), .. }));
}

#[test]
fn addresses_have_a_town_and_no_box() {
    let missing = "入っていません";
    first(|e| e.payee_town.clear(), Field::PayeeTown, missing, "入力してください");
    first(
        |e| e.payee_town = "GERMANY".to_owned(),
        Field::PayeeTown,
        "国名だけで、都市名がありません",
        "都市名を入れてください",
    );
    first(
        |e| e.payee_street = "P.O. Box 12".to_owned(),
        Field::PayeeStreet,
        "私書箱(P.O. Box)は住所として使えません",
        "建物のある住所を入れてください",
    );
    first(
        |e| e.payee_country = "CN".to_owned(),
        Field::PayeeProvince,
        "この国の住所には省・州が必要です",
        "省・州を入れてください",
    );
    first(
        |e| e.payee_name = "日本".to_owned(),
        Field::PayeeName,
        "SWIFTの電文で送れない文字です",
        "英語かローマ字に直すか、取り除いてください",
    );
}

#[test]
fn one_amount_at_one_rate() {
    first(|e| e.amount.clear(), Field::Amount, "入っていません", "入力してください");
    first(|e| e.amount = "0".to_owned(), Field::Amount, "金額が0です", "金額を半角の数字で入れてください");
    first(
        |e| e.spend = "100000".to_owned(),
        Field::Spend,
        "金額と円貨相当額の両方が入っています",
        "金額だけを残してください",
    );
    first(
        |e| e.currency = "KRW".to_owned(),
        Field::Currency,
        "取り扱っている通貨ではありません",
        "一覧から選んでください",
    );
    first(
        |e| e.currency = "EUR".to_owned(),
        Field::Currency,
        "この通貨のレートが公表されていません",
        "新しいレートを取り直すか、予約番号を入れてください",
    );
    first(
        |e| e.contract = "FX-9".to_owned(),
        Field::Contract,
        "選べるものの中にありません",
        "一覧から選んでください",
    );
    let late = read_by(&entered(), &remitter(), "2026-11-27T15:00:00+09:00").unwrap_err();
    assert_eq!(late[0].problem.what(), "このレートは11月27日(金) 15:00で期限が切れました");

    let spend = Entered { amount: String::new(), spend: "100,000円".replace('円', ""), ..entered() };
    assert_eq!(read(&spend).unwrap().application.instruction, Instruction::Spend(Yen::new(100_000)));
    let contract = Entered { contract: "FX-1".to_owned(), ..entered() };
    assert!(
        matches!(read(&contract).unwrap().application.rate, RateChoice::Contract(number, _) if number == "FX-1")
    );
    let dollars = Remitter { currency: Currency::USD, ..remitter() };
    let own = read_by(&entered(), &dollars, "2026-11-27T16:00:00+09:00").unwrap();
    assert_eq!(own.application.rate, RateChoice::None);
    let spend = read_by(&spend, &dollars, "2026-11-27T11:00:00+09:00").unwrap_err();
    assert_eq!(spend[0].problem, Problem::SpendWithoutExchange);
}

#[test]
fn the_law_wants_goods_and_places_told() {
    first(
        |e| e.goods = "PARTS".to_owned(),
        Field::Goods,
        "何の代金か分かりません",
        "商品名や役務の内容を、英語で具体的に入れてください(例: WOODEN FURNITURE)",
    );
    first(|e| e.origin.clear(), Field::Origin, "入っていません", "入力してください");
    first(|e| e.port.clear(), Field::Port, "入っていません", "入力してください");
    first(
        |e| e.port = "CHINA".to_owned(),
        Field::Port,
        "国名だけで、都市名がありません",
        "都市名を入れてください",
    );
    first(|e| e.purpose = "transit".to_owned(), Field::Destination, "入っていません", "入力してください");
    let sanctioned = "経済制裁の対象となる国です";
    let decide = "このまま依頼できますが、銀行が確認します。許可が必要な取引は、許可証の番号を入れてください";
    first(|e| e.origin = "KP".to_owned(), Field::Origin, sanctioned, decide);
    first(|e| e.port = "NAMPO, North Korea".to_owned(), Field::Port, sanctioned, decide);
    let service = Entered {
        purpose: "service".to_owned(),
        goods: "ENGINEERING CONSULTING".to_owned(),
        origin: String::new(),
        port: String::new(),
        ..entered()
    };
    assert_eq!(read(&service).unwrap().application.goods, None);
}

#[test]
fn whoever_sends_is_known_to_the_tax_office() {
    first(
        |e| e.corporate_number = "1123456789012".to_owned(),
        Field::CorporateNumber,
        "法人番号の13けたが合いません",
        "国税庁の通知か法人番号公表サイトの13けたを入れてください",
    );
    first(
        |e| e.law_declared = false,
        Field::Declaration,
        "告知・申告がされていません",
        "内容を読み、当てはまることを確かめて印を付けてください",
    );
    let proprietor = Remitter { is_corporation: false, ..remitter() };
    let now = "2026-11-27T11:00:00+09:00";
    let silent = read_by(&entered(), &proprietor, now).unwrap_err();
    assert_eq!(silent, [Told { field: Field::IndividualNumber, problem: Problem::NotDeclared }]);
    let declared = Entered { individual_number_declared: true, corporate_number: String::new(), ..entered() };
    let read = read_by(&declared, &proprietor, now).unwrap();
    assert_eq!(read.application.identity, TaxIdentity::IndividualDeclared);
}

#[test]
fn what_is_screened_is_everybody_and_every_place() {
    let change = Entered {
        payee_name: "Blackmoor Shipping Ltd".to_owned(),
        purpose: "transit".to_owned(),
        port: "NAMPO, NORTH KOREA".to_owned(),
        destination: "DALIAN".to_owned(),
        intermediary: "INTRRUMM".to_owned(),
        ..entered()
    };
    let application = read(&change).unwrap().application;
    let what: Vec<_> = application.screened().iter().map(|one| one.what).collect();
    assert_eq!(what, ["受取人", "受取銀行", "経由銀行", "原産地", "船積地", "仕向地"]);
    let hits = Sanctions::embedded().screen(&application.screened(), day("2026-11-27"));
    let found: Vec<_> = hits.iter().map(|hit| (hit.screened.what, hit.closeness.label())).collect();
    assert_eq!(found, [("受取人", "名前が一致"), ("経由銀行", "国が一致"), ("船積地", "国が一致")]);
}

#[test]
fn everything_that_is_wrong_is_told_at_once_and_what_was_typed_is_kept() {
    let told = read(&Entered::default()).unwrap_err();
    let fields: Vec<Field> = told.iter().map(|one| one.field).collect();
    for field in [
        Field::Day,
        Field::PayeeName,
        Field::PayeeTown,
        Field::PayeeCountry,
        Field::BankCountry,
        Field::Currency,
        Field::Bearer,
        Field::Purpose,
        Field::CorporateNumber,
        Field::Declaration,
    ] {
        assert!(fields.contains(&field), "{field}");
    }
    let json = serde_json::to_string(&entered()).unwrap();
    assert_eq!(serde_json::from_str::<Entered>(&json).unwrap(), entered());
}
