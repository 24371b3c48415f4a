//! Samples of the page of a contract's 口座振替依頼書.

use askama::Template;
use bulk::StoppedBy;
use domain::ContractId;

use super::{request_row, sample_frame, troubles};
use crate::mandates::pages::{MandateRow, MandatesPage, tag};
use crate::words::{Choice, Tag};

/// With mandates in every state, and with none.
pub fn pages() -> Vec<String> {
    let states = [None, Some(StoppedBy::Holder), Some(StoppedBy::Originator)];
    let row = |stopped: Option<StoppedBy>| MandateRow {
        account: "本店営業部 普通 1234567".to_owned(),
        holder: "<b>名義".to_owned(),
        customer: if stopped.is_none() { "\"><script>".to_owned() } else { String::new() },
        from: "2026年12月1日".to_owned(),
        tag: tag(stopped),
        registered: "2026年11月24日".to_owned(),
    };
    let page = |(n, trouble): (usize, Option<super::Trouble>)| {
        let page = MandatesPage {
            frame: sample_frame(trouble.is_some()),
            csrf: "t".to_owned(),
            errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
            may_propose: trouble.is_some(),
            trouble,
            id: ContractId::generate(),
            name: "\"><script>".to_owned(),
            rows: if n == 0 { Vec::new() } else { states.map(row).into() },
            next: (n > 0).then(|| "/contracts/x/mandates?before=y".to_owned()),
            acts: vec![Choice::new("register", "依頼書の登録", "register")],
            kinds: vec![Choice::new("ordinary", "普通", "")],
            branch: "\"><script>".to_owned(),
            number: "\"><script>".to_owned(),
            customer: "\"><script>".to_owned(),
            from: "\"><script>".to_owned(),
            document: "\"><script>".to_owned(),
            reason: "</textarea><script".to_owned(),
            requests: if n == 0 { Vec::new() } else { vec![request_row(Tag::wait("承認待ち"), false)] },
        };
        page.render().unwrap()
    };
    troubles("document").into_iter().enumerate().map(page).collect()
}
