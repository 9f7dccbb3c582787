//! Large pages behind large buffers.
//!
//! A training step touches hundreds of megabytes. With pages of 4 KiB, address translation misses often and prefetching
//! stops at the end of each page; with pages of 2 MiB both are rare.

/// Numbers in a large page.
const PAGE: usize = (2 << 20) / size_of::<f32>();

/// Length from which on a buffer gets large pages of its own, in numbers.
const LARGE: usize = PAGE / 16;

/// Numbers in a cache line. Buffers begin with one, so that a register of 16 numbers lies in one line.
const LINE: usize = 16;

/// Zeros and an index: the `len` numbers from there on begin at a cache line, or at a large page if they are many.
pub fn zeros(len: usize) -> (Vec<f32>, usize) {
    let unit = if len < LARGE { LINE } else { PAGE };
    // Room before and behind, to begin and end with a page; what is never touched takes no memory.
    let numbers = vec![0.0; len.next_multiple_of(unit) + unit];
    let first = numbers.as_ptr().align_offset(unit * size_of::<f32>());
    if unit == PAGE {
        ask_for_large(&numbers[first..][..len.next_multiple_of(unit)]);
    }
    (numbers, first)
}

/// Asks the system to back the whole large pages of a slice with such pages.
#[cfg(target_os = "linux")]
fn ask_for_large(pages: &[f32]) {
    let start = pages.as_ptr().cast_mut().cast();
    // SAFETY: whole pages inside the slice, in which advice of this kind changes no number. Whether it was taken does
    // not matter, so the answer is not looked at.
    unsafe { libc::madvise(start, size_of_val(pages), libc::MADV_HUGEPAGE) };
}

#[cfg(not(target_os = "linux"))]
fn ask_for_large(_pages: &[f32]) {}
