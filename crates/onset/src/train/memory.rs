//! Checks that a model fits into memory before it is allocated. A failed allocation aborts the process; this is an error.

use onset_engine::Tape;

use super::{Prepared, TrainError};
use crate::spec::{Optimizer, Spec};

/// Bytes of a parameter.
const NUMBER: u64 = 4;

/// A limit of this process's memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MemoryLimit {
    pub bytes: u64,
    pub source: &'static str,
}

/// Refuses a model whose training needs more memory than the machine, the control group or the process allows. Parameters,
/// gradients, the optimiser's state and a snapshot are counted; the activations of a batch are not.
pub fn check_memory(spec: &Spec, data: &Prepared) -> Result<(), TrainError> {
    let parameters = parameter_count(spec, data);
    let needed = bytes_of_training(spec, parameters);
    match memory_limit() {
        Some(limit) if needed > limit.bytes => Err(TrainError::TooLarge {
            parameters,
            needed,
            available: limit.bytes,
            source_of_limit: limit.source,
        }),
        _ => Ok(()),
    }
}

/// The number of parameters of the model of `spec`. Allocates none of them.
pub fn parameter_count(spec: &Spec, data: &Prepared) -> u64 {
    let mut tape = Tape::measuring();
    let model = spec.model().settings().build(&mut tape, &data.task().signature(), spec.seed());
    model.parameters().count()
}

/// The least memory for training: each parameter with its gradient and optimiser state, and two copies of a snapshot
/// while it is written.
fn bytes_of_training(spec: &Spec, parameters: u64) -> u64 {
    let train = spec.training();
    let state = match train.optimizer {
        Optimizer::Adam | Optimizer::AdamW => 2,
        Optimizer::Sgd => u64::from(train.momentum != 0.0),
    };
    let snapshot = 2 * (1 + state);
    parameters.saturating_mul(NUMBER * (2 + state + snapshot))
}

/// The smallest known limit; `None` if the system provides none.
#[cfg(target_os = "linux")]
pub(crate) fn memory_limit() -> Option<MemoryLimit> {
    let read = |path: &str| std::fs::read_to_string(path).ok();
    let machine = read("/proc/meminfo").and_then(|text| machine_memory(&text));
    let process = read("/proc/self/limits").and_then(|text| address_space(&text));
    let groups = read("/proc/self/cgroup").unwrap_or_default();
    let group = group_files(&groups).iter().filter_map(|path| read(path)?.trim().parse().ok()).min();
    [
        (machine, "the memory of this machine"),
        (group, "the limit of its control group"),
        (process, "the limit of its address space (`ulimit -v`)"),
    ]
    .into_iter()
    .filter_map(|(bytes, source)| Some(MemoryLimit { bytes: bytes?, source }))
    .min_by_key(|limit| limit.bytes)
}

/// The smallest known limit; `None` if the system provides none.
#[cfg(not(target_os = "linux"))]
pub(crate) fn memory_limit() -> Option<MemoryLimit> {
    None
}

/// `MemTotal:  16316412 kB`.
#[cfg(any(target_os = "linux", test))]
fn machine_memory(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// `Max address space  8192000000  unlimited  bytes`: the first number is the soft limit, which applies.
#[cfg(any(target_os = "linux", test))]
fn address_space(limits: &str) -> Option<u64> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max address space"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// The files with the limits of a process's control group and its parent groups, from `/proc/self/cgroup`: version 2
/// (`0::/path`) and version 1 (`9:memory:/path`). In a container, the root is the container's own group.
#[cfg(any(target_os = "linux", test))]
fn group_files(groups: &str) -> Vec<String> {
    let mut files = Vec::new();
    for line in groups.lines() {
        let mut fields = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (fields.next(), fields.next()) else { continue };
        let (root, file) = match controllers {
            "" => ("/sys/fs/cgroup", "memory.max"),
            names if names.split(',').any(|name| name == "memory") => {
                ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
            }
            _ => continue,
        };
        let folders = std::path::Path::new(path).ancestors();
        files.extend(folders.map(|folder| format!("{root}{}/{file}", folder.display()).replace("//", "/")));
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::Trainer;

    #[test]
    fn a_model_is_measured_as_it_is_built() {
        for text in [
            "task = 'copying'",
            "task = 'copying'\n[model]\ncell = 'gru'\nheads = 3\nhead_seeds = [1, 2, 3]\nshared_embedding = false",
            "task = 'copying'\n[model]\nkind = 'rnn-translator'\nhidden = 16",
            "task = 'copying'\n[model]\nkind = 'attention-only'",
            "task = 'classification'",
            "task = 'induction'",
        ] {
            let spec = Spec::parse(text, "", &[]).unwrap();
            let data = Prepared::load(&spec).unwrap();
            assert_eq!(
                parameter_count(&spec, &data),
                Trainer::new(&spec, &data, 1).parameter_count(),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_larger_than_any_memory_is_measured_and_refused() {
        let large = ["model.hidden=1000000".to_owned(), "train.steps=1".to_owned()];
        let spec = Spec::parse("task = 'copying'", "", &large).unwrap();
        let data = Prepared::load(&spec).unwrap();
        assert!(parameter_count(&spec, &data) > 8_000_000_000_000);
        if cfg!(target_os = "linux") {
            let message = check_memory(&spec, &data).unwrap_err().to_string();
            assert!(message.contains("parameters") && message.contains("TB"), "{message}");
        }
        let momentum = |given: &str| {
            let given = ["train.optimizer=sgd".to_owned(), given.to_owned()];
            bytes_of_training(&Spec::parse("task = 'copying'", "", &given).unwrap(), 10)
        };
        assert_eq!((momentum("train.momentum=0"), momentum("train.momentum=0.5")), (160, 280));
        assert_eq!(bytes_of_training(&spec, 10), 400);
    }

    #[test]
    fn limits_are_read_as_the_system_writes_them() {
        assert_eq!(machine_memory("MemTotal:       16316412 kB\nMemFree: 3 kB"), Some(16_316_412 * 1024));
        let limits = "Limit     Soft Limit   Hard Limit   Units\nMax address space    8192000000   unlimited   bytes\n";
        assert_eq!(address_space(limits), Some(8_192_000_000));
        assert_eq!(address_space("Max address space    unlimited   unlimited   bytes"), None);
        let version_2 =
            ["/a/b/memory.max", "/a/memory.max", "/memory.max"].map(|file| format!("/sys/fs/cgroup{file}"));
        assert_eq!(group_files("0::/a/b"), version_2);
        assert_eq!(
            group_files("3:cpu:/x\n9:cpuset,memory:/y"),
            ["/sys/fs/cgroup/memory/y/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]
        );
    }
}
