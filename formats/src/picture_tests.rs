use image::codecs::jpeg::JpegEncoder;
use image::imageops::overlay;
use image::{Luma, RgbImage};
use qrcode::{EcLevel, QrCode};

use super::*;

/// As long as an eL-QR.
fn text() -> String {
    "0002010102122796000513800".chars().chain("1234567890".chars().cycle()).take(255).collect()
}

/// The code alone, so many pixels a module.
fn code(text: &str, module: u32) -> GrayImage {
    QrCode::with_error_correction_level(text, EcLevel::M)
        .unwrap()
        .render::<Luma<u8>>()
        .module_dimensions(module, module)
        .build()
}

/// A sheet of paper with codes on it.
fn sheet(width: u32, height: u32, codes: &[(GrayImage, i64, i64)]) -> DynamicImage {
    let mut sheet = GrayImage::from_pixel(width, height, Luma([235]));
    for (code, x, y) in codes {
        overlay(&mut sheet, code, *x, *y);
    }
    sheet.into()
}

fn png(picture: &DynamicImage) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    picture.write_to(&mut file, ImageFormat::Png).unwrap();
    file.into_inner()
}

fn jpeg(picture: &DynamicImage, quality: u8) -> Vec<u8> {
    let mut file = Vec::new();
    picture.to_rgb8().write_with_encoder(JpegEncoder::new_with_quality(&mut file, quality)).unwrap();
    file
}

#[test]
fn a_code_on_a_screen_is_read() {
    let picture = sheet(800, 600, &[(code(&text(), 4), 120, 60)]);
    assert_eq!(qr_codes(&png(&picture)), Ok(vec![text()]));
}

#[test]
fn a_photo_is_read_though_turned_blurred_and_packed() {
    // twelve million pixels, as phones take them
    let page = sheet(4_000, 3_000, &[(code(&text(), 14), 900, 700)]);
    for photo in [page.clone(), page.rotate90(), page.fast_blur(3.0)] {
        assert_eq!(qr_codes(&jpeg(&photo, 60)), Ok(vec![text()]));
    }
    let dark = page.brighten(-120);
    assert_eq!(qr_codes(&jpeg(&dark, 60)), Ok(vec![text()]));
}

#[test]
fn a_small_code_on_a_large_page_is_read() {
    let page = sheet(3_000, 2_200, &[(code(&text(), 4), 1_800, 1_500)]);
    assert_eq!(qr_codes(&png(&page)), Ok(vec![text()]));
}

#[test]
fn all_codes_of_a_page_are_read() {
    let page =
        sheet(1_400, 800, &[(code(&text(), 4), 100, 100), (code("https://example.com/", 6), 900, 200)]);
    let mut texts = qr_codes(&png(&page)).unwrap();
    texts.sort();
    assert_eq!(texts, [text(), "https://example.com/".to_owned()]);
}

#[test]
fn what_has_no_code_says_so() {
    assert_eq!(qr_codes(&png(&sheet(400, 300, &[]))), Err(PictureError::NoCode));
}

#[test]
fn a_code_that_was_half_covered_is_not_guessed() {
    let mut covered = code(&text(), 6);
    let half = covered.width() / 2;
    // the three corners stay, so that it is seen to be one
    for (x, y, pixel) in covered.enumerate_pixels_mut() {
        if x > half / 2 && y > half / 2 && (x + y).is_multiple_of(2) {
            *pixel = Luma([if x.is_multiple_of(3) { 0 } else { 255 }]);
        }
    }
    let found = qr_codes(&png(&sheet(800, 800, &[(covered, 100, 100)])));
    assert!(matches!(found, Err(PictureError::Blurred | PictureError::NoCode)), "{found:?}");
}

#[test]
fn what_is_no_picture_is_refused() {
    let file = png(&sheet(400, 300, &[]));
    for wrong in [b"".as_slice(), b"%PDF-1.7", b"GIF89a", &file[..40], &file[1..]] {
        assert_eq!(qr_codes(wrong), Err(PictureError::NoPicture));
    }
    // a few bytes that say they are a large picture
    let wide = png(&DynamicImage::from(RgbImage::new(SIDE_MAX + 1, 1)));
    assert_eq!(qr_codes(&wide), Err(PictureError::TooLarge));
    assert_eq!(qr_codes(&vec![0; PICTURE_BYTES_MAX + 1]), Err(PictureError::TooLarge));
}
