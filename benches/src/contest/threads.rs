//! Whether two threads do twice as much as one.
//!
//! The clients of this bench work on the same cores, so the threads go in step: all clients of
//! both threads have their turn, then all servers do, at the same time and on the wall's clock:
//! waiting for each other is what this is about.

use std::sync::Barrier;
use std::time::{Duration, Instant};

use super::{Clients, Failure, Flight, Server};
use crate::effort;
use crate::pin::pin;
use crate::quiet::Watch;
use crate::series::Series;

/// Handshakes in step in each thread.
const ABREAST: usize = 24;

/// Rounds: in each, one thread works and then all do.
const ROUNDS: usize = 61;

/// Handshakes of as many threads as there are cores given, for each of one thread, in the same
/// time, round by round.
///
/// # Errors
/// Where a handshake fails.
pub fn speedup(server: &dyn Server, clients: &Clients, cores: &[usize]) -> Result<Series, Failure> {
    let round = |round: usize| -> Result<f64, Failure> {
        // Each core alone as often as any other: their clocks differ.
        let one = in_step(server, clients, &[cores[round % cores.len()]])?;
        let all = in_step(server, clients, cores)?;
        Ok(cores.len() as f64 * one.as_secs_f64() / all.as_secs_f64())
    };
    let (mut watch, mut series) = (Watch::default(), Series::EMPTY);
    for turn in 0..effort::rounds(ROUNDS) {
        let (ratio, is_quiet) = watch.round_on(cores, || round(turn));
        series.push(ratio?, is_quiet);
    }
    Ok(series)
}

/// The time of the slowest thread.
fn in_step(server: &dyn Server, clients: &Clients, cores: &[usize]) -> Result<Duration, Failure> {
    let barrier = Barrier::new(cores.len());
    let times = std::thread::scope(|scope| {
        let start = |core: &usize| {
            let (core, barrier) = (*core, &barrier);
            scope.spawn(move || {
                pin(core);
                batch(server, clients, barrier)
            })
        };
        let threads: Vec<_> = cores.iter().map(start).collect();
        let joined = threads.into_iter().map(|thread| thread.join().expect("no panic"));
        joined.collect::<Result<Vec<_>, _>>()
    });
    Ok(times?.into_iter().max().unwrap_or_default())
}

/// A thread that fails stays away from no barrier: the others would wait for it for ever.
fn batch(server: &dyn Server, clients: &Clients, barrier: &Barrier) -> Result<Duration, Failure> {
    let mut flights = (0..ABREAST).map(|_| Flight::new(clients)).collect::<Result<Vec<_>, _>>();
    let mut spent = Duration::ZERO;
    // TLS 1.3: hello, then finished.
    for _ in 0..2 {
        barrier.wait();
        let start = Instant::now();
        flights = flights.and_then(|mut flights| {
            flights.iter_mut().try_for_each(|flight| flight.server_turn(server))?;
            Ok(flights)
        });
        spent += start.elapsed();
        barrier.wait();
        flights = flights.and_then(|mut flights| {
            flights.iter_mut().try_for_each(Flight::client_turn)?;
            Ok(flights)
        });
    }
    barrier.wait();
    let mut flights = flights?;
    let start = Instant::now();
    flights.iter_mut().for_each(Flight::drop_server);
    spent += start.elapsed();
    if flights.iter().all(Flight::is_established) {
        Ok(spent)
    } else {
        Err("a handshake takes more than two turns".into())
    }
}
