// Keys of the tiles that a streaming job writes and the fetcher reads.
//
// A wire contract: names, ids and types equal those of the zipline dialect of Chronon, which numbers and names other
// fields than the airbnb dialect of ../api.thrift. A field is optional unless it is written without a requiredness.

namespace py gen_thrift.fetcher

/** Key of one tile; stored in the compact form of Thrift. */
struct TileKey {
  1: optional string dataset
  2: optional list<i8> keyBytes
  3: optional i64 tileSizeMillis
  4: optional i64 tileStartTimestampMillis
}
