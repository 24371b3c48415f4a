use domain::calendar::is_business_day;
use formats::swift::credit::Breach;

use super::*;

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn own() -> Bic {
    "MIHNJPJTXXX".parse().unwrap()
}

fn entered() -> Entered {
    Entered {
        day: "2026-12-02".to_owned(),
        expiry: "2027-02-28".to_owned(),
        expiry_place: "GERMANY".to_owned(),
        beneficiary: "BEISPIEL MASCHINEN GMBH\nMUSTERSTRASSE 1, 60311 FRANKFURT".to_owned(),
        beneficiary_country: "DE".to_owned(),
        advising_bank: "EXMPDEFF".to_owned(),
        currency: "eur".to_owned(),
        amount: "125,000".to_owned(),
        tolerance: "5".to_owned(),
        available_with: "ANY BANK IN GERMANY".to_owned(),
        loading: "HAMBURG".to_owned(),
        discharge: "SENDAI".to_owned(),
        latest_shipment: "2027-01-31".to_owned(),
        goods: "2 MILLING MACHINES".to_owned(),
        documents: "+ SIGNED COMMERCIAL INVOICE IN 3 COPIES".to_owned(),
        law_declared: true,
        ..Entered::blank("MIHON SHOJI CO., LTD.\nSENDAI, JAPAN", &own())
    }
}

fn read(entered: &Entered) -> Result<Read, Vec<Told<Field>>> {
    let own = own();
    let context = Context {
        now: Timestamp::parse_rfc3339("2026-11-27T10:00:00+09:00").unwrap(),
        first_day: day("2026-12-02"),
        currencies: &[Currency::JPY, Currency::USD, Currency::EUR],
        own_bank: &own,
        sanctions: Sanctions::embedded(),
    };
    entered.read(&context)
}

#[test]
fn an_application_becomes_a_credit_that_can_be_issued() {
    let Read { application, warnings } = read(&entered()).unwrap();
    assert_eq!(warnings, []);
    let credit = application.issued("LC2026-000123", day("2026-12-03"));
    assert_eq!((credit.number.as_str(), credit.issued), ("LC2026-000123", day("2026-12-03")));
    assert_eq!(application.most(), Some(Money::new(Currency::EUR, 13_125_000)));
    let messages = credit.messages(&own(), application.advising_bank.as_ref().unwrap()).unwrap();
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0].value("32B"), Some("EUR125000,00"));
    assert_eq!(messages[0].value("41D"), Some("ANY BANK IN GERMANY\nBY NEGOTIATION"));
    assert_eq!(messages[0].value("42A"), Some("MIHNJPJTXXX"));
}

#[test]
fn a_warning_keeps_nothing_back() {
    let russian = Entered { beneficiary_country: "RU".to_owned(), ..entered() };
    let Read { application, warnings } = read(&russian).unwrap();
    assert_eq!(warnings, [Told { field: Field::BeneficiaryCountry, problem: Problem::Sanctioned }]);
    let hits = Sanctions::embedded().screen(&application.screened(), day("2026-11-27"));
    assert_eq!(hits.len(), 1);
}

/// What is told first of a form in which one thing was changed.
#[track_caller]
fn told(change: impl FnOnce(&mut Entered), field: Field, what: &str, remedy: &str) {
    let mut entered = entered();
    change(&mut entered);
    let told = read(&entered).unwrap_err();
    let found: Vec<_> =
        told.iter().map(|one| (one.field, one.problem.what(), one.problem.remedy())).collect();
    assert_eq!(found, [(field, what.to_owned(), remedy.to_owned())]);
}

#[test]
fn what_is_wrong_is_told_at_its_field() {
    assert!(!is_business_day(day("2026-12-05")));
    told(
        |e| e.day = "2026-12-05".to_owned(),
        Field::Day,
        "銀行の休業日です。外国送金と輸入信用状は銀行営業日だけの取扱いです",
        "2026-12-07以後の営業日を指定してください",
    );
    told(
        |e| e.day = "2026-12-01".to_owned(),
        Field::Day,
        "2026-12-02より前の日は指定できません",
        "2026-12-02以後を指定してください",
    );
    told(
        |e| e.day = "2026-12-28".to_owned(),
        Field::Day,
        "2026-12-27より後の日は指定できません",
        "2026-12-27までの日を指定してください",
    );
    told(
        |e| e.latest_shipment = "2027-03-01".to_owned(),
        Field::LatestShipment,
        "船積期限が有効期限より後です",
        "有効期限を延ばすか、船積期限を早めてください",
    );
    told(
        |e| e.goods = "ABOUT 100 TONS OF SCRAP".to_owned(),
        Field::Tolerance,
        "金額の過不足許容があるのに、10%の過不足を意味する「ABOUT」などの語があります",
        "その語を取り除くか、過不足許容を10/10にするか、なしにしてください",
    );
    told(
        |e| e.goods = "機械".to_owned(),
        Field::Goods,
        "SWIFTの電文で送れない文字です",
        "英語かローマ字に直すか、取り除いてください",
    );
    told(
        |e| e.drawee.clear(),
        Field::Drawee,
        "手形の期間に、手形の名宛人が伴っていません",
        "手形の名宛人を入れるか、手形の期間を取り除いてください",
    );
    told(
        |e| e.deferred = "90 DAYS AFTER SIGHT".to_owned(),
        Field::Drafts,
        "手形、混合払いの明細、買取・後日払いの明細のうち、二つ以上があります",
        "利用方法に合う一つだけにしてください",
    );
    told(
        |e| e.confirmation = "CONFIRM".to_owned(),
        Field::ConfirmingBank,
        "確認を求めるのに、確認銀行がありません",
        "確認銀行を入れるか、確認なしにしてください",
    );
    told(
        |e| e.expiry_place.clear(),
        Field::ExpiryPlace,
        "決められた形ではありません",
        "元のデータを直して、出し直してください",
    );
    told(
        |e| e.expiry = "2027-02-29".to_owned(),
        Field::Expiry,
        "この日付はありません",
        "実際にある日付を入れてください",
    );
    told(
        |e| e.amount = "1.234".to_owned(),
        Field::Amount,
        "この通貨の小数は2けたまでです",
        "金額を半角の数字で入れてください",
    );
    told(|e| e.amount = "0".to_owned(), Field::Amount, "金額が0です", "金額を入れてください");
    told(
        |e| e.currency = "GBP".to_owned(),
        Field::Currency,
        "取り扱っている通貨ではありません",
        "一覧から選んでください",
    );
    told(
        |e| e.tolerance = "100".to_owned(),
        Field::Tolerance,
        "選べるものの中にありません",
        "一覧から選んでください",
    );
    told(|e| e.beneficiary.clear(), Field::Beneficiary, "入っていません", "入力してください");
    told(
        |e| e.advising_bank = "EXMPDEF".to_owned(),
        Field::AdvisingBank,
        "BIC(SWIFTコード)は8文字か11文字ですが、7文字です",
        "受取人から知らされたBIC(SWIFTコード)を、そのまま入れてください",
    );
    told(
        |e| e.law_declared = false,
        Field::Declaration,
        "告知・申告がされていません",
        "内容を読み、当てはまることを確かめて印を付けてください",
    );
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let told = read(&Entered::default()).unwrap_err();
    let fields: Vec<Field> = told.iter().map(|one| one.field).collect();
    for field in [Field::Day, Field::Advice, Field::Expiry, Field::Currency, Field::Goods, Field::Declaration]
    {
        assert!(fields.contains(&field), "{field}");
    }
    let finding = Finding::from(Breach::ZeroAmount);
    assert_eq!(field_of(&finding), Field::Amount);
}

#[test]
fn what_was_typed_is_kept_as_it_was() {
    let json = serde_json::to_string(&entered()).unwrap();
    assert_eq!(serde_json::from_str::<Entered>(&json).unwrap(), entered());
}
