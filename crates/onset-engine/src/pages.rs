//! Large memory pages for large buffers.
//!
//! A training step touches hundreds of megabytes. With pages of 4 KiB, address translation often misses, and
//! prefetching stops at the end of each page. With pages of 2 MiB both are rare.

/// Numbers in a large page.
const PAGE: usize = (2 << 20) / size_of::<f32>();

/// Buffers of at least this length, in numbers, get their own large pages.
const LARGE: usize = PAGE / 16;

/// Numbers in a cache line. Buffers start at a cache line, so that a register of 16 numbers is within one line.
const LINE: usize = 16;

/// Zeros and an index: the `len` numbers from this index on start at a cache line, or at a large page if they are many.
pub fn zeros(len: usize) -> (Vec<f32>, usize) {
    let unit = if len < LARGE { LINE } else { PAGE };
    // Extra space before and after, so that the buffer fills whole pages; pages that are never touched use no memory.
    let numbers = vec![0.0; len.next_multiple_of(unit) + unit];
    let first = numbers.as_ptr().align_offset(unit * size_of::<f32>());
    if unit == PAGE {
        ask_for_large(&numbers[first..][..len.next_multiple_of(unit)]);
    }
    (numbers, first)
}

/// From now on, buffers of a megabyte or more that are freed go back to the system at once. The allocator of GNU would otherwise learn
/// to keep buffers of up to 32 MB, in an arena for each thread that ever asked for one: many runs in one process then hold the memory
/// of all of them. For programs; a library leaves its host's allocator as it is.
pub fn return_freed_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: the call sets a number of the allocator. The result is ignored, because all goes on if the advice is not followed.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, 1 << 20);
    }
}

/// Asks the system to back the large pages within a slice.
#[cfg(target_os = "linux")]
fn ask_for_large(pages: &[f32]) {
    let start = pages.as_ptr().cast_mut().cast();
    // SAFETY: the pages are within the slice, and this advice changes no number. The result is ignored, because it does
    // not matter whether the advice was followed.
    unsafe { libc::madvise(start, size_of_val(pages), libc::MADV_HUGEPAGE) };
}

#[cfg(not(target_os = "linux"))]
fn ask_for_large(_pages: &[f32]) {}
