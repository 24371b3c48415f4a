//! What every page of ours must keep, held against samples: one heading, labelled controls, described tables, nothing
//! inline, state as icon and word, secrets that managers of passwords know.

#![allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a check fails by a panic")]

/// The opening tags of an element.
pub fn tags<'a>(html: &'a str, name: &str) -> Vec<&'a str> {
    html.split('<')
        .filter_map(|rest| rest.split('>').next()?.strip_prefix(name))
        .filter(|tag| tag.chars().next().is_none_or(char::is_whitespace))
        .collect()
}

/// The value of an attribute in an opening tag.
pub fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let mark = format!("{name}=\"");
    let at = tag
        .match_indices(&mark)
        .map(|(at, _)| at)
        .find(|at| *at == 0 || tag.as_bytes()[at - 1].is_ascii_whitespace())?;
    tag[at + mark.len()..].split('"').next()
}

/// Everything.
pub fn all(html: &str) {
    one_heading_and_nothing_inline(html);
    every_control_has_a_label_and_every_description_exists(html);
    tables_are_described_and_no_state_is_a_colour_alone(html);
    managers_of_passwords_know_what_each_secret_is(html);
}

fn one_heading_and_nothing_inline(html: &str) {
    assert_eq!(tags(html, "h1").len(), 1, "{html}");
    for never in [" style=", "<style", " onclick=", " onsubmit=", "javascript:"] {
        assert!(!html.contains(never), "{never} in {html}");
    }
    assert_eq!(html.matches("<script").count(), html.matches("<script src=\"/assets/").count(), "{html}");
    assert!(html.contains("<html lang=\"ja\">") || html.contains("<html lang=\"en\">"));
}

fn every_control_has_a_label_and_every_description_exists(html: &str) {
    let ids: Vec<_> = html.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    let unique: std::collections::BTreeSet<_> = ids.iter().collect();
    assert_eq!(unique.len(), ids.len(), "an id is given twice: {ids:?}");
    let labels: Vec<_> = tags(html, "label").into_iter().filter_map(|l| attribute(l, "for")).collect();
    let controls = ["input", "select", "textarea"].into_iter().flat_map(|name| tags(html, name));
    for control in controls {
        if attribute(control, "type") == Some("hidden") {
            continue;
        }
        let id = attribute(control, "id").unwrap_or_else(|| panic!("a control without id: {control}"));
        assert!(labels.contains(&id), "{id} has no label");
        assert!(!html.contains(&format!(">{id}</label>")), "{id} is labelled with its own name");
    }
    for described in html.split("aria-describedby=\"").skip(1) {
        for id in described.split('"').next().unwrap().split_whitespace() {
            assert!(ids.contains(&id), "aria-describedby names {id}, which is not there");
        }
    }
}

fn tables_are_described_and_no_state_is_a_colour_alone(html: &str) {
    assert_eq!(html.matches("<table").count(), html.matches("<caption>").count());
    assert!(tags(html, "th").iter().all(|th| attribute(th, "scope").is_some()), "{html}");
    for tag in html.split("class=\"tag ").skip(1) {
        let icon = attribute(tag.split('>').next().unwrap(), "data-i");
        assert!(icon.is_some_and(|icon| !icon.is_empty()), "state by colour alone");
    }
}

/// Which password it is, and whether it is in use or new (C18). A number from a letter is none of them.
fn managers_of_passwords_know_what_each_secret_is(html: &str) {
    for control in tags(html, "input") {
        let (name, told) = (attribute(control, "name").unwrap_or(""), attribute(control, "autocomplete"));
        if attribute(control, "type") == Some("password") && name != "set_up_number" {
            let told = told.unwrap_or("");
            let purpose = told.strip_prefix("section-confirmation ").unwrap_or(told);
            assert!(matches!(purpose, "current-password" | "new-password"), "{name} is {told:?}");
            let is_second = told != purpose;
            assert!(!name.contains("confirmation") || is_second, "{name} is taken for the first password");
        }
        let code = name.starts_with("one_time_password");
        assert!(!code || told == Some("one-time-code"), "{name} is {told:?}");
        // that of somebody else is no entry of whoever types it
        let is_known = told.is_none_or(|told| matches!(told, "username" | "off"));
        assert!(name != "login_id" || is_known, "{name} is {told:?}");
    }
}
