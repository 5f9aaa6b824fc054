//! The one way into the library.
//!
//! Each export is `entry!` around a body that returns a [`Result`]. Whatever happens inside, control goes back to Java with a
//! value or with exactly one pending `ai.chronon.jni.NativeException`: an error is thrown with its code, message and context;
//! a panic is caught, poisons the handle of the call, and is thrown as `Internal`.

use crate::handles::{self, HANDLES};
use crate::{logs, settings, stats};
use chronon_types::Error;
use jni::Env;
use jni::errors::ErrorPolicy;
use jni::objects::{JObject, JString, JThrowable, JValue};
use jni::sys::jlong;
use jni::{jni_sig, jni_str};
use std::any::Any;

/// Why a call does not return a value.
pub(crate) enum Failure {
    /// Something to tell the caller.
    Told(Error),
    /// The JVM refused something, for example memory for a result; an exception may be pending already.
    Jvm(jni::errors::Error),
}

/// What the body of an export returns.
pub(crate) type Result<T> = std::result::Result<T, Failure>;

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Told(error)
    }
}

impl From<jni::errors::Error> for Failure {
    fn from(error: jni::errors::Error) -> Self {
        Self::Jvm(error)
    }
}

/// The call under way: what an error message and the poisoning need to know.
#[derive(Clone, Copy)]
pub(crate) struct Call {
    /// Name of the Java method.
    pub(crate) name: &'static str,
    /// The handle that the call works on; 0 when it works on none.
    pub(crate) handle: jlong,
}

impl Call {
    /// First thing inside the guard.
    pub(crate) fn begin(&self) {
        logs::install();
        stats::STATS.call();
        settings::panic_if_asked(self.name);
    }
}

/// Defines an exported native method of `ai.chronon.jni.NativeCalls`.
macro_rules! entry {
    (
        $(#[$meta:meta])*
        fn $symbol:ident as $name:literal <$frame:lifetime>($env:ident $(, $arg:ident: $type:ty)*) -> $return:ty
        $(, on $handle:ident)? $body:block
    ) => {
        $(#[$meta])*
        // SAFETY: the symbol is the JNI name of a method that no other library of this class loader defines; the loader
        // gives each class loader its own copy of the file.
        #[unsafe(no_mangle)]
        pub extern "system" fn $symbol<$frame>(
            mut unowned: jni::EnvUnowned<$frame>,
            _class: jni::objects::JClass<$frame>,
            $($arg: $type),*
        ) -> $return {
            #[allow(unused_mut, unused_assignments, reason = "only calls on a handle name one")]
            let mut handle: jni::sys::jlong = 0;
            $(handle = $handle;)?
            let call = $crate::entry::Call { name: $name, handle };
            unowned
                .with_env(|$env| -> $crate::entry::Result<$return> {
                    call.begin();
                    $body
                })
                .resolve_with::<$crate::entry::Throw, _>(|| call)
        }
    };
}
pub(crate) use entry;

/// Turns errors and panics into the one exception.
pub(crate) struct Throw;

impl<T: Default> ErrorPolicy<T, Failure> for Throw {
    type Captures<'frame: 'method, 'method> = Call;

    fn on_error<'frame: 'method, 'method>(
        env: &mut Env<'frame>,
        call: &mut Call,
        failure: Failure,
    ) -> jni::errors::Result<T> {
        stats::STATS.error();
        let error = match failure {
            Failure::Told(error) => error,
            Failure::Jvm(error) => translate(error),
        };
        throw(env, call, error)
    }

    fn on_panic<'frame: 'method, 'method>(
        env: &mut Env<'frame>,
        call: &mut Call,
        payload: Box<dyn Any + Send + 'static>,
    ) -> jni::errors::Result<T> {
        stats::STATS.panic();
        HANDLES.poison(call.handle);
        let text = payload
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| payload.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "no message".to_owned());
        let mut error = Error::internal(format!("the native library panicked: {text}; please report this"));
        if let Some(place) = logs::last_panic() {
            error = error.within(place);
        }
        if call.handle != 0 {
            error = error.within(format!("{}, which can only be closed now", handles::describe(call.handle)));
        }
        throw(env, call, error)
    }
}

/// An error of the JVM's own: a null or foreign argument is the caller's, the rest is ours.
#[cold]
fn translate(error: jni::errors::Error) -> Error {
    match error {
        jni::errors::Error::NullPtr(what) => Error::invalid_argument(format!("an argument is null: {what}")),
        other => Error::internal(format!("the JVM refused a call: {other}")),
    }
}

/// Leaves exactly one exception pending.
#[cold]
fn throw<T: Default>(env: &mut Env<'_>, call: &Call, error: Error) -> jni::errors::Result<T> {
    if env.exception_check() {
        return Ok(T::default());
    }
    let mut context = String::new();
    for line in error.context().iter().map(String::as_str).chain([call.name]) {
        context.push_str(&line.replace('\n', " "));
        context.push('\n');
    }
    let message = JString::from_str(env, error.message())?;
    let context = JString::from_str(env, context)?;
    // FindClass inside a native method asks the class loader of the method's class: the right copy where there are several.
    let class = env.find_class(jni_str!("ai/chronon/jni/NativeException"))?;
    let arguments = [JValue::Int(error.code() as i32), JValue::Object(&message), JValue::Object(&context)];
    let exception: JObject<'_> =
        env.new_object(&class, jni_sig!("(ILjava/lang/String;Ljava/lang/String;)V"), &arguments)?;
    let exception = env.cast_local::<JThrowable<'_>>(exception)?;
    // jni-rs reports the exception it has just thrown as an error of the call, which it is not here.
    match env.throw(&exception) {
        Ok(()) | Err(jni::errors::Error::JavaException) => Ok(T::default()),
        Err(other) => Err(other),
    }
}
