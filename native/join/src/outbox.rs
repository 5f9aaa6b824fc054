//! Rows on their way out.

use chronon_types::Result;

/// Length of a row, before it.
const PREFIX: usize = 8;

/// Finished rows, each behind its length (8 bytes, little-endian), until the host has taken them.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    bytes: Vec<u8>,
    /// How many of them were taken.
    taken: usize,
}

impl Outbox {
    /// Whether all rows were taken.
    pub(crate) fn is_empty(&self) -> bool {
        self.taken == self.bytes.len()
    }

    /// Adds the row that `write` appends.
    ///
    /// # Errors
    /// What `write` returns; the box must not be used any more then.
    #[inline]
    pub(crate) fn row(&mut self, write: impl FnOnce(&mut Vec<u8>) -> Result<()>) -> Result<()> {
        if self.is_empty() {
            self.bytes.clear();
            self.taken = 0;
        }
        let at = self.bytes.len();
        self.bytes.resize(at + PREFIX, 0);
        write(&mut self.bytes)?;
        let size = (self.bytes.len() - at - PREFIX) as u64;
        self.bytes[at..at + PREFIX].copy_from_slice(&size.to_le_bytes());
        Ok(())
    }

    /// As many rows as there is room for; `Err` says how much room one row needs.
    pub(crate) fn take(&mut self, room: usize) -> std::result::Result<&[u8], usize> {
        let start = self.taken;
        let mut end = start;
        while let Some(prefix) = self.bytes[end..].first_chunk::<PREFIX>() {
            let needed = PREFIX + u64::from_le_bytes(*prefix) as usize;
            if end + needed - start > room {
                if end == start {
                    return Err(needed);
                }
                break;
            }
            end += needed;
        }
        self.taken = end;
        Ok(&self.bytes[start..end])
    }

    /// Bytes of heap held.
    pub(crate) fn bytes_held(&self) -> usize {
        self.bytes.capacity()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_leave_whole_and_in_order() {
        let mut out = Outbox::default();
        for row in [&[1u8, 2][..], &[], &[3]] {
            out.row(|bytes| {
                bytes.extend_from_slice(row);
                Ok(())
            })
            .unwrap_or_else(|e| panic!("{e}"));
        }
        assert_eq!(out.take(9), Err(10));
        assert_eq!(out.take(18).map(<[u8]>::len), Ok(18));
        assert!(!out.is_empty());
        assert_eq!(out.take(100), Ok(&[1, 0, 0, 0, 0, 0, 0, 0, 3][..]));
        assert!(out.is_empty());
        assert_eq!(out.take(100), Ok(&[][..]));
    }
}
