//! A tax that was not registered: its 納付目的コード is typed from a slip or made up by choices, and the amount is typed.

use super::Desk;

const WORDS: &str = "消費税及地方消費税 中間申告 令和8年4月1日に始まる課税期間分";

impl Desk {
    pub(super) async fn pay_a_tax_by_choices(&mut self) {
        self.choose_collector("00200").await;
        self.window.follow("main a[href$='/purpose']").await;
        self.look("19-purpose").await;
        // a code of a slip, wrong and right
        self.window.fill("code", "9994-9081-301").await;
        self.window.press_value("code").await;
        self.assert_summary("税目番号「999」(1〜3けた目)の税は、入力方式では払い込めません").await;
        self.assert_summary("13 月(8〜9けた目)はありません").await;
        self.look("19-purpose-error").await;
        self.window.fill("code", "0304 5080-401").await;
        self.window.press_value("code").await;
        let text = self.window.text().await;
        assert!(text.contains("法人税 確定申告 令和8年4月1日に始まる課税期間分"), "{text}");
        self.look("19-purpose-explained").await;
        // another tax instead
        self.window.follow("#payment_category").await;
        self.window.choose("[name=tax][value='300']").await;
        self.window.press_value("tax").await;
        self.look("19-purpose-period").await;
        self.window.choose("[name=kind][value='3']").await;
        for (part, typed) in [("year", "8"), ("month", "13"), ("day", "1")] {
            self.window.fill(part, typed).await;
        }
        self.window.press().await;
        self.assert_summary("13 月はありません。月は 1 から 12 です。").await;
        self.look("19-purpose-period-error").await;
        self.window.fill("month", "4").await;
        self.window.press().await;
        let shown = self.window.find("[data-field=purpose]").await.text().await.unwrap();
        assert_eq!(shown, WORDS);
        self.look("19-purpose-amount").await;
        self.window.fill("amount", "862,300").await;
        self.type_numbers("2013-0001-2345-6789", "246810", None).await;
        self.look("19-purpose-bills").await;
        self.choose_bill("P30035080401").await;
        let text = self.window.text().await;
        for words in [WORDS, "3003 5080 401", "862,300 円を払い込む"] {
            assert!(text.contains(words), "{words}: {text}");
        }
        self.look("19-purpose-review").await;
        self.confirm().await;
        assert_eq!(self.state().await, "accepted", "{}", self.window.text().await);
        assert!(self.window.text().await.contains(WORDS));
        self.look("19-purpose-result").await;
    }
}
