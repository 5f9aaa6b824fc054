//! One error type for the whole native library.
//!
//! A code says what kind of thing went wrong and crosses the JNI line as a number; the message says what
//! was found and what would be right; context lines, added on the way out, say where.

use std::fmt;

/// What kind of thing went wrong. The numbers are part of the JNI contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(i32)]
pub enum ErrorCode {
    /// The caller broke the calling contract (order of calls, malformed options).
    InvalidArgument = 1,
    /// The definition cannot be run (unknown column, impossible type, bad argument).
    InvalidPlan = 2,
    /// The definition uses something that is not built.
    Unsupported = 3,
    /// A batch does not have the columns that the plan declares.
    SchemaMismatch = 4,
    /// Bytes that should decode do not.
    CorruptData = 5,
    /// The memory the handle may use is exhausted.
    OutOfBudget = 6,
    /// The handle was closed.
    Closed = 7,
    /// A defect of this library.
    Internal = 8,
}

/// An error with its code, message and context lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    // Behind a pointer, so that results of the many small reads of stored bytes are returned in registers.
    parts: Box<Parts>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Parts {
    code: ErrorCode,
    message: String,
    context: Vec<String>,
}

/// The result type of every fallible operation of the library.
pub type Result<T> = std::result::Result<T, Error>;

macro_rules! constructors {
    ($($(#[$doc:meta])* $name:ident => $code:ident),* $(,)?) => {
        impl Error {
            $($(#[$doc])*
            #[cold]
            pub fn $name(message: impl Into<String>) -> Self {
                Self::new(ErrorCode::$code, message.into())
            })*
        }
    };
}

constructors! {
    /// The caller broke the calling contract.
    invalid_argument => InvalidArgument,
    /// The definition cannot be run.
    invalid_plan => InvalidPlan,
    /// The definition uses something that is not built.
    unsupported => Unsupported,
    /// A batch does not match the plan.
    schema_mismatch => SchemaMismatch,
    /// Bytes do not decode.
    corrupt_data => CorruptData,
    /// Memory is exhausted.
    out_of_budget => OutOfBudget,
    /// The handle was closed.
    closed => Closed,
    /// A defect of this library.
    internal => Internal,
}

impl Error {
    fn new(code: ErrorCode, message: String) -> Self {
        Self { parts: Box::new(Parts { code, message, context: Vec::new() }) }
    }

    /// One error for several problems, or `None` when there are none. A single one stays as it is; several are listed line
    /// by line with their contexts, under the code that they share, or else that of a definition that cannot be run.
    ///
    /// ```
    /// use chronon_types::{Error, ErrorCode};
    /// let problems = vec![Error::invalid_plan("no column `a`").within("SUM of a"), Error::unsupported("too new")];
    /// let error = Error::all(problems).unwrap();
    /// assert_eq!(error.code(), ErrorCode::InvalidPlan);
    /// assert_eq!(error.message(), "2 problems:\n- SUM of a: no column `a`\n- too new");
    /// ```
    pub fn all(mut problems: Vec<Self>) -> Option<Self> {
        if problems.len() < 2 {
            return problems.pop();
        }
        let first = problems[0].code();
        let shared = problems.iter().all(|problem| problem.code() == first);
        let line = |problem: &Self| {
            let places: String = problem.context().iter().rev().map(|place| format!("{place}: ")).collect();
            format!("\n- {places}{}", problem.message())
        };
        let message = format!("{} problems:{}", problems.len(), problems.iter().map(line).collect::<String>());
        let code = if shared { first } else { ErrorCode::InvalidPlan };
        Some(Self::new(code, message))
    }

    /// The kind of error.
    pub fn code(&self) -> ErrorCode {
        self.parts.code
    }

    /// What was found and what would be right, without context.
    pub fn message(&self) -> &str {
        &self.parts.message
    }

    /// Where it happened, innermost first.
    pub fn context(&self) -> &[String] {
        &self.parts.context
    }

    /// Adds a context line, for example the definition or the column.
    #[cold]
    #[must_use]
    pub fn within(mut self, context: impl Into<String>) -> Self {
        self.parts.context.push(context.into());
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())?;
        for line in self.context() {
            write!(f, "\n  in {line}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}
