//! 金融機関選択: the banks that the sites offer, all fictional; one is this program's, the others lead nowhere.

/// A bank on the selection page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bank {
    /// 金融機関コード.
    pub code: &'static str,
    /// Its name.
    pub name: &'static str,
    /// The row of its reading.
    pub kana: char,
    /// Where it is, or what it is.
    pub group: &'static str,
}

const fn bank(code: &'static str, name: &'static str, kana: char, group: &'static str) -> Bank {
    Bank { code, name, kana, group }
}

/// The rows of the syllabary that some bank has.
pub const KANA: [char; 9] = ['あ', 'か', 'さ', 'た', 'な', 'は', 'ま', 'ら', 'わ'];

/// All of them, by group and there by reading.
pub const BANKS: [Bank; 24] = [
    bank("9901", "北みほん銀行", 'か', "北海道・東北"),
    bank("9902", "三陸ひながた銀行", 'さ', "北海道・東北"),
    bank("9903", "つがる例示銀行", 'た', "北海道・東北"),
    bank("9999", "見本銀行", 'ま', "北海道・東北"),
    bank("9904", "最上ひながた銀行", 'ま', "北海道・東北"),
    bank("9905", "相模みほん銀行", 'さ', "関東"),
    bank("9907", "利根例示銀行", 'た', "関東"),
    bank("9906", "武蔵ひながた銀行", 'ま', "関東"),
    bank("9908", "尾張みほん銀行", 'あ', "中部"),
    bank("9909", "加賀例示銀行", 'か', "中部"),
    bank("9910", "信濃ひながた銀行", 'さ', "中部"),
    bank("9913", "淡海ひながた銀行", 'あ', "近畿"),
    bank("9911", "丹波例示銀行", 'た', "近畿"),
    bank("9912", "難波みほん銀行", 'な', "近畿"),
    bank("9916", "阿波ひながた銀行", 'あ', "中国・四国"),
    bank("9914", "瀬戸みほん銀行", 'さ', "中国・四国"),
    bank("9915", "播磨灘例示銀行", 'は', "中国・四国"),
    bank("9917", "筑後みほん銀行", 'た', "九州・沖縄"),
    bank("9918", "日向例示銀行", 'は', "九州・沖縄"),
    bank("9919", "琉球ひながた銀行", 'ら', "九州・沖縄"),
    bank("9920", "れいじネット銀行", 'ら', "インターネット専業銀行"),
    bank("9922", "ひながた信用組合", 'は', "信用金庫・信用組合"),
    bank("9921", "わかばみほん信用金庫", 'わ', "信用金庫・信用組合"),
    bank("9923", "みほん労働金庫", 'ま', "労働金庫"),
];

/// A group with its banks.
pub struct Group {
    /// Its name.
    pub name: &'static str,
    /// Its banks.
    pub banks: Vec<Bank>,
}

/// The banks by group; only those of a row of the syllabary where one is named.
pub fn groups(kana: Option<char>) -> Vec<Group> {
    let mut found: Vec<Group> = Vec::new();
    for bank in BANKS.into_iter().filter(|bank| kana.is_none_or(|kana| bank.kana == kana)) {
        match found.last_mut().filter(|group| group.name == bank.group) {
            Some(group) => group.banks.push(bank),
            None => found.push(Group { name: bank.group, banks: vec![bank] }),
        }
    }
    found
}

/// The bank of a code.
pub fn find(code: &str) -> Option<Bank> {
    BANKS.into_iter().find(|bank| bank.code == code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_is_there_once_and_each_row_leads_to_a_bank() {
        for one in BANKS {
            assert_eq!(BANKS.iter().filter(|bank| bank.code == one.code).count(), 1, "{}", one.code);
            assert!(KANA.contains(&one.kana), "{}", one.name);
        }
        assert!(KANA.into_iter().all(|kana| !groups(Some(kana)).is_empty()));
        assert_eq!(groups(None).iter().map(|group| group.banks.len()).sum::<usize>(), BANKS.len());
        let names: Vec<_> = groups(None).iter().map(|group| group.name).collect();
        assert_eq!(names.len(), 9, "each group once: {names:?}");
    }
}
