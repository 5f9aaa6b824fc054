//! The reference, in a JVM of its own, asked over pipes.

use crate::case::{Answer, Case};
use crate::value::Value;
use chronon_types::DataType;
use serde_json::Value as Json;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// The running reference process; it ends when dropped.
pub struct Oracle {
    process: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

/// Why there is nothing to compare with, or `None` when the reference is there.
pub fn missing() -> Option<String> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let home = std::env::var_os("CHRONON_ORACLE").map_or_else(|| root.join("../shared/oracle"), PathBuf::from);
    (!home.join("chronon-aggregator.jar").exists())
        .then(|| format!("no reference jars at {}; set CHRONON_ORACLE to their folder", home.display()))
}

/// One argument: the script splits it.
const JVM_FLAGS: &str = "-Xmx1g -XX:+UseSerialGC";

impl Oracle {
    /// Compiles the small reference program if need be, and starts it.
    ///
    /// # Errors
    /// When the process cannot be started.
    pub fn start() -> std::io::Result<Self> {
        let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let mut process = Command::new(here.join("../jvm"))
            .args(["oracle", "chronon.differential.KernelOracle"])
            .arg(here.join("oracle"))
            .arg(JVM_FLAGS)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let input = process.stdin.take();
        let output = process.stdout.take().ok_or_else(|| std::io::Error::other("no pipe from the reference"))?;
        Ok(Self { process, input, output: BufReader::new(output) })
    }

    /// The reference's answer, or its exception's text.
    ///
    /// # Errors
    /// When the process has died or prints something else than an answer.
    pub fn ask(&mut self, case: &Case) -> std::io::Result<Result<Answer, String>> {
        let input = self.input.as_mut().ok_or_else(|| std::io::Error::other("no pipe to the reference"))?;
        writeln!(input, "{}", case.to_json())?;
        input.flush()?;
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        let json: Json = serde_json::from_str(&line)?;
        if let Some(error) = json["error"].as_str() {
            return Ok(Err(error.to_owned()));
        }
        parse(&json).map(Ok).ok_or_else(|| std::io::Error::other(format!("not an answer: {line}")))
    }
}

fn parse(json: &Json) -> Option<Answer> {
    let outputs = json["outputs"].as_array()?;
    let outputs = outputs
        .iter()
        .map(|o| Some((o[0].as_str()?.to_owned(), DataType::parse(o[1].as_str()?).ok()?)))
        .collect::<Option<Vec<_>>>()?;
    let row = |row: &Json| {
        row.as_array()?.iter().zip(&outputs).map(|(v, (_, t))| Value::from_json(v, t)).collect::<Option<Vec<_>>>()
    };
    let values = json["values"].as_array()?.iter().map(row).collect::<Option<Vec<_>>>()?;
    Some(Answer { outputs, values })
}

impl Drop for Oracle {
    fn drop(&mut self) {
        drop(self.input.take());
        // the program ends at the end of its input; a failure to wait leaves nothing to do here
        let _ = self.process.wait();
    }
}
