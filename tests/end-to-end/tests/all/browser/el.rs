//! A local tax paid by a photo of its slip.

use std::path::{Path, PathBuf};

use image::{DynamicImage, GrayImage, Luma, imageops};
use qrcode::{EcLevel, QrCode};

use super::Desk;

/// The sample bill ELT-0001: 12,300 yen for 仙台市, made by hand from the published layout.
const CODE: &str = "000201010212279600051380001830000000000000000000123002138000001000000000000209900000000001123456\
                    004100000000000054110000001230062262026202603202612252027013180850000000000000000000000000000000\
                    000000000000000000000000000000000000000000000000000000630500816";

/// A slip on a table, as a phone sees it.
fn photo(folder: &Path, name: &str, text: &str) -> PathBuf {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).unwrap();
    let code: GrayImage = code.render::<Luma<u8>>().module_dimensions(7, 7).build();
    let mut table = GrayImage::from_pixel(1_600, 1_200, Luma([214]));
    imageops::overlay(&mut table, &code, 520, 260);
    let path = folder.join(name);
    DynamicImage::from(table).rotate90().to_rgb8().save(&path).unwrap();
    path
}

impl Desk {
    async fn choose_picture(&self, path: &Path) {
        self.window.find("#picture").await.send_keys(path.to_str().unwrap()).await.unwrap();
        self.window.press_value("fill").await;
    }

    pub(super) async fn pay_a_local_tax_by_its_photo(&mut self) {
        assert_eq!(CODE.len(), 255);
        let folder = tempfile::tempdir().unwrap();
        self.window.goto(&self.bank("/payeasy/new")).await;
        self.window.follow("main a[href='/payeasy/el']").await;
        self.look("19-el").await;
        // the wrong files first
        let shop = photo(folder.path(), "shop.png", "https://example.com/");
        let worn = photo(folder.path(), "worn.png", &format!("{}00817", &CODE[..250]));
        let slip = folder.path().join("slip.pdf");
        std::fs::write(&slip, "%PDF-1.7").unwrap();
        for (file, words) in [
            (&shop, "eL-QR ではありません"),
            (&worn, "検査数字が合いません"),
            (&slip, "画像として読めません"),
        ] {
            self.choose_picture(file).await;
            self.assert_summary(words).await;
            self.assert_summary("まだ何も引き落とされていません").await;
        }
        self.look("19-el-error").await;
        self.choose_picture(&photo(folder.path(), "slip.jpg", CODE)).await;
        let text = self.window.text().await;
        assert!(text.contains("eL-QR を読み取り") && text.contains("12,300 円"), "{text}");
        self.look("19-el-read").await;
        self.window.press_value("inquire").await;
        let text = self.window.text().await;
        assert!(text.contains("地方税共同機構") && text.contains("仙台市"), "{text}");
        self.look("19-el-bills").await;
        self.choose_bill("ELT-0001").await;
        self.confirm().await;
        assert_eq!(self.state().await, "accepted", "{}", self.window.text().await);
    }
}
