//! Curves as a drawing; as `charts/plot.js` does it.

use super::curves::{Curves, Line, Role};
use super::scale::{Scale, padded, range, short};
use super::sheet::{Anchor, INK, LINES, Mark, QUIET, RULE, Sheet, Stroke, Text, width_of};

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 400.0;
const SIZE: f64 = 11.5;
/// Height of a row of the legend.
const ROW: f64 = 20.0;
const LEFT: f64 = 66.0;
const RIGHT: f64 = WIDTH - 16.0;
const TOP: f64 = 36.0;
const BOTTOM: f64 = HEIGHT - 38.0;

/// Dashes of lines that share a colour.
const DASHES: [&[f64]; 4] = [&[], &[6.0, 4.0], &[2.0, 3.0], &[9.0, 3.0, 2.0, 3.0]];

/// Draws `curves`, with title, names of the axes and a legend. `log_steps` chooses the axis of steps; none means what the
/// curves prefer.
pub fn plot(curves: &Curves, log_steps: Option<bool>) -> Sheet {
    let logarithmic = log_steps.unwrap_or(curves.log_steps);
    let (xs, ys) = (x_range(curves), y_range(curves));
    let x = Scale::new(logarithmic, xs, [LEFT, RIGHT]);
    let y = Scale::new(false, ys, [BOTTOM, TOP]);
    let mut marks =
        vec![Mark::Text(Text { colour: INK, bold: true, ..Text::new([LEFT, 20.0], curves.heading(), 14.0) })];
    axes(&mut marks, curves, logarithmic, x, y);
    let strokes = strokes(curves);
    for (line, &stroke) in curves.lines.iter().zip(&strokes) {
        draw(&mut marks, curves, line, stroke, x, y);
    }
    let rows = legend(&mut marks, curves, &strokes);
    Sheet { width: WIDTH, height: HEIGHT + rows as f64 * ROW, title: curves.heading(), marks }
}

/// The range of what is drawn; reference lines follow.
fn x_range(curves: &Curves) -> [f64; 2] {
    let lines = curves.lines.iter().filter(|line| line.role != Role::Reference);
    let drawn = lines.flat_map(|line| {
        let known = curves.steps.iter().zip(&line.values).filter(|(_, value)| value.is_some());
        known.map(|(&step, _)| step)
    });
    range(drawn, [0.0, 1.0])
}

fn y_range(curves: &Curves) -> [f64; 2] {
    let values = curves.lines.iter().flat_map(|line| line.values.iter().flatten().copied());
    curves.y_range.unwrap_or_else(|| padded(range(values, [0.0, 1.0])))
}

fn axes(marks: &mut Vec<Mark>, curves: &Curves, logarithmic: bool, x: Scale, y: Scale) {
    let grid = Stroke { colour: RULE, width: 1.0, dash: &[1.0, 3.0] };
    let base = Stroke { dash: &[], ..grid };
    for mark in y.marks((BOTTOM - TOP) / 40.0) {
        let place = y.at(mark);
        marks.push(Mark::Line(vec![[LEFT, place], [RIGHT, place]], grid));
        let text = Text::new([LEFT - 8.0, place + 4.0], short(mark), SIZE);
        marks.push(Mark::Text(text.anchored(Anchor::End)));
    }
    for mark in x.marks((RIGHT - LEFT) / 70.0) {
        let place = x.at(mark);
        marks.push(Mark::Line(vec![[place, BOTTOM], [place, BOTTOM + 4.0]], base));
        let text = Text::new([place, BOTTOM + 17.0], short(mark), SIZE);
        marks.push(Mark::Text(text.anchored(Anchor::Middle)));
    }
    marks.push(Mark::Line(vec![[LEFT, BOTTOM], [RIGHT, BOTTOM]], base));
    let name = format!("{}{}", curves.x_label, if logarithmic { " (logarithmic)" } else { "" });
    let below = Text::new([(LEFT + RIGHT) / 2.0, HEIGHT - 5.0], name, SIZE);
    marks.push(Mark::Text(below.anchored(Anchor::Middle)));
    let beside = Text::new([13.0, (TOP + BOTTOM) / 2.0], curves.y_label.as_str(), SIZE);
    marks.push(Mark::Text(Text { upwards: true, ..beside.anchored(Anchor::Middle) }));
}

/// One for each line.
fn strokes(curves: &Curves) -> Vec<Stroke> {
    let mut coloured = 0;
    let stroke = |line: &Line| {
        let width = match line.role {
            Role::Reference => return Stroke { colour: QUIET, width: 1.2, dash: &[5.0, 4.0] },
            Role::Median => return Stroke { colour: INK, width: 3.0, dash: &[] },
            Role::Seed => 1.5,
            Role::Main => 2.2,
        };
        let number = coloured;
        coloured += 1;
        let dash = DASHES[number / LINES.len() % DASHES.len()];
        Stroke { colour: LINES[number % LINES.len()], width, dash }
    };
    curves.lines.iter().map(stroke).collect()
}

fn draw(marks: &mut Vec<Mark>, curves: &Curves, line: &Line, stroke: Stroke, x: Scale, y: Scale) {
    let place = |value: f64| y.at(value).clamp(TOP - 2.0, BOTTOM + 2.0);
    let known = || curves.steps.iter().zip(&line.values).filter_map(|(&step, value)| Some((step, (*value)?)));
    if line.role == Role::Reference {
        if let Some((_, value)) = known().next() {
            marks.push(Mark::Line(vec![[LEFT, place(value)], [RIGHT, place(value)]], stroke));
        }
        return;
    }
    let mut points: Vec<[f64; 2]> = known().map(|(step, value)| [x.at(step), place(value)]).collect();
    // A line of one point would not be seen.
    if let [[left, top]] = points[..] {
        points = vec![[left - 3.0, top], [left + 3.0, top]];
    }
    if !points.is_empty() {
        marks.push(Mark::Line(points, stroke));
    }
}

/// The legend; returns how many rows it takes.
fn legend(marks: &mut Vec<Mark>, curves: &Curves, strokes: &[Stroke]) -> usize {
    let (mut row, mut left) = (0, LEFT);
    let references = |wanted: bool| {
        curves.lines.iter().zip(strokes).filter(move |(line, _)| (line.role == Role::Reference) == wanted)
    };
    for (line, &stroke) in references(false).chain(references(true)) {
        let length = 34.0 + width_of(&line.label, SIZE) + 16.0;
        if left + length > WIDTH && left > LEFT {
            (row, left) = (row + 1, LEFT);
        }
        let top = HEIGHT + row as f64 * ROW;
        marks.push(Mark::Line(vec![[left, top + 10.0], [left + 24.0, top + 10.0]], stroke));
        marks.push(Mark::Text(Text::new([left + 30.0, top + 14.0], line.label.as_str(), SIZE)));
        left += length;
    }
    row + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curves() -> Curves {
        Curves::new("keyword task", "accuracy", Some([0.0, 1.0]))
            .over("step", [0.0, 100.0, 300.0])
            .with_points("seed 0", Role::Seed, [(0.0, 0.5), (100.0, 0.9), (300.0, 1.0)])
            .with_points("seed 1", Role::Seed, [(0.0, 0.4), (300.0, 0.8)])
            .with_reference("learned", 0.95)
    }

    #[test]
    fn the_axes_are_those_of_the_data() {
        assert_eq!(x_range(&curves()), [0.0, 300.0]);
        let sheet = plot(&curves(), None);
        let lines = sheet.marks.iter().filter_map(|mark| match mark {
            Mark::Line(points, stroke) if LINES.contains(&stroke.colour) && points.len() > 2 => Some(points),
            _ => None,
        });
        let all: Vec<[f64; 2]> = lines.flatten().copied().collect();
        assert_eq!(all.len(), 3, "the line of three points");
        assert!((all[0][0] - LEFT).abs() < 1e-9 && (all[2][0] - RIGHT).abs() < 1e-9);
    }

    #[test]
    fn seeds_are_told_apart_by_colour_and_then_by_dashes() {
        let mut many = Curves::new("", "loss", None).over("step", [0.0, 1.0]);
        for seed in 0..20 {
            many = many.with_points(format!("seed {seed}"), Role::Seed, [(0.0, 1.0), (1.0, 0.5)]);
        }
        let mut all: Vec<String> =
            strokes(&many).iter().map(|stroke| format!("{:?} {:?}", stroke.colour, stroke.dash)).collect();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 20);
    }

    #[test]
    fn a_logarithmic_axis_gives_early_steps_more_room() {
        let second = |log| {
            let sheet = plot(&curves(), Some(log));
            let place = sheet.marks.iter().find_map(|mark| match mark {
                Mark::Line(points, _) if points.len() == 3 => Some(points[1][0]),
                _ => None,
            });
            place.expect("the line of three points")
        };
        assert!(second(true) > second(false) + 100.0);
    }
}
