//! The words of each fault.

use super::Fault;

const AS_TEXT: &str =
    "会計ソフトや給与ソフトで、全銀フォーマット(JIS・改行あり、または改行なし)として出し直してください";

impl Fault {
    /// Names it in a script; stays as it is.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Zip => "zip",
            Self::Workbook => "workbook",
            Self::Foreign(_) => "foreign",
            Self::Xml => "xml",
            Self::Utf16 => "utf16",
            Self::Utf8Mark => "utf8-mark",
            Self::Utf8 => "utf8",
            Self::Ebcdic => "ebcdic",
            Self::Unknown => "unknown",
            Self::LineEnds(_) => "line-ends",
            Self::Length { .. } => "length",
            Self::Shifted => "shifted",
            Self::NoHeader => "no-header",
            Self::SecondHeader => "second-header",
            Self::NoLines => "no-lines",
            Self::NoTrailer => "no-trailer",
            Self::NoEnd => "no-end",
            Self::AfterEnd => "after-end",
            Self::Misplaced => "misplaced",
            Self::OtherBusiness { .. } => "other-business",
            Self::CodeDivision => "code-division",
            Self::TooMany { .. } => "too-many",
            Self::TooLarge { .. } => "too-large",
            Self::NotDigits | Self::NotDigitsOrBlank => "not-digits",
            Self::Missing => "missing",
            Self::NotOneOf(_) => "not-one-of",
            Self::NotBlank | Self::NotBlankOrZero => "not-blank",
            Self::NotLeft => "not-left",
            Self::SmallKana => "small-kana",
            Self::LongVowel => "long-vowel",
            Self::LowerCase => "lower-case",
            Self::LoneMark => "lone-mark",
            Self::Wo => "wo",
            Self::Sign { .. } => "sign",
            Self::Reading => "reading",
            Self::FullWidth => "full-width",
            Self::NoCharacter => "no-character",
            Self::TooLong { .. } => "too-long",
            Self::Zero => "zero",
            Self::NoSuchBank => "no-such-bank",
            Self::NoSuchBranch { .. } => "no-such-branch",
            Self::NoSuchDay => "no-such-day",
            Self::DayIsOver { .. } => "day-is-over",
            Self::NoBusinessDay { .. } => "no-business-day",
            Self::CheckDigit { .. } => "check-digit",
            Self::LineSum { .. } => "line-sum",
            Self::Count { .. } => "count",
            Self::Total { .. } => "total",
            Self::CustomerCode => "customer-code",
            Self::OtherLine => "other-line",
            Self::Formula => "formula",
            Self::OpenQuote => "open-quote",
            Self::UnknownHeading { .. } => "unknown-heading",
            Self::HeadingTwice => "heading-twice",
            Self::NoHeading { .. } => "no-heading",
            Self::TooManyCells { .. } => "too-many-cells",
            Self::Encoding => "encoding",
            Self::Twice { .. } => "twice",
            Self::OtherName { .. } => "other-name",
            Self::NotXml(_) => "not-xml",
            Self::NoElement => "no-element",
            Self::ExtraElement => "extra-element",
            Self::Value(_) => "value",
            Self::NotFin(_) => "not-fin",
            Self::NotCarried { .. } => "not-carried",
            Self::LineStart => "line-start",
            Self::BlankLine => "blank-line",
            Self::LineTooLong { .. } => "line-too-long",
            Self::TooManyLines { .. } => "too-many-lines",
            Self::Form(_) => "form",
            Self::NoSuchField => "no-such-field",
            Self::FieldTwice => "field-twice",
            Self::MessageTooLong { .. } => "message-too-long",
            Self::TooManyMessages { .. } => "too-many-messages",
            Self::Sequence => "sequence",
            Self::Breach(breach) => breach.as_str(),
            Self::TransferBreach(breach) => breach.as_str(),
        }
    }

    /// What is wrong.
    pub fn what(&self) -> String {
        let text = match self {
            Self::Empty => "中身がありません",
            Self::Zip => "ZIP形式の圧縮ファイルです",
            Self::Workbook => "Excelのブックです",
            Self::Foreign(kind) => return format!("{kind}です"),
            Self::Xml => "XMLのファイルです",
            Self::Utf16 => "文字コードがUTF-16です",
            Self::Utf8Mark => "文字コードがUTF-8(BOM付き)です",
            Self::Utf8 => "文字コードがUTF-8です",
            Self::Ebcdic => "文字コードがEBCDICです",
            Self::Unknown => "このシステムで扱う形式のファイルではありません",
            Self::LineEnds(found) => return format!("レコードの区切りが{found}だけです"),
            Self::Length { bytes, expected, .. } => {
                let difference = if bytes < expected { "足りません" } else { "多すぎます" };
                let more = bytes.abs_diff(*expected);
                return format!("レコードの長さが{bytes}バイトで、{more}バイト{difference}");
            }
            Self::Shifted => "ここからレコードが始まっていません。これより前のレコードの長さが違っています",
            Self::NoHeader => "ヘッダー・レコードから始まっていません",
            Self::SecondHeader => "ヘッダー・レコードが二つあります",
            Self::NoLines => "データ・レコードがありません",
            Self::NoTrailer => "トレーラー・レコードがありません",
            Self::NoEnd => "エンド・レコードがありません",
            Self::AfterEnd => "エンド・レコードの後にまだデータがあります",
            Self::Misplaced => "ここに来るはずのないレコードです",
            Self::OtherBusiness { expected, found: Some(found) } => {
                return format!("{expected}ではなく、{found}のデータです");
            }
            Self::OtherBusiness { expected, found: None } => {
                return format!("{expected}のデータではありません");
            }
            Self::CodeDivision => "コード区分が「1」(EBCDIC)です",
            Self::TooMany { most } => {
                return format!("データが{}件を超えています", domain::Yen::new(amount(*most)));
            }
            Self::TooLarge { most } => {
                return format!("ファイルの大きさが{}を超えています", size(*most));
            }
            Self::NotDigits | Self::NotDigitsOrBlank => "数字ではない文字があります",
            Self::Missing => "入っていません",
            Self::NotOneOf(_) => "決められた値ではありません",
            Self::NotBlank | Self::NotBlankOrZero => "空白のはずの場所に文字があります",
            Self::NotLeft => "左端から始まっていません",
            Self::SmallKana => "小さいカナは使えません",
            Self::LongVowel => "長音の「ｰ」は使えません",
            Self::LowerCase => "英小文字は使えません",
            Self::LoneMark => "濁点・半濁点の前に、それの付くカナがありません",
            Self::Wo => "「ｦ」は使えません",
            Self::Sign { .. } => "使えない記号です",
            Self::Reading => "漢字など、カナの読みが分からない文字があります",
            Self::FullWidth => "全角の文字、または全角文字の片割れがあります",
            Self::NoCharacter => "文字ではないデータがあります",
            Self::TooLong { .. } => "長すぎます",
            Self::Zero => "金額が0円です",
            Self::NoSuchBank => "この番号の銀行はありません",
            Self::NoSuchBranch { bank } => return format!("{bank}にこの番号の支店はありません"),
            Self::NoSuchDay => "この日付はありません",
            Self::DayIsOver { day, .. } => return format!("すでに過ぎた日({day})です"),
            Self::NoBusinessDay { .. } => "銀行の休業日です",
            Self::CheckDigit { .. } => "検査数字(最後の1けた)が合いません",
            Self::LineSum { .. } => "この行の内訳と合いません",
            Self::Count { .. } => "データの件数と合いません",
            Self::Total { .. } => "データの金額の合計と合いません",
            Self::CustomerCode => "顧客コードが数字でも空白でもありません",
            Self::OtherLine => "依頼したデータと違っています",
            Self::Formula => "表計算ソフトの数式になる文字で始まっています",
            Self::OpenQuote => "ここから始まる「\"」が閉じていません",
            Self::UnknownHeading { .. } => "知らない見出しです",
            Self::HeadingTwice => "同じ見出しが二つあります",
            Self::NoHeading { .. } => "必要な見出しがありません",
            Self::TooManyCells { .. } => "見出しより項目が多い行です",
            Self::Encoding => "文字コードを読み取れません",
            Self::Twice { first } => return format!("{first}行目と同じです"),
            Self::OtherName { .. } => "番号と名前が合いません",
            Self::NotXml(reason) => return format!("XMLとして読み取れません({reason})"),
            Self::NoElement => "必要な要素がありません",
            Self::ExtraElement => "ここに来るはずのない要素です",
            Self::Value(_) => "決められた値ではありません",
            Self::NotFin(sign) => return format!("SWIFTの電文として読み取れません(「{sign}」がありません)"),
            Self::NotCarried { .. } => "SWIFTの電文で送れない文字です",
            Self::LineStart => "行が「:」または「-」で始まっています",
            Self::BlankLine => "空の行です",
            Self::LineTooLong { most } => return format!("1行が{most}文字を超えています"),
            Self::TooManyLines { most } => return format!("{most}行を超えています"),
            Self::Form(_) => "決められた形ではありません",
            Self::NoSuchField => "この電文にはない項目です",
            Self::FieldTwice => "同じ項目が二つあります",
            Self::MessageTooLong { most } => {
                return format!("電文が{}文字を超えています", domain::Yen::new(amount(*most)));
            }
            Self::TooManyMessages { most } => return format!("電文が{most}通に収まりません"),
            Self::Sequence => "続きの電文の番号か順番が合いません",
            Self::Breach(breach) => breach.label(),
            Self::TransferBreach(breach) => breach.label(),
        };
        text.to_owned()
    }

    /// What is allowed there; empty where that goes without saying.
    pub fn allowed(&self) -> String {
        let text = match self {
            Self::Zip
            | Self::Workbook
            | Self::Foreign(_)
            | Self::Utf16
            | Self::Utf8Mark
            | Self::Utf8
            | Self::Ebcdic => "JIS X 0201の1文字1バイト(半角カナ・英大文字・数字)のテキスト",
            Self::Xml => "全銀フォーマット(固定長)またはCSV",
            Self::Unknown => "全銀フォーマット、地方税納付、CSV、ISO 20022のXML",
            Self::LineEnds(_) => "CRLF、または区切りなし",
            Self::Length { expected, .. } => return format!("{expected}バイト"),
            Self::NoHeader | Self::Misplaced => "ヘッダー・データ・トレーラー・エンドの順",
            Self::SecondHeader => "ヘッダー・レコードは一つのファイルに一つ",
            Self::NoLines => "データ・レコードが1件以上",
            Self::CodeDivision => "0(JIS)",
            Self::OtherBusiness { expected, .. } => return format!("{expected}の種別コード"),
            Self::TooMany { most } => return format!("{}件まで", domain::Yen::new(amount(*most))),
            Self::TooLarge { most } => return format!("{}まで", size(*most)),
            Self::NotDigits => "数字だけ(けたが足りないときは左に0)",
            Self::NotDigitsOrBlank => "数字だけ、または全部空白",
            Self::NotOneOf(allowed) => return format!("{allowed}のどれか"),
            Self::NotBlank => "空白だけ",
            Self::NotBlankOrZero => "空白だけ、または0だけ",
            Self::NotLeft => "左詰めで、右に空白",
            Self::Sign { allowed, .. } => {
                let signs: Vec<String> =
                    allowed.chars().map(|c| c.to_string().replace(' ', "空白")).collect();
                return format!("記号は {} だけ", signs.join(" "));
            }
            Self::SmallKana
            | Self::LongVowel
            | Self::LowerCase
            | Self::Wo
            | Self::FullWidth
            | Self::NoCharacter => "半角の大きいカナ・英大文字・数字・決められた記号",
            Self::LoneMark => "「ﾞ」はｳとカ・サ・タ・ハ行、「ﾟ」はハ行のカナの後だけ",
            Self::TooLong { most } => return format!("{most}文字まで(濁点・半濁点も1文字)"),
            Self::Zero => "1円以上",
            Self::NoSuchDay => "実際にある日付",
            Self::DayIsOver { .. } | Self::NoBusinessDay { .. } => "銀行営業日",
            Self::CheckDigit { expected } => return format!("最後の1けたは{expected}"),
            Self::LineSum { expected }
            | Self::Count { counted: expected }
            | Self::Total { counted: expected } => {
                return expected.to_string();
            }
            Self::CustomerCode => "10けたの数字、または空白。文字は識別表示が「Y」のときだけ",
            Self::UnknownHeading { known } => return known.clone(),
            Self::NoHeading { needed } => return needed.clone(),
            Self::TooManyCells { most } => return format!("{most}項目まで"),
            Self::Encoding => "UTF-8またはShift_JIS",
            Self::Twice { .. } => "一つの口座に1行",
            Self::OtherName { known } => return known.clone(),
            Self::Value(allowed) => allowed,
            Self::NotFin(_) => "{1:、{2:、{4:の順のブロック(改行はCRLF)",
            Self::NotCarried { set, .. } => {
                let signs: Vec<String> = set.signs().chars().map(|c| c.to_string()).collect();
                return format!("半角の英字・数字・空白と {}", signs.join(" "));
            }
            Self::LineTooLong { most } => return format!("1行に半角{most}文字まで"),
            Self::TooManyLines { most } => return format!("{most}行まで"),
            Self::Form(form) => return form.clone(),
            Self::MessageTooLong { most } => {
                return format!("{}文字まで", domain::Yen::new(amount(*most)));
            }
            Self::TooManyMessages { most } => return format!("{most}通まで"),
            Self::Sequence => "同じ信用状番号で、1通目から最後まで",
            _ => "",
        };
        text.to_owned()
    }

    /// How it is mended.
    pub fn remedy(&self) -> String {
        let text = match self {
            Self::Empty | Self::Foreign(_) | Self::Unknown => {
                "ファイルを選び間違えていないか確かめてください"
            }
            Self::Zip => "圧縮を解いて、中のファイルを送ってください",
            Self::Workbook => {
                "Excelで「名前を付けて保存」からCSVにするか、会計ソフトから全銀フォーマットで出してください"
            }
            Self::Xml => "XMLを受け付ける業務を選ぶか、全銀フォーマットで出し直してください",
            Self::Utf16 | Self::Utf8Mark | Self::Utf8 | Self::Ebcdic | Self::CodeDivision => AS_TEXT,
            Self::LineEnds(_) => "出力の設定で改行をCRLF(Windows)にするか、改行なしにしてください",
            Self::Length { is_cut: true, .. } => {
                "行末の空白が取り除かれています。空白を残したまま保存し直してください"
            }
            Self::Length { .. } | Self::Shifted => {
                "テキストエディタで直したときは、元の出力をそのまま送ってください"
            }
            Self::NoHeader
            | Self::NoLines
            | Self::NoTrailer
            | Self::NoEnd
            | Self::AfterEnd
            | Self::Misplaced => {
                "ファイルが途中で切れたり、つなぎ合わされたりしていないか確かめ、出し直してください"
            }
            Self::SecondHeader => "ヘッダーごとに別のファイルに分けて送ってください",
            Self::OtherBusiness { .. } => "データに合った業務を選んでください",
            Self::TooMany { .. } => "ファイルを分けて送ってください",
            Self::TooLarge { .. } => "ファイルを選び間違えていないか確かめ、分けて送ってください",
            Self::SmallKana => "「ｬ」は「ﾔ」のように、大きいカナに直してください",
            Self::LongVowel => "「-」に直してください",
            Self::LowerCase => "英大文字に直してください",
            Self::LoneMark => "前のカナが抜けていないか確かめてください",
            Self::Wo => "「ｵ」に直してください",
            Self::Sign { instead: Some(instead), .. } => return format!("「{instead}」に直してください"),
            Self::Sign { instead: None, .. } => "取り除いてください",
            Self::Reading => "カナの読みに直してください",
            Self::FullWidth => "半角カナの読みに直してください",
            Self::TooLong { .. } => "法人略語などで短くしてください",
            Self::Zero => "金額を入れるか、この行を取り除いてください",
            Self::NoSuchBank | Self::NoSuchBranch { .. } => {
                "統合や移転で番号が変わっていないか、振込先に確かめてください"
            }
            Self::DayIsOver { next, .. } => {
                return format!("元のソフトで日付を直して出し直してください。次の営業日は{next}です");
            }
            Self::NoBusinessDay { next } => return format!("次の営業日は{next}です"),
            Self::CheckDigit { .. } => "納入書の市区町村コード(6けた)を確かめてください",
            Self::LineSum { .. } => "内訳か合計を直してください",
            Self::Count { .. } | Self::Total { .. } => {
                "元のソフトで出し直すか、トレーラーの値を直してください"
            }
            Self::CustomerCode => "EDI情報を送るときは識別表示を「Y」にしてください",
            Self::OtherLine => "銀行に問い合わせてください。このファイルで消込をしないでください",
            Self::Formula => "先頭の記号を取り除いてください",
            Self::OpenQuote => "「\"」を閉じるか、CSV形式で保存し直してください",
            Self::UnknownHeading { .. } | Self::HeadingTwice | Self::NoHeading { .. } => {
                "1行目の見出しを、ひな型のファイルに合わせてください"
            }
            Self::TooManyCells { .. } => "「,」を含む項目は「\"」で囲んでください",
            Self::Encoding => "CSV UTF-8で保存し直してください",
            Self::Twice { .. } => "どちらかの行を取り除いてください",
            Self::OtherName { .. } => "番号と名前のどちらが正しいか確かめてください",
            Self::NotXml(_) | Self::NoElement | Self::ExtraElement => {
                "作成したソフトの提供元に確かめてください"
            }
            Self::NotCarried { instead: Some(instead), .. } => {
                return format!("「{instead}」に直してください");
            }
            Self::NotCarried { instead: None, .. } => "英語かローマ字に直すか、取り除いてください",
            Self::LineStart => "行の先頭を「+」や番号にするか、前の行とつないでください",
            Self::BlankLine => "行を取り除いてください",
            Self::LineTooLong { .. } => "語の切れ目で改行するか、短くしてください",
            Self::TooManyLines { .. } => "行をつなぐか、短くしてください",
            Self::FieldTwice => "どちらかを取り除いてください",
            Self::MessageTooLong { .. } | Self::TooManyMessages { .. } => {
                "文を短くするか、別の書類に定めて、その書類を引用してください"
            }
            Self::Breach(breach) => breach.remedy(),
            Self::TransferBreach(breach) => breach.remedy(),
            // whoever types it on a page reads the same words as whoever sends a file
            Self::Missing => "値を入れてください",
            Self::NotDigits | Self::NotDigitsOrBlank => "数字だけに直してください",
            Self::NotOneOf(allowed) => return format!("{allowed}のどれかに直してください"),
            Self::NoSuchDay => "実際にある日付に直してください",
            Self::Value(allowed) => return format!("{allowed}に直してください"),
            _ => "元のデータを直して、出し直してください",
        };
        text.to_owned()
    }
}

fn amount(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Bytes in the unit that people know: so many whole ones always fit.
fn size(bytes: usize) -> String {
    match bytes {
        0..1_000_000 => format!("{}KB", bytes / 1_000),
        _ => format!("{}MB", bytes / 1_000_000),
    }
}
