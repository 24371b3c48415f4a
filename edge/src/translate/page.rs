//! A finished page in English: its texts and the attributes that people read or hear are looked up, nothing else
//! changes.

use std::borrow::Cow;

use super::catalogue::Catalogue;
use super::is_japanese;
use super::rendered::Rendered;

/// Attributes whose values are words. Never `value`: forms send it.
const WORDED: [&str; 6] = ["title", "alt", "aria-label", "placeholder", "data-h", "label"];
/// Elements whose content is no text of ours: code, and what people have typed.
const RAW: [&str; 3] = ["script", "style", "textarea"];
/// Elements that hold characters alone.
const TEXT_ONLY: [&str; 2] = ["title", "option"];
/// Elements within a line: a sentence before one needs a space behind it.
const INLINE: [&str; 4] = ["a", "b", "span", "small"];
/// Texts and parts of texts that are looked up for so many bytes of a page, and for any page.
const BYTES_PER_LOOKUP: usize = 4;
const LOOKUPS_MIN: usize = 500;

/// The page in English. Linear in its length.
pub fn page(catalogue: &Catalogue, html: &str) -> String {
    let mut fuel = LOOKUPS_MIN + html.len() / BYTES_PER_LOOKUP;
    let mut english = String::with_capacity(html.len());
    let mut rest = html;
    // the element that was opened last, while its text follows
    let (mut opened, mut is_foreign) = ("", false);
    while !rest.is_empty() {
        let Some(at) = rest.find('<') else {
            text(catalogue, rest, "", false, &mut fuel, &mut english);
            break;
        };
        let (words, markup) = rest.split_at(at);
        if is_foreign {
            english.push_str(words);
        } else {
            let next = markup.trim_start_matches(['<', '/']);
            let is_inline = INLINE.contains(&name_of(next));
            text(catalogue, words, opened, is_inline, &mut fuel, &mut english);
        }
        let (tag, behind) = markup.split_at(end_of_tag(markup));
        let name = name_of(&tag[1..]);
        is_foreign = false;
        if name.is_empty() {
            english.push_str(tag);
            (opened, rest) = ("", behind);
            continue;
        }
        if name == "html" {
            english.push_str(&tag.replacen(" lang=\"ja\"", " lang=\"en\"", 1));
        } else {
            attributes(catalogue, tag, &mut fuel, &mut english);
            is_foreign = tag.contains(" lang=\"ja\"");
        }
        // without a value an option sends its text
        is_foreign |= name == "option" && !tag.contains(" value=\"");
        (opened, rest) = (name, behind);
        if RAW.contains(&name) {
            let end = raw_end(behind, name);
            english.push_str(&behind[..end]);
            rest = &behind[end..];
        }
    }
    english
}

fn text(
    catalogue: &Catalogue,
    words: &str,
    element: &str,
    is_inline_next: bool,
    fuel: &mut usize,
    english: &mut String,
) {
    let Some(plain) = decoded(words).filter(|plain| plain.contains(is_japanese)) else {
        english.push_str(words);
        return;
    };
    let rendered = catalogue.translate(&plain, fuel);
    let inner = words.trim_ascii();
    let (before, after) =
        (&words[..words.len() - words.trim_ascii_start().len()], words.trim_ascii_end().len());
    english.push_str(before);
    written(&rendered, !TEXT_ONLY.contains(&element), english);
    english.push_str(&words[after..]);
    if is_inline_next && inner.len() == words.len() - before.len() && inner.ends_with('。') {
        english.push(' ');
    }
}

/// With a mark at what stayed Japanese, where an element may stand.
fn written(rendered: &Rendered, may_mark: bool, english: &mut String) {
    for run in rendered.runs() {
        let is_marked = may_mark && run.is_japanese;
        if is_marked {
            english.push_str("<span lang=\"ja\">");
        }
        escape(&run.text, english);
        if is_marked {
            english.push_str("</span>");
        }
    }
}

/// The tag with its worded attributes in English.
fn attributes(catalogue: &Catalogue, tag: &str, fuel: &mut usize, english: &mut String) {
    let mut rest = tag;
    while let Some((before, behind)) = rest.split_once("=\"") {
        english.push_str(before);
        english.push_str("=\"");
        let Some((value, after)) = behind.split_once('"') else {
            english.push_str(behind);
            return;
        };
        let name = before.rsplit(|c: char| c.is_ascii_whitespace()).next().unwrap_or_default();
        let words = if WORDED.contains(&name) { decoded(value) } else { None };
        match words.filter(|words| words.contains(is_japanese)) {
            Some(words) => written(&catalogue.translate(&words, fuel), false, english),
            None => english.push_str(value),
        }
        english.push('"');
        rest = after;
    }
    english.push_str(rest);
}

/// Bytes of the markup that the text begins with.
fn end_of_tag(markup: &str) -> usize {
    if markup.starts_with("<!--") {
        return markup.find("-->").map_or(markup.len(), |at| at + 3);
    }
    let mut is_quoted = false;
    for (at, byte) in markup.bytes().enumerate() {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b'>' if !is_quoted => return at + 1,
            _ => {}
        }
    }
    markup.len()
}

/// The name at the beginning of a tag's inside; empty for the end of an element and what is no element.
fn name_of(inside: &str) -> &str {
    let end = inside.bytes().take_while(u8::is_ascii_alphanumeric).count();
    &inside[..end]
}

fn raw_end(behind: &str, name: &str) -> usize {
    behind.find(&format!("</{name}")).unwrap_or(behind.len())
}

/// The characters of a text; none where it has a reference that templates do not write.
fn decoded(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('&') {
        return Some(Cow::Borrowed(text));
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('&') {
        plain.push_str(before);
        let (reference, behind) = behind.split_once(';')?;
        plain.push(match reference {
            "#38" | "amp" => '&',
            "#60" | "lt" => '<',
            "#62" | "gt" => '>',
            "#34" | "quot" => '"',
            "#39" => '\'',
            _ => return None,
        });
        rest = behind;
    }
    plain.push_str(rest);
    Some(Cow::Owned(plain))
}

fn escape(text: &str, english: &mut String) {
    for c in text.chars() {
        match c {
            '&' => english.push_str("&#38;"),
            '<' => english.push_str("&#60;"),
            '>' => english.push_str("&#62;"),
            '"' => english.push_str("&#34;"),
            '\'' => english.push_str("&#39;"),
            _ => english.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "\
払込
    Payment
払込の<内容>
    \"Contents\" of payment
変更
    Change
{}を変更
    Change {1}
終わりました。
    It's over.
エラー: {}
    Error: {1}
";

    fn english(html: &str) -> String {
        page(&Catalogue::parse(FILE).unwrap(), html)
    }

    #[test]
    fn texts_and_worded_attributes_are_translated() {
        for (japanese, expected) in [
            ("<html lang=\"ja\">", "<html lang=\"en\">"),
            ("<p> 払込\n</p>", "<p> Payment\n</p>"),
            ("<p>払込の&#60;内容&#62;</p>", "<p>&#34;Contents&#34; of payment</p>"),
            ("<a aria-label=\"山田を変更\">変更</a>", "<a aria-label=\"Change 山田\">Change</a>"),
            ("<td data-h=\"払込\">1</td>", "<td data-h=\"Payment\">1</td>"),
            ("<td>山田を変更</td>", "<td>Change <span lang=\"ja\">山田</span></td>"),
            ("<td>山田</td>", "<td><span lang=\"ja\">山田</span></td>"),
            ("<title>エラー: 山田</title>", "<title>Error: 山田</title>"),
            ("<option value=\"1\">山田</option>", "<option value=\"1\">山田</option>"),
            ("<p>終わりました。<a>払込</a></p>", "<p>It&#39;s over. <a>Payment</a></p>"),
            ("<p>終わりました。</p>", "<p>It&#39;s over.</p>"),
        ] {
            assert_eq!(english(japanese), expected);
        }
    }

    #[test]
    fn what_forms_send_what_scripts_say_and_what_is_marked_stay() {
        for html in [
            "<input name=\"払込\" value=\"払込\">",
            "<button name=\"action\" value=\"払込\">x</button>",
            "<form action=\"/払込\"><a href=\"?x=払込\">x</a></form>",
            "<script>払込</script>",
            "<textarea>払込</textarea>",
            "<option>払込</option>",
            "<a lang=\"ja\">払込</a>",
            "<!-- 払込 -->",
            "払込 &nbsp;",
            "<p",
            "<p title=\"払込",
            "<",
        ] {
            assert_eq!(english(html), html);
        }
    }

    /// The markup of a page, with what people read taken out.
    fn skeleton(html: &str) -> String {
        let (mut skeleton, mut rest) = (String::new(), html);
        while let Some(at) = rest.find('<') {
            let (tag, behind) = rest[at..].split_at(end_of_tag(&rest[at..]));
            let mut tag = tag.to_owned();
            for name in WORDED {
                let mark = format!(" {name}=\"");
                if let Some((before, after)) = tag.clone().split_once(&mark) {
                    tag = format!("{before}{}", after.split_once('"').map_or("", |(_, after)| after));
                }
            }
            skeleton.push_str(&tag);
            rest = behind;
        }
        skeleton.replace("<span lang=\"ja\">", "<s>").replace("</span>", "")
    }

    /// Whatever page there is, made of pieces by chance: its markup is the same afterwards.
    #[test]
    fn translating_loses_no_tag_and_changes_nothing_but_words() {
        const PIECES: [&str; 20] = [
            "払込",
            "変更",
            "山田",
            "を変更",
            "終わりました。",
            " ",
            "\n",
            "&#38;",
            "&#60;",
            "&nbsp;",
            "<p>",
            "</p>",
            "<input type=\"hidden\" name=\"csrf\" value=\"払込\">",
            "<a href=\"/払込?変更\" title=\"払込\">",
            "</a>",
            "<button value=\"変更\" aria-label=\"山田を変更\">",
            "</button>",
            "<script src=\"/x\"></script>",
            "<!-- 払込 -->",
            "1,234",
        ];
        let mut state: u64 = 7;
        for _ in 0..2_000 {
            let mut html = String::new();
            for _ in 0..40 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let place = usize::try_from(state >> 33).unwrap() % PIECES.len();
                html.push_str(PIECES[place]);
            }
            let translated = english(&html);
            assert_eq!(
                skeleton(&translated).replace("<s>", ""),
                skeleton(&html).replace("<s>", ""),
                "{html}"
            );
            assert!(
                translated.matches("<span lang=\"ja\">").count() == translated.matches("</span>").count()
            );
        }
    }

    #[test]
    fn a_page_of_one_long_text_is_left_and_takes_no_time() {
        let html = format!("<p>{}</p>", "を変更".repeat(100_000));
        assert_eq!(
            english(&html),
            html.replace("<p>", "<p><span lang=\"ja\">").replace("</p>", "</span></p>")
        );
        let many = "<p>山田を変更</p>".repeat(20_000);
        assert!(english(&many).contains("Change"));
    }
}
