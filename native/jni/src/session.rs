//! A point-in-time session behind a handle.
//!
//! Messages are decoded and checked here, then handed to the engine.

use crate::exclusive::{Exclusive, Held};
use crate::settings;
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{Int32Type, Int64Type};
use chronon_codec::{Frame, FrameDecoder, FrameEncoder};
use chronon_plan::Plan;
use chronon_types::{DataType, Error, Field, Result};
use chronon_window::{PointInTimeSession, WindowPlan};
use serde::Deserialize;
use std::sync::Arc;

/// What `aggOpen` understands.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    /// Bytes that this session may hold; the bound of `init` applies as well.
    max_bytes: Option<u64>,
    #[serde(default)]
    engine: EngineName,
}

/// What answers the queries.
#[derive(Debug, Default, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum EngineName {
    /// The windows of the plan.
    #[default]
    PointInTime,
    /// Nothing: queries come back as they went in. For tests and benchmarks of the boundary alone.
    Echo,
}

/// Which of its two inputs a message is for. The numbers are part of the JNI contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Queries = 0,
    Events = 1,
}

/// Bytes written, or else bytes needed.
pub(crate) type Written = std::result::Result<usize, usize>;

/// A session.
pub(crate) struct Session {
    state: Exclusive<State>,
}

struct State {
    engine: Engine,
    queries: FrameDecoder,
    events: FrameDecoder,
    results: FrameEncoder,
    /// Queries were sent and not answered.
    due: bool,
    /// An answer that did not fit where it should go.
    waiting: Option<Frame>,
    failed: Option<Error>,
    budget: u64,
}

enum Engine {
    PointInTime(Box<PointInTimeSession>),
    Echo(Option<RecordBatch>),
}

impl Session {
    /// A session over the plan.
    ///
    /// # Errors
    /// `InvalidArgument` for options that are not understood, and what the window engine refuses.
    pub(crate) fn open(plan: &Plan, options: &str) -> Result<Self> {
        let outputs: Vec<Field> = plan.outputs().iter().map(|output| output.field().clone()).collect();
        Self::with_columns(plan.inputs(), &outputs, options, || {
            let parts = plan.window_plan();
            let windows = WindowPlan::new(parts.inputs, parts.specs, parts.resolution)?;
            Ok(Engine::PointInTime(Box::new(PointInTimeSession::new(Arc::new(windows))?)))
        })
        .map_err(|error| error.within(format!("definition {}", plan.name())))
    }

    fn with_columns(
        inputs: &[Field],
        outputs: &[Field],
        options: &str,
        engine: impl FnOnce() -> Result<Engine>,
    ) -> Result<Self> {
        let options: Options = serde_json::from_str(if options.is_empty() { "{}" } else { options })
            .map_err(|e| Error::invalid_argument(format!("session options: {e}")))?;
        let place = [Field::new("group", DataType::Int), Field::new("ts", DataType::Long)];
        let queries = chronon_codec::schema(&place, &[]);
        let (engine, results) = match options.engine {
            EngineName::PointInTime => (engine()?, chronon_codec::schema(&[], outputs)),
            EngineName::Echo => (Engine::Echo(None), queries.clone()),
        };
        Ok(Self {
            state: Exclusive::new(State {
                engine,
                queries: FrameDecoder::new(queries)?,
                events: FrameDecoder::new(chronon_codec::schema(&place, inputs))?,
                results: FrameEncoder::new(results)?,
                due: false,
                waiting: None,
                failed: None,
                budget: options.max_bytes.unwrap_or(u64::MAX).min(settings::max_session_bytes()),
            }),
        })
    }

    /// Takes a message in; the bytes held afterwards.
    ///
    /// # Errors
    /// `InvalidArgument` for an unknown side, calls or rows out of order, or a second thread; what the decoder and the
    /// engine refuse; `OutOfBudget`.
    pub(crate) fn update(&self, side: i32, message: &[u8]) -> Result<u64> {
        let side = match side {
            0 => Side::Queries,
            1 => Side::Events,
            other => return Err(Error::invalid_argument(format!("side {other}; 0 is queries, 1 is events"))),
        };
        self.state.with(|state| state.update(side, message))
    }

    /// Hands the answer to the queries to `write`, which says how many bytes it wrote, or else how many it needs; then the
    /// answer waits for the next call. `Ok(Ok(0))` when nothing is due. No other thread is inside while `write` runs.
    ///
    /// # Errors
    /// `InvalidArgument` for a second thread; what the engine refuses; `OutOfBudget`.
    pub(crate) fn next(&self, write: impl FnOnce(&Frame) -> Written) -> Result<Written> {
        self.state.with(|state| state.next(write))
    }

    /// Bytes held after the last call.
    pub(crate) fn bytes_held(&self) -> u64 {
        self.state.bytes_held()
    }
}

impl State {
    fn update(&mut self, side: Side, message: &[u8]) -> Result<u64> {
        self.afford(message.len() as u64)?;
        let decoder = match side {
            Side::Queries => &self.queries,
            Side::Events => &self.events,
        };
        let batch = decoder.decode_slice(message).map_err(|error| {
            error.within(match side {
                Side::Queries => "a message of queries",
                Side::Events => "a message of events",
            })
        })?;
        if side == Side::Queries && self.due {
            return Err(Error::invalid_argument("queries were sent before the answer to the last ones was fetched"));
        }
        if side == Side::Events && !self.due {
            return Err(Error::invalid_argument("events were sent before the queries they are for"));
        }
        let done = self.engine.update(side, &batch);
        self.settle(done)?;
        self.due = true;
        self.afford(0).map_err(|error| self.fail(error))?;
        Ok(self.bytes_held())
    }

    fn next(&mut self, write: impl FnOnce(&Frame) -> Written) -> Result<Written> {
        let frame = match self.waiting.take() {
            Some(frame) => frame,
            None if !self.due => return Ok(Ok(0)),
            None => {
                let finished = self.engine.finish(self.results.schema());
                let batch = self.settle(finished)?;
                let encoded = self.results.encode(&batch);
                self.settle(encoded)?
            }
        };
        match write(&frame) {
            Ok(written) => {
                self.due = false;
                Ok(Ok(written))
            }
            Err(needed) => {
                self.waiting = Some(frame);
                self.afford(0).map_err(|error| self.fail(error))?;
                Ok(Err(needed))
            }
        }
    }

    /// Remembers the error of a step that changes state.
    fn settle<T>(&mut self, done: Result<T>) -> Result<T> {
        done.map_err(|error| self.fail(error))
    }

    #[cold]
    fn fail(&mut self, error: Error) -> Error {
        self.failed = Some(error.clone());
        error
    }

    fn afford(&self, more: u64) -> Result<()> {
        let held = self.bytes_held();
        if held.saturating_add(more) > self.budget {
            return Err(Error::out_of_budget(format!(
                "the session holds {held} bytes, {more} more are needed, and {} are allowed; raise max_session_bytes, \
                 or send smaller batches",
                self.budget
            )));
        }
        Ok(())
    }
}

impl Held for State {
    fn bytes_held(&self) -> u64 {
        let engine = match &self.engine {
            Engine::PointInTime(session) => session.bytes_held(),
            Engine::Echo(batch) => batch.as_ref().map_or(0, RecordBatch::get_array_memory_size),
        };
        (engine + self.waiting.as_ref().map_or(0, Frame::len)) as u64
    }

    fn failed(&self) -> Option<&Error> {
        self.failed.as_ref()
    }
}

impl Engine {
    fn update(&mut self, side: Side, batch: &RecordBatch) -> Result<()> {
        match self {
            Self::PointInTime(session) => {
                let groups = batch.column(0).as_primitive::<Int32Type>().values();
                let times = batch.column(1).as_primitive::<Int64Type>().values();
                match side {
                    Side::Queries => session.queries(groups, times),
                    Side::Events => session.events(groups, times, &batch.columns()[2..]),
                }
            }
            Self::Echo(queries) => {
                if side == Side::Queries {
                    *queries = Some(batch.clone());
                }
                Ok(())
            }
        }
    }

    fn finish(&mut self, schema: &arrow::datatypes::SchemaRef) -> Result<RecordBatch> {
        match self {
            Self::PointInTime(session) => batch_of(schema, session.finish()?),
            Self::Echo(queries) => queries.take().ok_or_else(|| Error::internal("no queries to echo")),
        }
    }
}

/// The columns as a batch of the schema that the host was told. The layouts are checked by the encoder; fields may differ in
/// the names and nullability of nested members, which do not cross the border.
fn batch_of(schema: &arrow::datatypes::SchemaRef, columns: Vec<ArrayRef>) -> Result<RecordBatch> {
    let fields = schema.fields().iter().zip(&columns);
    let fields: Vec<_> =
        fields.map(|(f, column)| f.as_ref().clone().with_data_type(column.data_type().clone())).collect();
    RecordBatch::try_new(Arc::new(arrow::datatypes::Schema::new(fields)), columns)
        .map_err(|e| Error::internal(format!("the engine's columns make no batch: {e}")))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use arrow::array::{Int32Array, Int64Array};
    use chronon_types::ErrorCode;

    fn open(options: &str) -> Result<Session> {
        Session::with_columns(&[], &[], options, || Err(Error::internal("echo only")))
    }

    /// A session that echoes queries.
    pub(crate) fn echo() -> Session {
        open(r#"{"engine":"echo"}"#).unwrap()
    }

    fn queries(rows: i32) -> Vec<u8> {
        let place = [Field::new("group", DataType::Int), Field::new("ts", DataType::Long)];
        let schema = chronon_codec::schema(&place, &[]);
        let columns: [ArrayRef; 2] = [
            Arc::new(Int32Array::from_iter_values(0..rows)),
            Arc::new(Int64Array::from_iter_values((0..rows).map(i64::from))),
        ];
        let batch = RecordBatch::try_new(schema.clone(), columns.to_vec()).unwrap();
        let mut bytes = Vec::new();
        FrameEncoder::new(schema).unwrap().encode(&batch).unwrap().append_to(&mut bytes);
        bytes
    }

    #[test]
    fn an_answer_waits_until_the_buffer_is_large_enough() {
        let session = echo();
        let sent = queries(100);
        assert_eq!(session.next(|f| f.copy_to(&mut [])), Ok(Ok(0)), "nothing is due");
        assert!(session.update(0, &sent).unwrap() > 0);
        assert_eq!(session.next(|f| f.copy_to(&mut [0; 8])), Ok(Err(sent.len())));
        let mut target = vec![0; sent.len() + 7];
        assert_eq!(session.next(|f| f.copy_to(&mut target)), Ok(Ok(sent.len())));
        assert_eq!(target[..sent.len()], sent);
        assert_eq!(session.next(|f| f.copy_to(&mut target)), Ok(Ok(0)));
        assert_eq!(session.bytes_held(), 0);
    }

    #[test]
    fn calls_out_of_order_are_invalid_and_harmless() {
        let session = echo();
        let code = |done: Result<u64>| done.unwrap_err().code();
        assert_eq!(code(session.update(1, &queries(1))), ErrorCode::InvalidArgument);
        assert_eq!(code(session.update(2, &queries(1))), ErrorCode::InvalidArgument);
        session.update(0, &queries(1)).unwrap();
        assert_eq!(code(session.update(0, &queries(1))), ErrorCode::InvalidArgument);
        assert_eq!(code(session.update(1, b"garbage")), ErrorCode::CorruptData);
        assert!(matches!(session.next(|f| f.copy_to(&mut [0; 4096])), Ok(Ok(1..))));
    }

    #[test]
    fn a_second_thread_is_turned_away() {
        let session = echo();
        session.state.locked(|| {
            assert_eq!(session.update(0, &queries(1)).unwrap_err().code(), ErrorCode::InvalidArgument);
        });
        assert!(session.update(0, &queries(1)).is_ok());
    }

    #[test]
    fn a_budget_is_kept_before_a_message_is_copied() {
        let session = open(r#"{"engine":"echo","max_bytes":100}"#).unwrap();
        let error = session.update(0, &queries(100)).unwrap_err();
        assert_eq!(error.code(), ErrorCode::OutOfBudget);
        assert!(error.message().contains("100 are allowed"), "{error}");
    }

    #[test]
    fn unknown_options_are_refused() {
        assert_eq!(open(r#"{"engine":"magic"}"#).err().map(|e| e.code()), Some(ErrorCode::InvalidArgument));
        assert_eq!(open(r#"{"max_byte":1}"#).err().map(|e| e.code()), Some(ErrorCode::InvalidArgument));
    }
}
