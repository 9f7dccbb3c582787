//! PyTorch's side: `bench/peer.py`, run as a process.

use std::path::Path;
use std::process::{Command, Stdio};

/// A Python that can import torch.
pub struct Peer {
    python: String,
}

impl Peer {
    /// Names the interpreter.
    pub fn new(python: &str) -> Self {
        Self { python: python.into() }
    }

    /// Runs `bench/peer.py` with `arguments` and returns the seconds of each step.
    pub fn times(&self, arguments: &[&str]) -> Vec<f64> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peer.py");
        let output = Command::new(&self.python)
            .arg(script)
            .args(arguments)
            .stderr(Stdio::inherit())
            .output()
            .unwrap_or_else(|e| panic!("cannot run {}: {e}", self.python));
        assert!(output.status.success(), "bench/peer.py {arguments:?} failed");
        let line: serde_json::Value = serde_json::from_slice(&output.stdout).expect("one line of JSON");
        let times = line["times"].as_array().expect("a list of times");
        times.iter().map(|time| time.as_f64().expect("seconds")).collect()
    }
}
