//! Points in a square, with its diagonal: one number against another of the same kind.

use super::scale::{Scale, short};
use super::sheet::{Anchor, INK, LINES, Mark, QUIET, RULE, Sheet, Stroke, Text};

const SIZE: f64 = 460.0;
const LEFT: f64 = 60.0;
const RIGHT: f64 = SIZE - 16.0;
const TOP: f64 = 36.0;
const BOTTOM: f64 = SIZE - 44.0;
const LETTERS: f64 = 11.5;
/// Height of a row of the legend.
const ROW: f64 = 18.0;
/// Half the side of a point.
const POINT: f64 = 2.5;

/// Points in groups.
#[derive(Debug, Clone, PartialEq)]
pub struct Scatter {
    /// What is plotted against what.
    pub title: String,
    /// The names of the two axes.
    pub axes: [String; 2],
    /// The range of both.
    pub range: [f64; 2],
    /// The name of each group, and its points.
    pub groups: Vec<(String, Vec<[f64; 2]>)>,
}

impl Scatter {
    /// The drawing.
    pub fn sheet(&self) -> Sheet {
        let [x, y] = [[LEFT, RIGHT], [BOTTOM, TOP]].map(|ends| Scale::new(false, self.range, ends));
        let title = Text { colour: INK, bold: true, ..Text::new([LEFT, 20.0], self.title.as_str(), 14.0) };
        let mut marks = vec![Mark::Text(title)];
        let rule = Stroke { colour: RULE, width: 1.0, dash: &[1.0, 3.0] };
        for mark in x.marks(8.0) {
            marks.push(Mark::Line(vec![[x.at(mark), TOP], [x.at(mark), BOTTOM]], rule));
            marks.push(Mark::Line(vec![[LEFT, y.at(mark)], [RIGHT, y.at(mark)]], rule));
            let below = Text::new([x.at(mark), BOTTOM + 16.0], short(mark), LETTERS);
            marks.push(Mark::Text(below.anchored(Anchor::Middle)));
            let beside = Text::new([LEFT - 8.0, y.at(mark) + 4.0], short(mark), LETTERS);
            marks.push(Mark::Text(beside.anchored(Anchor::End)));
        }
        let diagonal = Stroke { colour: QUIET, width: 1.2, dash: &[5.0, 4.0] };
        marks.push(Mark::Line(vec![[LEFT, BOTTOM], [RIGHT, TOP]], diagonal));
        let below = Text::new([(LEFT + RIGHT) / 2.0, BOTTOM + 34.0], self.axes[0].as_str(), LETTERS);
        marks.push(Mark::Text(below.anchored(Anchor::Middle)));
        let beside = Text::new([14.0, (TOP + BOTTOM) / 2.0], self.axes[1].as_str(), LETTERS);
        marks.push(Mark::Text(Text { upwards: true, ..beside.anchored(Anchor::Middle) }));
        for (number, (name, points)) in self.groups.iter().enumerate() {
            let colour = LINES[number % LINES.len()];
            let point = |[left, top]: [f64; 2]| {
                Mark::Rectangle([left - POINT, top - POINT, 2.0 * POINT, 2.0 * POINT], colour)
            };
            marks.extend(points.iter().map(|&[own_x, own_y]| point([x.at(own_x), y.at(own_y)])));
            let (column, row) = (number % 3, number / 3);
            let at = [LEFT + column as f64 * 135.0, SIZE + 8.0 + row as f64 * ROW];
            marks.push(point([at[0], at[1] - 4.0]));
            marks.push(Mark::Text(Text::new([at[0] + 9.0, at[1]], name.as_str(), LETTERS)));
        }
        let rows = self.groups.len().div_ceil(3) as f64;
        Sheet { width: SIZE, height: SIZE + rows * ROW + 4.0, title: self.title.clone(), marks }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_point_lies_in_the_square_and_every_group_in_the_legend() {
        let groups = vec![("a".into(), vec![[0.0, 1.0], [0.5, 0.5]]), ("b".into(), vec![[1.0, 0.0]])];
        let scatter =
            Scatter { title: "t".into(), axes: ["x", "y"].map(String::from), range: [0.0, 1.0], groups };
        let sheet = scatter.sheet();
        let squares: Vec<[f64; 4]> = sheet
            .marks
            .iter()
            .filter_map(|mark| if let Mark::Rectangle(at, _) = mark { Some(*at) } else { None })
            .collect();
        assert_eq!(squares.len(), 5);
        assert!(squares.iter().all(|&[left, ..]| (LEFT - POINT..=RIGHT).contains(&left)));
        assert!(super::super::svg(&sheet).contains(">b</text>"));
    }
}
