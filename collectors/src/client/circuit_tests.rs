//! The circuit alone, in paused time.

use tower::{Service as _, ServiceBuilder, ServiceExt as _};

use super::super::outcome::Silence;
use super::*;

const PROBE_AFTER: Duration = Duration::from_secs(10);

/// What the service behind the circuit does.
#[derive(Clone, Copy)]
enum Behind {
    Answers,
    IsSilent,
    Refuses,
    IsBusy,
    Hangs,
}

async fn behind(what: Behind) -> Result<(), Failure> {
    match what {
        Behind::Answers => Ok(()),
        Behind::IsSilent => Err(Silence::Timeout.into()),
        Behind::Refuses => Err(NotSent::NoConnection.into()),
        Behind::IsBusy => Err(NotSent::RateLimited.into()),
        Behind::Hangs => std::future::pending().await,
    }
}

async fn send(circuit: &Circuit, what: Behind) -> Result<(), Failure> {
    let layer = CircuitLayer::new(circuit.clone());
    ServiceBuilder::new().layer(layer).service_fn(behind).oneshot(what).await
}

async fn opened() -> Circuit {
    let circuit = Circuit::new(3, PROBE_AFTER);
    for what in [Behind::IsSilent, Behind::Refuses, Behind::IsSilent] {
        assert_eq!(circuit.state(), CircuitState::Closed);
        assert!(send(&circuit, what).await.is_err());
    }
    circuit
}

async fn is_stopped(circuit: &Circuit) -> bool {
    matches!(send(circuit, Behind::Answers).await, Err(Failure::NotSent(NotSent::CircuitOpen)))
}

#[tokio::test(start_paused = true)]
async fn failures_in_a_row_open_it() {
    let circuit = opened().await;
    assert_eq!(circuit.state(), CircuitState::Open);
    assert!(is_stopped(&circuit).await);
}

#[tokio::test(start_paused = true)]
async fn an_answer_between_starts_the_count_anew() {
    let circuit = Circuit::new(3, PROBE_AFTER);
    for what in [Behind::IsSilent, Behind::IsSilent, Behind::Answers, Behind::IsSilent, Behind::IsSilent] {
        let _ = send(&circuit, what).await;
    }
    assert_eq!(circuit.state(), CircuitState::Closed);
}

#[tokio::test(start_paused = true)]
async fn our_own_bounds_do_not_count_as_failures() {
    let circuit = Circuit::new(3, PROBE_AFTER);
    for _ in 0..10 {
        assert!(send(&circuit, Behind::IsBusy).await.is_err());
    }
    assert_eq!(circuit.state(), CircuitState::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_is_answered_closes_it() {
    let circuit = opened().await;
    tokio::time::advance(PROBE_AFTER - Duration::from_millis(1)).await;
    assert!(is_stopped(&circuit).await);
    tokio::time::advance(Duration::from_millis(1)).await;
    assert!(send(&circuit, Behind::Answers).await.is_ok());
    assert_eq!(circuit.state(), CircuitState::Closed);
    // and the count begins at zero again
    assert!(send(&circuit, Behind::IsSilent).await.is_err());
    assert_eq!(circuit.state(), CircuitState::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_fails_opens_it_for_another_interval() {
    let circuit = opened().await;
    tokio::time::advance(PROBE_AFTER).await;
    assert!(send(&circuit, Behind::IsSilent).await.is_err());
    assert_eq!(circuit.state(), CircuitState::Open);
    tokio::time::advance(PROBE_AFTER - Duration::from_millis(1)).await;
    assert!(is_stopped(&circuit).await);
}

#[tokio::test(start_paused = true)]
async fn one_request_probes_and_the_others_wait_outside() {
    let circuit = opened().await;
    tokio::time::advance(PROBE_AFTER).await;
    let mut service = ServiceBuilder::new().layer(CircuitLayer::new(circuit.clone())).service_fn(behind);
    let probe = service.ready().await.unwrap().call(Behind::Hangs);
    assert_eq!(circuit.state(), CircuitState::Probing);
    assert!(is_stopped(&circuit).await);
    // a probe that is given up must not leave the circuit probing for ever
    drop(probe);
    assert_eq!(circuit.state(), CircuitState::Open);
    tokio::time::advance(PROBE_AFTER).await;
    assert!(send(&circuit, Behind::Answers).await.is_ok());
}
