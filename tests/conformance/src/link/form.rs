//! The form in a page of HTML that leads the payer's browser to the bank.

use crate::text::Text;

/// The names of the fields, in the order of the guide.
pub const FIELDS: [&str; 3] = ["skno", "bptn", "bill"];

/// A form as the browser would send it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    /// `get` where the page does not say.
    pub method: String,
    /// Where to.
    pub action: String,
    /// How the fields are written, where the page says.
    pub enctype: Option<String>,
    /// Names and values of its fields, in order.
    pub fields: Vec<(String, String)>,
}

impl Form {
    /// The one form of a page that has a field `bill`.
    pub fn of_page(html: &str) -> Result<Self, Text> {
        let mut forms: Vec<Self> = Vec::new();
        let mut is_inside = false;
        for tag in tags(html) {
            match tag.name.as_str() {
                "form" => {
                    let method = tag.get("method").unwrap_or("get").to_ascii_lowercase();
                    let action = tag.get("action").unwrap_or_default().to_owned();
                    let enctype = tag.get("enctype").map(str::to_ascii_lowercase);
                    forms.push(Self { method, action, enctype, fields: Vec::new() });
                    is_inside = true;
                }
                "/form" => is_inside = false,
                "input" | "button" | "select" | "textarea" => {
                    if let (true, Some(form), Some(name)) = (is_inside, forms.last_mut(), tag.get("name")) {
                        let value = tag.get("value").unwrap_or_default();
                        form.fields.push((name.to_owned(), value.to_owned()));
                    }
                }
                _ => {}
            }
        }
        forms.retain(|form| form.value("bill").is_some());
        match forms.len() {
            1 => Ok(forms.remove(0)),
            0 => Err(Text::new(
                "the page has no form with a field bill",
                "ページに bill を持つフォームがありません。",
            )),
            some => Err(Text::new(
                format!("the page has {some} forms with a field bill"),
                format!("bill を持つフォームが {some} 個あります。"),
            )),
        }
    }

    /// The value of the first field of that name.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// What a bank would not take of the form itself.
    pub fn wrong(&self, collector: &str, pattern: &str, entry: Option<&str>) -> Option<Text> {
        let names: Vec<&str> = self.fields.iter().map(|(name, _)| name.as_str()).collect();
        let is_each_once = FIELDS.iter().all(|field| names.iter().filter(|name| *name == field).count() == 1);
        let differs = |field: &str, due: &str| {
            let is = self.value(field).unwrap_or_default();
            (is != due).then(|| {
                Text::new(
                    format!("{field} should be {due:?}, and is {is:?}"),
                    format!("{field} は {due:?} のはずが、{is:?} です。"),
                )
            })
        };
        if self.method != "post" {
            let method = &self.method;
            return Some(Text::new(
                format!("the form is sent by {method}, which leaves the hand-off in addresses and logs"),
                format!("フォームの method が {method} です。引き継ぎの内容がアドレスやログに残ります。"),
            ));
        }
        if let Some(kind) =
            self.enctype.as_deref().filter(|kind| *kind != "application/x-www-form-urlencoded")
        {
            return Some(Text::new(
                format!("the form's enctype is {kind:?}; the bank takes application/x-www-form-urlencoded"),
                format!("enctype が {kind:?} です。application/x-www-form-urlencoded にしてください。"),
            ));
        }
        if !is_each_once || names.len() != FIELDS.len() {
            let (due, is) = (FIELDS.join(", "), names.join(", "));
            return Some(Text::new(
                format!("the form's fields should be {due}, each once, and are {is}"),
                format!("フォームの項目は {due} が 1 つずつのはずが、{is} です。"),
            ));
        }
        let action = entry.filter(|entry| self.action != *entry).map(|entry| {
            let is = &self.action;
            Text::new(
                format!("the form should lead to {entry}, and leads to {is}"),
                format!("フォームの送り先は {entry} のはずが、{is} です。"),
            )
        });
        action.or_else(|| differs("skno", collector)).or_else(|| differs("bptn", pattern))
    }
}

struct Tag {
    name: String,
    attributes: Vec<(String, String)>,
}

impl Tag {
    fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

/// The tags of a page, without what stands in comments.
fn tags(html: &str) -> Vec<Tag> {
    let mut tags = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = comment.split_once("-->").map_or("", |(_, behind)| behind);
            continue;
        }
        let end = rest.find(|c: char| c.is_ascii_whitespace() || c == '>').unwrap_or(rest.len());
        let name = rest[..end].trim_end_matches(|c| c == '/' && end > 1).to_ascii_lowercase();
        let (attributes, behind) = attributes(&rest[end..]);
        tags.push(Tag { name, attributes });
        rest = behind;
    }
    tags
}

/// The attributes up to the end of a tag, and what is behind it.
fn attributes(text: &str) -> (Vec<(String, String)>, &str) {
    let mut found = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        if rest.is_empty() {
            return (found, rest);
        }
        if let Some(behind) = rest.strip_prefix('>') {
            return (found, behind);
        }
        let is_end = |c: char| c.is_ascii_whitespace() || matches!(c, '=' | '>' | '/');
        // whatever it is, it is at least one character, so that this comes to an end
        let end = rest.char_indices().skip(1).find(|(_, c)| is_end(*c)).map_or(rest.len(), |(at, _)| at);
        let name = rest[..end].to_ascii_lowercase();
        rest = rest[end..].trim_start_matches(|c: char| c.is_ascii_whitespace());
        let mut value = "";
        if let Some(behind) = rest.strip_prefix('=') {
            let behind = behind.trim_start_matches(|c: char| c.is_ascii_whitespace());
            let quote = behind.chars().next().filter(|c| matches!(c, '"' | '\''));
            (value, rest) = match quote {
                Some(quote) => behind[1..].split_once(quote).unwrap_or((&behind[1..], "")),
                None => {
                    let is_end = |c: char| c.is_ascii_whitespace() || c == '>';
                    behind.split_at(behind.find(is_end).unwrap_or(behind.len()))
                }
            };
        }
        found.push((name, unescaped(value)));
    }
}

/// The references that an address or a base64url text may be written with.
fn unescaped(text: &str) -> String {
    let plain =
        [("&quot;", "\""), ("&#39;", "'"), ("&#x27;", "'"), ("&lt;", "<"), ("&gt;", ">"), ("&#x2F;", "/")];
    let text = plain.iter().fold(text.to_owned(), |text, (reference, is)| text.replace(reference, is));
    text.replace("&#38;", "&").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "<!DOCTYPE html><form action=/search><input name=q></form>\n\
        <!-- <form method=post><input name=bill value=old></form> -->\n\
        <FORM METHOD='post' class=\"a\" action=\"https://bank.example/payeasy/link/entry?a=1&amp;b=2\">\n\
        <input type=hidden name=skno value=99022><input type=\"hidden\" value='01' name='bptn' />\n\
        <input name=\"bill\"\n value=\"eyJh..x.y.z\" hidden><button>支払う</button></FORM>";

    #[test]
    fn the_form_with_a_bill_is_found_however_it_is_written() {
        let form = Form::of_page(PAGE).unwrap();
        assert_eq!((form.method.as_str(), form.enctype.as_deref()), ("post", None));
        assert_eq!(form.action, "https://bank.example/payeasy/link/entry?a=1&b=2");
        let fields: Vec<_> =
            form.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(fields, [("skno", "99022"), ("bptn", "01"), ("bill", "eyJh..x.y.z")]);
        assert_eq!(form.wrong("99022", "01", None), None);
        assert_eq!(form.wrong("99022", "01", Some(&form.action)), None);
        for (number, pattern, entry) in
            [("99021", "01", None), ("99022", "02", None), ("99022", "01", Some("https://bank.example/"))]
        {
            assert!(form.wrong(number, pattern, entry).is_some(), "{number} {pattern} {entry:?}");
        }
        let by_get = PAGE.replace("METHOD='post'", "");
        assert!(Form::of_page(&by_get).unwrap().wrong("99022", "01", None).unwrap().en.contains("by get"));
        let more = PAGE.replace("<button>", "<button name=amount value=1>");
        assert!(Form::of_page(&more).unwrap().wrong("99022", "01", None).unwrap().en.contains("amount"));
    }

    #[test]
    fn a_page_that_is_cut_off_or_has_no_form_is_told() {
        for end in 0..PAGE.len() {
            if let Some(part) = PAGE.get(..end) {
                drop(Form::of_page(part));
            }
        }
        assert!(Form::of_page("<p>paid</p>").unwrap_err().en.contains("no form"));
        assert!(Form::of_page(&format!("{PAGE}{PAGE}")).unwrap_err().en.contains("2 forms"));
    }
}
