//! The site of an institution that has none of its own: a service for each charge of its row.

use super::data::{BillRule, Colour, Colours, Look, Service, Site, Words};
use super::fields::{Field, Kind as FieldKind};
use super::rules::{AmountRule, DayRule, Template};
use crate::institutions::{Charge, Institution, Kind};

/// Days until a bill is due.
const DUE_DAYS: i64 = 30;

/// How the sites of a kind call their things.
pub fn words(kind: Kind) -> Words {
    let words = |slip: &str, open: &str, paid: &str, payer: &str, due: &str| Words {
        slip: slip.to_owned(),
        open: open.to_owned(),
        paid: paid.to_owned(),
        payer: payer.to_owned(),
        due: due.to_owned(),
    };
    match kind {
        Kind::National | Kind::Local => words("納付書", "未納", "納付済", "納付者", "納期限"),
        Kind::Private => words("払込票", "お支払い前", "お支払い済み", "お名前", "お支払い期限"),
    }
}

fn colours(kind: Kind) -> Colours {
    let of = |text: &str| Colour::try_from(text.to_owned());
    let (main, accent, ground) = match kind {
        Kind::National => ("#2b3a55", "#1f5a96", "#f4f5f7"),
        Kind::Local => ("#1f5a3a", "#1f5a3a", "#f3f7f2"),
        Kind::Private => ("#4a3560", "#7a2e4a", "#f7f5f8"),
    };
    match (of(main), of(accent), of(ground)) {
        (Ok(main), Ok(accent), Ok(ground)) => Colours { main, accent, ground },
        _ => unreachable!("the three are written above"),
    }
}

/// The site of the row's charges.
pub fn site(row: &Institution) -> Site {
    let look = match row.kind {
        Kind::National => Look::Office,
        Kind::Local => Look::City,
        Kind::Private => Look::Finance,
    };
    let numbered = row.charges.iter().zip(1..);
    Site {
        name: format!("{}(見本)", row.name),
        lead: "お支払いの内容を選んでください。番号を発行します。".to_owned(),
        notes: vec![row.contact.clone()],
        look,
        colours: colours(row.kind),
        words: words(row.kind),
        bill_prefix: "BIL".to_owned(),
        pays_up_to: None,
        services: numbered.map(|(charge, place)| service(row, charge, place)).collect(),
    }
}

fn service(row: &Institution, charge: &Charge, place: usize) -> Service {
    let words = words(row.kind);
    let field = |id: &str, label: &str, value: &str, kind| Field {
        id: id.to_owned(),
        label: label.to_owned(),
        hint: String::new(),
        value: value.to_owned(),
        kind,
    };
    let amount_max = domain::money::AMOUNT_MAX.get();
    Service {
        id: format!("charge-{place}"),
        title: charge.name.clone(),
        group: String::new(),
        lead: String::new(),
        action: format!("{}を発行する", words.slip),
        done: format!("{}を発行しました。", words.slip),
        fields: vec![
            field("payer", &words.payer, "株式会社見本商事", FieldKind::Text(40)),
            field("amount", "金額(円)", "10000", FieldKind::Amount(1, amount_max)),
        ],
        payer: Template::field("payer"),
        customer: None,
        confirmation: None,
        category: None,
        charge: Some(charge.name.clone()),
        payer_bears_fee: row.has_fee(),
        late: None,
        delay_s: 0,
        bills: vec![BillRule {
            contents: Template::plain(&charge.name.chars().take(60).collect::<String>()),
            amount: AmountRule::Field("amount".to_owned()),
            due: DayRule::days(DUE_DAYS),
            last: None,
            payable_from: None,
            customer: None,
            category: None,
        }],
    }
}
