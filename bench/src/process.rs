//! What the system tells of this process.

/// The number of megabytes in a line of `/proc/self/status`, such as `VmHWM` (the most so far) and `VmRSS` (now).
///
/// # Panics
/// If the system has no such line.
pub fn megabytes(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("a system with /proc");
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let kibibytes = line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<u64>().ok());
    kibibytes.expect("a size in kB") * 1024 / 1_000_000
}
