//! `/api/live/…`: interactive training.

use std::sync::Arc;

use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::sse::{KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use onset::live::{
    Command, LiveError, LiveTraining, Point, Prediction, Preset, Setup, Speed, Status, View, presets,
};
use onset::train::{Applied, Intervention};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::failure::Failure;
use crate::lab::Lab;
use crate::live::{MAX_SESSIONS, Session, subscribe};

/// The routes of interactive training.
pub fn routes() -> Router<Arc<Lab>> {
    Router::new()
        .route("/api/live/presets", get(async || Json(Presets { presets: presets() })))
        .route("/api/live/preview", post(preview))
        .route("/api/live/sessions", get(list).post(start))
        .route("/api/live/sessions/{id}/command", post(command))
        .route("/api/live/sessions/{id}/events", get(events))
}

/// The state before training.
#[derive(Serialize)]
struct Preview {
    setup: Setup,
    prediction: Prediction,
    point: Point,
    view: View,
}

#[derive(Serialize)]
struct Presets {
    presets: Vec<Preset>,
}

#[derive(Serialize)]
struct SessionList {
    sessions: Vec<SessionEntry>,
    /// The maximum number of sessions.
    capacity: usize,
}

#[derive(Serialize)]
struct SessionEntry {
    id: u64,
    setup: Setup,
    status: Option<Status>,
    subscribers: usize,
}

/// The response to an intervention.
#[derive(Serialize)]
struct Changed {
    applied: Applied,
}

/// A request for a new session.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StartRequest {
    setup: Setup,
    #[serde(default = "steady")]
    speed: Speed,
    /// Whether it starts running at once.
    #[serde(default)]
    run: bool,
}

fn steady() -> Speed {
    Speed::Steady
}

/// A command to a session.
#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "lowercase", deny_unknown_fields)]
enum CommandRequest {
    Run,
    Pause,
    Step { steps: u64 },
    Speed { speed: Speed },
    Change { intervention: Intervention },
    End,
}

/// The body of a request, or an error that explains what is wrong with it.
fn body<T>(body: Result<Json<T>, JsonRejection>) -> Result<T, Failure> {
    let Json(body) = body.map_err(|rejection| Failure::new(rejection.status(), rejection.body_text()))?;
    Ok(body)
}

/// Prepares a training and the theory's prediction for it, in a thread that may block.
async fn prepare(lab: &Lab, setup: Setup) -> Result<(LiveTraining, Prediction), Failure> {
    setup.spec().map_err(failure)?;
    let permit = lab.preparing.acquire().await;
    let made = tokio::task::spawn_blocking(move || {
        let training = LiveTraining::new(&setup)?;
        let prediction = training.predict()?;
        Ok((training, prediction))
    })
    .await;
    drop(permit);
    made.map_err(|_| Failure::bug())?.map_err(failure)
}

async fn preview(
    State(lab): State<Arc<Lab>>,
    setup: Result<Json<Setup>, JsonRejection>,
) -> Result<Json<Preview>, Failure> {
    let (mut training, prediction) = prepare(&lab, body(setup)?).await?;
    let preview = tokio::task::spawn_blocking(move || Preview {
        setup: training.setup().clone(),
        prediction,
        point: training.measure(),
        view: training.view(),
    });
    Ok(Json(preview.await.map_err(|_| Failure::bug())?))
}

async fn list(State(lab): State<Arc<Lab>>) -> Json<SessionList> {
    let sessions = lab.sessions.all().into_iter().map(|(id, session)| SessionEntry {
        id,
        setup: session.setup().clone(),
        status: session.status(),
        subscribers: session.subscribers(),
    });
    Json(SessionList { sessions: sessions.collect(), capacity: MAX_SESSIONS })
}

async fn start(
    State(lab): State<Arc<Lab>>,
    request: Result<Json<StartRequest>, JsonRejection>,
) -> Result<(StatusCode, Json<Value>), Failure> {
    let StartRequest { setup, speed, run } = body(request)?;
    lab.sessions.ensure_capacity().map_err(|_| at_capacity())?;
    let (training, prediction) = prepare(&lab, setup).await?;
    let session = Session::start(training, prediction, speed, run).map_err(|error| {
        let sentence =
            format!("cannot start a thread for the training ({error}); end another training and try again");
        Failure::new(StatusCode::SERVICE_UNAVAILABLE, sentence)
    })?;
    let id = lab.sessions.insert(session).map_err(|_| at_capacity())?;
    let lab = Arc::clone(&lab);
    tokio::spawn(async move { lab.sessions.supervise(id, lab.shutdown()).await });
    Ok((StatusCode::CREATED, Json(json!({ "id": id }))))
}

async fn command(
    State(lab): State<Arc<Lab>>,
    Path(id): Path<String>,
    request: Result<Json<CommandRequest>, JsonRejection>,
) -> Result<Response, Failure> {
    let session = find(&lab, &id)?;
    let command = match body(request)? {
        CommandRequest::Run => Command::Run,
        CommandRequest::Pause => Command::Pause,
        CommandRequest::Step { steps } => Command::Step(steps),
        CommandRequest::Speed { speed } => Command::Speed(speed),
        CommandRequest::Change { intervention } => return change(&session, intervention).await,
        CommandRequest::End => {
            lab.sessions.end(parse_id(&id)?, "it was ended from a page");
            return Ok(Json(json!({})).into_response());
        }
    };
    if session.send(command) { Ok(Json(json!({})).into_response()) } else { Err(no_session()) }
}

async fn change(session: &Session, intervention: Intervention) -> Result<Response, Failure> {
    let (answer, answered) = oneshot::channel();
    let command = Command::Intervene(
        intervention,
        Box::new(move |result| {
            // The client may have disconnected.
            let _ = answer.send(result);
        }),
    );
    if !session.send(command) {
        return Err(no_session());
    }
    let applied = answered.await.map_err(|_| no_session())?.map_err(failure)?;
    Ok(Json(Changed { applied }).into_response())
}

async fn events(State(lab): State<Arc<Lab>>, Path(id): Path<String>) -> Result<Response, Failure> {
    let session = find(&lab, &id)?;
    let stream = subscribe(lab, session).ok_or_else(no_session)?;
    Ok(Sse::new(stream).keep_alive(KeepAlive::default()).into_response())
}

fn parse_id(id: &str) -> Result<u64, Failure> {
    id.parse().map_err(|_| no_session())
}

fn find(lab: &Lab, id: &str) -> Result<Arc<Session>, Failure> {
    lab.sessions.get(parse_id(id)?).ok_or_else(no_session)
}

fn no_session() -> Failure {
    Failure::not_found(
        "this training no longer exists: it was ended, or no page was showing it. Press Reset to start a new one",
    )
}

fn at_capacity() -> Failure {
    Failure::new(
        StatusCode::TOO_MANY_REQUESTS,
        format!(
            "{MAX_SESSIONS} trainings are running and shown on other pages, which is the maximum; end one of them, or \
             follow one through its link"
        ),
    )
}

/// An invalid setup or intervention is an error of the request.
fn failure(error: LiveError) -> Failure {
    Failure::new(StatusCode::UNPROCESSABLE_ENTITY, error.to_string())
}
