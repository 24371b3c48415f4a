//! QR codes in a picture: a photo taken with a phone, or what was shown on a screen.

use std::io::Cursor;

use image::imageops::FilterType;
use image::{DynamicImage, GrayImage, ImageFormat, ImageReader, Limits};

/// Bytes of a picture's file.
pub const PICTURE_BYTES_MAX: usize = 12 * 1024 * 1024;
/// Pixels on a side: more than phones take.
const SIDE_MAX: u32 = 12_000;
/// Memory for unpacking one.
const MEMORY_BYTES_MAX: u64 = 512 * 1024 * 1024;
/// Codes are looked for at these sizes of the longer side, in turn: a fine photo is read best when made smaller, a
/// small code in a large page only when it is not.
const SIDES_TRIED: [u32; 3] = [1_600, 900, 3_200];

/// Why no code was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    /// Neither PNG nor JPEG, or cut.
    #[error("the file is no picture that can be read")]
    NoPicture,
    /// More bytes or pixels than are taken.
    #[error("the picture is too large")]
    TooLarge,
    /// There is no QR code in it.
    #[error("no QR code was found in the picture")]
    NoCode,
    /// There is one, and too little of it can be read.
    #[error("the QR code in the picture is blurred or incomplete")]
    Blurred,
}

/// The texts of the codes in a PNG or JPEG; at least one. It takes the processor for a while: not for a thread that
/// serves others.
pub fn qr_codes(file: &[u8]) -> Result<Vec<String>, PictureError> {
    let picture = open(file)?;
    let longer = picture.width().max(picture.height());
    let mut error = PictureError::NoCode;
    let mut tried = 0;
    for side in SIDES_TRIED.map(|side| side.min(longer)) {
        if side == tried {
            continue;
        }
        tried = side;
        let sized =
            if side < longer { picture.resize(side, side, FilterType::Triangle) } else { picture.clone() };
        match read(&sized.into_luma8()) {
            Ok(texts) => return Ok(texts),
            Err(PictureError::NoCode) => {}
            Err(other) => error = other,
        }
    }
    Err(error)
}

fn open(file: &[u8]) -> Result<DynamicImage, PictureError> {
    if file.len() > PICTURE_BYTES_MAX {
        return Err(PictureError::TooLarge);
    }
    let format = image::guess_format(file).map_err(|_| PictureError::NoPicture)?;
    if !matches!(format, ImageFormat::Png | ImageFormat::Jpeg) {
        return Err(PictureError::NoPicture);
    }
    let mut reader = ImageReader::with_format(Cursor::new(file), format);
    let mut limits = Limits::default();
    limits.max_image_width = Some(SIDE_MAX);
    limits.max_image_height = Some(SIDE_MAX);
    limits.max_alloc = Some(MEMORY_BYTES_MAX);
    reader.limits(limits);
    reader.decode().map_err(|error| match error {
        image::ImageError::Limits(_) => PictureError::TooLarge,
        _ => PictureError::NoPicture,
    })
}

fn read(grey: &GrayImage) -> Result<Vec<String>, PictureError> {
    let size = |side: u32| usize::try_from(side).unwrap_or_default();
    let mut prepared =
        rqrr::PreparedImage::prepare_from_greyscale(size(grey.width()), size(grey.height()), |x, y| {
            match (u32::try_from(x), u32::try_from(y)) {
                (Ok(x), Ok(y)) => grey.get_pixel(x, y).0[0],
                _ => u8::MAX,
            }
        });
    let grids = prepared.detect_grids();
    let texts: Vec<_> = grids.iter().filter_map(|grid| grid.decode().ok()).map(|(_, text)| text).collect();
    match (grids.is_empty(), texts.is_empty()) {
        (true, _) => Err(PictureError::NoCode),
        (false, true) => Err(PictureError::Blurred),
        (false, false) => Ok(texts),
    }
}

#[cfg(test)]
#[path = "picture_tests.rs"]
mod tests;
