//! Samples of the page of a contract's tokens.

use askama::Template;
use domain::{ContractId, Yen};
use internet_banking::tokens::Standing;

use super::{request_row, sample_frame, troubles};
use crate::tokens::pages::{ChargeRow, TokenRow, TokensPage, tag};
use crate::words::{Choice, Tag};

/// With tokens in every state, and with none.
pub fn pages() -> Vec<String> {
    let standings = [
        Standing::Unused,
        Standing::Valid,
        Standing::Locked,
        Standing::Expired,
        Standing::Revoked,
        Standing::Lost,
    ];
    let row = |standing: Standing| TokenRow {
        serial: "9000000001".to_owned(),
        kind: "ハードウェアトークン",
        tag: tag(standing),
        since: "2026年11月24日".to_owned(),
        locked_at: if standing == Standing::Locked {
            "11月24日 10:00:00".to_owned()
        } else {
            String::new()
        },
        expires_on: if standing == Standing::Unused { String::new() } else { "2031年11月30日".to_owned() },
        holders: match standing {
            Standing::Unused => Vec::new(),
            _ => vec![("<b>理由".to_owned(), "hanako01".to_owned())],
        },
    };
    let charge = || ChargeRow {
        day: "2026年11月24日".to_owned(),
        detail: "トークン 9000000901 の追加発行".to_owned(),
        amount: Yen::new(2_160),
        reference: "<b>内容".to_owned(),
    };
    let page = |(n, trouble): (usize, Option<super::Trouble>)| {
        let page = TokensPage {
            frame: sample_frame(trouble.is_some()),
            csrf: "t".to_owned(),
            errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
            may_propose: trouble.is_some(),
            trouble,
            id: ContractId::generate(),
            name: "\"><script>".to_owned(),
            address: if n == 0 { String::new() } else { "<b>仙台市".to_owned() },
            rows: if n == 0 { Vec::new() } else { standings.map(row).into() },
            charges: if n == 0 { Vec::new() } else { vec![charge()] },
            stock: 20,
            fee: Yen::new(2_160),
            acts: vec![Choice::new("add", "追加発行", "add")],
            serials: vec![Choice::new("9000000001", "9000000001", "")],
            document: "\"><script>".to_owned(),
            reason: "</textarea><script".to_owned(),
            requests: if n == 0 { Vec::new() } else { vec![request_row(Tag::wait("承認待ち"), false)] },
        };
        page.render().unwrap()
    };
    troubles("document").into_iter().enumerate().map(page).collect()
}
