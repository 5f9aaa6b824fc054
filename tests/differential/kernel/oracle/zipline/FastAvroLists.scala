package com.linkedin.avro.fastserde.primitive

import java.util.AbstractList

// Lists that only the library itself would make: the fork asks values whether they are one.
abstract class PrimitiveBooleanArrayList extends AbstractList[java.lang.Boolean]
abstract class PrimitiveDoubleArrayList extends AbstractList[java.lang.Double]
abstract class PrimitiveFloatArrayList extends AbstractList[java.lang.Float]
abstract class PrimitiveIntArrayList extends AbstractList[java.lang.Integer]
abstract class PrimitiveLongArrayList extends AbstractList[java.lang.Long]
