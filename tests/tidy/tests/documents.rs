//! Documents point at what exists.

use super::{assert_none, files, root};

/// The targets of a page's links that are files of ours, without the place in them.
fn links(page: &str) -> impl Iterator<Item = &str> {
    page.split("](").skip(1).filter_map(|rest| {
        let target = rest.split(')').next()?.split('#').next()?;
        let elsewhere = target.contains("://") || target.starts_with("mailto:");
        (!elsewhere && !target.is_empty()).then_some(target)
    })
}

#[test]
fn links_lead_to_files() {
    let mut findings = Vec::new();
    for file in files().iter().filter(|f| f.has_extension(&["md"])) {
        let folder = root().join(&file.path).parent().unwrap().to_path_buf();
        for link in links(&file.text).filter(|link| !folder.join(link).exists()) {
            findings.push(format!("{}: {link}", file.path));
        }
    }
    assert_none(&findings, "links to nowhere");
}

#[test]
fn decisions_are_numbered_in_one_sequence() {
    let files = files();
    let decisions = files.iter().filter(|f| f.path.starts_with("docs/adr/"));
    for (position, file) in decisions.enumerate() {
        let number = position + 1;
        assert!(file.name().starts_with(&format!("{number:04}-")), "{} is out of sequence", file.path);
        assert!(file.text.starts_with(&format!("# {number}. ")), "{} has another number inside", file.path);
    }
}

#[test]
fn links_are_found() {
    let page = "[a](b.md#c) [d](https://e.example) [f](#g) ![h](i.png)";
    assert_eq!(links(page).collect::<Vec<_>>(), ["b.md", "i.png"]);
}
