//! An account as a person types it: bank and branch by number, kana or kanji, 記号番号 of ゆうちょ銀行, the holder in any
//! width and script; and what is wrong with it.

use domain::numbers::{NumberError, fold_width};
use domain::yucho::{self, YuchoError};
use domain::{AccountKind, AccountNumber, AccountRef};
use edge::Errors;
use formats::kana::{Class, Unwritable, ZenginText};
use formats::legal_forms::{Kind, LEGAL_FORMS, LegalForm, abbreviated, abbreviated_reading, is_form_alone};
use formats::{Bank, Branch};
use serde::Deserialize;

use super::master::{Master, shown_bank, shown_branch};

/// Bytes of 受取人名 in a record.
pub const HOLDER_BYTES_MAX: usize = 48;
/// Banks or branches that a choice offers at most.
const CHOICES_MAX: usize = 20;

/// What a form holds of an account. A page takes it into its own form by `#[serde(flatten)]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct TypedAccount {
    /// 銀行: number, kana or kanji.
    pub bank: String,
    /// The one of several that was chosen, by its code.
    pub bank_choice: String,
    /// 支店: number, kana or kanji.
    pub branch: String,
    /// The one of several that was chosen, by its code.
    pub branch_choice: String,
    /// 科目.
    pub kind: String,
    /// 口座番号.
    pub number: String,
    /// 記号 of ゆうちょ銀行, in place of all those.
    pub symbol: String,
    /// 番号 of ゆうちょ銀行.
    pub symbol_number: String,
    /// 受取人名.
    pub holder: String,
    /// The one for which another was offered; who types it again means it.
    pub holder_before: String,
}

/// An account that can be paid, with the names of bank and branch for the eye.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entered {
    /// The account.
    pub account: AccountRef,
    /// 受取人名 as it is sent: half-width kana.
    pub holder: String,
    /// The bank's name.
    pub bank: String,
    /// The branch's name.
    pub branch: String,
}

/// A bank or branch to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Its code.
    pub code: String,
    /// Its name and kana.
    pub words: String,
}

/// The controls of an account, for `payees/parts.html`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountForm {
    /// What was typed.
    pub typed: TypedAccount,
    /// Banks of which one is to be chosen.
    pub banks: Vec<Choice>,
    /// Branches of which one is to be chosen.
    pub branches: Vec<Choice>,
}

/// What has to be put right or chosen: the form again, and the words at its fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The controls.
    pub form: AccountForm,
    /// What is wrong.
    pub errors: Errors,
}

impl Entered {
    /// An account with the names of bank and branch.
    pub fn of(account: AccountRef, holder: String) -> Self {
        let (bank, branch) = Master::names(&account);
        Self { account, holder, bank, branch }
    }

    /// What a form begins with to change it.
    pub fn typed(&self) -> TypedAccount {
        TypedAccount {
            bank: self.account.bank.to_string(),
            branch: self.account.branch.to_string(),
            kind: self.account.kind.as_str().to_owned(),
            number: self.account.number.to_string(),
            holder: self.holder.clone(),
            holder_before: self.holder.clone(),
            ..TypedAccount::default()
        }
    }
}

impl AccountForm {
    /// Controls with what was typed in them.
    pub fn of(typed: TypedAccount) -> Self {
        Self { typed, ..Self::default() }
    }

    /// The kinds of accounts: word and label.
    pub fn kinds(&self) -> impl Iterator<Item = AccountKind> + use<> {
        AccountKind::ALL.iter().copied()
    }

    /// Abbreviations of legal forms (法人略語 …): how they are written, and what for.
    pub fn legal_forms(&self) -> impl Iterator<Item = (String, String)> + use<> {
        let bracket = |form: &LegalForm| match form.kind {
            Kind::Company => format!("{})", form.kana),
            Kind::Office => format!("({}", form.kana),
            Kind::Business => form.kana.to_owned(),
        };
        let words = |form: &LegalForm| {
            let whole = form.names.iter().filter(|name| !name.contains(['(', '㈱', '㈲', '㈴', '㈾']));
            whole.copied().collect::<Vec<_>>().join("、")
        };
        LEGAL_FORMS.iter().map(move |form| (bracket(form), words(form)))
    }

    /// What is typed of the holder as it would be sent, where it can be.
    pub fn as_sent(&self) -> Option<String> {
        let sent = ZenginText::typed(&self.typed.holder, Class::Party).ok()?;
        (!sent.is_empty()).then(|| sent.to_string())
    }
}

impl TypedAccount {
    /// Reads it; or says what is wrong, offers what is meant, and keeps the rest.
    pub fn read(&self) -> Result<Entered, Box<Asked>> {
        let mut asked = Asked { form: AccountForm::of(self.clone()), errors: Errors::none() };
        let account = match self.symbol.trim().is_empty() && self.symbol_number.trim().is_empty() {
            true => self.read_account(&mut asked),
            false => self.read_yucho(&mut asked.errors),
        };
        let holder = match read_holder(&self.holder) {
            Ok(holder) if holder.as_str() == self.holder_before => Some(holder),
            Ok(holder) => match abbreviated_reading(&holder) {
                Some(offered) => {
                    let message = format!(
                        "法人の種類は略語で書きます。「{offered}」に直しました。よろしければ、このまま進んでください。\
                         略さずに送るときは、もう一度入力してください。"
                    );
                    asked.form.typed.holder = offered;
                    asked.form.typed.holder_before = holder.to_string();
                    asked.errors.add("holder", message);
                    None
                }
                None => Some(holder),
            },
            Err((message, offered)) => {
                if let Some(offered) = offered {
                    asked.form.typed.holder = offered;
                }
                asked.errors.add("holder", message);
                None
            }
        };
        match (account, holder) {
            (Some(account), Some(holder)) if asked.errors.is_empty() => {
                Ok(Entered::of(account, holder.to_string()))
            }
            _ => Err(Box::new(asked)),
        }
    }

    fn read_account(&self, asked: &mut Asked) -> Option<AccountRef> {
        let bank = self.read_bank(asked);
        let branch = bank.and_then(|bank| self.read_branch(bank, asked));
        let errors = &mut asked.errors;
        if bank.is_none() && self.branch.trim().is_empty() {
            errors.add("branch", "支店を入力してください。");
        }
        let kind = self.kind.parse::<AccountKind>().ok();
        if kind.is_none() {
            errors.add("kind", "科目を選んでください。");
        }
        let number = match AccountNumber::parse_short(&self.number) {
            Ok(number) => Some(number),
            Err(error) => {
                errors.add("number", number_words(&error));
                None
            }
        };
        let (bank, branch) = (bank?.code.clone(), branch?.code.clone());
        Some(AccountRef { bank, branch, kind: kind?, number: number? })
    }

    fn read_bank(&self, asked: &mut Asked) -> Option<&'static Bank> {
        if self.bank.trim().is_empty() {
            asked.errors.add("bank", "銀行を、銀行番号・カナ・漢字のどれかで入力してください。");
            return None;
        }
        if self.bank.trim() == "銀行" {
            let message = "「銀行」だけでは、当てはまる金融機関が多すぎます。名前の一部か、4けたの銀行番号で入力してください。";
            asked.errors.add("bank", message);
            return None;
        }
        let found = Master::find(&self.bank, CHOICES_MAX + 1);
        let name = |bank: &Bank| (bank.code.to_string(), bank.kana.clone(), bank.name.clone());
        match pick(&found, &self.bank, &self.bank_choice, "銀行", name) {
            Picked::One(bank) => Some(bank),
            Picked::None if digits(&self.bank).is_some() => {
                let message = format!(
                    "銀行番号「{}」の金融機関はありません。4けたの番号を確かめるか、名前で入力してください。",
                    shortened(&self.bank)
                );
                asked.errors.add("bank", message);
                None
            }
            Picked::None => {
                let message = format!(
                    "「{}」という金融機関は見つかりません。名前の一部か、4けたの銀行番号で入力してください。",
                    shortened(&self.bank)
                );
                asked.errors.add("bank", message);
                None
            }
            Picked::Several(message) => {
                let words = |bank: &&Bank| Choice {
                    code: bank.code.to_string(),
                    words: format!("{} {}({})", bank.code, shown_bank(bank), bank.kana),
                };
                asked.form.banks = found.iter().take(CHOICES_MAX).map(words).collect();
                asked.errors.add("bank", message);
                None
            }
        }
    }

    fn read_branch(&self, bank: &'static Bank, asked: &mut Asked) -> Option<&'static Branch> {
        let errors = &mut asked.errors;
        if self.branch.trim().is_empty() {
            errors.add("branch", "支店を、店番・カナ・漢字のどれかで入力してください。");
            return None;
        }
        let meant = padded(bank, &self.branch).unwrap_or_else(|| self.branch.clone());
        let found = Master::find_branch(bank, &meant, CHOICES_MAX + 1);
        let name = |branch: &Branch| (branch.code.to_string(), branch.kana.clone(), branch.name.clone());
        match pick(&found, &meant, &self.branch_choice, "支店", name) {
            Picked::One(branch) => Some(branch),
            Picked::None => {
                let typed = shortened(&self.branch);
                let message = match bank.code == yucho::bank() {
                    true => format!(
                        "ゆうちょ銀行に「{typed}」の支店はありません。通帳の記号・番号は、下の「記号」と「番号」に入力してください。"
                    ),
                    false => format!(
                        "{}に「{typed}」の支店は見つかりません。3けたの店番か、名前の一部で入力してください。",
                        shown_bank(bank)
                    ),
                };
                errors.add("branch", message);
                None
            }
            Picked::Several(message) => {
                let words = |branch: &&Branch| Choice {
                    code: branch.code.to_string(),
                    words: format!("{} {}({})", branch.code, shown_branch(branch), branch.kana),
                };
                asked.form.branches = found.iter().take(CHOICES_MAX).map(words).collect();
                asked.errors.add("branch", message);
                None
            }
        }
    }

    /// 記号番号 stand for all the rest; another bank beside them is a mistake.
    fn read_yucho(&self, errors: &mut Errors) -> Option<AccountRef> {
        let is_other = |bank: &&'static Bank| bank.code != yucho::bank();
        if !self.bank.trim().is_empty() && Master::find(&self.bank, 1).first().is_some_and(is_other) {
            errors.add(
                "symbol",
                "記号・番号はゆうちょ銀行の口座のものです。ほかの銀行に振り込むときは、空欄にしてください。",
            );
            return None;
        }
        let is_savings = self.kind == AccountKind::Savings.as_str();
        let (field, message) = match yucho::account(&self.symbol, &self.symbol_number, is_savings) {
            Ok(account) if Master::branch(&account.bank, &account.branch).is_some() => return Some(account),
            Ok(_) => ("symbol", "この記号の店は、ゆうちょ銀行にありません。通帳の記号を確かめてください。"),
            Err(YuchoError::Symbol(_)) => ("symbol", "記号は、通帳に書かれた5けたの数字です。例: 10530"),
            Err(YuchoError::SymbolForm) => {
                ("symbol", "記号は、1または0で始まり0で終わる5けたの数字です。例: 10530")
            }
            Err(YuchoError::Number(_)) => ("symbol_number", NO_YUCHO_NUMBER),
            Err(YuchoError::LastDigit) => (
                "symbol_number",
                "記号が1で始まる口座の番号は、最後のけたが1です。通帳の番号を確かめてください。",
            ),
            Err(YuchoError::TooLong) => ("symbol_number", "記号が0で始まる口座の番号は、7けたまでです。"),
        };
        errors.add(field, message);
        // whatever the symbol should be, no account has such a number
        if let ("symbol", Err(YuchoError::Number(_))) =
            (field, yucho::account("10530", &self.symbol_number, is_savings))
        {
            errors.add("symbol_number", NO_YUCHO_NUMBER);
        }
        None
    }
}

/// What is wrong with a 番号 that is none.
const NO_YUCHO_NUMBER: &str = "番号は、通帳に書かれた8けたまでの数字です。例: 12345671";

/// What a text means among what was found.
enum Picked<T> {
    One(T),
    None,
    Several(String),
}

/// A choice counts among what its text finds; of what was found the only one is meant, and one that the text names
/// whole.
fn pick<T: Copy>(
    found: &[T],
    typed: &str,
    choice: &str,
    what: &str,
    name: impl Fn(T) -> (String, String, String),
) -> Picked<T> {
    let meant = formats::banks::folded(typed);
    let whole = |one: &T| {
        let (code, kana, kanji) = name(*one);
        code == meant || formats::banks::folded(&kana) == meant || formats::banks::folded(&kanji) == meant
    };
    let mut chosen = found.iter().filter(|one| name(**one).0 == choice);
    let mut wholes = found.iter().filter(|one| whole(one));
    match (chosen.next(), wholes.next(), wholes.next(), found) {
        (Some(one), ..) | (None, Some(one), None, _) | (None, None, _, [one]) => Picked::One(*one),
        (.., []) => Picked::None,
        (.., many) if many.len() > CHOICES_MAX => Picked::Several(format!(
            "「{}」に当てはまる{what}がたくさんあります。次から選ぶか、もう少し詳しく入力してください。",
            shortened(typed)
        )),
        _ => Picked::Several(format!("「{}」に当てはまる{what}を選んでください。", shortened(typed))),
    }
}

/// 受取人名 as it is sent; or what is wrong with it, and what to write instead where that is known.
pub fn read_holder(typed: &str) -> Result<ZenginText, (String, Option<String>)> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Err(("受取人名を、カナで入力してください。".to_owned(), None));
    }
    match ZenginText::typed(typed, Class::Party) {
        Ok(holder) if holder.is_empty() => Err(("受取人名を、カナで入力してください。".to_owned(), None)),
        Ok(holder) if holder.bytes() > HOLDER_BYTES_MAX => Err((
            format!(
                "受取人名は、濁点・半濁点を1文字と数えて{HOLDER_BYTES_MAX}文字までです(いまは{}文字)。",
                holder.bytes()
            ),
            None,
        )),
        Ok(holder) => match no_name(&holder) {
            Some(words) => Err((words.to_owned(), None)),
            None => Ok(holder),
        },
        Err(unwritable) => {
            let offered = abbreviated(typed);
            if offered != typed && ZenginText::typed(&offered, Class::Party).is_ok() {
                let message = format!(
                    "法人の種類は略語で書きます。「{offered}」に直しました。よろしければ、このまま進んでください。"
                );
                return Err((message, Some(offered)));
            }
            let is_legal = offered != typed;
            let left = match is_legal {
                true => ZenginText::typed(&offered, Class::Party).err().unwrap_or(unwritable),
                false => unwritable,
            };
            Err((unwritable_words(&left), is_legal.then_some(offered)))
        }
    }
}

/// What is wrong with a name whose bracket abbreviates nothing, or which is an abbreviation alone.
pub fn no_name(name: &ZenginText) -> Option<&'static str> {
    let name = name.as_str().trim_matches(' ');
    if name.starts_with(')') || name.ends_with('(') || name.ends_with("()") {
        return Some(
            "「(」や「)」だけでは略語になりません。前に付くときは「カ)ミホン」、後ろに付くときは「ミホン(カ」のように入力してください。",
        );
    }
    let words = "略語だけでは名前になりません。「カ)ミホン」のように、名前も入力してください。";
    is_form_alone(name).then_some(words)
}

/// Which characters cannot be sent, and what to write instead of each.
pub fn unwritable_words(unwritable: &[Unwritable]) -> String {
    let (known, unknown): (Vec<&Unwritable>, Vec<&Unwritable>) =
        unwritable.iter().partition(|one| one.instead.is_some());
    let mut words: Vec<String> = Vec::new();
    for one in known {
        let instead = one.instead.unwrap_or_default();
        let part = format!("「{}」は使えません。代わりに「{instead}」と入力してください。", one.found);
        if !words.contains(&part) {
            words.push(part);
        }
    }
    let mut found: Vec<char> = Vec::new();
    for one in unknown {
        if !found.contains(&one.found) {
            found.push(one.found);
        }
    }
    if !found.is_empty() {
        let shown: String = found.iter().take(8).map(|c| format!("「{c}」")).collect();
        let more = if found.len() > 8 { "など" } else { "" };
        words.push(format!("{shown}{more}は使えません。漢字は、読みのカタカナで入力してください。"));
    }
    words.concat()
}

fn number_words(error: &NumberError) -> String {
    match error {
        NumberError::Empty => "口座番号を入力してください。".to_owned(),
        NumberError::NotDigit(c) => {
            format!("口座番号に「{c}」は使えません。7けたまでの数字で入力してください。")
        }
        _ => "口座番号は、7けたまでの数字で入力してください。".to_owned(),
    }
}

fn digits(typed: &str) -> Option<String> {
    let folded: String = typed.trim().chars().map(fold_width).collect();
    (!folded.is_empty() && folded.chars().all(|c| c.is_ascii_digit())).then_some(folded)
}

/// 店番 with its zeros, of a number that was typed without them: 1 is 001, where the bank has that branch.
fn padded(bank: &Bank, typed: &str) -> Option<String> {
    let code = format!("{:0>3}", digits(typed)?);
    let branch = code.parse().ok()?;
    Master::branch(&bank.code, &branch).map(|_| code)
}

/// What was typed, short enough for a message.
fn shortened(typed: &str) -> String {
    let typed: String = typed.trim().chars().filter(|c| !c.is_control()).collect();
    match typed.char_indices().nth(20) {
        Some((end, _)) => format!("{}…", typed.get(..end).unwrap_or_default()),
        None => typed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(bank: &str, branch: &str, number: &str, holder: &str) -> TypedAccount {
        TypedAccount {
            bank: bank.to_owned(),
            branch: branch.to_owned(),
            kind: "ordinary".to_owned(),
            number: number.to_owned(),
            holder: holder.to_owned(),
            ..TypedAccount::default()
        }
    }

    fn wrong(typed: &TypedAccount, field: &str) -> String {
        let asked = typed.read().unwrap_err();
        asked.errors.of(field).unwrap_or_else(|| panic!("{field}: {:?}", asked.errors)).to_owned()
    }

    #[test]
    fn bank_and_branch_are_found_by_number_kana_and_kanji_and_the_holder_is_shown_as_it_is_sent() {
        for (bank, branch) in [("0125", "100"), ("七十七", "本店営業部"), ("しちじゅうしち", "ほんてん")]
        {
            let read = typed(bank, branch, "１２３", "カ）みほんショウジ").read().unwrap();
            assert_eq!(read.account.to_string(), "0125-100 普通 0000123");
            assert_eq!((read.bank.as_str(), read.branch.as_str()), ("七十七銀行", "本店営業部"));
            assert_eq!(read.holder, "ｶ)ﾐﾎﾝｼﾖｳｼﾞ");
            assert_eq!(read.typed().read().unwrap(), read, "what is shown reads back");
        }
    }

    #[test]
    fn several_are_offered_and_the_choice_counts_only_among_them() {
        let mut ambiguous = typed("みず", "100", "1", "ア");
        let asked = ambiguous.read().unwrap_err();
        assert!(asked.form.banks.iter().any(|one| one.code == "0001"), "{asked:?}");
        assert!(asked.errors.of("bank").unwrap().contains("選んでください"));
        ambiguous.bank_choice = "0001".to_owned();
        let asked = ambiguous.read();
        assert!(asked.is_ok() || asked.unwrap_err().errors.of("bank").is_none());
        // whoever has typed another bank since has not chosen that one
        ambiguous.bank = "七十七".to_owned();
        assert_eq!(ambiguous.read().unwrap().bank, "七十七銀行");
        let branch = TypedAccount { branch_choice: "100".to_owned(), ..typed("0125", "1", "1", "ア") };
        assert_eq!(branch.read().unwrap().branch, "本店営業部");
        // a number without its zeros is the branch that has them, where there is one
        assert_eq!(typed("0001", "1", "1", "ア").read().unwrap().account.branch.as_str(), "001");
        assert!(!typed("0125", "1", "1", "ア").read().unwrap_err().form.branches.is_empty());
    }

    #[test]
    fn what_is_wrong_is_told_at_its_field() {
        let good = typed("0125", "100", "1", "ア");
        assert!(wrong(&typed("8888", "100", "1", "ア"), "bank").contains("8888"));
        assert!(wrong(&typed("ないない", "100", "1", "ア"), "bank").contains("見つかりません"));
        assert!(wrong(&typed(" 銀行", "100", "1", "ア"), "bank").contains("多すぎます"));
        assert!(wrong(&typed("0125", "999", "1", "ア"), "branch").contains("七十七銀行"));
        assert!(wrong(&typed("ゆうちょ", "10530", "1", "ア"), "branch").contains("記号"));
        assert!(wrong(&TypedAccount { kind: String::new(), ..good.clone() }, "kind").contains("科目"));
        for number in ["", "12a", "12345678"] {
            assert!(
                wrong(&TypedAccount { number: number.to_owned(), ..good.clone() }, "number")
                    .contains("口座番号")
            );
        }
        let all = TypedAccount::default().read().unwrap_err();
        for field in ["bank", "branch", "kind", "number", "holder"] {
            assert!(all.errors.of(field).is_some(), "{field}");
        }
    }

    #[test]
    fn a_character_that_cannot_be_sent_is_named_with_what_to_write_instead() {
        let holder = |holder: &str| wrong(&typed("0125", "100", "1", holder), "holder");
        assert!(holder("ア・イ").contains("「・」は使えません。代わりに「.」と入力してください。"));
        assert!(holder("A&B").contains("「アンド」"));
        let kanji = holder("山田タロウ");
        assert!(kanji.contains("「山」「田」は使えません。") && kanji.contains("カタカナ"), "{kanji}");
        assert!(holder(&"ア".repeat(49)).contains("48文字まで"));
        assert!(typed("0125", "100", "1", &"ア".repeat(48)).read().is_ok());
        assert!(holder(&"ガ".repeat(25)).contains("いまは50文字"), "marks count");
        assert!(holder("　").contains("受取人名を"));
        for lone in ["ミホン(", "ミホン ( ", ")ミホン", "ミホン()"] {
            assert!(holder(lone).contains("略語になりません"), "{lone}");
        }
        assert!(holder("(カ").contains("略語だけでは名前になりません"));
        for whole in ["カ)ミホン", "ミホン(カ", "ミホン(カ)センダイ", "ミホン(センダイ)"]
        {
            assert!(typed("0125", "100", "1", whole).read().is_ok(), "{whole}");
        }
    }

    #[test]
    fn legal_forms_are_offered_as_they_are_abbreviated() {
        let asked = typed("0125", "100", "1", "株式会社ミホン").read().unwrap_err();
        assert_eq!(asked.form.typed.holder, "カ)ミホン");
        assert!(asked.errors.of("holder").unwrap().contains("「カ)ミホン」に直しました"));
        assert_eq!(asked.form.as_sent().as_deref(), Some("ｶ)ﾐﾎﾝ"));
        assert!(asked.form.typed.read().is_ok());
        let half = typed("0125", "100", "1", "見本株式会社").read().unwrap_err();
        assert_eq!(half.form.typed.holder, "見本(カ");
        // what is read out could be sent: it is offered in short once, and sent as it is where somebody insists
        let read = typed("0125", "100", "1", "かぶしきがいしゃミホン");
        let asked = read.read().unwrap_err();
        assert_eq!(asked.form.typed.holder, "カ)ミホン");
        assert!(asked.errors.of("holder").unwrap().contains("「カ)ミホン」に直しました"), "{asked:?}");
        assert_eq!(asked.form.typed.read().unwrap().holder, "ｶ)ﾐﾎﾝ");
        let insists = TypedAccount { holder: read.holder.clone(), ..asked.form.typed };
        assert_eq!(insists.read().unwrap().holder, "ｶﾌﾞｼｷｶﾞｲｼﾔﾐﾎﾝ");
        assert!(half.errors.of("holder").unwrap().contains("「見」「本」"));
    }

    #[test]
    fn a_symbol_and_number_become_branch_kind_and_number() {
        let yucho = |symbol: &str, number: &str| TypedAccount {
            symbol: symbol.to_owned(),
            symbol_number: number.to_owned(),
            holder: "ヤマダ タロウ".to_owned(),
            ..TypedAccount::default()
        };
        let read = yucho("10530", "12345671").read().unwrap();
        assert_eq!(read.account.to_string(), "9900-058 普通 1234567");
        assert_eq!((read.bank.as_str(), read.branch.as_str()), ("ゆうちょ銀行", "〇五八店"));
        assert_eq!(yucho("00530", "123456").read().unwrap().account.to_string(), "9900-059 当座 0123456");
        assert!(wrong(&yucho("10530", ""), "symbol_number").contains("番号"));
        assert!(wrong(&yucho("20530", "11"), "symbol").contains("1または0"));
        let both = yucho("1053", "abc");
        assert!(wrong(&both, "symbol").contains("5けた") && wrong(&both, "symbol_number").contains("番号"));
        assert!(yucho("1053", "12").read().unwrap_err().errors.of("symbol_number").is_none());
        assert!(wrong(&yucho("10530", "12"), "symbol_number").contains("最後のけた"));
        let other = TypedAccount { bank: "0125".to_owned(), ..yucho("10530", "12345671") };
        assert!(wrong(&other, "symbol").contains("空欄"));
    }
}
