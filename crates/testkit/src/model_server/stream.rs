//! Events on their way, and what befalls them.

use std::io;
use std::time::Duration;

use axum::body::{Body, Bytes};
use futures::StreamExt;
use futures::stream;

use super::answer::Event;
use super::script::Fault;

/// One thing that happens on the wire.
enum Act {
    Send(Vec<u8>),
    Wait(Duration),
    TearDown,
}

/// The events of an answer as a body, with its fault in the middle.
pub(super) fn body(events: &[Event], fault: Option<&Fault>, error_event: Event, pause: Duration) -> Body {
    let mut acts = Vec::new();
    let at = fault.and_then(Fault::after_events);
    for (number, event) in events.iter().enumerate() {
        if at == Some(number) && befall(&mut acts, fault, &error_event) {
            return play(acts);
        }
        if !pause.is_zero() {
            acts.push(Act::Wait(pause));
        }
        acts.push(Act::Send(event.bytes()));
    }
    // A fault beyond the last event comes after it.
    if at.is_some_and(|at| at >= events.len()) {
        befall(&mut acts, fault, &error_event);
    }
    play(acts)
}

/// Adds the fault; true when nothing comes after it.
fn befall(acts: &mut Vec<Act>, fault: Option<&Fault>, error_event: &Event) -> bool {
    match fault {
        Some(Fault::Cut { clean: true, .. }) => {}
        Some(Fault::Cut { clean: false, .. }) => acts.push(Act::TearDown),
        Some(Fault::Idle { seconds, .. }) => {
            acts.push(Act::Wait(Duration::try_from_secs_f64(*seconds).unwrap_or_default()));
            return false;
        }
        Some(Fault::InvalidUtf8 { .. }) => {
            acts.push(Act::Send(b"data: {\"text\": \"\xff\xfe\xc3\x28\"}\n\n".to_vec()));
        }
        Some(Fault::TruncatedJson { .. }) => {
            acts.push(Act::Send(b"data: {\"choices\": [{\"del\n\n".to_vec()))
        }
        Some(Fault::ErrorEvent { .. }) => acts.push(Act::Send(error_event.bytes())),
        _ => return false,
    }
    true
}

fn play(acts: Vec<Act>) -> Body {
    let bytes = stream::iter(acts).filter_map(|act| async move {
        match act {
            Act::Send(bytes) => Some(Ok(Bytes::from(bytes))),
            Act::Wait(time) => {
                tokio::time::sleep(time).await;
                None
            }
            Act::TearDown => {
                // What was sent before must have left, or it is thrown away with the connection.
                tokio::time::sleep(Duration::from_millis(20)).await;
                Some(Err(io::Error::new(io::ErrorKind::ConnectionReset, "torn down by the script")))
            }
        }
    });
    Body::from_stream(bytes)
}
