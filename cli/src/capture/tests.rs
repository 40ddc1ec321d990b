use super::*;
#[test]
fn placeholder() { assert_eq!(Side::Client.name(), "client"); }
