//! 諸納付: paying bills through Pay-easy (R98–R108).

mod draft;
mod problem;
mod rules;
mod store;
mod views;
mod words;
