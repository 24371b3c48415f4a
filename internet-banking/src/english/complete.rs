//! Every Japanese text of the pages that have both languages has English. A new one without it is named here.

use std::fs;
use std::path::{Path, PathBuf};

use edge::translate::{self, Catalogue, is_japanese};

use crate::help::{Code, samples as help_pages};
use crate::payeasy::problem::tests::samples as problems;
use crate::payeasy::{purpose, samples};

/// Sources whose texts these pages show.
const SOURCES: [&str; 21] = [
    "src/certificates/check.html",
    "src/certificates/deliver.html",
    "src/certificates/fetch.html",
    "src/certificates/pages/check.rs",
    "src/certificates/pages/fetch.rs",
    "src/certificates/parts.html",
    "src/frame.rs",
    "src/help",
    "src/home",
    "src/limits/rules.rs",
    "src/payeasy",
    "src/security/first.html",
    "src/set_up",
    "src/sign_in",
    "src/tokens/authorise.rs",
    "../collectors/src/directory/charge.rs",
    "../domain/src/hours.rs",
    "../edge/src/failure.rs",
    "../edge/templates/error.html",
    "../edge/templates/form.html",
    "../edge/templates/frame.html",
];

/// Parts of sentences that stand in the source by themselves; the sentences are among the samples.
const PARTS: [&str; 36] = [
    "(7 の形)",
    "(7けた目)",
    "(手数料を含む)",
    "(過ぎています。払い込めないときは課税した地方公共団体へお問い合わせください)",
    "0 月7はありません。月は 1 から 12 です。",
    "7 円以上は",
    "7 月7はありません。月は 1 から 12 です。",
    "7 月に 7 日7はありません。課税期間の最初の日を確かめてください。",
    "77年7",
    "7からの",
    "7に 0 年7はありません。元年は 1 です。",
    "7に 7 年7はありません。元号と年を確かめてください。",
    "7に、申告区分「7」7はありません。",
    "7または、7",
    "7経過",
    "7、7",
    "およそ",
    "です。7 までにお手続きください。",
    "など",
    "へ戻る",
    "エラー:",
    "・",
    "・ 7 7",
    "・ うち7 7 円",
    "・ 手数料 7 円",
    "例: 7",
    "トークンの利用開始登録が済んだら",
    "停止が解除されたら",
    "元",
    "元号「7」7はありません。7です。",
    "前回 7 7",
    "受け取った請求",
    "回答",
    "申告区分「7」7はありません。",
    "税目番号「7」7の税は、入力方式では払い込めません。番号を確かめるか、納付区分番号で払い込んでください。",
    "請求",
];

/// What mails say, which are Japanese.
const MAILS: [&str; 32] = [
    "マスターユーザのログインIDとパスワードを取り直しました",
    "初期設定が完了しました",
    "パスワードの誤りが続いたため、ログインを一時停止しました",
    "パスワードの誤りが続いたため、ログインを停止しました",
    "確認用パスワードの誤りが続いたため、利用を停止しました",
    "番号の誤りが続いたため、税金・各種料金の払込を停止しました",
    "7から、また払込ができます",
    "お取引店の窓口でのお手続きが必要です",
    "再開",
    "再開の方法",
    "30分たつと、またログインできます",
    "お取引店の窓口へお申し出ください",
    "マスターユーザへお申し出ください",
    "変更する日",
    "登録払込先を登録しました",
    "登録払込先の名前を変更しました",
    "登録払込先を削除しました",
    "登録払込先の名前",
    "税金・各種料金の1日の限度額を変更しました",
    "限度額の利用者",
    "変更後の限度額",
    "ご契約の限度額(7 円)と同じ",
    "操作した方",
    "いつもと違う接続元からのログインがありました",
    "方法",
    "接続元",
    "ワンタイムパスワードの利用を停止しました",
    "トークン",
    "誤って入力された方",
    "停止の理由",
    "ワンタイムパスワードの誤りが続きました",
    "このトークンをお使いの方全員が、ワンタイムパスワードを使うお手続きをご利用になれません。お心当たりがない場合は、すぐにお取引店へお電話ください。",
];

/// Names, contents of bills and what people typed, as the samples have them.
const DATA: [&str; 10] = [
    "&#60;b&#62;延滞税",
    "&#60;b&#62;番号",
    "&#60;b&#62;確認番号&#60;/b&#62;",
    "&#60;b&#62;自動車税",
    "&#60;i&#62;金額",
    "&#60;確定申告&#62;",
    "お支払い内容については(株)ペイジェントへ。",
    "会計 &#38; 給与",
    "株式会社見本商事",
    // as browsers show it in the list of certificates
    "(見本銀行)",
];

/// Read anew, so that the file can be completed without compiling.
fn catalogue() -> Catalogue {
    Catalogue::parse(&fs::read_to_string(root().join("data/english.txt")).unwrap()).unwrap()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// What of a page is still Japanese beside its data, one text each.
fn left(page: &str) -> Vec<String> {
    // what a form sends is nobody's text
    let mut html = String::new();
    for (place, part) in page.split(" value=\"").enumerate() {
        html.push_str(if place == 0 { part } else { part.split_once('"').map_or("", |(_, rest)| rest) });
    }
    let texts = html.split(['<', '>', '"']).map(|text| {
        let known = DATA.iter().fold(text.to_owned(), |text, data| text.replace(data, ""));
        (text, known)
    });
    texts.filter(|(_, known)| known.contains(is_japanese)).map(|(text, _)| text.trim().to_owned()).collect()
}

fn assert_english(catalogue: &Catalogue, pages: impl IntoIterator<Item = String>) {
    let pages = pages.into_iter().map(|html| translate::page(catalogue, &html));
    let mut missing: Vec<_> = pages.flat_map(|page| left(&page)).collect();
    missing.sort();
    missing.dedup();
    assert!(missing.is_empty(), "without English in data/english.txt:\n{}", missing.join("\n"));
}

fn text_page(text: &str) -> String {
    format!("<p>{}</p>", text.replace('&', "&#38;").replace('<', "&#60;"))
}

#[test]
fn every_page_of_the_samples_is_in_english() {
    assert_english(&catalogue(), samples::every_page().into_iter().chain(help_pages()));
}

#[test]
fn every_problem_is_told_in_english() {
    let words = problems().into_iter().map(|problem| problem.words());
    let codes = Code::ALL.iter().map(|code| code.entry()).flat_map(|entry| {
        [entry.title, entry.happened, entry.money.words(), entry.remedy].map(str::to_owned)
    });
    assert_english(&catalogue(), words.chain(codes).map(|words| text_page(&words)));
}

/// Whatever is wrong with a 納付目的コード, of a slip or made up by choices.
#[test]
fn every_fault_of_a_purpose_code_is_told_in_english() {
    let today = "2026-11-24".parse().unwrap();
    let printed = [
        "",
        "x",
        "123",
        "99945080401",
        "0309508",
        "03095080401",
        "03049080401",
        "03045000401",
        "03045990401",
        "03045081301",
        "03045080001",
        "03045080431",
        "03045080400",
        "03045090401",
        "03044310501",
        "3304508",
        "33045080401",
        "3204508",
        "0204508",
        "32045080401",
    ];
    let faults = printed.iter().filter_map(|code| purpose::read_printed("code", code, today).err());
    let typed = ["", "0", "64", "99", "x", "123"].into_iter().flat_map(|part| {
        let typed = |year: &str, month: &str, day: &str| purpose::TypedPeriod {
            kind: "4".to_owned(),
            year: year.to_owned(),
            month: month.to_owned(),
            day: day.to_owned(),
            ..purpose::TypedPeriod::begin()
        };
        [typed(part, "4", "1"), typed("8", part, "1"), typed("8", "4", part), purpose::TypedPeriod::default()]
    });
    let tax = purpose::codes().tax("030").unwrap();
    let faults = faults.chain(typed.filter_map(|typed| typed.read(tax, today).err()));
    let words: Vec<_> =
        faults.flat_map(|errors| errors.iter().map(|e| text_page(&e.message)).collect::<Vec<_>>()).collect();
    assert!(words.len() > 30);
    assert_english(&catalogue(), words);
}

#[test]
fn every_text_of_the_sources_is_in_english() {
    let catalogue = catalogue();
    let mut missing = Vec::new();
    for source in SOURCES {
        for file in files(&root().join(source)) {
            let text = fs::read_to_string(&file).unwrap();
            let texts = if file.extension().is_some_and(|e| e == "html") {
                of_template(&text)
            } else {
                of_rust(&text)
            };
            missing.extend(texts.into_iter().filter(|text| !has_english(&catalogue, text)));
        }
    }
    missing.sort();
    missing.dedup();
    assert!(missing.is_empty(), "without English in data/english.txt:\n{}", missing.join("\n"));
}

fn has_english(catalogue: &Catalogue, text: &str) -> bool {
    let is_english = |text: &str| left(&translate::page(catalogue, &text_page(text))).is_empty();
    // a sentence may come behind another that the code puts before it
    PARTS.contains(&text.trim())
        || MAILS.contains(&text)
        || is_english(text)
        || text.strip_prefix('7').is_some_and(is_english)
}

fn files(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    let entries = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    let wanted = |path: &PathBuf| path.is_dir() || path.extension().is_some_and(|e| e == "html" || e == "rs");
    let is_sample = |path: &PathBuf| path.file_name().is_some_and(|name| name == "samples.rs");
    entries.filter(|path| wanted(path) && !is_sample(path)).flat_map(|path| files(&path)).collect()
}

/// The Japanese literals of a source, without comments and tests; a value is `7`.
fn of_rust(text: &str) -> Vec<String> {
    let text = text.split("mod tests {").next().unwrap();
    let lines: Vec<_> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    literals(&lines.join("\n"))
}

fn literals(text: &str) -> Vec<String> {
    let mut literals = Vec::new();
    let mut rest = text;
    while let Some((_, behind)) = rest.split_once('"') {
        let (mut literal, mut end, mut is_escaped) = (String::new(), behind.len(), false);
        for (at, c) in behind.char_indices() {
            if !is_escaped && c == '"' {
                end = at;
                break;
            }
            is_escaped = !is_escaped && c == '\\';
            literal.push(c);
        }
        rest = behind.get(end + 1..).unwrap_or_default();
        if literal.contains(is_japanese) {
            let joined: Vec<_> = literal.split("\\\n").map(str::trim_start).collect();
            literals.push(with_values(&joined.concat(), '{', '}'));
        }
    }
    literals
}

/// The texts of a template between its tags, those of its worded attributes, and what it hands to macros.
fn of_template(text: &str) -> Vec<String> {
    let mut texts = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('{') {
        plain.push_str(before);
        let (end, is_value) = match behind.chars().next() {
            Some('#') => ("#}", false),
            Some('%') => ("%}", false),
            _ => ("}}", true),
        };
        let (inside, after) = behind.split_once(end).unwrap();
        plain.push_str(if is_value { "7" } else { "<>" });
        if inside.starts_with('%') {
            texts.extend(literals(inside));
        }
        rest = after;
    }
    plain.push_str(rest);
    texts.extend(
        plain.split(['<', '>', '"']).map(|text| text.trim().to_owned()).filter(|t| t.contains(is_japanese)),
    );
    texts
}

fn with_values(text: &str, open: char, close: char) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once(open) {
        plain.push_str(before);
        plain.push('7');
        rest = behind.split_once(close).map_or("", |(_, after)| after);
    }
    plain + rest
}
