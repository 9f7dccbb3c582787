//! Steady training allocates nothing: what a step needs comes from the tape's pool.
//!
//! One test only, because the allocator counts for the whole process.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use onset::spec::Spec;
use onset::train::{Prepared, Trainer};

struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Allocations of 20 steps after 5.
fn allocations(task: &str, overrides: &[&str]) -> usize {
    let overrides: Vec<String> = overrides.iter().map(|given| (*given).to_owned()).collect();
    let spec = Spec::parse(&format!("task = '{task}'"), "test", &overrides).unwrap();
    let mut trainer = Trainer::new(&spec, &Prepared::load(&spec).unwrap(), 1);
    (0..5).for_each(|_| _ = trainer.step().unwrap());
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    (0..20).for_each(|_| _ = trainer.step().unwrap());
    ALLOCATIONS.load(Ordering::Relaxed) - before
}

#[test]
fn steady_training_allocates_nothing() {
    let sizes =
        ["data.vocabulary=12", "data.length=12", "model.hidden=32", "model.embedding=24", "train.batch=16"];
    assert_eq!(allocations("copying", &sizes), 0);
    let bidirectional = [&sizes[..], &["model.bidirectional=true", "data.repetition=true"]].concat();
    assert_eq!(allocations("copying", &bidirectional), 0);
    let heads = ["model.cell=gru", "model.heads=3", "model.shared_embedding=false"];
    assert_eq!(allocations("copying", &[&sizes[..], &heads].concat()), 0);
    // A batch in parts.
    let layers = ["model.kind=transformer", "task.length=64", "train.batch=32", "model.dropout=0.1"];
    assert_eq!(allocations("induction", &layers), 0);
    // Texts of one length that hold every word; with ragged ones a largest batch may still come, and ask
    // for more once.
    let texts = [
        "model.hidden=16",
        "data.keyword.min_length=9",
        "data.keyword.max_length=9",
        "data.keyword.vocabulary=5",
        "train.steps=30",
    ];
    assert_eq!(allocations("classification", &texts), 0);
}
