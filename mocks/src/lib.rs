//! Mock collectors: stateful HTTP services with pages and faults on command
