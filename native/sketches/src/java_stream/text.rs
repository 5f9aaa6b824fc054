//! Strings in object streams.
//!
//! They are in the modified UTF-8 of `java.io.DataInput`: U+0000 takes two bytes, and characters above U+FFFF are
//! written as two surrogates of three bytes each.

use super::{HEADER, TC_LONGSTRING, TC_STRING};
use std::borrow::Cow;

/// The object stream of one string, which is what the reference takes a digest of.
///
/// ```
/// use chronon_sketches::java_stream::stream_of_string;
/// assert_eq!(stream_of_string("a"), [0xAC, 0xED, 0, 5, 0x74, 0, 1, b'a']);
/// ```
pub fn stream_of_string(text: &str) -> Vec<u8> {
    let mut stream = HEADER.to_vec();
    put_string(&mut stream, text);
    stream
}

/// Appends a string that the stream has not held before.
pub(super) fn put_string(stream: &mut Vec<u8>, text: &str) {
    let text = modified_utf8(text);
    match u16::try_from(text.len()) {
        Ok(length) => {
            stream.push(TC_STRING);
            stream.extend(length.to_be_bytes());
        }
        Err(_) => {
            stream.push(TC_LONGSTRING);
            stream.extend((text.len() as u64).to_be_bytes());
        }
    }
    stream.extend_from_slice(&text);
}

/// The text in modified UTF-8, copied only where it differs from UTF-8.
fn modified_utf8(text: &str) -> Cow<'_, [u8]> {
    if !text.bytes().any(|byte| byte == 0 || byte >= 0xF0) {
        return Cow::Borrowed(text.as_bytes());
    }
    let mut bytes = Vec::with_capacity(text.len() + text.len() / 2);
    for character in text.chars() {
        match character {
            '\0' => bytes.extend([0xC0, 0x80]),
            '\u{10000}'.. => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    bytes.extend([
                        0xE0 | (*unit >> 12) as u8,
                        0x80 | (*unit >> 6 & 0x3F) as u8,
                        0x80 | (*unit & 0x3F) as u8,
                    ]);
                }
            }
            _ => bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    Cow::Owned(bytes)
}

/// The text that modified UTF-8 stands for, or `None` when it is malformed or has half a surrogate pair.
pub(super) fn from_modified_utf8(bytes: &[u8]) -> Option<Cow<'_, str>> {
    if !bytes.iter().any(|byte| matches!(byte, 0xC0 | 0xED | 0xF0..)) {
        return std::str::from_utf8(bytes).ok().map(Cow::Borrowed);
    }
    let mut units = Vec::with_capacity(bytes.len());
    let mut rest = bytes.iter().map(|byte| u16::from(*byte));
    while let Some(lead) = rest.next() {
        let mut follow = || rest.next().filter(|byte| byte & 0xC0 == 0x80).map(|byte| byte & 0x3F);
        units.push(match lead {
            0..0x80 => lead,
            0xC0..0xE0 => (lead & 0x1F) << 6 | follow()?,
            0xE0..0xF0 => (lead & 0x0F) << 12 | follow()? << 6 | follow()?,
            _ => return None,
        });
    }
    String::from_utf16(&units).ok().map(Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_differs_from_utf8_in_zeros_and_surrogates() {
        // U+1F600 is D83D DE00 in UTF-16; U+D7FF is the last character below the surrogates
        let cases: [(&str, &[u8]); 4] = [
            ("é", "é".as_bytes()),
            ("a\0", &[b'a', 0xC0, 0x80]),
            ("\u{1F600}", &[0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x80]),
            ("\u{D7FF}é", "\u{D7FF}é".as_bytes()),
        ];
        for (text, bytes) in cases {
            assert_eq!(*modified_utf8(text), *bytes, "{text:?}");
            assert_eq!(from_modified_utf8(bytes).as_deref(), Some(text));
        }
    }

    #[test]
    fn malformed_text_is_refused() {
        let half: &[u8] = &[0xED, 0xA0, 0xBD];
        for bytes in [half, &[0xC0], &[0xC0, 0x41], &[0xE9], &[0xF0, 0x9F, 0x98, 0x80], &[0x80]] {
            assert_eq!(from_modified_utf8(bytes), None, "{bytes:x?}");
        }
    }

    #[test]
    fn long_strings_have_long_lengths() {
        let head = |length: usize| stream_of_string(&"x".repeat(length))[4..8].to_vec();
        assert_eq!(head(65_535), [TC_STRING, 0xFF, 0xFF, b'x']);
        assert_eq!(head(65_536), [TC_LONGSTRING, 0, 0, 0]);
    }
}
