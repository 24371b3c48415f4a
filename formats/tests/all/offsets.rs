//! 03 by a table of offsets, from the layout alone: nothing of the codec is used to read.

use crate::sample;

/// Name, offset from 0, length.
type Table = &'static [(&'static str, usize, usize)];

const HEADER: Table = &[
    ("種別コード", 1, 2),
    ("コード区分", 3, 1),
    ("作成日", 4, 6),
    ("勘定日(自)", 10, 6),
    ("勘定日(至)", 16, 6),
    ("銀行コード", 22, 4),
    ("銀行名", 26, 15),
    ("支店コード", 41, 3),
    ("支店名", 44, 15),
    ("ダミー", 59, 3),
    ("預金種目", 62, 1),
    ("口座番号", 63, 10),
    ("口座名", 73, 40),
    ("貸越区分", 113, 1),
    ("通帳・証書区分", 114, 1),
    ("取引前残高", 115, 14),
    ("ダミー", 129, 71),
];

const DATA: Table = &[
    ("照会番号", 1, 8),
    ("勘定日", 9, 6),
    ("預入・払出日", 15, 6),
    ("入払区分", 21, 1),
    ("取引区分", 22, 2),
    ("取引金額", 24, 12),
    ("うち他店券金額", 36, 12),
    ("交換呈示日", 48, 6),
    ("不渡返還日", 54, 6),
    ("手形・小切手区分", 60, 1),
    ("手形・小切手番号", 61, 7),
    ("僚店番号", 68, 3),
    ("振込依頼人コード", 71, 10),
    ("振込依頼人名", 81, 48),
    ("仕向銀行名", 129, 15),
    ("仕向店名", 144, 15),
    ("摘要内容", 159, 20),
    ("EDI情報", 179, 20),
    ("ダミー", 199, 1),
];

const TRAILER: Table = &[
    ("入金件数", 1, 6),
    ("入金額合計", 7, 13),
    ("出金件数", 20, 6),
    ("出金額合計", 26, 13),
    ("貸越区分", 39, 1),
    ("取引後残高", 40, 14),
    ("データ・レコード件数", 54, 7),
    ("ダミー", 61, 139),
];

const END: Table = &[("レコード総件数", 1, 10), ("口座数", 11, 5), ("ダミー", 16, 184)];

/// The field as text, spaces at its end left away. Shift_JIS has the same single bytes.
fn field(record: &[u8], table: Table, name: &str) -> String {
    let (_, at, length) = table.iter().find(|(known, ..)| *known == name).unwrap();
    let char = |byte: &u8| match byte {
        0xa1..=0xdf => char::from_u32(0xff61 + u32::from(*byte) - 0xa1).unwrap(),
        ascii => char::from(*ascii),
    };
    record[*at..at + length].iter().map(char).collect::<String>().trim_end().to_owned()
}

#[test]
fn the_table_covers_every_byte_once() {
    for table in [HEADER, DATA, TRAILER, END] {
        let end = table.iter().fold(1, |at, (name, begin, length)| {
            assert_eq!(*begin, at, "{name}");
            at + length
        });
        assert_eq!(end, 200);
    }
}

#[test]
fn a_statement_has_every_field_where_the_layout_says() {
    let bytes = sample::statement_file(&sample::lines());
    let records: Vec<&[u8]> = bytes.chunks(202).collect();
    assert!(records.iter().all(|record| record.len() == 202 && record.ends_with(b"\r\n")));
    assert_eq!(records.iter().map(|record| record[0]).collect::<Vec<_>>(), b"122289");

    let expect = |record: &[u8], table: Table, expected: &[(&str, &str)]| {
        for (name, value) in expected {
            assert_eq!(field(record, table, name), *value, "{name}");
        }
    };
    expect(
        records[0],
        HEADER,
        &[
            ("種別コード", "03"),
            ("コード区分", "0"),
            ("作成日", "081124"),
            ("勘定日(自)", "080824"),
            ("勘定日(至)", "081124"),
            ("銀行コード", "9999"),
            ("銀行名", "ﾐﾎﾝ"),
            ("支店コード", "100"),
            ("支店名", "ﾎﾝﾃﾝ"),
            ("ダミー", "000"),
            ("預金種目", "1"),
            ("口座番号", "0000123456"),
            ("口座名", "ｶ)ﾐﾎﾝｼﾖｳｼﾞ"),
            ("貸越区分", "2"),
            ("取引前残高", "00000000001500"),
        ],
    );
    expect(
        records[1],
        DATA,
        &[
            ("照会番号", "00000001"),
            ("勘定日", "080824"),
            ("預入・払出日", "080824"),
            ("入払区分", "1"),
            ("取引区分", "11"),
            ("取引金額", "000001080000"),
            ("うち他店券金額", "000000000000"),
            ("振込依頼人コード", "1234567890"),
            ("振込依頼人名", "ﾔﾏﾀﾞ ﾀﾛｳ"),
            ("仕向銀行名", "ﾚｲｼﾞ"),
            ("仕向店名", "ｴｷﾏｴ"),
            ("摘要内容", "ﾌﾘｺﾐ"),
            ("EDI情報", "INV-2026/11 ｦ"),
        ],
    );
    expect(
        records[2],
        DATA,
        &[
            ("入払区分", "2"),
            ("取引区分", "14"),
            ("取引金額", "000000025300"),
            ("振込依頼人コード", "0000000000"),
            ("振込依頼人名", ""),
            ("摘要内容", "ﾃﾞﾝｷﾘﾖｳｷﾝ"),
        ],
    );
    expect(records[3], DATA, &[("取引金額", "999999999999"), ("摘要内容", "")]);
    expect(
        records[4],
        TRAILER,
        &[
            ("入金件数", "000002"),
            ("入金額合計", "1000001079999"),
            ("出金件数", "000001"),
            ("出金額合計", "0000000025300"),
            ("貸越区分", "1"),
            ("取引後残高", "01000001053199"),
            ("データ・レコード件数", "0000003"),
        ],
    );
    expect(records[5], END, &[("レコード総件数", "0000000006"), ("口座数", "00001")]);
}

#[test]
fn ten_thousand_movements_add_up_to_what_the_trailer_says() {
    let bytes = sample::statement_file(&sample::many_lines());
    let records: Vec<&[u8]> = bytes.chunks(202).collect();
    assert_eq!(records.len(), 10_000 + 3);
    let number = |record: &[u8], table: Table, name: &str| field(record, table, name).parse::<u64>().unwrap();
    let sums = |direction: &str| {
        let of = records.iter().filter(|record| record.starts_with(b"2"));
        let of = of.filter(|record| field(record, DATA, "入払区分") == direction);
        of.fold((0, 0), |(count, sum), record| (count + 1, sum + number(record, DATA, "取引金額")))
    };
    let trailer = records[records.len() - 2];
    let told = |count: &str, sum: &str| (number(trailer, TRAILER, count), number(trailer, TRAILER, sum));
    assert_eq!(told("出金件数", "出金額合計"), sums("2"));
    assert_eq!(told("入金件数", "入金額合計"), sums("1"));
    assert_eq!(number(trailer, TRAILER, "データ・レコード件数"), 10_000);
    assert_eq!(number(records[records.len() - 1], END, "レコード総件数"), 10_003);
}
