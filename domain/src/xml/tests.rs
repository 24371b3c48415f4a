use proptest::prelude::*;

use super::*;

const SMALL: Limits = Limits { bytes_max: 2_000, depth_max: 4, elements_max: 8 };

fn read_text(text: &str) -> Result<Element, XmlError> {
    read(text.as_bytes(), SMALL)
}

#[track_caller]
fn malformed(text: &str, what: &str) {
    match read_text(text) {
        Err(XmlError::Malformed { what: found, .. }) => assert_eq!(found, what, "{text}"),
        other => panic!("{text}: {other:?}"),
    }
}

#[track_caller]
fn forbidden(text: &str, what: &str) {
    match read_text(text) {
        Err(XmlError::Forbidden { what: found, .. }) => assert_eq!(found, what, "{text}"),
        other => panic!("{text}: {other:?}"),
    }
}

const MESSAGE: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- c --><M xmlns='urn:a' v=\"1&amp;2\">\n \
    <A>&lt;&#x6c34;&#36947;&gt;</A><A><![CDATA[<&>]]></A>\n <p:B xmlns:p=\"urn:b\"/>\n</M>\n";

#[test]
fn a_document_becomes_a_tree() {
    let root = read_text(MESSAGE).unwrap();
    assert_eq!(root.require("M", "urn:a"), Ok(()));
    assert_eq!(root.attribute("v"), Some("1&2"));
    let texts: Vec<_> = root.all("A").map(|a| a.text().unwrap()).collect();
    assert_eq!(texts, ["<水道>", "<&>"]);
    let last = root.children().last().unwrap();
    assert_eq!((last.name(), last.namespace()), ("B", Some("urn:b")));
    assert_eq!(last.path(), "M/B");
}

#[test]
fn a_mark_of_utf8_is_accepted_and_other_encodings_are_not() {
    assert!(read(b"\xef\xbb\xbf<a/>", SMALL).is_ok());
    assert_eq!(read(b"<a>\x83\x65</a>", SMALL), Err(XmlError::NotUtf8));
    assert_eq!(read_text("<?xml version='1.0' encoding='Shift_JIS'?><a/>"), Err(XmlError::NotUtf8));
    assert_eq!(read(b"\xff\xfe<\0a\0/\0>\0", SMALL), Err(XmlError::NotUtf8));
    assert!(read_text("<?xml version='1.0' encoding='utf-8' standalone='yes'?><a/>").is_ok());
}

#[test]
fn what_could_reach_outside_is_refused() {
    forbidden("<!DOCTYPE a><a/>", "a DOCTYPE");
    forbidden("<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>", "a DOCTYPE");
    forbidden("<?xml-stylesheet href='x'?><a/>", "a processing instruction");
    forbidden("<a>&x;</a>", "an entity");
    forbidden("<a b='&x;'/>", "an entity");
    forbidden("<?xml version='1.1'?><a/>", "XML 1.1");
    forbidden("<a>text<b/></a>", "text mixed with elements");
}

#[test]
fn half_a_body_and_trailing_garbage_are_refused() {
    for cut in (1..MESSAGE.trim_end().len()).filter(|cut| MESSAGE.is_char_boundary(*cut)) {
        assert!(read_text(&MESSAGE[..cut]).is_err(), "cut at {cut}");
    }
    malformed("<a/><b/>", "a second root");
    malformed("<a/>garbage", "text outside of the root");
    malformed("<a/>&amp;", "text outside of the root");
    malformed("<a/><![CDATA[]]>", "text outside of the root");
    malformed("garbage", "text outside of the root");
    malformed("", "there is no element");
    malformed("<a><b></a></b>", "an end tag of another element");
    malformed("<a/></a>", "an end tag without a start");
    malformed(" <?xml version='1.0'?><a/>", "a declaration that is not at the start");
    malformed("<?xml version='1.0'?><?xml version='1.0'?><a/>", "a declaration that is not at the start");
}

#[test]
fn what_the_tokenizer_lets_pass_is_refused() {
    malformed("<a b='1' b='2'/>", "an attribute given twice");
    malformed("<a xmlns:p='u' xmlns:q='u' p:b='1' q:b='2'/>", "an attribute given twice");
    malformed("<a b='1'c='2'/>", "white space between attributes");
    malformed("<a b/>", "an attribute without a value");
    malformed("<a b=1/>", "an attribute's value without quotes");
    malformed("<a b='<'/>", "< in an attribute");
    malformed("<a b='&'/>", "a reference");
    malformed("<a>&</a>", "an & that begins no reference");
    malformed("<a>]]></a>", "]]> in a text");
    malformed("<a><!-- -- --></a>", "-- in a comment");
    malformed("<1a/>", "a name");
    malformed("<a:b:c xmlns:a='u'/>", "a name");
    malformed("<p:a/>", "a prefix without a namespace");
    malformed("<a xmlns:p=''/>", "a namespace that cannot be declared");
    malformed("<a xmlns:xml='u'/>", "a namespace that cannot be declared");
    malformed("<a>\u{1}</a>", "a character that XML forbids");
    for number in ["#0", "#x1", "#xD800", "#x110000", "#+65", "#", "#x", "#99999999999"] {
        malformed(&format!("<a>&{number};</a>"), "a character by number");
    }
    malformed("<?xml encoding='UTF-8'?><a/>", "the declaration's version");
    malformed("<?xml version='1.0' more='1'?><a/>", "the declaration");
}

#[test]
fn every_limit_holds_at_its_boundary() {
    assert!(read_text("<a><a><a><a/></a></a></a>").is_ok());
    let deep = read_text("<a><a><a><a><a/></a></a></a></a>");
    assert!(matches!(deep, Err(XmlError::TooMany { max: 4, .. })), "{deep:?}");

    assert!(read_text(&format!("<a>{}</a>", "<b/>".repeat(7))).is_ok());
    let wide = read_text(&format!("<a>{}</a>", "<b/>".repeat(8)));
    assert!(matches!(wide, Err(XmlError::TooMany { max: 8, .. })), "{wide:?}");

    let filled = |bytes: usize| format!("<a>{}</a>", "x".repeat(bytes - 7));
    assert!(read_text(&filled(2_000)).is_ok());
    assert_eq!(read_text(&filled(2_001)), Err(XmlError::TooLarge { bytes: 2_001, max: 2_000 }));

    let attributes = |count| (0..count).map(|n| format!(" a{n}=''")).collect::<String>();
    assert!(read_text(&format!("<a{}/>", attributes(ATTRIBUTES_MAX))).is_ok());
    assert!(read_text(&format!("<a{}/>", attributes(ATTRIBUTES_MAX + 1))).is_err());

    assert!(read_text(&format!("<{}/>", "n".repeat(NAME_BYTES_MAX))).is_ok());
    assert!(read_text(&format!("<{}/>", "n".repeat(NAME_BYTES_MAX + 1))).is_err());
    assert!(read_text(&format!("<a xmlns='{}'/>", "n".repeat(NAMESPACE_BYTES_MAX))).is_ok());
    assert!(read_text(&format!("<a xmlns='{}'/>", "n".repeat(NAMESPACE_BYTES_MAX + 1))).is_err());
}

#[test]
fn a_namespace_ends_with_its_element() {
    let root = read_text("<a xmlns='u'><b xmlns=''><c/></b><d/></a>").unwrap();
    let b = &root.children()[0];
    assert_eq!((b.namespace(), b.children()[0].namespace()), (None, None));
    assert_eq!(root.children()[1].namespace(), Some("u"));
    malformed("<a><b xmlns:p='u'/><p:c/></a>", "a prefix without a namespace");
}

#[test]
fn errors_name_the_path() {
    let root = read_text("<M xmlns='u'><H><S>x1</S></H><A/><A/></M>").unwrap();
    let serial = root.child("H").unwrap().child("S").unwrap();
    assert_eq!(serial.parse::<u32>().unwrap_err().to_string(), "M/H/S: invalid digit found in string");
    assert_eq!(root.child("A").unwrap_err().to_string(), "M/A occurs more than 1 times");
    assert_eq!(serial.child("T").unwrap_err().to_string(), "M/H/S/T is missing");
    assert_eq!(root.text().unwrap_err().to_string(), "M/H does not belong there");
    assert!(root.require("M", "other").is_err());
}

#[test]
fn a_sequence_is_read_in_order_and_to_its_end() {
    let root = read_text("<M><A/><B/><B/><C/></M>").unwrap();
    let mut children = root.sequence();
    assert!(children.one("A").is_ok());
    assert!(children.maybe("C").is_none());
    assert_eq!(children.many("B", 2).unwrap().len(), 2);
    assert_eq!(children.any().unwrap().name(), "C");
    assert_eq!(children.end(), Ok(()));

    let mut children = root.sequence();
    assert_eq!(children.one("B"), Err(XmlError::Missing { path: "M/B".into() }));
    assert!(children.one("A").is_ok());
    assert_eq!(children.many("B", 1), Err(XmlError::Repeated { path: "M/B".into(), max: 1 }));
    assert_eq!(root.sequence().end(), Err(XmlError::Unexpected { path: "M/A".into() }));
}

#[test]
fn line_ends_are_read_as_the_standard_says() {
    let root = read_text("<a b='1\r\n2\t3&#10;4'>1\r\n2\r3</a>").unwrap();
    assert_eq!(root.attribute("b"), Some("1 2 3\n4"));
    assert_eq!(root.text(), Ok("1\n2\n3"));
}

#[test]
fn no_content_reaches_a_debug_line() {
    let root = read_text("<a b='secret'><c>123456</c></a>").unwrap();
    let shown = format!("{root:?} {:?} {:?}", root.children(), root.attributes());
    assert!(!shown.contains("secret") && !shown.contains("123456"), "{shown}");
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = read(&bytes, SMALL);
    }

    #[test]
    fn arbitrary_markup_never_panics(text in "([<>/?!&;='\"\\[\\]:x# -]|<a|</a>|CDATA|DOCTYPE|xml|\u{6c34}){0,60}") {
        let _ = read(text.as_bytes(), SMALL);
    }

    #[test]
    fn a_message_with_one_byte_changed_never_panics(at in 0..MESSAGE.len(), to in any::<u8>()) {
        let mut bytes = MESSAGE.as_bytes().to_vec();
        bytes[at] = to;
        let _ = read(&bytes, SMALL);
    }

    #[test]
    fn any_text_survives_escaping(text in "[ -~\u{a0}-\u{2fff}\u{3000}-\u{9fff}]{0,80}") {
        let written = format!("<a b=\"{0}\">{0}</a>", quick_xml::escape::escape(&text));
        let root = read_text(&written).unwrap();
        prop_assert_eq!(root.text().unwrap(), &text);
        prop_assert_eq!(root.attribute("b"), Some(text.as_str()));
    }
}
