//! The peer, PyTorch or SciPy: scripts in `bench/`, run as processes.

use std::path::Path;
use std::process::{Command, Stdio};

/// A Python interpreter that can import torch and SciPy.
pub struct Peer {
    python: String,
}

impl Peer {
    /// A peer with this interpreter.
    pub fn new(python: &str) -> Self {
        Self { python: python.into() }
    }

    /// Runs `bench/peer.py` with `arguments` and returns the seconds of each step.
    pub fn times(&self, arguments: &[&str]) -> Vec<f64> {
        let line = self.json("peer.py", arguments);
        let times = line["times"].as_array().expect("a list of times");
        times.iter().map(|time| time.as_f64().expect("seconds")).collect()
    }

    /// Runs a script in `bench/` with `arguments` and returns the JSON that it prints.
    pub fn json(&self, script: &str, arguments: &[&str]) -> serde_json::Value {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(script);
        let output = Command::new(&self.python)
            .arg(path)
            .args(arguments)
            .stderr(Stdio::inherit())
            .output()
            .unwrap_or_else(|e| panic!("cannot run {}: {e}", self.python));
        assert!(output.status.success(), "bench/{script} {arguments:?} failed");
        serde_json::from_slice(&output.stdout).expect("one line of JSON")
    }
}
