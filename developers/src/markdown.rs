//! A text of `docs/` as HTML that the pages' checks accept: headings with GitHub's anchors, tables with a caption,
//! links that lead to where this site has the other text. Raw HTML of a text is shown as text.

use std::collections::HashMap;
use std::fmt;

use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use quick_xml::escape::escape;

/// HTML that this crate made: a template writes it as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Html(String);

impl fmt::Display for Html {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl askama::filters::HtmlSafe for Html {}

/// A heading that the page's table of contents leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heading {
    /// Its anchor.
    pub anchor: String,
    /// Its words.
    pub words: String,
}

/// A text, made into HTML.
#[derive(Clone, Debug, Default)]
pub struct Rendered {
    /// The words of the first heading.
    pub title: String,
    /// All of it.
    pub html: Html,
    /// The headings below it, of the second level.
    pub headings: Vec<Heading>,
}

/// Where a link of a text leads: an address, or `None` where the site does not have what it names.
pub type Resolve<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The text as HTML.
pub fn render(text: &str, resolve: Resolve<'_>) -> Rendered {
    let events: Vec<Event<'_>> = Parser::new_ext(text, Options::ENABLE_TABLES).collect();
    let mut writer =
        Writer { resolve, anchors: HashMap::new(), rendered: Rendered::default(), in_head: false };
    let mut out: Vec<Event<'_>> = Vec::with_capacity(events.len());
    let mut last_heading = String::new();
    for (at, event) in events.iter().enumerate() {
        if let Event::Start(Tag::Heading { level, .. }) = event {
            last_heading = words_until_end(&events[at..]);
            out.push(raw(writer.heading(*level, &last_heading)));
            continue;
        }
        writer.event(event.clone(), &last_heading, &mut out);
    }
    let mut html = String::new();
    pulldown_cmark::html::push_html(&mut html, out.into_iter());
    Rendered { html: Html(html), ..writer.rendered }
}

/// A sentence or two, such as a description in the OpenAPI document. Links are left to their words.
pub fn inline(text: &str) -> Html {
    render(text, &|_| None).html
}

struct Writer<'a> {
    resolve: Resolve<'a>,
    /// How often an anchor was given.
    anchors: HashMap<String, usize>,
    rendered: Rendered,
    in_head: bool,
}

impl Writer<'_> {
    fn event<'e>(&mut self, event: Event<'e>, heading: &str, out: &mut Vec<Event<'e>>) {
        out.push(match event {
            Event::End(TagEnd::Heading(level)) => raw(format!("</{level}>\n")),
            // a wide table scrolls by itself
            Event::Start(Tag::Table(_)) => {
                raw(format!("<div class=\"scroll\"><table><caption>{}</caption>", escape(heading)))
            }
            Event::End(TagEnd::Table) => raw("</tbody></table></div>\n"),
            Event::Start(Tag::TableHead) => {
                self.in_head = true;
                raw("<thead><tr>")
            }
            Event::End(TagEnd::TableHead) => {
                self.in_head = false;
                raw("</tr></thead><tbody>\n")
            }
            Event::Start(Tag::TableRow) => raw("<tr>"),
            Event::End(TagEnd::TableRow) => raw("</tr>\n"),
            Event::Start(Tag::TableCell) => raw(if self.in_head { "<th scope=\"col\">" } else { "<td>" }),
            Event::End(TagEnd::TableCell) => raw(if self.in_head { "</th>" } else { "</td>" }),
            Event::Start(Tag::Link { dest_url, .. }) => match (self.resolve)(&dest_url) {
                Some(href) => raw(format!("<a href=\"{}\">", escape(&href))),
                None => raw("<span>"),
            },
            Event::End(TagEnd::Link) => return out.push(raw(self.link_end(out))),
            Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
            other => other,
        });
    }

    /// What closes the link that is open.
    fn link_end(&self, out: &[Event<'_>]) -> &'static str {
        let opened = out.iter().rev().find_map(|event| match event {
            Event::InlineHtml(text) if text.starts_with("<a href") => Some("</a>"),
            Event::InlineHtml(text) if text.as_ref() == "<span>" => Some("</span>"),
            _ => None,
        });
        opened.unwrap_or("</span>")
    }

    fn heading(&mut self, level: HeadingLevel, words: &str) -> String {
        let base = anchor(words);
        let given = self.anchors.entry(base.clone()).or_insert(0);
        let anchor = if *given == 0 { base } else { format!("{base}-{given}") };
        *given += 1;
        match level {
            HeadingLevel::H1 => words.clone_into(&mut self.rendered.title),
            HeadingLevel::H2 => {
                self.rendered.headings.push(Heading { anchor: anchor.clone(), words: words.to_owned() });
            }
            _ => {}
        }
        format!("<{level} id=\"{}\">", escape(&anchor))
    }
}

fn raw<'e>(html: impl Into<CowStr<'e>>) -> Event<'e> {
    Event::InlineHtml(html.into())
}

/// The words of a heading that begins the slice.
fn words_until_end(events: &[Event<'_>]) -> String {
    let inside = events.iter().take_while(|event| !matches!(event, Event::End(TagEnd::Heading(_))));
    inside
        .filter_map(|event| match event {
            Event::Text(text) | Event::Code(text) => Some(text.as_ref()),
            _ => None,
        })
        .collect()
}

/// As GitHub makes anchors: lower case, spaces as hyphens, without punctuation.
pub fn anchor(words: &str) -> String {
    let kept = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | ' ');
    words.to_lowercase().chars().filter(|c| kept(*c)).map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn html(text: &str) -> String {
        let resolve = |link: &str| link.strip_suffix(".md").map(|name| format!("/{name}"));
        render(text, &resolve).html.to_string()
    }

    #[test]
    fn headings_have_anchors_and_the_first_is_the_title() {
        let rendered = render("# A `b` & c\n\n## 照会 → answer\n\n## 照会 → answer\n", &|_| None);
        assert_eq!(rendered.title, "A b & c");
        let anchors: Vec<_> = rendered.headings.iter().map(|heading| heading.anchor.as_str()).collect();
        assert_eq!(anchors, ["照会--answer", "照会--answer-1"]);
        let html = rendered.html.to_string();
        assert!(html.contains("<h1 id=\"a-b--c\">A <code>b</code> &amp; c</h1>"), "{html}");
    }

    #[test]
    fn a_table_is_called_what_its_heading_says() {
        let html = html("## Codes\n\n| code | `x` |\n|---|---|\n| 1 | <b> |\n");
        let head = "<caption>Codes</caption><thead><tr><th scope=\"col\">code</th>\
            <th scope=\"col\"><code>x</code></th>";
        assert!(html.contains(head), "{html}");
        assert!(html.contains("<tr><td>1</td><td>&lt;b&gt;</td></tr>"), "{html}");
    }

    #[test]
    fn links_lead_on_where_there_is_something_and_are_words_elsewhere() {
        assert_eq!(
            html("[a](x.md) and [`b`](../y.rs)"),
            "<p><a href=\"/x\">a</a> and <span><code>b</code></span></p>\n"
        );
    }

    #[test]
    fn html_of_a_text_is_shown_and_not_obeyed() {
        let html = html("a <script>alert(1)</script>\n\n<div onclick=\"x\">b</div>\n");
        assert!(!html.contains("<script") && !html.contains("<div"), "{html}");
    }
}
