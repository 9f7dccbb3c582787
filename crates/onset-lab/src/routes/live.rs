//! `/api/live/…`: interactive training.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use onset::live::{
    Command, LiveError, LiveTraining, Point, Prediction, Preset, Setup, Status, View, presets,
};
use onset::train::{Applied, Intervention};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::body::{Body, KEY_HEADER, read};
use super::live_body::{self, CommandRequest, StartRequest};
use crate::failure::Failure;
use crate::lab::Lab;
use crate::live::{AtCapacity, Session, Start, events_of};

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

/// The open trainings of a lab.
#[derive(Serialize)]
pub struct SessionList {
    sessions: Vec<SessionEntry>,
    /// The maximum number of sessions.
    capacity: usize,
    /// The maximum number of sessions that take steps.
    running: usize,
}

#[derive(Serialize)]
struct SessionEntry {
    id: String,
    setup: Setup,
    preset: Option<&'static str>,
    status: Option<Status>,
    subscribers: usize,
    /// Whether it was paused because no page showed it.
    unwatched: bool,
}

impl SessionList {
    /// Those of `lab` now.
    pub fn of(lab: &Lab) -> Self {
        let entry = |session: Arc<Session>| SessionEntry {
            id: session.id().into(),
            setup: session.setup().clone(),
            preset: session.preset(),
            status: session.status(),
            subscribers: session.subscribers(),
            unwatched: session.was_left(),
        };
        let limits = lab.sessions.limits();
        Self {
            sessions: lab.sessions.all().into_iter().map(entry).collect(),
            capacity: limits.sessions,
            running: limits.running,
        }
    }
}

/// The response to an intervention.
#[derive(Serialize)]
struct Changed {
    applied: Applied,
}

/// Prepares a training and the theory's prediction for it, and makes of them what is asked for, in a thread that may
/// block. Few are prepared at the same time, also of those whose client has gone.
async fn prepare<T: Send + 'static>(
    lab: &Lab,
    setup: Setup,
    finish: impl FnOnce(LiveTraining, Prediction) -> T + Send + 'static,
) -> Result<T, Failure> {
    setup.spec().map_err(failure)?;
    let made = lab.preparing.run(move || {
        let training = LiveTraining::new(&setup)?;
        let prediction = training.predict()?;
        Ok(finish(training, prediction))
    });
    made.await.ok_or_else(Failure::bug)?.map_err(failure)
}

async fn preview(State(lab): State<Arc<Lab>>, body: Body) -> Result<Json<Preview>, Failure> {
    let setup = live_body::setup(&read(body)?)?;
    let preview = prepare(&lab, setup, |mut training, prediction| Preview {
        setup: training.setup().clone(),
        prediction,
        point: training.measure(),
        view: training.view(),
    });
    Ok(Json(preview.await?))
}

async fn list(State(lab): State<Arc<Lab>>) -> Json<SessionList> {
    Json(SessionList::of(&lab))
}

/// Starts a training. The answer has its id, which is enough to watch it, and its key, which permits to change it.
async fn start(State(lab): State<Arc<Lab>>, body: Body) -> Result<(StatusCode, Json<Value>), Failure> {
    let StartRequest { setup, preset, speed, run } = live_body::start(&read(body)?)?;
    lab.sessions.make_room(&setup).map_err(at_capacity)?;
    let made = prepare(&lab, setup, move |training, prediction| {
        Session::start(Start { training, prediction, preset, speed, run })
    });
    let session =
        made.await?.map_err(|error| Failure::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string()))?;
    lab.sessions.insert(Arc::clone(&session)).map_err(at_capacity)?;
    let answer = json!({ "id": session.id(), "key": session.key().as_str() });
    let lab = Arc::clone(&lab);
    tokio::spawn(async move { lab.sessions.supervise(session, lab.shutdown()).await });
    Ok((StatusCode::CREATED, Json(answer)))
}

async fn command(
    State(lab): State<Arc<Lab>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Failure> {
    let session = find(&lab, &id)?;
    let given = headers.get(KEY_HEADER).and_then(|key| key.to_str().ok());
    if !given.is_some_and(|key| session.key().matches(key)) {
        return Err(Failure::new(
            StatusCode::FORBIDDEN,
            "this page only watches the training; a link to take part in it is needed to change it",
        ));
    }
    let command = match live_body::command(&read(body)?)? {
        CommandRequest::Run => Command::Run,
        CommandRequest::Pause => Command::Pause,
        CommandRequest::Step(steps) => Command::Step(steps),
        CommandRequest::Speed(speed) => Command::Speed(speed),
        CommandRequest::Change(intervention) => return change(&lab, &session, intervention).await,
        CommandRequest::End => {
            lab.sessions.end(&session, "it was ended from a page");
            return Ok(Json(json!({})).into_response());
        }
    };
    if matches!(command, Command::Run | Command::Step(_)) {
        lab.sessions.admit_to_run(&session).map_err(at_capacity)?;
    }
    if session.send(command) { Ok(Json(json!({})).into_response()) } else { Err(no_session(&lab, &id)) }
}

async fn change(lab: &Lab, session: &Session, intervention: Intervention) -> Result<Response, Failure> {
    let ended = || no_session(lab, session.id());
    let (answer, answered) = oneshot::channel();
    let command = Command::Intervene(
        intervention,
        Box::new(move |result| {
            // The client may have disconnected.
            let _ = answer.send(result);
        }),
    );
    if !session.send(command) {
        return Err(ended());
    }
    let applied = answered.await.map_err(|_| ended())?.map_err(failure)?;
    Ok(Json(Changed { applied }).into_response())
}

async fn events(State(lab): State<Arc<Lab>>, Path(id): Path<String>) -> Result<Response, Failure> {
    let session = find(&lab, &id)?;
    let stream = events_of(Arc::clone(&lab), session, "").ok_or_else(|| no_session(&lab, &id))?;
    Ok(Sse::new(stream).keep_alive(KeepAlive::default()).into_response())
}

fn find(lab: &Lab, id: &str) -> Result<Arc<Session>, Failure> {
    lab.sessions.get(id).ok_or_else(|| no_session(lab, id))
}

fn no_session(lab: &Lab, id: &str) -> Failure {
    let reason = lab.sessions.why_ended(id);
    Failure::not_found(format!("this training no longer exists: {reason}. Press Reset to start a new one"))
}

fn at_capacity(error: AtCapacity) -> Failure {
    Failure::new(StatusCode::TOO_MANY_REQUESTS, error.to_string())
}

/// An invalid setup or intervention is an error of the request.
fn failure(error: LiveError) -> Failure {
    Failure::new(StatusCode::UNPROCESSABLE_ENTITY, error.to_string())
}
