//! What will happen, in the order of time. At the same instant, what was planned first happens first.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

struct Planned<E> {
    at_us: i64,
    number: u64,
    event: E,
}

impl<E> Planned<E> {
    fn place(&self) -> (i64, u64) {
        (self.at_us, self.number)
    }
}

impl<E> PartialEq for Planned<E> {
    fn eq(&self, other: &Self) -> bool {
        self.place() == other.place()
    }
}

impl<E> Eq for Planned<E> {}

impl<E> PartialOrd for Planned<E> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<E> Ord for Planned<E> {
    // the heap gives its greatest first
    fn cmp(&self, other: &Self) -> Ordering {
        other.place().cmp(&self.place())
    }
}

pub(crate) struct Queue<E> {
    heap: BinaryHeap<Planned<E>>,
    planned: u64,
}

impl<E> Queue<E> {
    pub fn new() -> Self {
        Self { heap: BinaryHeap::new(), planned: 0 }
    }

    pub fn plan(&mut self, at_us: i64, event: E) {
        self.planned += 1;
        self.heap.push(Planned { at_us, number: self.planned, event });
    }

    pub fn next(&mut self) -> Option<(i64, E)> {
        self.heap.pop().map(|planned| (planned.at_us, planned.event))
    }
}
