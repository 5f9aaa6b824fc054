//! A request's message, taken apart.

use crate::message;
use chronon_types::time::Millis;
use chronon_types::{Error, Result};
use flatbuffers::Vector;

/// One GroupBy for one key at one time.
#[derive(Debug, Clone)]
pub(crate) struct Part<'a> {
    /// Handle of the plan.
    pub(crate) plan: i64,
    /// The time of the request.
    pub(crate) query: Millis,
    /// When the batch ended.
    pub(crate) batch_end: Millis,
    /// Streamed values before this time do not count.
    pub(crate) streamed_from: Option<Millis>,
    /// The stored batch value.
    pub(crate) batch: Option<&'a [u8]>,
    /// What was streamed since.
    pub(crate) streamed: Values<'a>,
}

/// The streamed values of a part, as the message has them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Values<'a> {
    millis: Vector<'a, i64>,
    lengths: Vector<'a, u32>,
    first: usize,
    count: usize,
    /// All of them, one behind the other.
    bytes: &'a [u8],
}

impl<'a> Values<'a> {
    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// Time and bytes of each.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Millis, &'a [u8])> + use<'a> {
        let Self { millis, lengths, first, count, bytes: mut rest } = *self;
        (first..first + count).map(move |value| {
            let (head, tail) = rest.split_at_checked(lengths.get(value) as usize).unwrap_or_default();
            rest = tail;
            (millis.get(value), head)
        })
    }
}

/// A request.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    pub(crate) parts: Vec<Part<'a>>,
    pub(crate) skip_undecodable: bool,
}

impl<'a> Request<'a> {
    /// # Errors
    /// `CorruptData` when the bytes are no request, or its parts claim more or fewer values than it has.
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self> {
        let request = flatbuffers::root::<message::Request<'_>>(bytes)
            .map_err(|error| Error::corrupt_data(format!("the bytes are no request: {error}")))?;
        let (millis, lengths) = (request.millis(), request.lengths());
        if millis.len() != lengths.len() {
            let (times, lengths) = (millis.len(), lengths.len());
            return Err(Error::corrupt_data(format!("a request has {times} times and {lengths} lengths of values")));
        }
        let mut untaken = Values { millis, lengths, first: 0, count: millis.len(), bytes: request.bytes().bytes() };
        let mut parts = Vec::with_capacity(request.parts().len());
        for (index, part) in request.parts().iter().enumerate() {
            parts.push(take(part, &mut untaken).map_err(|error| error.within(format!("part {index}")))?);
        }
        match (untaken.count, untaken.bytes) {
            (0, []) => Ok(Self { parts, skip_undecodable: request.skip_undecodable() }),
            _ => Err(Error::corrupt_data("a request has values that belong to no part")),
        }
    }
}

/// Takes a part's values from the front of those that no part has taken yet.
fn take<'a>(part: &message::RequestPart, untaken: &mut Values<'a>) -> Result<Part<'a>> {
    let batch = match part.batch() {
        -1 => None,
        length => {
            let length = usize::try_from(length)
                .map_err(|_| Error::corrupt_data(format!("a batch value of {length} bytes; -1 stands for none")))?;
            Some(take_bytes(length, &mut untaken.bytes)?)
        }
    };
    let Values { lengths, first, .. } = *untaken;
    let count = part.streamed() as usize;
    if count > untaken.count {
        return Err(Error::corrupt_data(format!("{count} streamed values, where {} are left", untaken.count)));
    }
    let length = (first..first + count).map(|value| u64::from(lengths.get(value))).sum::<u64>();
    let bytes = take_bytes(usize::try_from(length).unwrap_or(usize::MAX), &mut untaken.bytes)?;
    let streamed = Values { count, bytes, ..*untaken };
    (untaken.first, untaken.count) = (first + count, untaken.count - count);
    Ok(Part {
        plan: part.plan(),
        query: part.query(),
        batch_end: part.batch_end(),
        streamed_from: (part.streamed_from() != Millis::MIN).then_some(part.streamed_from()),
        batch,
        streamed,
    })
}

fn take_bytes<'a>(length: usize, rest: &mut &'a [u8]) -> Result<&'a [u8]> {
    let (head, tail) = rest
        .split_at_checked(length)
        .ok_or_else(|| Error::corrupt_data(format!("a part claims {length} bytes, where {} are left", rest.len())))?;
    *rest = tail;
    Ok(head)
}
