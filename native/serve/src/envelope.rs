// Written by the FlatBuffers compiler from api/flatbuffers/fetch.fbs, see scripts/generate.
#![allow(
    unsafe_code,
    unsafe_op_in_unsafe_fn,
    missing_docs,
    unused_imports,
    dead_code,
    clippy::all,
    clippy::unwrap_used
)]

use core::cmp::Ordering;
use core::mem;

extern crate flatbuffers;
use self::flatbuffers::{EndianScalar, Follow};

#[allow(unused_imports, dead_code)]
pub mod ai {

    use core::cmp::Ordering;
    use core::mem;

    extern crate flatbuffers;
    use self::flatbuffers::{EndianScalar, Follow};
    #[allow(unused_imports, dead_code)]
    pub mod chronon {

        use core::cmp::Ordering;
        use core::mem;

        extern crate flatbuffers;
        use self::flatbuffers::{EndianScalar, Follow};
        #[allow(unused_imports, dead_code)]
        pub mod jni {

            use core::cmp::Ordering;
            use core::mem;

            extern crate flatbuffers;
            use self::flatbuffers::{EndianScalar, Follow};
            #[allow(unused_imports, dead_code)]
            pub mod envelope {

                use core::cmp::Ordering;
                use core::mem;

                extern crate flatbuffers;
                use self::flatbuffers::{EndianScalar, Follow};

                #[deprecated(
                    since = "2.0.0",
                    note = "Use associated constants instead. This will no longer be generated in 2021."
                )]
                pub const ENUM_MIN_KIND: u8 = 0;
                #[deprecated(
                    since = "2.0.0",
                    note = "Use associated constants instead. This will no longer be generated in 2021."
                )]
                pub const ENUM_MAX_KIND: u8 = 16;
                #[deprecated(
                    since = "2.0.0",
                    note = "Use associated constants instead. This will no longer be generated in 2021."
                )]
                #[allow(non_camel_case_types)]
                pub const ENUM_VALUES_KIND: [Kind; 17] = [
                    Kind::Null,
                    Kind::False,
                    Kind::True,
                    Kind::Byte,
                    Kind::Short,
                    Kind::Int,
                    Kind::Long,
                    Kind::Float,
                    Kind::Double,
                    Kind::Date,
                    Kind::Timestamp,
                    Kind::String,
                    Kind::Binary,
                    Kind::List,
                    Kind::Struct,
                    Kind::Map,
                    Kind::Decimal,
                ];

                #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
                #[repr(transparent)]
                pub struct Kind(pub u8);
                #[allow(non_upper_case_globals)]
                impl Kind {
                    pub const Null: Self = Self(0);
                    pub const False: Self = Self(1);
                    pub const True: Self = Self(2);
                    pub const Byte: Self = Self(3);
                    pub const Short: Self = Self(4);
                    pub const Int: Self = Self(5);
                    pub const Long: Self = Self(6);
                    pub const Float: Self = Self(7);
                    pub const Double: Self = Self(8);
                    pub const Date: Self = Self(9);
                    pub const Timestamp: Self = Self(10);
                    pub const String: Self = Self(11);
                    pub const Binary: Self = Self(12);
                    pub const List: Self = Self(13);
                    pub const Struct: Self = Self(14);
                    pub const Map: Self = Self(15);
                    pub const Decimal: Self = Self(16);

                    pub const ENUM_MIN: u8 = 0;
                    pub const ENUM_MAX: u8 = 16;
                    pub const ENUM_VALUES: &'static [Self] = &[
                        Self::Null,
                        Self::False,
                        Self::True,
                        Self::Byte,
                        Self::Short,
                        Self::Int,
                        Self::Long,
                        Self::Float,
                        Self::Double,
                        Self::Date,
                        Self::Timestamp,
                        Self::String,
                        Self::Binary,
                        Self::List,
                        Self::Struct,
                        Self::Map,
                        Self::Decimal,
                    ];
                    /// Returns the variant's name or "" if unknown.
                    pub fn variant_name(self) -> Option<&'static str> {
                        match self {
                            Self::Null => Some("Null"),
                            Self::False => Some("False"),
                            Self::True => Some("True"),
                            Self::Byte => Some("Byte"),
                            Self::Short => Some("Short"),
                            Self::Int => Some("Int"),
                            Self::Long => Some("Long"),
                            Self::Float => Some("Float"),
                            Self::Double => Some("Double"),
                            Self::Date => Some("Date"),
                            Self::Timestamp => Some("Timestamp"),
                            Self::String => Some("String"),
                            Self::Binary => Some("Binary"),
                            Self::List => Some("List"),
                            Self::Struct => Some("Struct"),
                            Self::Map => Some("Map"),
                            Self::Decimal => Some("Decimal"),
                            _ => None,
                        }
                    }
                }
                impl core::fmt::Debug for Kind {
                    fn fmt(&self, f: &mut core::fmt::Formatter) -> core::fmt::Result {
                        if let Some(name) = self.variant_name() {
                            f.write_str(name)
                        } else {
                            f.write_fmt(format_args!("<UNKNOWN {:?}>", self.0))
                        }
                    }
                }
                impl<'a> flatbuffers::Follow<'a> for Kind {
                    type Inner = Self;
                    #[inline]
                    unsafe fn follow(buf: &'a [u8], loc: usize) -> Self::Inner {
                        let b = flatbuffers::read_scalar_at::<u8>(buf, loc);
                        Self(b)
                    }
                }

                impl flatbuffers::Push for Kind {
                    type Output = Kind;
                    #[inline]
                    unsafe fn push(&self, dst: &mut [u8], _written_len: usize) {
                        flatbuffers::emplace_scalar::<u8>(dst, self.0);
                    }
                }

                impl flatbuffers::EndianScalar for Kind {
                    type Scalar = u8;
                    #[inline]
                    fn to_little_endian(self) -> u8 {
                        self.0.to_le()
                    }
                    #[inline]
                    #[allow(clippy::wrong_self_convention)]
                    fn from_little_endian(v: u8) -> Self {
                        let b = u8::from_le(v);
                        Self(b)
                    }
                }

                impl<'a> flatbuffers::Verifiable for Kind {
                    #[inline]
                    fn run_verifier(
                        v: &mut flatbuffers::Verifier,
                        pos: usize,
                    ) -> Result<(), flatbuffers::InvalidFlatbuffer> {
                        use self::flatbuffers::Verifiable;
                        u8::run_verifier(v, pos)
                    }
                }

                impl flatbuffers::SimpleToVerifyInSlice for Kind {}
                // struct RequestPart, aligned to 8
                #[repr(transparent)]
                #[derive(Clone, Copy, PartialEq)]
                pub struct RequestPart(pub [u8; 40]);
                impl Default for RequestPart {
                    fn default() -> Self {
                        Self([0; 40])
                    }
                }
                impl core::fmt::Debug for RequestPart {
                    fn fmt(&self, f: &mut core::fmt::Formatter) -> core::fmt::Result {
                        f.debug_struct("RequestPart")
                            .field("plan", &self.plan())
                            .field("query", &self.query())
                            .field("batch_end", &self.batch_end())
                            .field("streamed_from", &self.streamed_from())
                            .field("batch", &self.batch())
                            .field("streamed", &self.streamed())
                            .finish()
                    }
                }

                impl flatbuffers::SimpleToVerifyInSlice for RequestPart {}
                impl<'a> flatbuffers::Follow<'a> for RequestPart {
                    type Inner = &'a RequestPart;
                    #[inline]
                    unsafe fn follow(buf: &'a [u8], loc: usize) -> Self::Inner {
                        <&'a RequestPart>::follow(buf, loc)
                    }
                }
                impl<'a> flatbuffers::Follow<'a> for &'a RequestPart {
                    type Inner = &'a RequestPart;
                    #[inline]
                    unsafe fn follow(buf: &'a [u8], loc: usize) -> Self::Inner {
                        flatbuffers::follow_cast_ref::<RequestPart>(buf, loc)
                    }
                }
                impl<'b> flatbuffers::Push for RequestPart {
                    type Output = RequestPart;
                    #[inline]
                    unsafe fn push(&self, dst: &mut [u8], _written_len: usize) {
                        let src = ::core::slice::from_raw_parts(self as *const RequestPart as *const u8, Self::size());
                        dst.copy_from_slice(src);
                    }
                }

                impl<'a> flatbuffers::Verifiable for RequestPart {
                    #[inline]
                    fn run_verifier(
                        v: &mut flatbuffers::Verifier,
                        pos: usize,
                    ) -> Result<(), flatbuffers::InvalidFlatbuffer> {
                        use self::flatbuffers::Verifiable;
                        v.in_buffer::<Self>(pos)
                    }
                }

                impl<'a> RequestPart {
                    #[allow(clippy::too_many_arguments)]
                    pub fn new(
                        plan: i64,
                        query: i64,
                        batch_end: i64,
                        streamed_from: i64,
                        batch: i32,
                        streamed: u32,
                    ) -> Self {
                        let mut s = Self([0; 40]);
                        s.set_plan(plan);
                        s.set_query(query);
                        s.set_batch_end(batch_end);
                        s.set_streamed_from(streamed_from);
                        s.set_batch(batch);
                        s.set_streamed(streamed);
                        s
                    }

                    pub fn plan(&self) -> i64 {
                        let mut mem = core::mem::MaybeUninit::<<i64 as EndianScalar>::Scalar>::uninit();
                        // Safety:
                        // Created from a valid Table for this object
                        // Which contains a valid value in this slot
                        EndianScalar::from_little_endian(unsafe {
                            core::ptr::copy_nonoverlapping(
                                self.0[0..].as_ptr(),
                                mem.as_mut_ptr() as *mut u8,
                                core::mem::size_of::<<i64 as EndianScalar>::Scalar>(),
                            );
                            mem.assume_init()
                        })
                    }

                    pub fn set_plan(&mut self, x: i64) {
                        let x_le = x.to_little_endian();
                        // Safety:
                        // Created from a valid Table for this object
                        // Which contains a valid value in this slot
                        unsafe {
                            core::ptr::copy_nonoverlapping(
                                &x_le as *const _ as *const u8,
                                self.0[0..].as_mut_ptr(),
                                core::mem::size_of::<<i64 as EndianScalar>::Scalar>(),
                            );
                        }
                    }

                    pub fn query(&self) -> i64 {
                        let mut mem = core::mem::MaybeUninit::<<i64 as EndianScalar>::Scalar>::uninit();
                        // Safety:
                        // Created from a valid Table for this object
                        // Which contains a valid value in this slot
                        EndianScalar::from_little_endian(unsafe {
                            core::ptr::copy_nonoverlapping(
                                self.0[8..].as_ptr(),
                                mem.as_mut_ptr() as *mut u8,
                                core::mem::size_of::<<i64 as EndianScalar>::Scalar>(),
                            );
                            mem.assume_init()
                        })
                    }

                    pub fn set_query(&mut self, x: i64) {
                        let x_le = x.to_little_endian();
                        // Safety:
                        // Created from a valid Table for this object
                        // Which contains a valid value in this slot
                        unsafe {
                            core::ptr::copy_nonoverlapping(
                                &x_le as *const _ as *const u8,
                                self.0[8..].as_mut_ptr(),
                                core::mem::size_of::<<i64 as EndianScalar>::Scalar>(),
                            );
                        }
                    }

                    pub fn batch_end(&self) -> i64 {
                        let mut mem = core::mem::MaybeUninit::<<i64 as EndianScalar>::Scalar>::uninit();
                        // Safety:
                        // Created from a valid Table for this object
                        // Which contains a valid value in this slot
                        EndianScalar::from_little_endian(unsafe {
                            core::ptr::copy_nonoverlapping(
                                self.0[16..].as_ptr(),
                                mem.as_mut_ptr() as *mut u8,
                                core::mem::size_of::<<i64 as EndianScalar>::Scalar>(),
                            );
                            mem.assume_init()
                        })
                    }

                    pub fn set_batch_end(&mut self, x: i64) {
                        let x_le = x.to_little_endian();
                        // Safety:
                        // Created from a valid Table for this object
                        // Which contains a valid value in this slot
                        unsafe {
                            core::ptr::copy_nonoverlapping(
                                &x_le as *const _ as *const u8,
                                self.0[16..].as_mut_ptr(),
                                core::mem::size_of::<<i64 as EndianScalar>::Scalar>(),
                            );
                        }
                    }

                    pub fn streamed_from(&self) -> i64 {
                        let mut mem = core::mem::MaybeUninit::<<i64 as EndianScalar>::Scalar>::uninit();
                        // Safety:
                        // Created from a valid Table for this object
                        // Which contains a valid value in this slot
                        EndianScalar::from_little_endian(unsafe {
                            core::ptr::copy_nonoverlapping(
                                self.0[24..].as_ptr(),
                                mem.as_mut_ptr() as *mut u8,
                                core::mem::size_of::<<i64 as EndianScalar>::Scalar>(),
                            );
                            mem.assume_init()
                        })
                    }

                    pub fn set_streamed_from(&mut self, x: i64) {
                        let x_le = x.to_little_endian();
                        // Safety:
                        // Created from a valid Table for this object
                        // Which contains a valid value in this slot
                        unsafe {
                            core::ptr::copy_nonoverlapping(
                                &x_le as *const _ as *const u8,
                                self.0[24..].as_mut_ptr(),
                                core::mem::size_of::<<i64 as EndianScalar>::Scalar>(),
                            );
                        }
                    }

                    pub fn batch(&self) -> i32 {
                        let mut mem = core::mem::MaybeUninit::<<i32 as EndianScalar>::Scalar>::uninit();
                        // Safety:
                        // Created from a valid Table for this object
                        // Which contains a valid value in this slot
                        EndianScalar::from_little_endian(unsafe {
                            core::ptr::copy_nonoverlapping(
                                self.0[32..].as_ptr(),
                                mem.as_mut_ptr() as *mut u8,
                                core::mem::size_of::<<i32 as EndianScalar>::Scalar>(),
                            );
                            mem.assume_init()
                        })
                    }

                    pub fn set_batch(&mut self, x: i32) {
                        let x_le = x.to_little_endian();
                        // Safety:
                        // Created from a valid Table for this object
                        // Which contains a valid value in this slot
                        unsafe {
                            core::ptr::copy_nonoverlapping(
                                &x_le as *const _ as *const u8,
                                self.0[32..].as_mut_ptr(),
                                core::mem::size_of::<<i32 as EndianScalar>::Scalar>(),
                            );
                        }
                    }

                    pub fn streamed(&self) -> u32 {
                        let mut mem = core::mem::MaybeUninit::<<u32 as EndianScalar>::Scalar>::uninit();
                        // Safety:
                        // Created from a valid Table for this object
                        // Which contains a valid value in this slot
                        EndianScalar::from_little_endian(unsafe {
                            core::ptr::copy_nonoverlapping(
                                self.0[36..].as_ptr(),
                                mem.as_mut_ptr() as *mut u8,
                                core::mem::size_of::<<u32 as EndianScalar>::Scalar>(),
                            );
                            mem.assume_init()
                        })
                    }

                    pub fn set_streamed(&mut self, x: u32) {
                        let x_le = x.to_little_endian();
                        // Safety:
                        // Created from a valid Table for this object
                        // Which contains a valid value in this slot
                        unsafe {
                            core::ptr::copy_nonoverlapping(
                                &x_le as *const _ as *const u8,
                                self.0[36..].as_mut_ptr(),
                                core::mem::size_of::<<u32 as EndianScalar>::Scalar>(),
                            );
                        }
                    }
                }

                // struct AnswerPart, aligned to 4
                #[repr(transparent)]
                #[derive(Clone, Copy, PartialEq)]
                pub struct AnswerPart(pub [u8; 16]);
                impl Default for AnswerPart {
                    fn default() -> Self {
                        Self([0; 16])
                    }
                }
                impl core::fmt::Debug for AnswerPart {
                    fn fmt(&self, f: &mut core::fmt::Formatter) -> core::fmt::Result {
                        f.debug_struct("AnswerPart")
                            .field("first_slot", &self.first_slot())
                            .field("slots", &self.slots())
                            .field("skipped", &self.skipped())
                            .field("error", &self.error())
                            .finish()
                    }
                }

                impl flatbuffers::SimpleToVerifyInSlice for AnswerPart {}
                impl<'a> flatbuffers::Follow<'a> for AnswerPart {
                    type Inner = &'a AnswerPart;
                    #[inline]
                    unsafe fn follow(buf: &'a [u8], loc: usize) -> Self::Inner {
                        <&'a AnswerPart>::follow(buf, loc)
                    }
                }
                impl<'a> flatbuffers::Follow<'a> for &'a AnswerPart {
                    type Inner = &'a AnswerPart;
                    #[inline]
                    unsafe fn follow(buf: &'a [u8], loc: usize) -> Self::Inner {
                        flatbuffers::follow_cast_ref::<AnswerPart>(buf, loc)
                    }
                }
                impl<'b> flatbuffers::Push for AnswerPart {
                    type Output = AnswerPart;
                    #[inline]
                    unsafe fn push(&self, dst: &mut [u8], _written_len: usize) {
                        let src = ::core::slice::from_raw_parts(self as *const AnswerPart as *const u8, Self::size());
                        dst.copy_from_slice(src);
                    }
                }

                impl<'a> flatbuffers::Verifiable for AnswerPart {
                    #[inline]
                    fn run_verifier(
                        v: &mut flatbuffers::Verifier,
                        pos: usize,
                    ) -> Result<(), flatbuffers::InvalidFlatbuffer> {
                        use self::flatbuffers::Verifiable;
                        v.in_buffer::<Self>(pos)
                    }
                }

                impl<'a> AnswerPart {
                    #[allow(clippy::too_many_arguments)]
                    pub fn new(first_slot: u32, slots: u32, skipped: u32, error: i32) -> Self {
                        let mut s = Self([0; 16]);
                        s.set_first_slot(first_slot);
                        s.set_slots(slots);
                        s.set_skipped(skipped);
                        s.set_error(error);
                        s
                    }

                    pub fn first_slot(&self) -> u32 {
                        let mut mem = core::mem::MaybeUninit::<<u32 as EndianScalar>::Scalar>::uninit();
                        // Safety:
                        // Created from a valid Table for this object
                        // Which contains a valid value in this slot
                        EndianScalar::from_little_endian(unsafe {
                            core::ptr::copy_nonoverlapping(
                                self.0[0..].as_ptr(),
                                mem.as_mut_ptr() as *mut u8,
                                core::mem::size_of::<<u32 as EndianScalar>::Scalar>(),
                            );
                            mem.assume_init()
                        })
                    }

                    pub fn set_first_slot(&mut self, x: u32) {
                        let x_le = x.to_little_endian();
                        // Safety:
                        // Created from a valid Table for this object
                        // Which contains a valid value in this slot
                        unsafe {
                            core::ptr::copy_nonoverlapping(
                                &x_le as *const _ as *const u8,
                                self.0[0..].as_mut_ptr(),
                                core::mem::size_of::<<u32 as EndianScalar>::Scalar>(),
                            );
                        }
                    }

                    pub fn slots(&self) -> u32 {
                        let mut mem = core::mem::MaybeUninit::<<u32 as EndianScalar>::Scalar>::uninit();
                        // Safety:
                        // Created from a valid Table for this object
                        // Which contains a valid value in this slot
                        EndianScalar::from_little_endian(unsafe {
                            core::ptr::copy_nonoverlapping(
                                self.0[4..].as_ptr(),
                                mem.as_mut_ptr() as *mut u8,
                                core::mem::size_of::<<u32 as EndianScalar>::Scalar>(),
                            );
                            mem.assume_init()
                        })
                    }

                    pub fn set_slots(&mut self, x: u32) {
                        let x_le = x.to_little_endian();
                        // Safety:
                        // Created from a valid Table for this object
                        // Which contains a valid value in this slot
                        unsafe {
                            core::ptr::copy_nonoverlapping(
                                &x_le as *const _ as *const u8,
                                self.0[4..].as_mut_ptr(),
                                core::mem::size_of::<<u32 as EndianScalar>::Scalar>(),
                            );
                        }
                    }

                    pub fn skipped(&self) -> u32 {
                        let mut mem = core::mem::MaybeUninit::<<u32 as EndianScalar>::Scalar>::uninit();
                        // Safety:
                        // Created from a valid Table for this object
                        // Which contains a valid value in this slot
                        EndianScalar::from_little_endian(unsafe {
                            core::ptr::copy_nonoverlapping(
                                self.0[8..].as_ptr(),
                                mem.as_mut_ptr() as *mut u8,
                                core::mem::size_of::<<u32 as EndianScalar>::Scalar>(),
                            );
                            mem.assume_init()
                        })
                    }

                    pub fn set_skipped(&mut self, x: u32) {
                        let x_le = x.to_little_endian();
                        // Safety:
                        // Created from a valid Table for this object
                        // Which contains a valid value in this slot
                        unsafe {
                            core::ptr::copy_nonoverlapping(
                                &x_le as *const _ as *const u8,
                                self.0[8..].as_mut_ptr(),
                                core::mem::size_of::<<u32 as EndianScalar>::Scalar>(),
                            );
                        }
                    }

                    pub fn error(&self) -> i32 {
                        let mut mem = core::mem::MaybeUninit::<<i32 as EndianScalar>::Scalar>::uninit();
                        // Safety:
                        // Created from a valid Table for this object
                        // Which contains a valid value in this slot
                        EndianScalar::from_little_endian(unsafe {
                            core::ptr::copy_nonoverlapping(
                                self.0[12..].as_ptr(),
                                mem.as_mut_ptr() as *mut u8,
                                core::mem::size_of::<<i32 as EndianScalar>::Scalar>(),
                            );
                            mem.assume_init()
                        })
                    }

                    pub fn set_error(&mut self, x: i32) {
                        let x_le = x.to_little_endian();
                        // Safety:
                        // Created from a valid Table for this object
                        // Which contains a valid value in this slot
                        unsafe {
                            core::ptr::copy_nonoverlapping(
                                &x_le as *const _ as *const u8,
                                self.0[12..].as_mut_ptr(),
                                core::mem::size_of::<<i32 as EndianScalar>::Scalar>(),
                            );
                        }
                    }
                }

                pub enum RequestOffset {}
                #[derive(Copy, Clone, PartialEq)]

                pub struct Request<'a> {
                    pub _tab: flatbuffers::Table<'a>,
                }

                impl<'a> flatbuffers::Follow<'a> for Request<'a> {
                    type Inner = Request<'a>;
                    #[inline]
                    unsafe fn follow(buf: &'a [u8], loc: usize) -> Self::Inner {
                        Self { _tab: flatbuffers::Table::new(buf, loc) }
                    }
                }

                impl<'a> Request<'a> {
                    pub const VT_PARTS: flatbuffers::VOffsetT = 4;
                    pub const VT_MILLIS: flatbuffers::VOffsetT = 6;
                    pub const VT_LENGTHS: flatbuffers::VOffsetT = 8;
                    pub const VT_BYTES: flatbuffers::VOffsetT = 10;
                    pub const VT_SKIP_UNDECODABLE: flatbuffers::VOffsetT = 12;

                    #[inline]
                    pub unsafe fn init_from_table(table: flatbuffers::Table<'a>) -> Self {
                        Request { _tab: table }
                    }
                    #[allow(unused_mut)]
                    pub fn create<'bldr: 'args, 'args: 'mut_bldr, 'mut_bldr>(
                        _fbb: &'mut_bldr mut flatbuffers::FlatBufferBuilder<'bldr>,
                        args: &'args RequestArgs<'args>,
                    ) -> flatbuffers::WIPOffset<Request<'bldr>> {
                        let mut builder = RequestBuilder::new(_fbb);
                        if let Some(x) = args.bytes {
                            builder.add_bytes(x);
                        }
                        if let Some(x) = args.lengths {
                            builder.add_lengths(x);
                        }
                        if let Some(x) = args.millis {
                            builder.add_millis(x);
                        }
                        if let Some(x) = args.parts {
                            builder.add_parts(x);
                        }
                        builder.add_skip_undecodable(args.skip_undecodable);
                        builder.finish()
                    }

                    #[inline]
                    pub fn parts(&self) -> flatbuffers::Vector<'a, RequestPart> {
                        // Safety:
                        // Created from valid Table for this object
                        // which contains a valid value in this slot
                        unsafe {
                            self._tab
                                .get::<flatbuffers::ForwardsUOffset<flatbuffers::Vector<'a, RequestPart>>>(
                                    Request::VT_PARTS,
                                    None,
                                )
                                .unwrap()
                        }
                    }
                    #[inline]
                    pub fn millis(&self) -> flatbuffers::Vector<'a, i64> {
                        // Safety:
                        // Created from valid Table for this object
                        // which contains a valid value in this slot
                        unsafe {
                            self._tab
                                .get::<flatbuffers::ForwardsUOffset<flatbuffers::Vector<'a, i64>>>(
                                    Request::VT_MILLIS,
                                    None,
                                )
                                .unwrap()
                        }
                    }
                    #[inline]
                    pub fn lengths(&self) -> flatbuffers::Vector<'a, u32> {
                        // Safety:
                        // Created from valid Table for this object
                        // which contains a valid value in this slot
                        unsafe {
                            self._tab
                                .get::<flatbuffers::ForwardsUOffset<flatbuffers::Vector<'a, u32>>>(
                                    Request::VT_LENGTHS,
                                    None,
                                )
                                .unwrap()
                        }
                    }
                    #[inline]
                    pub fn bytes(&self) -> flatbuffers::Vector<'a, u8> {
                        // Safety:
                        // Created from valid Table for this object
                        // which contains a valid value in this slot
                        unsafe {
                            self._tab
                                .get::<flatbuffers::ForwardsUOffset<flatbuffers::Vector<'a, u8>>>(
                                    Request::VT_BYTES,
                                    None,
                                )
                                .unwrap()
                        }
                    }
                    #[inline]
                    pub fn skip_undecodable(&self) -> bool {
                        // Safety:
                        // Created from valid Table for this object
                        // which contains a valid value in this slot
                        unsafe { self._tab.get::<bool>(Request::VT_SKIP_UNDECODABLE, Some(false)).unwrap() }
                    }
                }

                impl flatbuffers::Verifiable for Request<'_> {
                    #[inline]
                    fn run_verifier(
                        v: &mut flatbuffers::Verifier,
                        pos: usize,
                    ) -> Result<(), flatbuffers::InvalidFlatbuffer> {
                        use self::flatbuffers::Verifiable;
                        v.visit_table(pos)?
                            .visit_field::<flatbuffers::ForwardsUOffset<flatbuffers::Vector<'_, RequestPart>>>(
                                "parts",
                                Self::VT_PARTS,
                                true,
                            )?
                            .visit_field::<flatbuffers::ForwardsUOffset<flatbuffers::Vector<'_, i64>>>(
                                "millis",
                                Self::VT_MILLIS,
                                true,
                            )?
                            .visit_field::<flatbuffers::ForwardsUOffset<flatbuffers::Vector<'_, u32>>>(
                                "lengths",
                                Self::VT_LENGTHS,
                                true,
                            )?
                            .visit_field::<flatbuffers::ForwardsUOffset<flatbuffers::Vector<'_, u8>>>(
                                "bytes",
                                Self::VT_BYTES,
                                true,
                            )?
                            .visit_field::<bool>("skip_undecodable", Self::VT_SKIP_UNDECODABLE, false)?
                            .finish();
                        Ok(())
                    }
                }
                pub struct RequestArgs<'a> {
                    pub parts: Option<flatbuffers::WIPOffset<flatbuffers::Vector<'a, RequestPart>>>,
                    pub millis: Option<flatbuffers::WIPOffset<flatbuffers::Vector<'a, i64>>>,
                    pub lengths: Option<flatbuffers::WIPOffset<flatbuffers::Vector<'a, u32>>>,
                    pub bytes: Option<flatbuffers::WIPOffset<flatbuffers::Vector<'a, u8>>>,
                    pub skip_undecodable: bool,
                }
                impl<'a> Default for RequestArgs<'a> {
                    #[inline]
                    fn default() -> Self {
                        RequestArgs {
                            parts: None,   // required field
                            millis: None,  // required field
                            lengths: None, // required field
                            bytes: None,   // required field
                            skip_undecodable: false,
                        }
                    }
                }

                pub struct RequestBuilder<'a: 'b, 'b> {
                    fbb_: &'b mut flatbuffers::FlatBufferBuilder<'a>,
                    start_: flatbuffers::WIPOffset<flatbuffers::TableUnfinishedWIPOffset>,
                }
                impl<'a: 'b, 'b> RequestBuilder<'a, 'b> {
                    #[inline]
                    pub fn add_parts(&mut self, parts: flatbuffers::WIPOffset<flatbuffers::Vector<'b, RequestPart>>) {
                        self.fbb_.push_slot_always::<flatbuffers::WIPOffset<_>>(Request::VT_PARTS, parts);
                    }
                    #[inline]
                    pub fn add_millis(&mut self, millis: flatbuffers::WIPOffset<flatbuffers::Vector<'b, i64>>) {
                        self.fbb_.push_slot_always::<flatbuffers::WIPOffset<_>>(Request::VT_MILLIS, millis);
                    }
                    #[inline]
                    pub fn add_lengths(&mut self, lengths: flatbuffers::WIPOffset<flatbuffers::Vector<'b, u32>>) {
                        self.fbb_.push_slot_always::<flatbuffers::WIPOffset<_>>(Request::VT_LENGTHS, lengths);
                    }
                    #[inline]
                    pub fn add_bytes(&mut self, bytes: flatbuffers::WIPOffset<flatbuffers::Vector<'b, u8>>) {
                        self.fbb_.push_slot_always::<flatbuffers::WIPOffset<_>>(Request::VT_BYTES, bytes);
                    }
                    #[inline]
                    pub fn add_skip_undecodable(&mut self, skip_undecodable: bool) {
                        self.fbb_.push_slot::<bool>(Request::VT_SKIP_UNDECODABLE, skip_undecodable, false);
                    }
                    #[inline]
                    pub fn new(_fbb: &'b mut flatbuffers::FlatBufferBuilder<'a>) -> RequestBuilder<'a, 'b> {
                        let start = _fbb.start_table();
                        RequestBuilder { fbb_: _fbb, start_: start }
                    }
                    #[inline]
                    pub fn finish(self) -> flatbuffers::WIPOffset<Request<'a>> {
                        let o = self.fbb_.end_table(self.start_);
                        self.fbb_.required(o, Request::VT_PARTS, "parts");
                        self.fbb_.required(o, Request::VT_MILLIS, "millis");
                        self.fbb_.required(o, Request::VT_LENGTHS, "lengths");
                        self.fbb_.required(o, Request::VT_BYTES, "bytes");
                        flatbuffers::WIPOffset::new(o.value())
                    }
                }

                impl core::fmt::Debug for Request<'_> {
                    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                        let mut ds = f.debug_struct("Request");
                        ds.field("parts", &self.parts());
                        ds.field("millis", &self.millis());
                        ds.field("lengths", &self.lengths());
                        ds.field("bytes", &self.bytes());
                        ds.field("skip_undecodable", &self.skip_undecodable());
                        ds.finish()
                    }
                }
                pub enum FailureOffset {}
                #[derive(Copy, Clone, PartialEq)]

                pub struct Failure<'a> {
                    pub _tab: flatbuffers::Table<'a>,
                }

                impl<'a> flatbuffers::Follow<'a> for Failure<'a> {
                    type Inner = Failure<'a>;
                    #[inline]
                    unsafe fn follow(buf: &'a [u8], loc: usize) -> Self::Inner {
                        Self { _tab: flatbuffers::Table::new(buf, loc) }
                    }
                }

                impl<'a> Failure<'a> {
                    pub const VT_CODE: flatbuffers::VOffsetT = 4;
                    pub const VT_MESSAGE: flatbuffers::VOffsetT = 6;

                    #[inline]
                    pub unsafe fn init_from_table(table: flatbuffers::Table<'a>) -> Self {
                        Failure { _tab: table }
                    }
                    #[allow(unused_mut)]
                    pub fn create<'bldr: 'args, 'args: 'mut_bldr, 'mut_bldr>(
                        _fbb: &'mut_bldr mut flatbuffers::FlatBufferBuilder<'bldr>,
                        args: &'args FailureArgs<'args>,
                    ) -> flatbuffers::WIPOffset<Failure<'bldr>> {
                        let mut builder = FailureBuilder::new(_fbb);
                        if let Some(x) = args.message {
                            builder.add_message(x);
                        }
                        builder.add_code(args.code);
                        builder.finish()
                    }

                    #[inline]
                    pub fn code(&self) -> i32 {
                        // Safety:
                        // Created from valid Table for this object
                        // which contains a valid value in this slot
                        unsafe { self._tab.get::<i32>(Failure::VT_CODE, Some(0)).unwrap() }
                    }
                    #[inline]
                    pub fn message(&self) -> &'a str {
                        // Safety:
                        // Created from valid Table for this object
                        // which contains a valid value in this slot
                        unsafe {
                            self._tab.get::<flatbuffers::ForwardsUOffset<&str>>(Failure::VT_MESSAGE, None).unwrap()
                        }
                    }
                }

                impl flatbuffers::Verifiable for Failure<'_> {
                    #[inline]
                    fn run_verifier(
                        v: &mut flatbuffers::Verifier,
                        pos: usize,
                    ) -> Result<(), flatbuffers::InvalidFlatbuffer> {
                        use self::flatbuffers::Verifiable;
                        v.visit_table(pos)?
                            .visit_field::<i32>("code", Self::VT_CODE, false)?
                            .visit_field::<flatbuffers::ForwardsUOffset<&str>>("message", Self::VT_MESSAGE, true)?
                            .finish();
                        Ok(())
                    }
                }
                pub struct FailureArgs<'a> {
                    pub code: i32,
                    pub message: Option<flatbuffers::WIPOffset<&'a str>>,
                }
                impl<'a> Default for FailureArgs<'a> {
                    #[inline]
                    fn default() -> Self {
                        FailureArgs {
                            code: 0,
                            message: None, // required field
                        }
                    }
                }

                pub struct FailureBuilder<'a: 'b, 'b> {
                    fbb_: &'b mut flatbuffers::FlatBufferBuilder<'a>,
                    start_: flatbuffers::WIPOffset<flatbuffers::TableUnfinishedWIPOffset>,
                }
                impl<'a: 'b, 'b> FailureBuilder<'a, 'b> {
                    #[inline]
                    pub fn add_code(&mut self, code: i32) {
                        self.fbb_.push_slot::<i32>(Failure::VT_CODE, code, 0);
                    }
                    #[inline]
                    pub fn add_message(&mut self, message: flatbuffers::WIPOffset<&'b str>) {
                        self.fbb_.push_slot_always::<flatbuffers::WIPOffset<_>>(Failure::VT_MESSAGE, message);
                    }
                    #[inline]
                    pub fn new(_fbb: &'b mut flatbuffers::FlatBufferBuilder<'a>) -> FailureBuilder<'a, 'b> {
                        let start = _fbb.start_table();
                        FailureBuilder { fbb_: _fbb, start_: start }
                    }
                    #[inline]
                    pub fn finish(self) -> flatbuffers::WIPOffset<Failure<'a>> {
                        let o = self.fbb_.end_table(self.start_);
                        self.fbb_.required(o, Failure::VT_MESSAGE, "message");
                        flatbuffers::WIPOffset::new(o.value())
                    }
                }

                impl core::fmt::Debug for Failure<'_> {
                    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                        let mut ds = f.debug_struct("Failure");
                        ds.field("code", &self.code());
                        ds.field("message", &self.message());
                        ds.finish()
                    }
                }
                pub enum AnswerOffset {}
                #[derive(Copy, Clone, PartialEq)]

                pub struct Answer<'a> {
                    pub _tab: flatbuffers::Table<'a>,
                }

                impl<'a> flatbuffers::Follow<'a> for Answer<'a> {
                    type Inner = Answer<'a>;
                    #[inline]
                    unsafe fn follow(buf: &'a [u8], loc: usize) -> Self::Inner {
                        Self { _tab: flatbuffers::Table::new(buf, loc) }
                    }
                }

                impl<'a> Answer<'a> {
                    pub const VT_PARTS: flatbuffers::VOffsetT = 4;
                    pub const VT_KINDS: flatbuffers::VOffsetT = 6;
                    pub const VT_SLOTS: flatbuffers::VOffsetT = 8;
                    pub const VT_VALUES: flatbuffers::VOffsetT = 10;
                    pub const VT_ERRORS: flatbuffers::VOffsetT = 12;

                    #[inline]
                    pub unsafe fn init_from_table(table: flatbuffers::Table<'a>) -> Self {
                        Answer { _tab: table }
                    }
                    #[allow(unused_mut)]
                    pub fn create<'bldr: 'args, 'args: 'mut_bldr, 'mut_bldr>(
                        _fbb: &'mut_bldr mut flatbuffers::FlatBufferBuilder<'bldr>,
                        args: &'args AnswerArgs<'args>,
                    ) -> flatbuffers::WIPOffset<Answer<'bldr>> {
                        let mut builder = AnswerBuilder::new(_fbb);
                        if let Some(x) = args.errors {
                            builder.add_errors(x);
                        }
                        if let Some(x) = args.values {
                            builder.add_values(x);
                        }
                        if let Some(x) = args.slots {
                            builder.add_slots(x);
                        }
                        if let Some(x) = args.kinds {
                            builder.add_kinds(x);
                        }
                        if let Some(x) = args.parts {
                            builder.add_parts(x);
                        }
                        builder.finish()
                    }

                    #[inline]
                    pub fn parts(&self) -> flatbuffers::Vector<'a, AnswerPart> {
                        // Safety:
                        // Created from valid Table for this object
                        // which contains a valid value in this slot
                        unsafe {
                            self._tab
                                .get::<flatbuffers::ForwardsUOffset<flatbuffers::Vector<'a, AnswerPart>>>(
                                    Answer::VT_PARTS,
                                    None,
                                )
                                .unwrap()
                        }
                    }
                    #[inline]
                    pub fn kinds(&self) -> flatbuffers::Vector<'a, u8> {
                        // Safety:
                        // Created from valid Table for this object
                        // which contains a valid value in this slot
                        unsafe {
                            self._tab
                                .get::<flatbuffers::ForwardsUOffset<flatbuffers::Vector<'a, u8>>>(
                                    Answer::VT_KINDS,
                                    None,
                                )
                                .unwrap()
                        }
                    }
                    #[inline]
                    pub fn slots(&self) -> flatbuffers::Vector<'a, i64> {
                        // Safety:
                        // Created from valid Table for this object
                        // which contains a valid value in this slot
                        unsafe {
                            self._tab
                                .get::<flatbuffers::ForwardsUOffset<flatbuffers::Vector<'a, i64>>>(
                                    Answer::VT_SLOTS,
                                    None,
                                )
                                .unwrap()
                        }
                    }
                    #[inline]
                    pub fn values(&self) -> flatbuffers::Vector<'a, u8> {
                        // Safety:
                        // Created from valid Table for this object
                        // which contains a valid value in this slot
                        unsafe {
                            self._tab
                                .get::<flatbuffers::ForwardsUOffset<flatbuffers::Vector<'a, u8>>>(
                                    Answer::VT_VALUES,
                                    None,
                                )
                                .unwrap()
                        }
                    }
                    #[inline]
                    pub fn errors(&self) -> flatbuffers::Vector<'a, flatbuffers::ForwardsUOffset<Failure<'a>>> {
                        // Safety:
                        // Created from valid Table for this object
                        // which contains a valid value in this slot
                        unsafe {
                            self._tab
                                .get::<flatbuffers::ForwardsUOffset<
                                    flatbuffers::Vector<'a, flatbuffers::ForwardsUOffset<Failure>>,
                                >>(Answer::VT_ERRORS, None)
                                .unwrap()
                        }
                    }
                }

                impl flatbuffers::Verifiable for Answer<'_> {
                    #[inline]
                    fn run_verifier(
                        v: &mut flatbuffers::Verifier,
                        pos: usize,
                    ) -> Result<(), flatbuffers::InvalidFlatbuffer> {
                        use self::flatbuffers::Verifiable;
                        v.visit_table(pos)?
                            .visit_field::<flatbuffers::ForwardsUOffset<flatbuffers::Vector<'_, AnswerPart>>>(
                                "parts",
                                Self::VT_PARTS,
                                true,
                            )?
                            .visit_field::<flatbuffers::ForwardsUOffset<flatbuffers::Vector<'_, u8>>>(
                                "kinds",
                                Self::VT_KINDS,
                                true,
                            )?
                            .visit_field::<flatbuffers::ForwardsUOffset<flatbuffers::Vector<'_, i64>>>(
                                "slots",
                                Self::VT_SLOTS,
                                true,
                            )?
                            .visit_field::<flatbuffers::ForwardsUOffset<flatbuffers::Vector<'_, u8>>>(
                                "values",
                                Self::VT_VALUES,
                                true,
                            )?
                            .visit_field::<flatbuffers::ForwardsUOffset<
                                flatbuffers::Vector<'_, flatbuffers::ForwardsUOffset<Failure>>,
                            >>("errors", Self::VT_ERRORS, true)?
                            .finish();
                        Ok(())
                    }
                }
                pub struct AnswerArgs<'a> {
                    pub parts: Option<flatbuffers::WIPOffset<flatbuffers::Vector<'a, AnswerPart>>>,
                    pub kinds: Option<flatbuffers::WIPOffset<flatbuffers::Vector<'a, u8>>>,
                    pub slots: Option<flatbuffers::WIPOffset<flatbuffers::Vector<'a, i64>>>,
                    pub values: Option<flatbuffers::WIPOffset<flatbuffers::Vector<'a, u8>>>,
                    pub errors: Option<
                        flatbuffers::WIPOffset<flatbuffers::Vector<'a, flatbuffers::ForwardsUOffset<Failure<'a>>>>,
                    >,
                }
                impl<'a> Default for AnswerArgs<'a> {
                    #[inline]
                    fn default() -> Self {
                        AnswerArgs {
                            parts: None,  // required field
                            kinds: None,  // required field
                            slots: None,  // required field
                            values: None, // required field
                            errors: None, // required field
                        }
                    }
                }

                pub struct AnswerBuilder<'a: 'b, 'b> {
                    fbb_: &'b mut flatbuffers::FlatBufferBuilder<'a>,
                    start_: flatbuffers::WIPOffset<flatbuffers::TableUnfinishedWIPOffset>,
                }
                impl<'a: 'b, 'b> AnswerBuilder<'a, 'b> {
                    #[inline]
                    pub fn add_parts(&mut self, parts: flatbuffers::WIPOffset<flatbuffers::Vector<'b, AnswerPart>>) {
                        self.fbb_.push_slot_always::<flatbuffers::WIPOffset<_>>(Answer::VT_PARTS, parts);
                    }
                    #[inline]
                    pub fn add_kinds(&mut self, kinds: flatbuffers::WIPOffset<flatbuffers::Vector<'b, u8>>) {
                        self.fbb_.push_slot_always::<flatbuffers::WIPOffset<_>>(Answer::VT_KINDS, kinds);
                    }
                    #[inline]
                    pub fn add_slots(&mut self, slots: flatbuffers::WIPOffset<flatbuffers::Vector<'b, i64>>) {
                        self.fbb_.push_slot_always::<flatbuffers::WIPOffset<_>>(Answer::VT_SLOTS, slots);
                    }
                    #[inline]
                    pub fn add_values(&mut self, values: flatbuffers::WIPOffset<flatbuffers::Vector<'b, u8>>) {
                        self.fbb_.push_slot_always::<flatbuffers::WIPOffset<_>>(Answer::VT_VALUES, values);
                    }
                    #[inline]
                    pub fn add_errors(
                        &mut self,
                        errors: flatbuffers::WIPOffset<
                            flatbuffers::Vector<'b, flatbuffers::ForwardsUOffset<Failure<'b>>>,
                        >,
                    ) {
                        self.fbb_.push_slot_always::<flatbuffers::WIPOffset<_>>(Answer::VT_ERRORS, errors);
                    }
                    #[inline]
                    pub fn new(_fbb: &'b mut flatbuffers::FlatBufferBuilder<'a>) -> AnswerBuilder<'a, 'b> {
                        let start = _fbb.start_table();
                        AnswerBuilder { fbb_: _fbb, start_: start }
                    }
                    #[inline]
                    pub fn finish(self) -> flatbuffers::WIPOffset<Answer<'a>> {
                        let o = self.fbb_.end_table(self.start_);
                        self.fbb_.required(o, Answer::VT_PARTS, "parts");
                        self.fbb_.required(o, Answer::VT_KINDS, "kinds");
                        self.fbb_.required(o, Answer::VT_SLOTS, "slots");
                        self.fbb_.required(o, Answer::VT_VALUES, "values");
                        self.fbb_.required(o, Answer::VT_ERRORS, "errors");
                        flatbuffers::WIPOffset::new(o.value())
                    }
                }

                impl core::fmt::Debug for Answer<'_> {
                    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                        let mut ds = f.debug_struct("Answer");
                        ds.field("parts", &self.parts());
                        ds.field("kinds", &self.kinds());
                        ds.field("slots", &self.slots());
                        ds.field("values", &self.values());
                        ds.field("errors", &self.errors());
                        ds.finish()
                    }
                }
            } // pub mod envelope
        } // pub mod jni
    } // pub mod chronon
} // pub mod ai
