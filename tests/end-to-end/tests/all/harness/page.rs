//! A page as a test reads it: forms, marked fields, links, words. Reads what our own templates write.

use std::collections::BTreeMap;

/// Elements that have no end tag.
const VOID: &[&str] = &["br", "input", "link", "meta", "img", "hr"];
/// Elements whose text is not shown.
const UNSHOWN: &[&str] = &["script", "style", "title"];

#[derive(Clone, Debug)]
enum Node {
    Open(Tag),
    Close(String),
    Text(String),
}

#[derive(Clone, Debug)]
struct Tag {
    name: String,
    attributes: BTreeMap<String, String>,
}

impl Tag {
    fn get(&self, attribute: &str) -> &str {
        self.attributes.get(attribute).map_or("", String::as_str)
    }

    fn has(&self, attribute: &str) -> bool {
        self.attributes.contains_key(attribute)
    }
}

/// A parsed page.
#[derive(Clone, Debug, Default)]
pub struct Page {
    nodes: Vec<Node>,
}

/// A form with what a browser would send of it.
#[derive(Clone, Debug, Default)]
pub struct Form {
    /// Where it goes; empty for the page's own address.
    pub action: String,
    /// `post` or `get`.
    pub method: String,
    /// Names and values in order, the submit button last.
    pub fields: Vec<(String, String)>,
    /// The values that a radio group or a list offers.
    pub choices: BTreeMap<String, Vec<String>>,
}

impl Form {
    /// Fills a control, which must be there.
    #[track_caller]
    pub fn fill(&mut self, name: &str, value: &str) {
        assert!(self.has(name), "the form has no {name}: {:?}", self.fields);
        self.put(name, value);
    }

    /// Sends a value whether or not there is such a control, as a forged form would.
    pub fn put(&mut self, name: &str, value: &str) {
        self.fields.retain(|(field, _)| field != name);
        self.fields.push((name.to_owned(), value.to_owned()));
    }

    /// Whether there is such a control.
    pub fn has(&self, name: &str) -> bool {
        self.choices.contains_key(name) || self.fields.iter().any(|(field, _)| field == name)
    }

    /// What would be sent for a control.
    #[track_caller]
    pub fn value(&self, name: &str) -> &str {
        let found = self.fields.iter().find(|(field, _)| field == name);
        found.map(|(_, value)| value.as_str()).unwrap_or_else(|| panic!("no {name}: {:?}", self.fields))
    }
}

impl Page {
    /// Reads HTML.
    pub fn parse(html: &str) -> Self {
        let mut nodes = Vec::new();
        let mut rest = html;
        while let Some(start) = rest.find('<') {
            if start > 0 {
                nodes.push(Node::Text(unescape(&rest[..start])));
            }
            let Some(end) = tag_end(&rest[start..]) else { break };
            let inner = &rest[start + 1..start + end];
            if let Some(name) = inner.strip_prefix('/') {
                nodes.push(Node::Close(name.trim().to_lowercase()));
            } else if !inner.starts_with('!') {
                nodes.push(Node::Open(tag(inner)));
            }
            rest = &rest[start + end + 1..];
        }
        Self { nodes }
    }

    fn tags(&self) -> impl Iterator<Item = &Tag> {
        self.nodes.iter().filter_map(|node| match node {
            Node::Open(tag) => Some(tag),
            _ => None,
        })
    }

    /// The text inside of the element that opens at `index`.
    fn text_at(&self, index: usize) -> String {
        let mut depth = 0_usize;
        let mut text = String::new();
        for node in &self.nodes[index..] {
            match node {
                Node::Open(tag) if !VOID.contains(&tag.name.as_str()) => depth += 1,
                Node::Close(_) => depth = depth.saturating_sub(1),
                Node::Text(more) => text += more,
                Node::Open(_) => {}
            }
            if depth == 0 {
                break;
            }
        }
        squeeze(&text)
    }

    fn find(&self, is: impl Fn(&Tag) -> bool) -> Option<usize> {
        self.nodes.iter().position(|node| matches!(node, Node::Open(tag) if is(tag)))
    }

    fn find_all(&self, is: impl Fn(&Tag) -> bool) -> Vec<usize> {
        let matches =
            |(index, node): (usize, &Node)| matches!(node, Node::Open(tag) if is(tag)).then_some(index);
        self.nodes.iter().enumerate().filter_map(matches).collect()
    }

    /// Everything that is shown.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut hidden = false;
        for node in &self.nodes {
            match node {
                Node::Open(tag) => hidden = UNSHOWN.contains(&tag.name.as_str()),
                Node::Close(_) => hidden = false,
                Node::Text(more) if !hidden => {
                    text += more;
                    text.push(' ');
                }
                Node::Text(_) => {}
            }
        }
        squeeze(&text)
    }

    /// The main heading.
    pub fn heading(&self) -> String {
        self.find(|tag| tag.name == "h1").map(|index| self.text_at(index)).unwrap_or_default()
    }

    /// The error summary's words; empty where there is none.
    pub fn summary(&self) -> String {
        self.find(|tag| tag.get("id") == "errors").map(|index| self.text_at(index)).unwrap_or_default()
    }

    /// The words of each element with this `data-field`.
    pub fn fields(&self, name: &str) -> Vec<String> {
        self.find_all(|tag| tag.get("data-field") == name)
            .into_iter()
            .map(|index| self.text_at(index))
            .collect()
    }

    /// The first of them.
    #[track_caller]
    pub fn field(&self, name: &str) -> String {
        let found = self.fields(name).into_iter().next();
        found.unwrap_or_else(|| panic!("the page has no {name}: {}", self.text()))
    }

    /// The state of the payment that the page is about; empty where it is about none.
    pub fn state(&self) -> String {
        let state = self.tags().find(|tag| tag.get("data-field") == "state");
        state.map(|tag| tag.get("data-state").to_owned()).unwrap_or_default()
    }

    /// The targets of all links.
    pub fn links(&self) -> Vec<String> {
        self.tags().filter(|tag| tag.name == "a").map(|tag| tag.get("href").to_owned()).collect()
    }

    /// Every address that the page names.
    pub fn addresses(&self) -> Vec<String> {
        let named =
            self.tags().flat_map(|tag| ["href", "src", "action"].map(|name| tag.get(name).to_owned()));
        named.filter(|address| !address.is_empty()).collect()
    }

    /// All forms.
    pub fn forms(&self) -> Vec<Form> {
        self.find_all(|tag| tag.name == "form").into_iter().map(|index| self.form_at(index)).collect()
    }

    /// The form of the page itself, which is not the one that signs out.
    #[track_caller]
    pub fn form(&self) -> Form {
        let found = self.forms().into_iter().find(|form| form.action != "/sign-out" && form.method == "post");
        found.unwrap_or_else(|| panic!("the page has no form: {}", self.text()))
    }

    fn form_at(&self, start: usize) -> Form {
        let mut form = Form { method: "get".to_owned(), ..Form::default() };
        let mut list: Option<(String, Option<String>)> = None;
        let mut button = None;
        for (at, node) in self.nodes[start..].iter().enumerate() {
            match node {
                Node::Open(tag) => match tag.name.as_str() {
                    "form" => {
                        form.action = tag.get("action").to_owned();
                        form.method = tag.get("method").to_lowercase();
                    }
                    "input" => input(&mut form, tag),
                    "select" => list = Some((tag.get("name").to_owned(), None)),
                    "option" => {
                        let Some((name, chosen)) = list.as_mut() else { continue };
                        let value = match tag.has("value") {
                            true => tag.get("value").to_owned(),
                            false => self.text_at(start + at),
                        };
                        form.choices.entry(name.clone()).or_default().push(value.clone());
                        if chosen.is_none() || tag.has("selected") {
                            *chosen = Some(value);
                        }
                    }
                    "button" if tag.has("name") && button.is_none() => {
                        button = Some((tag.get("name").to_owned(), tag.get("value").to_owned()));
                    }
                    _ => {}
                },
                Node::Close(name) if name == "select" => {
                    if let Some((name, Some(value))) = list.take() {
                        form.fields.push((name, value));
                    }
                }
                Node::Close(name) if name == "form" => break,
                _ => {}
            }
        }
        form.fields.extend(button);
        form
    }
}

fn input(form: &mut Form, tag: &Tag) {
    let (name, value) = (tag.get("name").to_owned(), tag.get("value").to_owned());
    if matches!(tag.get("type"), "radio" | "checkbox") {
        form.choices.entry(name.clone()).or_default().push(value.clone());
        if !tag.has("checked") {
            return;
        }
    }
    form.fields.push((name, value));
}

/// Where the tag that begins here ends, quotes respected.
fn tag_end(text: &str) -> Option<usize> {
    if text.starts_with("<!--") {
        return text.find("-->").map(|at| at + 2);
    }
    let mut quoted = false;
    text.char_indices().find_map(|(at, c)| {
        quoted ^= c == '"';
        (c == '>' && !quoted).then_some(at)
    })
}

fn tag(inner: &str) -> Tag {
    let inner = inner.trim_end_matches('/');
    let (name, mut rest) = inner.split_once(char::is_whitespace).unwrap_or((inner, ""));
    let mut attributes = BTreeMap::new();
    loop {
        rest = rest.trim_start();
        let end = rest.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(rest.len());
        if end == 0 {
            break;
        }
        let (attribute, after) = rest.split_at(end);
        let mut value = String::new();
        rest = after;
        if let Some(quoted) = after.strip_prefix("=\"") {
            let close = quoted.find('"').unwrap_or(quoted.len());
            value = unescape(&quoted[..close]);
            rest = quoted.get(close + 1..).unwrap_or_default();
        }
        attributes.insert(attribute.to_lowercase(), value);
    }
    Tag { name: name.to_lowercase(), attributes }
}

fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        plain += &rest[..start];
        rest = &rest[start..];
        let Some(end) = rest.find(';') else { break };
        match entity(&rest[1..end]) {
            Some(c) => plain.push(c),
            None => plain += &rest[..=end],
        }
        rest = &rest[end + 1..];
    }
    plain + rest
}

fn entity(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "nbsp" => Some('\u{a0}'),
        _ => {
            let digits = name.strip_prefix('#')?;
            let code = match digits.strip_prefix('x') {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => digits.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

fn squeeze(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn pages_are_read() {
    let page = Page::parse(
        "<!doctype html><title>x</title><!-- a > b --><h1 class=\"a>b\">A &#38; B</h1>
         <form method=\"post\" action=\"/go\"><input type=\"hidden\" name=\"csrf\" value=\"t\">
         <input type=\"radio\" name=\"r\" value=\"1\"><input type=\"radio\" name=\"r\" value=\"2\" checked>
         <select name=\"s\"><option value=\"p\">P</option><option selected>Q</option></select>
         <button name=\"action\" value=\"go\">Go</button></form>
         <p><span data-field=\"state\" data-state=\"unknown\">w<b>ai</b>t</span></p>",
    );
    assert_eq!((page.heading().as_str(), page.state().as_str()), ("A & B", "unknown"));
    assert_eq!(page.field("state"), "wait");
    let form = page.form();
    assert_eq!(form.choices["r"], ["1", "2"]);
    let sent: Vec<_> = form.fields.iter().map(|(n, v)| format!("{n}={v}")).collect();
    assert_eq!(sent, ["csrf=t", "r=2", "s=Q", "action=go"]);
    assert!(!page.text().contains('x') && page.text().starts_with("A & B"));
}
