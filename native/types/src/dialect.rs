//! Which fork's definitions are meant.
//!
//! Two forks of the reference share their definition format but not all of its meaning: some numbers stand for
//! different operations, and some stored values have other widths. Nothing in a definition says which one it was
//! written for, so whoever opens it does.

use std::fmt;

/// A fork of the reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// airbnb/chronon.
    Airbnb,
    /// zipline-ai/chronon.
    Zipline,
}

impl Dialect {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Airbnb, Self::Zipline];

    /// The dialect with this name in plan options: `airbnb` or `zipline`.
    ///
    /// ```
    /// use chronon_types::Dialect;
    /// assert_eq!(Dialect::from_name("zipline"), Some(Dialect::Zipline));
    /// assert_eq!(Dialect::from_name("other"), None);
    /// ```
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dialect| dialect.name() == name)
    }

    /// The name in plan options.
    pub fn name(self) -> &'static str {
        match self {
            Self::Airbnb => "airbnb",
            Self::Zipline => "zipline",
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
