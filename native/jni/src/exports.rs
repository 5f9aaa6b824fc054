//! The native methods of `ai.chronon.jni.NativeCalls`, in its order. What each one promises is documented there.

use crate::blocks::Blocks;
use crate::buffers::Direct;
use crate::entry::{Result, entry};
use crate::file::File;
use crate::handles::HANDLES;
use crate::join::Join;
use crate::session::{Session, Written};
use crate::stats::STATS;
use crate::upload::Upload;
use crate::{logs, settings};
use chronon_plan::Plan;
use chronon_serve::ServingPlan;
use chronon_sketches::kll::{KllSketch, Ranks};
use chronon_stats::{Bins, SERIES_GRID, distance};
use chronon_types::Error;
use jni::Env;
use jni::objects::{JByteArray, JByteBuffer};
use jni::sys::{jboolean, jint, jlong};

/// Goes up with every change of a signature, a code or a meaning, here and in `NativeCalls.java`.
pub(crate) const ABI_VERSION: jint = 7;

entry! {
    /// The number that the loader compares before it calls anything else.
    fn Java_ai_chronon_jni_NativeCalls_abiVersion as "abiVersion" <'local>(_env) -> jint {
        Ok(ABI_VERSION)
    }
}

entry! {
    /// What this library is, as JSON.
    fn Java_ai_chronon_jni_NativeCalls_buildInfo as "buildInfo" <'local>(env) -> JByteArray<'local> {
        let info = serde_json::json!({
            "version": env!("CARGO_PKG_VERSION"),
            "abi": ABI_VERSION,
            "os": std::env::consts::OS,
            "arch": std::env::consts::ARCH,
            "profile": env!("CHRONON_PROFILE"),
            "allocator": if cfg!(feature = "mimalloc") { "mimalloc" } else { "system" },
        });
        bytes(env, info.to_string().as_bytes())
    }
}

entry! {
    /// Sets the options of [`settings`].
    fn Java_ai_chronon_jni_NativeCalls_init as "init" <'local>(env, options: JByteArray<'local>) -> () {
        Ok(settings::apply(&env.convert_byte_array(&options)?)?)
    }
}

entry! {
    /// Checks a definition and keeps its plan.
    fn Java_ai_chronon_jni_NativeCalls_planOpen as "planOpen" <'local>(
        env, definition: JByteArray<'local>, options: JByteArray<'local>
    ) -> jlong {
        let definition = env.convert_byte_array(&definition)?;
        let options = text(env, &options)?;
        let plan = Plan::open(&definition, &options)?;
        plan.warnings().iter().for_each(|warning| log::warn!("{warning}"));
        let handle = HANDLES.open(plan)?;
        STATS.open();
        Ok(handle)
    }
}

entry! {
    /// The plan's inputs and outputs as JSON.
    fn Java_ai_chronon_jni_NativeCalls_planDescribe as "planDescribe" <'local>(
        env, plan: jlong
    ) -> JByteArray<'local>, on plan {
        let description = HANDLES.get::<Plan>(plan)?.describe();
        bytes(env, description.as_bytes())
    }
}

entry! {
    /// A point-in-time session over the plan.
    fn Java_ai_chronon_jni_NativeCalls_aggOpen as "aggOpen" <'local>(
        env, plan: jlong, options: JByteArray<'local>
    ) -> jlong, on plan {
        let plan = HANDLES.get::<Plan>(plan)?;
        let options = text(env, &options)?;
        let handle = HANDLES.open(Session::open(&plan, &options)?)?;
        STATS.open();
        Ok(handle)
    }
}

entry! {
    /// Feeds a message of queries or events; returns the bytes that the session holds.
    fn Java_ai_chronon_jni_NativeCalls_aggUpdate as "aggUpdate" <'local>(
        env, session: jlong, side: jint, message: JByteBuffer<'local>, length: jint
    ) -> jlong, on session {
        let session = HANDLES.get::<Session>(session)?;
        Ok(held(session.update(side, Direct::of(env, &message)?.read(length)?)?))
    }
}

entry! {
    /// Answers the queries: bytes written, or minus the bytes needed, or 0 when nothing is due.
    fn Java_ai_chronon_jni_NativeCalls_aggNext as "aggNext" <'local>(
        env, session: jlong, target: JByteBuffer<'local>
    ) -> jint, on session {
        let mut target = Direct::of(env, &target)?;
        let session = HANDLES.get::<Session>(session)?;
        let written = session.next(|frame| target.write(frame))?;
        answer(written, "the answer is longer than 2 GiB; send fewer queries at once")
    }
}

entry! {
    /// A join of one partition over the plan.
    fn Java_ai_chronon_jni_NativeCalls_joinOpen as "joinOpen" <'local>(
        env, plan: jlong, options: JByteArray<'local>
    ) -> jlong, on plan {
        let plan = HANDLES.get::<Plan>(plan)?;
        let options = text(env, &options)?;
        let handle = HANDLES.open(Join::open(&plan, &options)?)?;
        STATS.open();
        Ok(handle)
    }
}

entry! {
    /// Takes a frame of records in; returns the bytes that the join holds.
    fn Java_ai_chronon_jni_NativeCalls_joinPut as "joinPut" <'local>(
        env, join: jlong, side: jint, frame: JByteBuffer<'local>, length: jint
    ) -> jlong, on join {
        let join = HANDLES.get::<Join>(join)?;
        Ok(held(join.put(side, rows(env, &frame, length)?)?))
    }
}

entry! {
    /// Moves rows to a new file; returns the bytes that the join holds then.
    fn Java_ai_chronon_jni_NativeCalls_joinSpill as "joinSpill" <'local>(
        env, join: jlong, path: JByteArray<'local>
    ) -> jlong, on join {
        let join = HANDLES.get::<Join>(join)?;
        let path = text(env, &path)?;
        Ok(held(join.spill(&path)?))
    }
}

entry! {
    /// Bytes that the join held after its last call.
    fn Java_ai_chronon_jni_NativeCalls_joinHeld as "joinHeld" <'local>(_env, join: jlong) -> jlong, on join {
        Ok(held(HANDLES.get::<Join>(join)?.bytes_held()))
    }
}

entry! {
    /// The next rows: bytes written, or minus the bytes that one row needs, or 0 at the end.
    fn Java_ai_chronon_jni_NativeCalls_joinNext as "joinNext" <'local>(
        env, join: jlong, target: JByteBuffer<'local>
    ) -> jint, on join {
        let mut target = Direct::of(env, &target)?;
        let join = HANDLES.get::<Join>(join)?;
        let written = join.next(target.capacity(), |rows| target.write_bytes(rows))?;
        answer(written, "a row is longer than 2 GiB")
    }
}

entry! {
    /// An upload of one partition over the plan.
    fn Java_ai_chronon_jni_NativeCalls_uploadOpen as "uploadOpen" <'local>(
        env, plan: jlong, options: JByteArray<'local>
    ) -> jlong, on plan {
        let plan = HANDLES.get::<Plan>(plan)?;
        let options = text(env, &options)?;
        let handle = HANDLES.open(Upload::open(&plan, &options)?)?;
        STATS.open();
        Ok(handle)
    }
}

entry! {
    /// An upload of rows that are not aggregated.
    fn Java_ai_chronon_jni_NativeCalls_columnUploadOpen as "columnUploadOpen" <'local>(
        env, options: JByteArray<'local>
    ) -> jlong {
        let handle = HANDLES.open(Upload::of_columns(&text(env, &options)?)?)?;
        STATS.open();
        Ok(handle)
    }
}

entry! {
    /// Takes a frame of records in; returns the bytes that the upload holds.
    fn Java_ai_chronon_jni_NativeCalls_uploadPut as "uploadPut" <'local>(
        env, upload: jlong, frame: JByteBuffer<'local>, length: jint
    ) -> jlong, on upload {
        let upload = HANDLES.get::<Upload>(upload)?;
        Ok(held(upload.put(rows(env, &frame, length)?)?))
    }
}

entry! {
    /// Moves rows to a new file; returns the bytes that the upload holds then.
    fn Java_ai_chronon_jni_NativeCalls_uploadSpill as "uploadSpill" <'local>(
        env, upload: jlong, path: JByteArray<'local>
    ) -> jlong, on upload {
        let upload = HANDLES.get::<Upload>(upload)?;
        let path = text(env, &path)?;
        Ok(held(upload.spill(&path)?))
    }
}

entry! {
    /// Bytes that the upload held after its last call.
    fn Java_ai_chronon_jni_NativeCalls_uploadHeld as "uploadHeld" <'local>(_env, upload: jlong) -> jlong, on upload {
        Ok(held(HANDLES.get::<Upload>(upload)?.bytes_held()))
    }
}

entry! {
    /// The next rows: bytes written, or minus the bytes that one row needs, or 0 when there are none.
    fn Java_ai_chronon_jni_NativeCalls_uploadNext as "uploadNext" <'local>(
        env, upload: jlong, target: JByteBuffer<'local>
    ) -> jint, on upload {
        let mut target = Direct::of(env, &target)?;
        let upload = HANDLES.get::<Upload>(upload)?;
        let written = upload.next(target.capacity(), |rows| target.write_bytes(rows))?;
        answer(written, "a row is longer than 2 GiB")
    }
}

entry! {
    /// Blocks of rows.
    fn Java_ai_chronon_jni_NativeCalls_blocksOpen as "blocksOpen" <'local>(env, options: JByteArray<'local>) -> jlong {
        let handle = HANDLES.open(Blocks::open(&text(env, &options)?)?)?;
        STATS.open();
        Ok(handle)
    }
}

entry! {
    /// Takes a frame in, of columns or else of records; returns the bytes that the blocks hold.
    fn Java_ai_chronon_jni_NativeCalls_blocksPut as "blocksPut" <'local>(
        env, blocks: jlong, columnar: jboolean, frame: JByteBuffer<'local>, length: jint
    ) -> jlong, on blocks {
        let blocks = HANDLES.get::<Blocks>(blocks)?;
        Ok(held(blocks.put(&rows(env, &frame, length)?, columnar)?))
    }
}

entry! {
    /// Makes all blocks ready to be taken.
    fn Java_ai_chronon_jni_NativeCalls_blocksFlush as "blocksFlush" <'local>(_env, blocks: jlong) -> (), on blocks {
        Ok(HANDLES.get::<Blocks>(blocks)?.flush()?)
    }
}

entry! {
    /// The next blocks: bytes written, or minus the bytes that one block needs, or 0 when there are none.
    fn Java_ai_chronon_jni_NativeCalls_blocksNext as "blocksNext" <'local>(
        env, blocks: jlong, target: JByteBuffer<'local>
    ) -> jint, on blocks {
        let mut target = Direct::of(env, &target)?;
        let blocks = HANDLES.get::<Blocks>(blocks)?;
        let written = blocks.next(target.capacity(), |rows| target.write_bytes(rows))?;
        answer(written, "a block is longer than 2 GiB")
    }
}

entry! {
    /// The Avro schema of a record.
    fn Java_ai_chronon_jni_NativeCalls_avroSchema as "avroSchema" <'local>(
        env, record: JByteArray<'local>
    ) -> JByteArray<'local> {
        let schema = chronon_plan::record_schema(&text(env, &record)?)?;
        bytes(env, schema.as_bytes())
    }
}

entry! {
    /// The percentiles of a stored sketch that a series shows, as little-endian floats; none of a sketch without values.
    fn Java_ai_chronon_jni_NativeCalls_sketchPercentiles as "sketchPercentiles" <'local>(
        env, sketch: JByteArray<'local>
    ) -> JByteArray<'local> {
        let sketch = KllSketch::from_bytes(&env.convert_byte_array(&sketch)?)?;
        let values = sketch.quantiles(&SERIES_GRID, Ranks::Exclusive)?.unwrap_or_default();
        bytes(env, &values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>())
    }
}

entry! {
    /// How far a stored sketch is from another one, as one little-endian double; nothing where one has no values.
    fn Java_ai_chronon_jni_NativeCalls_sketchDrift as "sketchDrift" <'local>(
        env, reference: JByteArray<'local>, compared: JByteArray<'local>
    ) -> JByteArray<'local> {
        let reference = KllSketch::from_bytes(&env.convert_byte_array(&reference)?)?;
        let compared = KllSketch::from_bytes(&env.convert_byte_array(&compared)?)?;
        let drift = distance::population_stability(&reference, &compared, &Bins::airbnb(), distance::EPSILON)?;
        bytes(env, &drift.map(f64::to_le_bytes).map_or_else(Vec::new, Vec::from))
    }
}

entry! {
    /// A Parquet file.
    fn Java_ai_chronon_jni_NativeCalls_fileOpen as "fileOpen" <'local>(env, options: JByteArray<'local>) -> jlong {
        let handle = HANDLES.open(File::open(&text(env, &options)?)?)?;
        STATS.open();
        Ok(handle)
    }
}

entry! {
    /// Takes a frame of rows in; returns the bytes that the file holds.
    fn Java_ai_chronon_jni_NativeCalls_filePut as "filePut" <'local>(
        env, file: jlong, frame: JByteBuffer<'local>, length: jint, row_group: jlong
    ) -> jlong, on file {
        let file = HANDLES.get::<File>(file)?;
        Ok(held(file.put(&rows(env, &frame, length)?, row_group)?))
    }
}

entry! {
    /// Ends the file.
    fn Java_ai_chronon_jni_NativeCalls_fileFinish as "fileFinish" <'local>(_env, file: jlong) -> (), on file {
        Ok(HANDLES.get::<File>(file)?.finish()?)
    }
}

entry! {
    /// The next bytes of the file: how many were written, 0 when none are ready.
    fn Java_ai_chronon_jni_NativeCalls_fileTake as "fileTake" <'local>(
        env, file: jlong, target: JByteBuffer<'local>
    ) -> jint, on file {
        let mut target = Direct::of(env, &target)?;
        let file = HANDLES.get::<File>(file)?;
        let written = file.take(target.capacity(), |bytes| target.write_bytes(bytes))?;
        answer(Ok(written), "the buffer is longer than 2 GiB")
    }
}

entry! {
    /// Checks a definition and keeps what serving it needs.
    fn Java_ai_chronon_jni_NativeCalls_servingOpen as "servingOpen" <'local>(
        env, definition: JByteArray<'local>, options: JByteArray<'local>
    ) -> jlong {
        let definition = env.convert_byte_array(&definition)?;
        let options = text(env, &options)?;
        let handle = HANDLES.open(ServingPlan::open(&definition, &options)?)?;
        STATS.open();
        Ok(handle)
    }
}

entry! {
    /// The slots and rows of a serving plan as JSON.
    fn Java_ai_chronon_jni_NativeCalls_servingDescribe as "servingDescribe" <'local>(
        env, plan: jlong
    ) -> JByteArray<'local>, on plan {
        let description = HANDLES.get::<ServingPlan>(plan)?.describe();
        bytes(env, description.as_bytes())
    }
}

entry! {
    /// Answers a request, whose parts name their plans.
    fn Java_ai_chronon_jni_NativeCalls_fetch as "fetch" <'local>(
        env, request: JByteBuffer<'local>, length: jint
    ) -> JByteArray<'local> {
        let request = Direct::of(env, &request)?;
        let answer = chronon_serve::fetch(request.read(length)?, |plan| HANDLES.get::<ServingPlan>(plan))?;
        bytes(env, &answer)
    }
}

entry! {
    /// Gives a handle back. Closing again does nothing.
    fn Java_ai_chronon_jni_NativeCalls_close as "close" <'local>(_env, handle: jlong) -> (), on handle {
        if HANDLES.close(handle)? {
            STATS.close();
        }
        Ok(())
    }
}

entry! {
    /// The counters as JSON.
    fn Java_ai_chronon_jni_NativeCalls_stats as "stats" <'local>(env) -> JByteArray<'local> {
        bytes(env, &STATS.report())
    }
}

entry! {
    /// The log lines since the last call as JSON.
    fn Java_ai_chronon_jni_NativeCalls_drainLogs as "drainLogs" <'local>(env) -> JByteArray<'local> {
        bytes(env, &logs::drain())
    }
}

/// A frame of rows, in one copy before anything in it is looked at: the host could still write to it.
fn rows(env: &Env<'_>, frame: &JByteBuffer<'_>, length: jint) -> Result<Vec<u8>> {
    Ok(Direct::of(env, frame)?.read(length)?.to_vec())
}

/// Bytes held, as a Java number.
fn held(bytes: u64) -> jlong {
    jlong::try_from(bytes).unwrap_or(jlong::MAX)
}

/// Bytes written, or minus the bytes needed.
fn answer(written: Written, too_long: &str) -> Result<jint> {
    let number = |bytes: usize| jint::try_from(bytes).map_err(|_| Error::out_of_budget(too_long));
    Ok(match written {
        Ok(written) => number(written)?,
        Err(needed) => -number(needed)?,
    })
}

fn bytes<'local>(env: &mut Env<'local>, bytes: &[u8]) -> Result<JByteArray<'local>> {
    Ok(env.byte_array_from_slice(bytes)?)
}

/// Options or a path: UTF-8 text.
fn text(env: &Env<'_>, array: &JByteArray<'_>) -> Result<String> {
    let bytes = env.convert_byte_array(array)?;
    Ok(String::from_utf8(bytes).map_err(|e| Error::invalid_argument(format!("the text is not UTF-8: {e}")))?)
}
