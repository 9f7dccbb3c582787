//! Small pictures of what a window shows, and whether two of them show the same.

use std::path::Path;

use png::{BitDepth, ColorType, Decoder, Encoder};

/// Pixels of a side of the square that becomes one pixel of a small picture.
const SCALE: usize = 8;

/// Pixels of a side of the square, in a small picture, over which two are compared: a letter that is drawn a little otherwise
/// makes no difference.
const BLOCK: usize = 4;

/// How far the mean colour of a block may be off, of 255, and how far it may be off in the mean over all blocks.
const BLOCK_OFF: f64 = 40.0;
const MEAN_OFF: f64 = 5.0;

/// The share of blocks that may be off by more than [`BLOCK_OFF`].
const BLOCKS_OFF: f64 = 0.03;

/// A small picture: mean colours of squares of pixels, by row.
pub struct Picture {
    width: usize,
    height: usize,
    colours: Vec<[f64; 3]>,
}

impl Picture {
    /// That of a screenshot in PNG.
    pub fn small(png: &[u8]) -> Self {
        let whole = Self::read(png);
        whole.averaged(SCALE)
    }

    /// A picture in PNG as it is.
    pub fn read(png: &[u8]) -> Self {
        let mut reader = Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
        let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
        let frame = reader.next_frame(&mut bytes).unwrap();
        let samples = frame.color_type.samples();
        assert!(samples >= 3 && frame.bit_depth == BitDepth::Eight, "a picture in colour");
        let colours = bytes[..frame.buffer_size()].chunks_exact(samples);
        let colours = colours.map(|pixel| [0, 1, 2].map(|channel| f64::from(pixel[channel]))).collect();
        Self { width: frame.width as usize, height: frame.height as usize, colours }
    }

    /// Keeps it as PNG.
    pub fn write(&self, path: &Path) {
        let file = std::fs::File::create(path).unwrap();
        let mut encoder = Encoder::new(file, self.width as u32, self.height as u32);
        encoder.set_color(ColorType::Rgb);
        encoder.set_depth(BitDepth::Eight);
        let bytes: Vec<u8> = self.colours.iter().flatten().map(|&value| value.round() as u8).collect();
        encoder.write_header().unwrap().write_image_data(&bytes).unwrap();
    }

    /// The means over squares of `side` pixels; what is left at the right and below is left out.
    fn averaged(&self, side: usize) -> Self {
        let (width, height) = (self.width / side, self.height / side);
        let mean = |row: usize, column: usize| {
            let mut sum = [0.0; 3];
            for at in (0..side * side).map(|at| (row * side + at / side, column * side + at % side)) {
                let colour = self.colours[at.0 * self.width + at.1];
                sum.iter_mut().zip(colour).for_each(|(sum, value)| *sum += value);
            }
            sum.map(|sum| sum / (side * side) as f64)
        };
        let colours = (0..width * height).map(|at| mean(at / width, at % width)).collect();
        Self { width, height, colours }
    }

    /// Why this is not the same as `wanted`, in words; none if it is.
    pub fn difference(&self, wanted: &Self) -> Option<String> {
        if (self.width, self.height) != (wanted.width, wanted.height) {
            return Some(format!("{}×{}, not {}×{}", self.width, self.height, wanted.width, wanted.height));
        }
        let (own, wanted) = (self.averaged(BLOCK), wanted.averaged(BLOCK));
        let off = |(a, b): (&[f64; 3], &[f64; 3])| a.iter().zip(b).map(|(a, b)| (a - b).abs() / 3.0).sum();
        let off: Vec<f64> = own.colours.iter().zip(&wanted.colours).map(off).collect();
        let mean = off.iter().sum::<f64>() / off.len() as f64;
        let far = off.iter().filter(|&&off| off > BLOCK_OFF).count() as f64 / off.len() as f64;
        (mean > MEAN_OFF || far > BLOCKS_OFF)
            .then(|| format!("colours are off by {mean:.1} in the mean, and by more than {BLOCK_OFF} in {:.1} % of the page", 100.0 * far))
    }
}
