//! Strings as Java's object streams hold them.
//!
//! The format is that of the Java Object Serialization Specification, chapter 6; text is in the modified UTF-8 of
//! `java.io.DataInput`: U+0000 takes two bytes, and characters above U+FFFF are written as two surrogates of three bytes
//! each.

use std::borrow::Cow;

/// What every object stream starts with: a magic number and a version.
pub(crate) const HEADER: [u8; 4] = [0xAC, 0xED, 0, 5];
/// A string whose length has 16 bits follows.
pub(crate) const TC_STRING: u8 = 0x74;
/// A string whose length has 64 bits follows.
pub(crate) const TC_LONGSTRING: u8 = 0x7C;

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
pub(crate) fn put_string(stream: &mut Vec<u8>, text: &str) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_differs_from_utf8_in_zeros_and_surrogates() {
        assert_eq!(*modified_utf8("é"), *"é".as_bytes());
        assert_eq!(*modified_utf8("a\0"), [b'a', 0xC0, 0x80]);
        // U+1F600 is D83D DE00 in UTF-16
        assert_eq!(*modified_utf8("\u{1F600}"), [0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x80]);
    }

    #[test]
    fn long_strings_have_long_lengths() {
        let head = |length: usize| stream_of_string(&"x".repeat(length))[4..8].to_vec();
        assert_eq!(head(65_535), [TC_STRING, 0xFF, 0xFF, b'x']);
        assert_eq!(head(65_536), [TC_LONGSTRING, 0, 0, 0]);
    }
}
