//! Large pages behind large buffers.
//!
//! A step of training goes through hundreds of megabytes. On pages of 4 KiB the processor looks up where each of them
//! lies, and stops fetching ahead at its end; on pages of 2 MiB both hardly ever happen.

/// Numbers in a large page.
const PAGE: usize = (2 << 20) / size_of::<f32>();

/// Numbers from which on a buffer has large pages of its own.
const LARGE: usize = PAGE / 16;

/// Numbers in a cache line. Buffers begin with one, so that a register of 16 numbers lies in one line.
const LINE: usize = 16;

/// Zeros, of which `len` from the second result on begin with a cache line, and with a large page if they are many.
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

/// Asks the system for large pages behind whole ones.
#[cfg(target_os = "linux")]
fn ask_for_large(pages: &[f32]) {
    let start = pages.as_ptr().cast_mut().cast();
    // SAFETY: whole pages inside the slice, in which advice of this kind changes no number. Whether it was taken does
    // not matter, so the answer is not looked at.
    unsafe { libc::madvise(start, size_of_val(pages), libc::MADV_HUGEPAGE) };
}

#[cfg(not(target_os = "linux"))]
fn ask_for_large(_pages: &[f32]) {}
