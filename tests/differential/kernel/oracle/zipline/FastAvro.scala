package com.linkedin.avro.fastserde

import org.apache.avro.Schema
import org.apache.avro.generic.{GenericDatumReader, GenericDatumWriter}

import java.util.AbstractList

// The fork reads and writes Avro through a faster library, which its jars leave out and Maven does not have in its
// version. Its readers and writers promise what Avro's own do, so these stand in for them.

class FastGenericDatumReader[T](writer: Schema, reader: Schema) extends GenericDatumReader[T](writer, reader) {
  def this(schema: Schema) = this(schema, schema)
}

class FastGenericDatumWriter[T](schema: Schema) extends GenericDatumWriter[T](schema)

/** A list that only the library itself would make: the fork asks values whether they are one. */
abstract class BufferBackedPrimitiveFloatList extends AbstractList[java.lang.Float]
