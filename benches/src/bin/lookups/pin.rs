//! Client and server on a processor each: without that, round trips swing with the scheduler.

use std::fs;
use std::io;

use nix::sched::{CpuSet, sched_setaffinity};
use nix::unistd::Pid;

/// This process to processor 0; the server of this process number, 0 for none, to processor 1.
pub(crate) fn apart(server: i32) -> io::Result<()> {
    to(Pid::from_raw(0), 0)?;
    if server > 0 {
        for thread in fs::read_dir(format!("/proc/{server}/task"))? {
            if let Some(thread) = thread?.file_name().to_str().and_then(|name| name.parse().ok()) {
                to(Pid::from_raw(thread), 1)?;
            }
        }
    }
    Ok(())
}

fn to(pid: Pid, processor: usize) -> io::Result<()> {
    let mut set = CpuSet::new();
    set.set(processor)?;
    Ok(sched_setaffinity(pid, &set)?)
}
