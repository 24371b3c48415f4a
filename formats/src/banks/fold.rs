//! Names as they are compared: whatever script and width a person types comes to one form.

/// Half-width kana from U+FF66 on, full-width.
const HALF_WIDTH: &str = "ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン";

/// Folds width, hiragana, small kana, long vowels, case and spaces, so that what sounds alike is written alike.
pub fn folded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let c = domain::numbers::fold_width(c);
        let c = match c {
            '\u{ff66}'..='\u{ff9d}' => {
                let at = usize::try_from(u32::from(c) - 0xff66).unwrap_or_default();
                HALF_WIDTH.chars().nth(at).unwrap_or(c)
            }
            '\u{3041}'..='\u{3096}' => char::from_u32(u32::from(c) + 0x60).unwrap_or(c),
            _ => c,
        };
        match c {
            '\u{ff9e}' | '\u{309b}' | '\u{3099}' => voice(&mut out, 1),
            '\u{ff9f}' | '\u{309c}' | '\u{309a}' => voice(&mut out, 2),
            'ー' | '‐' | '−' | '―' => out.push('-'),
            '・' | '.' => {}
            c if c.is_whitespace() => {}
            c => out.extend(large(c).to_uppercase()),
        }
    }
    out
}

/// Gives the last kana its mark: 1 dakuten, 2 handakuten, as Unicode places them behind it.
fn voice(out: &mut String, by: u32) {
    let Some(last) = out.pop() else { return };
    let takes = match last {
        'カ'..='ヂ' | 'ツ' | 'テ' | 'ト' => by == 1,
        'ハ' | 'ヒ' | 'フ' | 'ヘ' | 'ホ' => true,
        _ => false,
    };
    let voiced = match last {
        'ウ' if by == 1 => Some('ヴ'),
        _ => takes.then(|| char::from_u32(u32::from(last) + by)).flatten(),
    };
    out.push(voiced.unwrap_or(last));
}

/// The large form of a small kana.
fn large(c: char) -> char {
    match c {
        'ァ' => 'ア',
        'ィ' => 'イ',
        'ゥ' => 'ウ',
        'ェ' => 'エ',
        'ォ' => 'オ',
        'ッ' => 'ツ',
        'ャ' => 'ヤ',
        'ュ' => 'ユ',
        'ョ' => 'ヨ',
        'ヮ' => 'ワ',
        'ヵ' => 'カ',
        'ヶ' => 'ケ',
        c => c,
    }
}
