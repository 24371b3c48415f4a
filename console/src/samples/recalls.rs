//! Samples of the page about recalls of other banks.

use askama::Template as _;
use domain::{ContractId, Yen};
use transfers::ConsentState;

use super::sample_frame;
use crate::links::ContractLink;
use crate::recalls::{RecallRow, RecallsPage, tag};

pub(super) fn pages() -> Vec<String> {
    let row = |state: &ConsentState| RecallRow {
        asked_at: "11/25 10:00".to_owned(),
        bank: "みずほ銀行(0001)".to_owned(),
        number: "\"><script>".to_owned(),
        payer: "\"><script>".to_owned(),
        contract: (*state == ConsentState::Asked)
            .then(|| (ContractLink(ContractId::generate()), "<b>内容".to_owned())),
        account: "本店営業部 普通 1234567".to_owned(),
        amount: Yen::new(50_000),
        until: "12/02 15:00".to_owned(),
        tag: tag(*state),
        changed_at: "11/25 10:00".to_owned(),
        code: (*state == ConsentState::Answered).then(|| "NOAS".to_owned()),
    };
    let page = |rows: Vec<RecallRow>| RecallsPage {
        frame: sample_frame(false),
        waiting: rows.len().min(1),
        more: !rows.is_empty(),
        rows,
    };
    let all = ConsentState::ALL.iter().map(row).collect();
    [Vec::new(), all].into_iter().map(|rows| page(rows).render().unwrap()).collect()
}
