//! The picture of a person, from whatever image they sent.
//!
//! It is decoded within bounds, turned upright, made small and written anew: nothing of the sent file survives, neither the
//! place where it was taken nor what else was hidden in it.

use std::io::Cursor;

use bytes::Bytes;
use image::codecs::jpeg::JpegEncoder;
use image::imageops::{self, FilterType};
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, Rgba, RgbaImage};

use crate::app::App;
use crate::error::{Error, Result};
use crate::request::File;
use crate::values::UserId;

/// The longer side of what is kept, in pixels.
const SIDE: u32 = 512;
/// The longest side that is read, in pixels.
const LONGEST_SIDE: u32 = 10_000;
/// The most pixels that are read: a telephone's camera takes 12 million. Each takes four bytes at most.
const MOST_PIXELS: u64 = 33_000_000;
/// What a decoder may take in memory, in bytes.
const MEMORY: u64 = 4 * MOST_PIXELS;
/// Of 100.
const QUALITY: u8 = 85;

/// Keeps the picture in this file for its owner. Returns its address.
///
/// # Errors
/// Those of [`redraw`]; `INTERNAL` when it cannot be kept.
pub async fn keep(app: &App, who: UserId, file: &File) -> Result<String> {
    let picture = redraw(file.content.clone()).await?;
    app.media.keep(who, picture).await
}

/// Forgets a picture that nobody shows any more. One that stays costs some disk, and goes with its owner at the latest.
pub async fn forget(app: &App, who: UserId, address: Option<String>) {
    let Some(address) = address else { return };
    if let Err(error) = app.media.forget(who, &address).await {
        tracing::warn!(
            viewer.id = who.0,
            cause = error.cause().map(ToString::to_string),
            "a former picture stays behind"
        );
    }
}

/// A JPEG of at most 512 x 512 pixels, of a JPEG, PNG or WebP. Works off the threads that serve requests.
///
/// # Errors
/// `BAD_INPUT` that names `avatar`, for what is no such image, is broken, or has too many pixels.
pub async fn redraw(content: Bytes) -> Result<Bytes> {
    tokio::task::spawn_blocking(move || draw(&content)).await.map_err(Error::internal)?
}

fn draw(content: &[u8]) -> Result<Bytes> {
    // By what it is, not by what it is called.
    let mut reader = ImageReader::new(Cursor::new(content)).with_guessed_format().map_err(Error::internal)?;
    if !matches!(reader.format(), Some(ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP)) {
        return Err(refuse("avatar must be a JPEG, PNG or WebP image"));
    }
    let mut limits = Limits::default();
    (limits.max_image_width, limits.max_image_height) = (Some(LONGEST_SIDE), Some(LONGEST_SIDE));
    limits.max_alloc = Some(MEMORY);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(unread)?;
    let (width, height) = decoder.dimensions();
    // Before anything is unpacked: a few bytes can claim to be millions of pixels.
    if u64::from(width) * u64::from(height) > MOST_PIXELS {
        return Err(too_many_pixels());
    }
    let upright = decoder.orientation().map_err(unread)?;
    let picture = DynamicImage::from_decoder(decoder).map_err(unread)?;
    let mut picture = match width.max(height) {
        ..=SIDE => picture,
        _ => picture.resize(SIDE, SIDE, FilterType::CatmullRom),
    };
    picture.apply_orientation(upright);
    write(&picture)
}

fn write(picture: &DynamicImage) -> Result<Bytes> {
    // JPEG knows no transparency.
    let mut page = RgbaImage::from_pixel(picture.width(), picture.height(), Rgba([255; 4]));
    imageops::overlay(&mut page, &picture.to_rgba8(), 0, 0);
    let page = DynamicImage::ImageRgba8(page).to_rgb8();
    let mut written = Vec::new();
    page.write_with_encoder(JpegEncoder::new_with_quality(&mut written, QUALITY)).map_err(Error::internal)?;
    Ok(written.into())
}

fn unread(error: ImageError) -> Error {
    match error {
        ImageError::Limits(_) => too_many_pixels(),
        _ => refuse("avatar is broken: it cannot be read as an image"),
    }
}

fn too_many_pixels() -> Error {
    refuse("avatar has too many pixels; at most 33 million are read, 10000 on a side")
}

fn refuse(problem: &'static str) -> Error {
    Error::bad_input("avatar", problem)
}
