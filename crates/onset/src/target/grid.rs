//! Grids: `model.hidden=[64,128]` stands for two specs, and several such keys for all combinations of their values.

use toml::Value;

use super::{Target, TargetError, TargetOptions, resolve};
use crate::store::digest;

/// One of the specs of a grid.
#[derive(Debug, Clone, PartialEq)]
pub struct GridPoint {
    /// The target with the values of this point.
    pub target: Target,
    /// The keys of the grid with the values of this point: `hidden = 64, batch = 8`. Empty without a grid.
    pub label: String,
    /// The label as the name of a folder: `hidden=64,batch=8`.
    pub folder: String,
}

/// A key with several values.
struct Axis {
    /// The index of its override.
    place: usize,
    key: String,
    values: Vec<String>,
}

/// As [`resolve`], for each point of the grid that `options.overrides` describes. An override is an axis of the grid if it has
/// a list of values and its key takes a single value, or if it has a list of lists and its key takes a list.
pub fn resolve_grid(target: &str, options: &TargetOptions) -> Result<Vec<GridPoint>, TargetError> {
    let axes = axes(target, options)?;
    let mut points = vec![Vec::new()];
    for axis in &axes {
        let with = |point: &[usize], value: usize| [point, &[value]].concat();
        let longer =
            |point: &Vec<usize>| (0..axis.values.len()).map(|value| with(point, value)).collect::<Vec<_>>();
        points = points.iter().flat_map(longer).collect();
    }
    points.into_iter().map(|chosen| point(target, options, &axes, &chosen)).collect()
}

fn point(
    target: &str,
    options: &TargetOptions,
    axes: &[Axis],
    chosen: &[usize],
) -> Result<GridPoint, TargetError> {
    let mut options = options.clone();
    let (mut labels, mut folders) = (Vec::new(), Vec::new());
    for (axis, &value) in axes.iter().zip(chosen) {
        options.overrides[axis.place] = format!("{}={}", axis.key, axis.values[value]);
        let last = |key: &str| key.rsplit('.').next().unwrap_or(key).to_owned();
        let alone = axes.iter().filter(|other| last(&other.key) == last(&axis.key)).count() == 1;
        let key = if alone { last(&axis.key) } else { axis.key.clone() };
        labels.push(format!("{key} = {}", axis.values[value]));
        folders.push(format!("{key}={}", as_name(&axis.values[value])));
    }
    let target = resolve(target, &options)?;
    Ok(GridPoint { target, label: labels.join(", "), folder: folders.join(",") })
}

/// The axes of the grid. If a key is given several times, the last override counts.
fn axes(target: &str, options: &TargetOptions) -> Result<Vec<Axis>, TargetError> {
    let mut lists = Vec::new();
    for (place, given) in options.overrides.iter().enumerate() {
        let key = given.split('=').next().unwrap_or_default().trim().to_owned();
        lists.retain(|axis: &Axis| axis.key != key);
        if let Some((_, values)) = list_of(given) {
            lists.push(Axis { place, key, values });
        }
    }
    if let Some(empty) = lists.iter().find(|axis| axis.values.is_empty()) {
        return Err(TargetError::EmptyList { given: options.overrides[empty.place].clone() });
    }
    // A key takes a list if the spec is valid with the override as typed and one value for each of the other lists.
    let accepts = |whole: Option<usize>| {
        let mut options = options.clone();
        for axis in lists.iter().filter(|axis| Some(axis.place) != whole) {
            options.overrides[axis.place] = format!("{}={}", axis.key, axis.values[0]);
        }
        resolve(target, &options).is_ok()
    };
    let lists_whole: Vec<bool> =
        lists.iter().map(|axis| takes_list(axis, &accepts, options, target)).collect();
    let mut whole = lists_whole.into_iter();
    lists.retain(|_| !whole.next().unwrap_or(false));
    Ok(lists)
}

/// Whether the key of `axis` takes a list, so that the override is no axis.
fn takes_list(
    axis: &Axis,
    accepts: &dyn Fn(Option<usize>) -> bool,
    options: &TargetOptions,
    target: &str,
) -> bool {
    if accepts(Some(axis.place)) {
        return true;
    }
    if accepts(None) {
        return false;
    }
    // The spec is invalid in another way. Decide by the key's value in the spec without lists.
    let mut plain = options.clone();
    plain.overrides.retain(|given| list_of(given).is_none());
    let spec = resolve(target, &plain).ok().map(|target| target.spec.to_toml());
    let table = spec.and_then(|text| text.parse::<toml::Table>().ok());
    let value = axis.key.split('.').try_fold(table.map(Value::Table), |value, key| {
        Some(value.and_then(|value| value.get(key).cloned()))
    });
    value.flatten().is_none_or(|value| value.is_array())
}

/// The key and the values of `key=[a, b]`; `None` if the value is no list. Words need no quotation marks.
fn list_of(given: &str) -> Option<(&str, Vec<String>)> {
    let (key, text) = given.split_once('=')?;
    let inner = text.trim().strip_prefix('[')?.strip_suffix(']')?;
    let parsed = toml::from_str::<toml::Table>(&format!("values = [{inner}]")).ok();
    let parsed = parsed.and_then(|table| table.get("values")?.as_array().cloned());
    let mut values: Vec<String> = match parsed {
        Some(values) => values.iter().map(ToString::to_string).collect(),
        None => inner.split(',').map(|word| word.trim().to_owned()).collect(),
    };
    let mut seen = std::collections::BTreeSet::new();
    values.retain(|value| seen.insert(value.clone()));
    Some((key, values))
}

/// A value as part of a folder's name.
fn as_name(value: &str) -> String {
    const LONGEST: usize = 40;
    let plain = |letter: char| letter.is_alphanumeric() || ['.', '-', '_', '+'].contains(&letter);
    let value = value.trim_matches('"');
    let name: String = value.chars().map(|letter| if plain(letter) { letter } else { '-' }).collect();
    if name == value && name.chars().count() <= LONGEST {
        return name;
    }
    // A digest keeps the folders of two values apart.
    let start: String = name.chars().take(LONGEST).collect();
    format!("{}-{}", start.trim_matches('-'), &digest(value.as_bytes())[..6])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(overrides: &[&str]) -> Result<Vec<GridPoint>, TargetError> {
        let overrides = overrides.iter().map(ToString::to_string).collect();
        resolve_grid("copying", &TargetOptions { overrides, ..TargetOptions::default() })
    }

    fn folders(overrides: &[&str]) -> Vec<String> {
        grid(overrides).unwrap().into_iter().map(|point| point.folder).collect()
    }

    #[test]
    fn several_values_of_several_keys_give_all_combinations() {
        let points = grid(&["model.hidden=[8, 16]", "train.learning_rate=[0.1,0.01]"]).unwrap();
        let labels: Vec<&str> = points.iter().map(|point| point.label.as_str()).collect();
        assert_eq!(labels[..2], ["hidden = 8, learning_rate = 0.1", "hidden = 8, learning_rate = 0.01"]);
        assert_eq!((points.len(), points[3].folder.as_str()), (4, "hidden=16,learning_rate=0.01"));
        assert!(points[3].target.spec.to_toml().contains("hidden = 16"));
    }

    #[test]
    fn keys_that_take_a_list_keep_it_and_take_a_list_of_lists() {
        assert_eq!(folders(&["record.checkpoints=[0, 20]"]), [""]);
        assert_eq!(folders(&["model.heads=2", "model.head_seeds=[1, 2]", "model.hidden=[8, 9]"]).len(), 2);
        let lists = grid(&["record.checkpoints=[[0], [20]]"]).unwrap();
        assert_eq!(lists.len(), 2);
        assert_ne!(lists[0].folder, lists[1].folder);
    }

    #[test]
    fn words_need_no_quotation_marks() {
        assert_eq!(folders(&["model.kind=[rnn, attention-only]"]), ["kind=rnn", "kind=attention-only"]);
        assert_eq!(folders(&["model.hidden=8"]), [""]);
    }

    #[test]
    fn wrong_values_and_empty_lists_are_refused() {
        let message = grid(&["model.hidden=[64, abc]"]).unwrap_err().to_string();
        assert!(message.contains("model.hidden") && message.contains("abc"), "{message}");
        let message = grid(&["model.hidden=[0, 64]"]).unwrap_err().to_string();
        assert!(message.contains("model.hidden = 0"), "{message}");
        assert!(grid(&["model.hidden=[]"]).unwrap_err().to_string().contains("empty list"));
    }
}
