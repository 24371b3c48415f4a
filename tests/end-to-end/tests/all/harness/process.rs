//! Programs that end with the tests, however those end.

use std::ffi::OsStr;
use std::net::TcpListener;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{OnceLock, mpsc};

/// A command whose process is killed with the test process. Start it with [`spawn`].
pub fn tied(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--"]).arg(program);
    command
}

type Order = (Command, mpsc::Sender<std::io::Result<Child>>);

/// Starts a process from a thread that never ends: the death signal is tied to the thread.
pub fn spawn(command: Command) -> Child {
    static SPAWNER: OnceLock<mpsc::Sender<Order>> = OnceLock::new();
    let spawner = SPAWNER.get_or_init(|| {
        let (orders, received) = mpsc::channel::<Order>();
        std::thread::spawn(move || {
            for (mut command, answer) in received {
                drop(answer.send(command.spawn()));
            }
        });
        orders
    });
    let (answer, started) = mpsc::channel();
    spawner.send((command, answer)).unwrap();
    started.recv().unwrap().expect("setpriv starts the program; ./test.sh installs what is missing")
}

/// Asks a process to end as a service manager does.
pub fn terminate(child: &Child) {
    let sent = Command::new("kill").arg("-TERM").arg(child.id().to_string()).status();
    assert!(sent.is_ok_and(|status| status.success()));
}

/// Ports of a demo, counted from its base.
const OFFSETS: [u16; 11] = [0, 1, 2, 3, 4, 5, 6, 10, 11, 12, 20];
/// Below the range from which the system gives ports to clients.
const BASES: std::ops::Range<u16> = 12_000..32_000;
const STEP: u16 = 40;

/// A base whose ports are all free.
pub fn free_base() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let steps = (BASES.end - BASES.start) / STEP;
    // another test process begins elsewhere
    let first = u16::try_from(std::process::id() % u32::from(steps)).unwrap();
    for _ in 0..steps {
        let step = (first + NEXT.fetch_add(1, Ordering::Relaxed)) % steps;
        let base = BASES.start + step * STEP;
        if OFFSETS.iter().all(|offset| TcpListener::bind(("127.0.0.1", base + offset)).is_ok()) {
            return base;
        }
    }
    panic!("no free ports between {} and {}", BASES.start, BASES.end);
}
