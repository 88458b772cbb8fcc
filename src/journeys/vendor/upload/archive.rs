//! Looks at a workbook, which is a zip archive of XML, before the library does: how much it unpacks to, and how much room
//! it asks for. A few kilobytes can claim gigabytes of either.

use std::io::{Cursor, Read};

use zip::ZipArchive;

use crate::journeys::vendor::upload::table::Bounds;

/// So many files it may hold.
const MOST_FILES: usize = 500;
/// So many texts it may announce.
const MOST_TEXTS: u64 = 500_000;

/// Whether the library can open this without harm.
///
/// # Errors
/// A sentence for the client.
pub fn check(content: &[u8], bounds: Bounds) -> Result<(), String> {
    let unreadable = || "the workbook cannot be read; save it anew as .xlsx or .csv".to_owned();
    let mut archive = ZipArchive::new(Cursor::new(content)).map_err(|_| unreadable())?;
    if archive.len() > MOST_FILES {
        return Err(format!("the workbook holds more than {MOST_FILES} files"));
    }
    let most = bounds.unpacked_mb;
    let mut left = most * 1024 * 1024;
    let mut unpacked = Vec::new();
    for place in 0..archive.len() {
        let file = archive.by_index(place).map_err(|_| unreadable())?;
        let name = file.name().map_err(|_| unreadable())?.to_ascii_lowercase();
        unpacked.clear();
        // What the archive says of sizes is not believed: the bytes are counted.
        file.take(left + 1).read_to_end(&mut unpacked).map_err(|_| unreadable())?;
        left = left
            .checked_sub(unpacked.len() as u64)
            .ok_or_else(|| format!("the workbook unpacks to more than {most} MB; keep the items only"))?;
        let is_xml = name.ends_with(".xml") || name.ends_with(".rels");
        if is_xml && !is_modest(&unpacked) {
            return Err(unreadable());
        }
    }
    Ok(())
}

/// Whether an XML file is plain text, and announces no more texts than there can be.
fn is_modest(xml: &[u8]) -> bool {
    const ANNOUNCED: &[u8] = b"uniqueCount";
    // In any other encoding, the number looked for below could hide.
    let is_plain = std::str::from_utf8(xml).is_ok()
        && xml.iter().all(|byte| *byte >= b' ' || matches!(byte, b'\t' | b'\n' | b'\r'));
    is_plain
        && xml.windows(ANNOUNCED.len()).enumerate().filter(|(_, part)| *part == ANNOUNCED).all(|(at, _)| {
            let digits: String = xml[at + ANNOUNCED.len()..]
                .iter()
                .skip_while(|byte| byte.is_ascii_whitespace() || matches!(byte, b'=' | b'"' | b'\''))
                .take_while(|byte| byte.is_ascii_digit())
                .map(|digit| char::from(*digit))
                .collect();
            digits.is_empty() || digits.parse::<u64>().is_ok_and(|count| count <= MOST_TEXTS)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_text_that_asks_for_little_room_is_modest() {
        assert!(is_modest(br#"<?xml version="1.0"?><sst count="9" uniqueCount="4"><si><t>A</t></si></sst>"#));
        assert!(is_modest("<t>uniqueCount of \u{20b9}</t>".as_bytes()));
        for xml in [
            &br#"<sst uniqueCount="9999999999">"#[..],
            b"<sst uniqueCount = '500001'>",
            b"<sst uniqueCount=\"99999999999999999999999999\">",
            b"<\0s\0s\0t\0",
            b"<sst unique\x1b(BCount=\"9999999999\">",
            b"<t>\xE8</t>",
        ] {
            assert!(!is_modest(xml), "{}", String::from_utf8_lossy(xml));
        }
    }
}
