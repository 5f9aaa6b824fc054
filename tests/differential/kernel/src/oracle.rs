//! The reference or its fork, in a JVM of its own, asked over pipes.

use crate::case::{Answer, Case};
use crate::json::{Records, records_to_json};
use chronon_types::Dialect;
use serde_json::Value as Json;
use std::io::{BufRead, BufReader, BufWriter, Error, Result, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// The running reference process; it ends when dropped.
pub struct Oracle {
    process: Child,
    /// Where cases go, one per line.
    pub cases: Option<Cases>,
    /// Where answers come from, in the order of the cases.
    pub answers: Answers,
}

/// The way to the reference.
pub struct Cases(BufWriter<ChildStdin>);

/// The way back.
pub struct Answers {
    output: BufReader<ChildStdout>,
    line: String,
}

/// Why there is nothing to compare a dialect with, or `None` when its reference is there.
pub fn missing(dialect: Dialect) -> Option<String> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../..");
    // the fork's program is compiled with the compiler that is found beside the reference
    let homes = [
        ("CHRONON_ORACLE", "oracle", "chronon-online.jar"),
        ("CHRONON_ORACLE_ZIPLINE", "oracle-zipline", "zipline-online.jar"),
    ];
    let needed = match dialect {
        Dialect::Airbnb => &homes[..1],
        Dialect::Zipline => &homes[..],
    };
    needed.iter().find_map(|(variable, folder, jar)| {
        let home = std::env::var_os(variable).map_or_else(|| root.join("../shared").join(folder), PathBuf::from);
        let missing = !home.join(jar).exists();
        missing.then(|| format!("no reference jars at {}; set {variable} to their folder", home.display()))
    })
}

/// One argument: the script splits it.
const JVM_FLAGS: &str = "-Xmx1g -XX:+UseSerialGC -XX:TieredStopAtLevel=1";

impl Oracle {
    /// Compiles the small reference program if need be, and starts it.
    ///
    /// # Errors
    /// When the process cannot be started.
    pub fn start(dialect: Dialect) -> Result<Self> {
        let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let world = match dialect {
            Dialect::Airbnb => "oracle",
            Dialect::Zipline => "zipline",
        };
        let sources = ["common", dialect.name()].map(|folder| here.join("oracle").join(folder).display().to_string());
        let mut process = Command::new(here.join("../jvm"))
            .args([world, "chronon.differential.KernelOracle", &sources.join(" "), JVM_FLAGS])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let input = process.stdin.take().ok_or_else(|| Error::other("no pipe to the reference"))?;
        let output = process.stdout.take().ok_or_else(|| Error::other("no pipe from the reference"))?;
        let answers = Answers { output: BufReader::with_capacity(1 << 20, output), line: String::new() };
        Ok(Self { process, cases: Some(Cases(BufWriter::with_capacity(1 << 20, input))), answers })
    }

    /// The reference's answer, or its exception's text. `records`, if there are any, are given to it to decode.
    ///
    /// # Errors
    /// When the process has died or prints something else than an answer.
    pub fn ask(&mut self, case: &Case, records: Option<&Records>) -> Result<std::result::Result<Answer, String>> {
        let cases = self.cases.as_mut().ok_or_else(|| Error::other("the way to the reference is in use"))?;
        cases.send(case, records)?;
        cases.flush()?;
        self.answers.receive()
    }
}

impl Cases {
    /// Writes a case; it may stay in the buffer until [`Self::flush`].
    ///
    /// # Errors
    /// When the process has died.
    pub fn send(&mut self, case: &Case, records: Option<&Records>) -> Result<()> {
        let mut json = case.to_json();
        if let Some(records) = records {
            json["records"] = records_to_json(records);
        }
        serde_json::to_writer(&mut self.0, &json)?;
        self.0.write_all(b"\n")
    }

    /// Sends what is buffered.
    ///
    /// # Errors
    /// When the process has died.
    pub fn flush(&mut self) -> Result<()> {
        self.0.flush()
    }
}

impl Answers {
    /// The answer to the oldest case that has none yet, or the exception's text.
    ///
    /// # Errors
    /// When the process has died or prints something else than an answer.
    pub fn receive(&mut self) -> Result<std::result::Result<Answer, String>> {
        self.line.clear();
        self.output.read_line(&mut self.line)?;
        let json: Json = serde_json::from_str(&self.line)?;
        if let Some(error) = json["error"].as_str() {
            return Ok(Err(error.to_owned()));
        }
        Answer::from_json(&json).map(Ok).ok_or_else(|| Error::other(format!("not an answer: {}", self.line)))
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        drop(self.cases.take());
        // the program ends at the end of its input; a failure to wait leaves nothing to do here
        let _ = self.process.wait();
    }
}
