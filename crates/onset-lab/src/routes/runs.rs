//! `/api/runs` and `/api/curves`: which runs there are, and their scores side by side.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::routing::get;
use axum::{Json, Router};
use onset::store::Status;
use onset::trajectory::{Curve, Known, Overview, Spread, spread};
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::lab::Lab;

/// Runs in one request at most.
const MOST: usize = 500;

/// The routes on many runs.
pub fn routes() -> Router<Arc<Lab>> {
    Router::new().route("/api/runs", get(list)).route("/api/curves", get(curves))
}

#[derive(Serialize)]
struct Listed {
    folder: String,
    runs: Vec<Overview>,
}

async fn list(State(lab): State<Arc<Lab>>) -> Result<Json<Listed>, Failure> {
    lab.read(|lab| Ok(Json(Listed { folder: lab.shelf.name(), runs: lab.shelf.overviews()? }))).await
}

#[derive(Deserialize)]
struct Asked {
    /// A JSON list of ids: a name may hold any character.
    runs: String,
    /// The score.
    score: String,
    /// Whether single seeds are wanted as well.
    #[serde(default)]
    seeds: bool,
}

#[derive(Serialize)]
struct Compared {
    groups: Vec<Group>,
    /// The scores that any of the runs has.
    scores: BTreeSet<String>,
    /// The runs that cannot be read, with why.
    failures: BTreeMap<String, String>,
}

#[derive(Serialize)]
struct Group {
    group: String,
    title: String,
    difference: String,
    spread: Spread,
    seeds: Vec<SeedCurve>,
}

#[derive(Serialize)]
struct SeedCurve {
    id: String,
    seed: u64,
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    curve: Option<Curve>,
}

/// The runs that are asked for and no others: what is left out has no influence on what is shown.
async fn curves(State(lab): State<Arc<Lab>>, Query(asked): Query<Asked>) -> Result<Json<Compared>, Failure> {
    let ids: Vec<String> = serde_json::from_str(&asked.runs)
        .map_err(|e| Failure::bad_request(format!("`runs` must be a JSON list of run ids: {e}")))?;
    if ids.len() > MOST {
        return Err(Failure::bad_request(format!(
            "{} runs at once; at most {MOST} can be compared",
            ids.len()
        )));
    }
    lab.read(move |lab| Ok(Json(compare(lab, &ids, &asked)))).await
}

fn compare(lab: &Lab, ids: &[String], asked: &Asked) -> Compared {
    let mut compared = Compared { groups: Vec::new(), scores: BTreeSet::new(), failures: BTreeMap::new() };
    let mut found: Vec<Vec<(SeedCurve, Curve)>> = Vec::new();
    for id in ids {
        let read = lab.shelf.open(id).and_then(|run| Ok((lab.shelf.curves(&run)?, run)));
        let (curves, run) = match read {
            Ok(read) => read,
            Err(failure) => {
                compared.failures.insert(id.clone(), failure.message().into());
                continue;
            }
        };
        compared.scores.extend(curves.scores.keys().cloned());
        let Known::Run { manifest, title, difference, group, .. } = run.overview.known else { continue };
        let place = compared.groups.iter().position(|known| known.group == group).unwrap_or_else(|| {
            let (spread, seeds) = (Spread::default(), Vec::new());
            compared.groups.push(Group { group, title, difference, spread, seeds });
            found.push(Vec::new());
            found.len() - 1
        });
        let seed = SeedCurve { id: id.clone(), seed: manifest.seed, status: manifest.status, curve: None };
        found[place].push((seed, curves.scores.get(&asked.score).cloned().unwrap_or_default()));
    }
    for (group, runs) in compared.groups.iter_mut().zip(found) {
        group.spread = spread(runs.iter().map(|(seed, curve)| (curve, seed.status == Status::Finished)));
        let shown = |(seed, curve)| SeedCurve { curve: asked.seeds.then_some(curve), ..seed };
        group.seeds = runs.into_iter().map(shown).collect();
    }
    compared
}
