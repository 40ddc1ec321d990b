//! netlever
fn main() {}
