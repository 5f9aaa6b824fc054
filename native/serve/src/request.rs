//! A request's message, taken apart.

use crate::message;
use chronon_types::time::Millis;
use chronon_types::{Error, Result};

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
    /// Time and bytes of every streamed value.
    pub(crate) streamed: Vec<(Millis, &'a [u8])>,
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
        let mut values = millis.iter().zip(lengths.iter());
        let mut rest = request.bytes().bytes();
        let mut parts = Vec::with_capacity(request.parts().len());
        for (index, part) in request.parts().iter().enumerate() {
            parts.push(take(part, &mut values, &mut rest).map_err(|error| error.within(format!("part {index}")))?);
        }
        match (values.next(), rest) {
            (None, []) => Ok(Self { parts, skip_undecodable: request.skip_undecodable() }),
            _ => Err(Error::corrupt_data("a request has values that belong to no part")),
        }
    }
}

fn take<'a>(
    part: &message::RequestPart,
    values: &mut impl ExactSizeIterator<Item = (Millis, u32)>,
    rest: &mut &'a [u8],
) -> Result<Part<'a>> {
    let mut bytes = |length: usize| {
        let (head, tail) = rest
            .split_at_checked(length)
            .ok_or_else(|| Error::corrupt_data(format!("a value of {length} bytes, where {} are left", rest.len())))?;
        *rest = tail;
        Ok(head)
    };
    let batch = match part.batch() {
        -1 => None,
        length => {
            let length = usize::try_from(length)
                .map_err(|_| Error::corrupt_data(format!("a batch value of {length} bytes; -1 stands for none")))?;
            Some(bytes(length)?)
        }
    };
    let count = part.streamed() as usize;
    if count > values.len() {
        return Err(Error::corrupt_data(format!("{count} streamed values, where {} are left", values.len())));
    }
    let mut streamed = Vec::with_capacity(count);
    for _ in 0..count {
        let Some((millis, length)) = values.next() else { break };
        streamed.push((millis, bytes(length as usize)?));
    }
    Ok(Part {
        plan: part.plan(),
        query: part.query(),
        batch_end: part.batch_end(),
        streamed_from: (part.streamed_from() != Millis::MIN).then_some(part.streamed_from()),
        batch,
        streamed,
    })
}
