//! Direct byte buffers.
//!
//! Java owns the memory, and nothing stops a careless host from changing what it hands over during a call. So that is read once, into
//! memory of our own, before it is looked at, and written once, while the session's lock is held. Requests are read where they stand:
//! no host has their buffer, which belongs to `FetchCall` and is written and handed over under its lock.

use crate::entry::Result;
use chronon_codec::Frame;
use chronon_types::Error;
use jni::Env;
use jni::objects::JByteBuffer;
use jni::sys::jint;

/// The memory of a direct buffer, for the time of a call.
pub(crate) struct Direct {
    address: *mut u8,
    capacity: usize,
}

impl Direct {
    /// The memory of `buffer`. Must not be used after the native method that got the buffer returns.
    ///
    /// # Errors
    /// `InvalidArgument` when the buffer is null or not direct.
    pub(crate) fn of(env: &Env<'_>, buffer: &JByteBuffer<'_>) -> Result<Self> {
        if buffer.is_null() {
            return Err(Error::invalid_argument("the buffer is null").into());
        }
        match (env.get_direct_buffer_address(buffer), env.get_direct_buffer_capacity(buffer)) {
            (Ok(address), Ok(capacity)) => Ok(Self { address, capacity }),
            _ => {
                Err(Error::invalid_argument("the buffer is not direct; allocate it by ByteBuffer.allocateDirect")
                    .into())
            }
        }
    }

    /// The first `length` bytes, for reading.
    ///
    /// # Errors
    /// `InvalidArgument` when the buffer is shorter.
    pub(crate) fn read(&self, length: jint) -> Result<&[u8]> {
        let length = usize::try_from(length).ok().filter(|length| *length <= self.capacity).ok_or_else(|| {
            Error::invalid_argument(format!("length {length} of a buffer with a capacity of {} bytes", self.capacity))
        })?;
        // SAFETY: the JVM guarantees `capacity` bytes at the address while the buffer object is reachable, which the caller's
        // reference in the frame of the native method sees to. Nobody writes during the call: the buffer of a request is
        // `FetchCall`'s own, and for others the host promises it (see `PointInTimeSession.queries`) and their reader copies
        // the bytes before it interprets any of them.
        Ok(unsafe { std::slice::from_raw_parts(self.address, length) })
    }

    /// Bytes that there is room for.
    pub(crate) fn capacity(&self) -> usize {
        self.capacity
    }

    /// Copies the bytes to the start of the buffer, as many as there is room for.
    pub(crate) fn write_bytes(&mut self, bytes: &[u8]) {
        let length = bytes.len().min(self.capacity);
        // SAFETY: as in `write`: the lock of the join that fills the buffer is held.
        unsafe { std::slice::from_raw_parts_mut(self.address, length) }.copy_from_slice(&bytes[..length]);
    }

    /// Copies the frame to the start of the buffer: bytes written, or else bytes needed.
    pub(crate) fn write(&mut self, frame: &Frame) -> std::result::Result<usize, usize> {
        // SAFETY: the JVM guarantees the range as in `read`. The slice lives only in this function, which runs under the
        // lock of the session that the buffer belongs to, so there is no second one; the bytes of a direct buffer are
        // initialised by the JVM.
        frame.copy_to(unsafe { std::slice::from_raw_parts_mut(self.address, self.capacity) })
    }
}
