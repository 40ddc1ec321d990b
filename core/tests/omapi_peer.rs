//! The simulated peer: rule by rule, fault by fault, to its end, and against anything.
#![cfg(feature = "omapi")]

#[path = "omapi_peer/desk.rs"]
mod desk;

#[path = "omapi_peer/decisions.rs"]
mod decisions;
#[path = "omapi_peer/hostile.rs"]
mod hostile;
#[path = "omapi_peer/objects.rs"]
mod objects;
#[path = "omapi_peer/shutdown.rs"]
mod shutdown;
#[path = "omapi_peer/strikes.rs"]
mod strikes;
