//! The bodies of requests to interactive training, checked one value at a time, so that an error is in the words of the
//! page and not in those of a parser.

use onset::live::{Setup, Speed, presets};
use onset::train::Intervention;
use serde_json::Value;

use super::body::{Fields, only, refused, shown};
use crate::failure::Failure;

/// A request for a new training.
#[derive(Debug)]
pub struct StartRequest {
    /// Its setup.
    pub setup: Setup,
    /// The preset from which the setup was made.
    pub preset: Option<&'static str>,
    /// Its speed.
    pub speed: Speed,
    /// Whether it starts running at once.
    pub run: bool,
}

/// A command to a training.
#[derive(Debug)]
pub enum CommandRequest {
    /// Takes steps.
    Run,
    /// Takes no more steps.
    Pause,
    /// Takes so many steps.
    Step(u64),
    /// At another speed.
    Speed(Speed),
    /// An intervention.
    Change(Intervention),
    /// Ends it.
    End,
}

/// A setup; fields that are missing have the values of the first preset.
pub fn setup(fields: &Fields) -> Result<Setup, Failure> {
    Setup::from_fields(fields).map_err(|error| refused(error.to_string()))
}

/// A request for a new training.
pub fn start(fields: &Fields) -> Result<StartRequest, Failure> {
    only(fields, &["setup", "preset", "speed", "run"])?;
    let Some(Value::Object(values)) = fields.get("setup") else {
        return Err(refused("a training needs its `setup`, an object; `{}` is the first preset".into()));
    };
    let run = match fields.get("run") {
        None => false,
        Some(Value::Bool(run)) => *run,
        Some(other) => return Err(refused(format!("`run` must be true or false, not {}", shown(other)))),
    };
    Ok(StartRequest {
        setup: setup(values)?,
        preset: preset(fields)?,
        speed: speed(fields, Some(Speed::Steady))?,
        run,
    })
}

fn preset(fields: &Fields) -> Result<Option<&'static str>, Failure> {
    let Some(given) = fields.get("preset").filter(|given| !given.is_null()) else { return Ok(None) };
    let known: Vec<&'static str> = presets().into_iter().map(|preset| preset.key).collect();
    let found = known.iter().copied().find(|key| given.as_str() == Some(key));
    found.map(Some).ok_or_else(|| {
        refused(format!("there is no preset {}; presets are {}", shown(given), known.join(", ")))
    })
}

fn speed(fields: &Fields, default: Option<Speed>) -> Result<Speed, Failure> {
    match (fields.get("speed").map(Value::as_str), default) {
        (None, Some(speed)) => Ok(speed),
        (Some(Some("slow")), _) => Ok(Speed::Slow),
        (Some(Some("steady")), _) => Ok(Speed::Steady),
        (Some(Some("fast")), _) => Ok(Speed::Fast),
        _ => {
            let given = fields.get("speed").map_or_else(|| "none".into(), shown);
            Err(refused(format!("the speed must be slow, steady or fast, not {given}")))
        }
    }
}

/// A command.
pub fn command(fields: &Fields) -> Result<CommandRequest, Failure> {
    let name = fields.get("do").and_then(Value::as_str).unwrap_or_default();
    let allowed: &[&str] = match name {
        "step" => &["do", "steps"],
        "speed" => &["do", "speed"],
        "change" => &["do", "intervention"],
        _ => &["do"],
    };
    let command = match name {
        "run" => CommandRequest::Run,
        "pause" => CommandRequest::Pause,
        "end" => CommandRequest::End,
        "speed" => CommandRequest::Speed(speed(fields, None)?),
        "step" => {
            let steps = fields.get("steps").and_then(Value::as_u64).filter(|&steps| steps > 0);
            CommandRequest::Step(
                steps
                    .ok_or_else(|| refused("the command step needs `steps`, a whole number from 1".into()))?,
            )
        }
        "change" => CommandRequest::Change(intervention(fields)?),
        _ => {
            let given = fields.get("do").map_or_else(|| "none".into(), shown);
            return Err(refused(format!(
                "there is no command {given}; commands are run, pause, step, speed, change and end"
            )));
        }
    };
    only(fields, allowed)?;
    Ok(command)
}

fn intervention(fields: &Fields) -> Result<Intervention, Failure> {
    let Some(given @ Value::Object(values)) = fields.get("intervention") else {
        return Err(refused("the command change needs an `intervention`, an object".into()));
    };
    let whole = |name: &str, words: &str| match values.get(name) {
        None | Some(Value::Null) => Ok(()),
        Some(value) if value.is_u64() => Ok(()),
        Some(value) => {
            Err(refused(format!("the {words} must be a whole number from 0, not {}", shown(value))))
        }
    };
    whole("seed", "seed")?;
    whole("head", "head")?;
    whole("layer", "layer")?;
    if let Some(rate) = values.get("rate").filter(|rate| !rate.is_number()) {
        return Err(refused(format!("the learning rate must be a number, not {}", shown(rate))));
    }
    <Intervention as serde::Deserialize>::deserialize(given).ok().ok_or_else(|| {
        let of = ["group", "mode", "kind"].iter().find_map(|name| values.get(*name).map(shown));
        refused(format!(
            "the lab knows no such change ({}); it can set the learning rate, the attention mode of a layer and head, \
             freeze and unfreeze a group of parameters, and swap a head",
            of.unwrap_or_else(|| "without a kind".into())
        ))
    })
}
