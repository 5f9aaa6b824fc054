//! Runs the FlatBuffers compiler that the crate `flatc` builds: arguments and exit status are the compiler's.

use std::process::{Command, exit};

fn main() {
    match Command::new(flatc::flatc()).args(std::env::args_os().skip(1)).status() {
        Ok(status) => exit(status.code().unwrap_or(1)),
        Err(error) => {
            eprintln!("flatc could not be started: {error}");
            exit(1);
        }
    }
}
