//! A drawing as lines, areas and texts, in the look of the pages.

use super::symbols::pieces;

/// Red, green, blue.
pub(super) type Colour = [u8; 3];

/// The colours of `charts/charts.css` on a light ground.
pub(super) const INK: Colour = [0x1b, 0x1e, 0x22];
pub(super) const QUIET: Colour = [0x57, 0x5e, 0x66];
pub(super) const RULE: Colour = [0xdc, 0xd9, 0xd1];
pub(super) const WARM: Colour = [0xa8, 0x4a, 0x06];
pub(super) const LINES: [Colour; 8] = [
    [0x1f, 0x56, 0xa6],
    [0xc4, 0x57, 0x0c],
    [0x12, 0x76, 0x6c],
    [0x7d, 0x4b, 0xa0],
    [0x8a, 0x6d, 0x00],
    [0xb0, 0x3a, 0x5b],
    [0x3f, 0x7f, 0x2a],
    [0x5a, 0x63, 0x70],
];
pub(super) const HEAT: [Colour; 2] = [[250, 249, 246], [12, 44, 102]];
pub(super) const SUPPORT: Colour = [36, 89, 168];
pub(super) const OPPOSE: Colour = [214, 108, 28];

/// Where a text is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Text {
    pub(super) at: [f64; 2],
    pub(super) text: String,
    pub(super) size: f64,
    pub(super) colour: Colour,
    pub(super) anchor: Anchor,
    pub(super) bold: bool,
    /// Whether it is read from bottom to top.
    pub(super) upwards: bool,
    pub(super) struck: bool,
}

impl Text {
    pub(super) fn new(at: [f64; 2], text: impl Into<String>, size: f64) -> Self {
        let (colour, anchor) = (QUIET, Anchor::Start);
        Self { at, text: text.into(), size, colour, anchor, bold: false, upwards: false, struck: false }
    }

    pub(super) fn anchored(mut self, anchor: Anchor) -> Self {
        self.anchor = anchor;
        self
    }
}

/// How a line is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Stroke {
    pub(super) colour: Colour,
    pub(super) width: f64,
    /// Lengths of dashes and gaps; none for a full line.
    pub(super) dash: &'static [f64],
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Mark {
    /// A filled rectangle: left, top, width, height.
    Rectangle([f64; 4], Colour),
    /// A line through points.
    Line(Vec<[f64; 2]>, Stroke),
    Text(Text),
}

/// A drawing; lengths are in pixels, of which 96 make an inch.
#[derive(Debug, Clone, PartialEq)]
pub struct Sheet {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) title: String,
    pub(super) marks: Vec<Mark>,
}

/// Widths of the letters from space to tilde in Helvetica, in thousandths of the size.
const WIDTHS: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556,
    556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278,
    500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469,
    556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500,
    278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];

/// About how wide a text is.
pub(super) fn width_of(text: &str, size: f64) -> f64 {
    let of = |letter: char| match letter {
        ' '..='~' => f64::from(WIDTHS[letter as usize - 32]),
        // Letters of languages without spaces are as wide as high.
        '\u{2e80}'..='\u{ffef}' => 1000.0,
        _ => 560.0,
    };
    let raised = |raised: bool| if raised { 0.72 } else { 1.0 };
    let thousandths: f64 =
        pieces(text).iter().map(|&(piece, up)| raised(up) * piece.chars().map(of).sum::<f64>()).sum();
    thousandths * size / 1000.0
}

/// The text, cut so that it is at most so wide.
pub(super) fn cut_to(text: &str, size: f64, most: f64) -> String {
    let mut kept: Vec<char> = text.chars().collect();
    if width_of(text, size) <= most {
        return text.into();
    }
    while kept.len() > 1 && width_of(&kept.iter().collect::<String>(), size) > most - size * 0.56 {
        kept.pop();
    }
    kept.into_iter().chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_those_of_the_pages() {
        let style = include_str!("../../../charts/charts.css");
        let hex = |[r, g, b]: Colour| format!("#{r:02x}{g:02x}{b:02x}");
        for (name, colour) in [("ink", INK), ("quiet", QUIET), ("rule", RULE), ("warm", WARM)] {
            assert!(style.contains(&format!("--{name}: {}", hex(colour))), "{name}");
        }
        for (number, colour) in LINES.into_iter().enumerate() {
            assert!(style.contains(&format!("--line-{}: {}", number + 1, hex(colour))), "line {number}");
        }
        let plain = |[r, g, b]: Colour| format!("{r}, {g}, {b}");
        for (name, colour) in
            [("heat-low", HEAT[0]), ("heat-high", HEAT[1]), ("support", SUPPORT), ("oppose", OPPOSE)]
        {
            assert!(style.contains(&format!("--{name}: {}", plain(colour))), "{name}");
        }
    }

    #[test]
    fn long_texts_are_cut() {
        assert_eq!(cut_to("short", 11.0, 92.0), "short");
        let cut = cut_to(&"long ".repeat(20), 11.0, 92.0);
        assert!(cut.ends_with('…') && width_of(&cut, 11.0) <= 92.0, "{cut}");
    }
}
