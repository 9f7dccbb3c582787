//! A drawing as SVG.

use std::fmt::Write;

use super::sheet::{Anchor, Colour, Mark, Sheet, Text};
use super::symbols::pieces;

const FONT: &str = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif";

/// The drawing as a file that stands alone, on a white ground.
pub fn svg(sheet: &Sheet) -> String {
    let (width, height) = (number(sheet.width), number(sheet.height));
    let mut file = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"{FONT}\"><title>{}</title><rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n",
        escaped(&sheet.title)
    );
    for mark in &sheet.marks {
        file += &written(mark);
        file.push('\n');
    }
    file + "</svg>\n"
}

fn written(mark: &Mark) -> String {
    match mark {
        Mark::Rectangle([x, y, width, height], fill) => {
            let [x, y, width, height] = [x, y, width, height].map(|&value| number(value));
            format!(
                "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"{}\"/>",
                hex(*fill)
            )
        }
        Mark::Line(points, stroke) => {
            let places: Vec<String> =
                points.iter().map(|[x, y]| format!("{} {}", number(*x), number(*y))).collect();
            let dash: Vec<String> = stroke.dash.iter().map(ToString::to_string).collect();
            let dash = if dash.is_empty() {
                String::new()
            } else {
                format!(" stroke-dasharray=\"{}\"", dash.join(" "))
            };
            format!(
                "<path d=\"M{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"{}\"{dash} stroke-linejoin=\"round\"/>",
                places.join("L"),
                hex(stroke.colour),
                number(stroke.width)
            )
        }
        Mark::Text(text) => written_text(text),
    }
}

fn written_text(text: &Text) -> String {
    let ([x, y], size) = (text.at.map(number), number(text.size));
    let place = match text.upwards {
        true => format!("transform=\"translate({x} {y}) rotate(-90)\""),
        false => format!("x=\"{x}\" y=\"{y}\""),
    };
    let anchor = match text.anchor {
        Anchor::Start => "",
        Anchor::Middle => " text-anchor=\"middle\"",
        Anchor::End => " text-anchor=\"end\"",
    };
    let bold = if text.bold { " font-weight=\"600\"" } else { "" };
    let struck = if text.struck { " text-decoration=\"line-through\"" } else { "" };
    let mut content = String::new();
    let mut shift = 0.0;
    for (piece, raised) in pieces(&text.text) {
        let next = if raised { -0.38 * text.size } else { 0.0 };
        let by = next - shift;
        shift = next;
        let _ = match (raised, by != 0.0) {
            (true, _) => write!(
                content,
                "<tspan dy=\"{}\" font-size=\"{}\">{}</tspan>",
                number(by),
                number(0.72 * text.size),
                escaped(piece)
            ),
            (false, true) => write!(content, "<tspan dy=\"{}\">{}</tspan>", number(by), escaped(piece)),
            (false, false) => write!(content, "{}", escaped(piece)),
        };
    }
    format!(
        "<text {place} font-size=\"{size}\" fill=\"{}\"{anchor}{bold}{struck}>{content}</text>",
        hex(text.colour)
    )
}

fn hex([r, g, b]: Colour) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// A tenth of a pixel is less than can be seen.
fn number(value: f64) -> String {
    let text = format!("{:.1}", value + 0.0);
    text.strip_suffix(".0").unwrap_or(&text).into()
}

/// A text in XML, which has no control characters.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe += "&amp;",
            '<' => safe += "&lt;",
            '>' => safe += "&gt;",
            '"' => safe += "&quot;",
            letter if letter.is_control() => safe.push('\u{fffd}'),
            letter => safe.push(letter),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_cannot_break_out_and_superscripts_are_raised() {
        let texts = ["<b>&\"\u{1b}", "β^uf of 3"].map(|text| Mark::Text(Text::new([1.0, 2.0], text, 10.0)));
        let sheet = Sheet { width: 10.0, height: 10.0, title: "<t>".into(), marks: texts.into() };
        let file = svg(&sheet);
        assert!(file.contains("<title>&lt;t&gt;</title>"), "{file}");
        assert!(file.contains(">&lt;b&gt;&amp;&quot;\u{fffd}</text>"), "{file}");
        assert!(
            file.contains("β<tspan dy=\"-3.8\" font-size=\"7.2\">uf</tspan><tspan dy=\"3.8\"> of 3</tspan>"),
            "{file}"
        );
    }
}
