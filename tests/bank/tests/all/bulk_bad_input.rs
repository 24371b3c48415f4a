//! Files that cannot be, through the pages of データ伝送: each is told with its place and its remedy, and nothing is taken
//! in.

use database::testing::TestDatabase;
use edge::upload::FILE_BYTES_MAX;
use formats::zengin::BULK_RECORD_BYTES;

use crate::bulk::{TOKEN, batches, file, made, upload, world};
use crate::repeats_and_limits::fresh;
use crate::users::{code, submit};

database::on_both!(
    files_that_cannot_be_are_told_and_nothing_of_them_is_taken_in,
    what_is_wrong_with_a_row_is_named_with_its_remedy_and_cannot_be_asked_for,
);

/// A record with the two characters of its line's end.
const LINE_BYTES: usize = BULK_RECORD_BYTES + 2;

/// The file with other bytes at a place of one of its records.
fn with(record: usize, place: usize, bytes: &[u8]) -> Vec<u8> {
    let mut file = file(3).into_bytes();
    let from = record * LINE_BYTES + place;
    file[from..from + bytes.len()].copy_from_slice(bytes);
    file
}

/// Proves R113, R116, SEC-36, SEC-37.
async fn files_that_cannot_be_are_told_and_nothing_of_them_is_taken_in(test: TestDatabase) {
    let (world, mut hanako, mut jiro) = world(test).await;
    let right = file(3).into_bytes();
    let (header, rest) = right.split_at(LINE_BYTES);
    let one_short = [&header[..BULK_RECORD_BYTES - 1], b"\r\n", rest].concat();
    let ebcdic: Vec<u8> = vec![0xf1, 0xf2, 0xf1, 0xf0, 0x40, 0x40];
    for (bytes, fault) in [
        (ebcdic, "EBCDIC"),
        (with(0, 3, b"1"), "EBCDIC"),
        (one_short, "バイト"),
        ([header, header, rest].concat(), "ヘッダー・レコードが二つあります"),
        ([right.as_slice(), right.as_slice()].concat(), ""),
        (with(4, 1, b"000004"), "件数"),
        (with(4, 7, b"000000003001"), "データの金額の合計と合いません"),
        (b"PK\x03\x04rest".to_vec(), "圧縮"),
        (b"\x1f\x8brest".to_vec(), "圧縮"),
        (right[..right.len() - 2 * LINE_BYTES].to_vec(), ""),
        (file(50_001).into_bytes(), "50,000"),
        (vec![b'1'; FILE_BYTES_MAX + 1], "MBを超えています"),
    ] {
        let otp = fresh(&world, TOKEN).await;
        let refused = upload(&mut jiro, "/bulk/file", &[("one_time_password", &otp)], &bytes).await;
        let what = refused.fields("what");
        assert_eq!(code(&refused), "D-107", "{fault}: {}", refused.body);
        assert!(what.concat().contains(fault), "{fault}: {what:?}");
        assert!(refused.fields("place").iter().all(|place| !place.is_empty()), "{}", refused.body);
        assert!(refused.body.contains("data-h=\"直しかた\""), "{}", refused.body);
    }
    // the day of the header: a Saturday
    let otp = fresh(&world, TOKEN).await;
    let saturday = with(0, 54, b"1128");
    let refused = upload(&mut jiro, "/bulk/file", &[("one_time_password", &otp)], saturday).await;
    assert!(!refused.location().starts_with("/bulk/"), "{}", refused.body);
    // the body ends before its end is told
    let csrf = jiro.get("/bulk/file").await.token();
    let early = format!(
        "--b\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{csrf}\r\n--b\r\nContent-Disposition: \
         form-data; name=\"file\"; filename=\"f\"\r\n\r\n{}",
        file(3)
    );
    let cut = jiro.send_as("multipart/form-data; boundary=b", "/bulk/file", &early).await;
    assert!(cut.status.is_client_error(), "{} {}", cut.status, cut.body);
    let formula = "銀行番号,店番,科目,口座番号,受取人名,金額\n0125,100,普通,1,ミホン,=1+1\n";
    let too_many =
        format!("銀行番号,店番,科目,口座番号,受取人名,金額\n{}", "0125,100,普通,1,ミホン,1\n".repeat(5_001));
    let refused = made(&mut hanako, &[("way", "csv")], &too_many).await;
    assert_eq!(code(&refused), "D-107", "{}", refused.body);
    assert_eq!(batches(&world).await, 0, "nothing was taken in");
    let draft = made(&mut hanako, &[("way", "csv")], formula).await.location().to_owned();
    let shown = hanako.get(&draft).await;
    assert_eq!(
        (shown.fields("faulty"), shown.fields("row_amount")),
        (vec!["1".to_owned()], vec!["=1+1".to_owned()])
    );
}

/// Proves R109, SEC-37.
async fn what_is_wrong_with_a_row_is_named_with_its_remedy_and_cannot_be_asked_for(test: TestDatabase) {
    let (world, _, mut jiro) = world(test).await;
    // the name of the second row: half a kana (a mark that follows nothing), a small kana, and a branch that is none
    for (place, bytes, field) in [
        (50, [0xde].as_slice(), "受取人名"),
        (50, [0xa7].as_slice(), "受取人名"),
        (20, b"999".as_slice(), "支店"),
        (80, b"000000000A".as_slice(), "金額"),
    ] {
        let otp = fresh(&world, TOKEN).await;
        let mut bytes = with(2, place, bytes);
        if field == "金額" {
            bytes[4 * LINE_BYTES + 7..4 * LINE_BYTES + 19].copy_from_slice(b"000000002000");
        }
        let sent = upload(&mut jiro, "/bulk/file", &[("one_time_password", &otp)], bytes).await;
        if sent.location().is_empty() {
            assert_eq!(code(&sent), "D-107", "{field}: {}", sent.body);
            continue;
        }
        let batch = sent.location().to_owned();
        let shown = jiro.get(&batch).await;
        assert_eq!(
            (shown.fields("rows"), shown.fields("faulty")),
            (vec!["3".to_owned()], vec!["1".to_owned()])
        );
        assert!(shown.fields("fault").concat().contains(field), "{field}: {:?}", shown.fields("fault"));
        let early = jiro.get(&format!("{batch}/review")).await;
        assert_eq!(code(&early), "D-105", "{}", early.body);
        let seen = shown.value("seen");
        let gone = submit(&mut jiro, &batch, &[("seen", &seen), ("action", "discard")]).await;
        assert_eq!(gone.location(), "/bulk", "{}", gone.body);
    }
}
