//! A drawing as PDF: one page, lines and texts in the standard fonts, which every reader has. These have the letters of
//! western Europe and Greek without accents.

use std::fmt::Write;

use super::error::FigureError;
use super::sheet::{Anchor, Colour, Mark, Sheet, Stroke, Text, width_of};
use super::symbols::pieces;

/// Points a pixel.
const SCALE: f64 = 0.75;

/// Helvetica, Helvetica bold, Symbol.
const FONTS: [&str; 3] = [
    "/BaseFont /Helvetica /Encoding /WinAnsiEncoding",
    "/BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding",
    "/BaseFont /Symbol",
];
const BOLD: usize = 1;
const SYMBOL: usize = 2;

/// The drawing as a file. Refuses letters that the standard fonts lack.
pub fn pdf(sheet: &Sheet) -> Result<Vec<u8>, FigureError> {
    let height = sheet.height;
    // Pixels from the top left become points from the bottom left.
    let mut page = format!("{SCALE} 0 0 {SCALE} 0 0 cm 1 J 1 j\n");
    for mark in &sheet.marks {
        match mark {
            Mark::Rectangle([x, y, wide, high], fill) => {
                let bottom = height - y - high;
                let _ = writeln!(page, "{} rg {x:.2} {bottom:.2} {wide:.2} {high:.2} re f", colour(*fill));
            }
            Mark::Line(points, stroke) => line(&mut page, points, *stroke, height),
            Mark::Text(text) => written(&mut page, text, height)?,
        }
    }
    Ok(file(&page, [sheet.width * SCALE, height * SCALE]))
}

fn line(page: &mut String, points: &[[f64; 2]], stroke: Stroke, height: f64) {
    let dash: Vec<String> = stroke.dash.iter().map(ToString::to_string).collect();
    let _ = write!(page, "{} RG {} w [{}] 0 d", colour(stroke.colour), stroke.width, dash.join(" "));
    for (place, [x, y]) in points.iter().enumerate() {
        let _ = write!(page, " {x:.2} {:.2} {}", height - y, if place == 0 { "m" } else { "l" });
    }
    page.push_str(" S\n");
}

fn colour(colour: Colour) -> String {
    colour.map(|part| format!("{:.3}", f64::from(part) / 255.0)).join(" ")
}

fn written(page: &mut String, text: &Text, height: f64) -> Result<(), FigureError> {
    let length = width_of(&text.text, text.size);
    let back = match text.anchor {
        Anchor::Start => 0.0,
        Anchor::Middle => length / 2.0,
        Anchor::End => length,
    };
    let [x, y] = [text.at[0], height - text.at[1]];
    let matrix = match text.upwards {
        true => format!("0 1 -1 0 {x:.2} {:.2}", y - back),
        false => format!("1 0 0 1 {:.2} {y:.2}", x - back),
    };
    let _ = write!(page, "BT {} rg {matrix} Tm", colour(text.colour));
    for (piece, raised) in pieces(&text.text) {
        let (size, rise) = if raised { (0.72 * text.size, 0.38 * text.size) } else { (text.size, 0.0) };
        for (font, letters) in in_fonts(piece, text.bold)? {
            let _ = write!(page, " /F{font} {size:.2} Tf {rise:.2} Ts <{letters}> Tj");
        }
    }
    page.push_str(" ET\n");
    if text.struck && !text.upwards {
        let [left, middle] = [text.at[0] - back, text.at[1] - 0.32 * text.size];
        let stroke = Stroke { colour: text.colour, width: 1.0, dash: &[] };
        line(page, &[[left, middle], [left + length, middle]], stroke, height);
    }
    Ok(())
}

/// The letters in hexadecimal, in stretches of one font.
fn in_fonts(text: &str, bold: bool) -> Result<Vec<(usize, String)>, FigureError> {
    let mut stretches: Vec<(usize, String)> = Vec::new();
    for letter in text.chars() {
        let (font, code) = match (western(letter), symbol(letter)) {
            (Some(code), _) => (if bold { BOLD } else { 0 }, code),
            (None, Some(code)) => (SYMBOL, code),
            (None, None) => return Err(FigureError::NoLetter { letter }),
        };
        match stretches.last_mut() {
            Some((last, letters)) if *last == font => *letters += &format!("{code:02x}"),
            _ => stretches.push((font, format!("{code:02x}"))),
        }
    }
    Ok(stretches)
}

/// A letter in the encoding WinAnsi.
fn western(letter: char) -> Option<u8> {
    const OTHERS: [(char, u8); 27] = [
        ('€', 0x80),
        ('‚', 0x82),
        ('ƒ', 0x83),
        ('„', 0x84),
        ('…', 0x85),
        ('†', 0x86),
        ('‡', 0x87),
        ('ˆ', 0x88),
        ('‰', 0x89),
        ('Š', 0x8a),
        ('‹', 0x8b),
        ('Œ', 0x8c),
        ('Ž', 0x8e),
        ('‘', 0x91),
        ('’', 0x92),
        ('“', 0x93),
        ('”', 0x94),
        ('•', 0x95),
        ('–', 0x96),
        ('—', 0x97),
        ('˜', 0x98),
        ('™', 0x99),
        ('š', 0x9a),
        ('›', 0x9b),
        ('œ', 0x9c),
        ('ž', 0x9e),
        ('Ÿ', 0x9f),
    ];
    match letter {
        ' '..='~' | '\u{a0}'..='ÿ' => u8::try_from(u32::from(letter)).ok(),
        '−' => Some(b'-'),
        _ => OTHERS.iter().find(|(other, _)| *other == letter).map(|&(_, code)| code),
    }
}

/// A letter in the encoding of the font Symbol.
fn symbol(letter: char) -> Option<u8> {
    const GREEK: [&str; 2] = ["αβχδεφγηιϕκλμνοπθρστυϖωξψζ", "ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ"];
    for (letters, first) in GREEK.iter().zip([b'a', b'A']) {
        if let Some(place) = letters.chars().position(|each| each == letter) {
            return u8::try_from(place).ok().map(|place| first + place);
        }
    }
    match letter {
        '≤' => Some(0xa3),
        '∞' => Some(0xa5),
        '→' => Some(0xae),
        '≥' => Some(0xb3),
        '≠' => Some(0xb9),
        '√' => Some(0xd6),
        _ => None,
    }
}

/// The page as a file: objects, then where each begins.
fn file(page: &str, [width, height]: [f64; 2]) -> Vec<u8> {
    let fonts: String = (0..FONTS.len()).map(|font| format!("/F{font} {} 0 R ", font + 5)).collect();
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_string(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".into(),
        format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {width:.2} {height:.2}] /Contents 4 0 R \
             /Resources << /Font << {fonts}>> >> >>"
        ),
        format!("<< /Length {} >>\nstream\n{page}endstream", page.len()),
    ];
    objects.extend(FONTS.map(|font| format!("<< /Type /Font /Subtype /Type1 {font} >>")));
    let mut file = String::from("%PDF-1.4\n");
    let mut places = Vec::new();
    for (number, object) in objects.iter().enumerate() {
        places.push(file.len());
        let _ = write!(file, "{} 0 obj\n{object}\nendobj\n", number + 1);
    }
    let table = file.len();
    let _ = write!(file, "xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    places.iter().for_each(|place| file += &format!("{place:010} 00000 n \n"));
    let _ =
        write!(file, "trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n", objects.len() + 1);
    file.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(text: &str) -> Sheet {
        let marks = vec![Mark::Text(Text::new([10.0, 20.0], text, 12.0))];
        Sheet { width: 100.0, height: 50.0, title: String::new(), marks }
    }

    #[test]
    fn objects_are_where_the_table_has_them() {
        let file = String::from_utf8(pdf(&sheet("α of seed 1")).unwrap()).unwrap();
        let table = file.rsplit("startxref\n").next().unwrap().lines().next().unwrap();
        assert!(file[table.parse::<usize>().unwrap()..].starts_with("xref\n"));
        let places = file.lines().filter(|line| line.ends_with(" 00000 n "));
        for (number, line) in places.enumerate() {
            let place: usize = line[..10].parse().unwrap();
            assert!(file[place..].starts_with(&format!("{} 0 obj", number + 1)), "{line}");
        }
    }

    #[test]
    fn greek_letters_come_from_the_symbol_font_and_superscripts_rise() {
        let file = String::from_utf8(pdf(&sheet("β^uf")).unwrap()).unwrap();
        assert!(file.contains("/F2 12.00 Tf 0.00 Ts <62> Tj /F0 8.64 Tf 4.56 Ts <7566> Tj"), "{file}");
        assert_eq!([symbol('ω'), symbol('Δ'), symbol('ξ'), symbol('τ')], [b'w', b'D', b'x', b't'].map(Some));
    }

    #[test]
    fn letters_without_a_font_are_refused() {
        let error = pdf(&sheet("γέγραπται")).unwrap_err().to_string();
        assert!(error.contains("no letter `έ`"), "{error}");
    }
}
