//! `/api/live/…`: trainings that the lab itself does.

use std::sync::Arc;

use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::sse::{KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use onset::live::{
    Command, LiveError, LiveTraining, Pace, Point, Prediction, Preset, Setup, Status, View, presets,
};
use onset::train::{Applied, Intervention};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::failure::Failure;
use crate::lab::Lab;
use crate::live::{MOST, Room, watch};

/// The routes of live training.
pub fn routes() -> Router<Arc<Lab>> {
    Router::new()
        .route("/api/live/presets", get(async || Json(Story { presets: presets() })))
        .route("/api/live/preview", post(preview))
        .route("/api/live/sessions", get(list).post(start))
        .route("/api/live/sessions/{id}/command", post(command))
        .route("/api/live/sessions/{id}/events", get(events))
}

/// What there is to see before training.
#[derive(Serialize)]
struct Preview {
    setup: Setup,
    prediction: Prediction,
    point: Point,
    view: View,
}

/// The presets.
#[derive(Serialize)]
struct Story {
    presets: [Preset; 5],
}

/// The trainings that are going.
#[derive(Serialize)]
struct Listed {
    sessions: Vec<Session>,
    /// How many there may be.
    most: usize,
}

#[derive(Serialize)]
struct Session {
    id: u64,
    setup: Setup,
    status: Option<Status>,
    watchers: usize,
}

/// A change that was made.
#[derive(Serialize)]
struct Changed {
    applied: Applied,
}

/// What is to be trained.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Start {
    setup: Setup,
    /// Steps that are taken at most in a second.
    #[serde(default = "steady")]
    pace: Pace,
    /// Whether it runs at once.
    #[serde(default)]
    run: bool,
}

fn steady() -> Pace {
    Pace::Steady
}

/// What a training is told.
#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "lowercase", deny_unknown_fields)]
enum Told {
    Run,
    Pause,
    Step { steps: u64 },
    Pace { pace: Pace },
    Change { intervention: Intervention },
    End,
}

/// The body of a request, or what is wrong with it.
fn body<T>(body: Result<Json<T>, JsonRejection>) -> Result<T, Failure> {
    let Json(body) = body.map_err(|rejection| Failure::new(rejection.status(), rejection.body_text()))?;
    Ok(body)
}

/// A training with what is foretold of it, made on a thread that may take its time.
async fn prepare(lab: &Lab, setup: Setup) -> Result<(LiveTraining, Prediction), Failure> {
    setup.spec().map_err(failure)?;
    let place = lab.preparing.acquire().await;
    let made = tokio::task::spawn_blocking(move || {
        let training = LiveTraining::new(&setup)?;
        let prediction = training.foretell()?;
        Ok((training, prediction))
    })
    .await;
    drop(place);
    made.map_err(|_| Failure::bug())?.map_err(failure)
}

async fn preview(
    State(lab): State<Arc<Lab>>,
    setup: Result<Json<Setup>, JsonRejection>,
) -> Result<Json<Preview>, Failure> {
    let (mut training, prediction) = prepare(&lab, body(setup)?).await?;
    let seen = tokio::task::spawn_blocking(move || Preview {
        setup: training.setup().clone(),
        prediction,
        point: training.measure(),
        view: training.view(),
    });
    Ok(Json(seen.await.map_err(|_| Failure::bug())?))
}

async fn list(State(lab): State<Arc<Lab>>) -> Json<Listed> {
    let sessions = lab.rooms.all().into_iter().map(|(id, room)| Session {
        id,
        setup: room.setup().clone(),
        status: room.status(),
        watchers: room.watchers(),
    });
    Json(Listed { sessions: sessions.collect(), most: MOST })
}

async fn start(
    State(lab): State<Arc<Lab>>,
    asked: Result<Json<Start>, JsonRejection>,
) -> Result<(StatusCode, Json<Value>), Failure> {
    let Start { setup, pace, run } = body(asked)?;
    lab.rooms.make_room().map_err(|_| full())?;
    let (training, prediction) = prepare(&lab, setup).await?;
    let room = Room::open(training, prediction, pace, run).map_err(|error| {
        let sentence =
            format!("the system gives no thread for a training ({error}); end something and try again");
        Failure::new(StatusCode::SERVICE_UNAVAILABLE, sentence)
    })?;
    let id = lab.rooms.take_in(room).map_err(|_| full())?;
    let lab = Arc::clone(&lab);
    tokio::spawn(async move { lab.rooms.look_after(id, lab.ended()).await });
    Ok((StatusCode::CREATED, Json(json!({ "id": id }))))
}

async fn command(
    State(lab): State<Arc<Lab>>,
    Path(id): Path<String>,
    told: Result<Json<Told>, JsonRejection>,
) -> Result<Response, Failure> {
    let room = find(&lab, &id)?;
    let command = match body(told)? {
        Told::Run => Command::Run,
        Told::Pause => Command::Pause,
        Told::Step { steps } => Command::Step(steps),
        Told::Pace { pace } => Command::Pace(pace),
        Told::Change { intervention } => return change(&room, intervention).await,
        Told::End => {
            lab.rooms.end(number(&id)?, "it was ended");
            return Ok(Json(json!({})).into_response());
        }
    };
    if room.tell(command) { Ok(Json(json!({})).into_response()) } else { Err(gone()) }
}

async fn change(room: &Room, intervention: Intervention) -> Result<Response, Failure> {
    let (answer, answered) = oneshot::channel();
    let command = Command::Intervene(
        intervention,
        Box::new(move |result| {
            // Who asked may have gone.
            let _ = answer.send(result);
        }),
    );
    if !room.tell(command) {
        return Err(gone());
    }
    let applied = answered.await.map_err(|_| gone())?.map_err(failure)?;
    Ok(Json(Changed { applied }).into_response())
}

async fn events(State(lab): State<Arc<Lab>>, Path(id): Path<String>) -> Result<Response, Failure> {
    let room = find(&lab, &id)?;
    let stream = watch(lab, room).ok_or_else(gone)?;
    Ok(Sse::new(stream).keep_alive(KeepAlive::default()).into_response())
}

fn number(id: &str) -> Result<u64, Failure> {
    id.parse().map_err(|_| gone())
}

fn find(lab: &Lab, id: &str) -> Result<Arc<Room>, Failure> {
    lab.rooms.get(number(id)?).ok_or_else(gone)
}

fn gone() -> Failure {
    Failure::not_found(
        "there is no such training any more; it was ended, or nobody watched it. Press Reset to start anew",
    )
}

fn full() -> Failure {
    Failure::new(
        StatusCode::TOO_MANY_REQUESTS,
        format!("{MOST} trainings are going and watched, which is the most; end one of them, or watch one"),
    )
}

/// What cannot be chosen or changed is the request's affair.
fn failure(error: LiveError) -> Failure {
    Failure::new(StatusCode::UNPROCESSABLE_ENTITY, error.to_string())
}
