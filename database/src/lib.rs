//! The two databases behind one SQL text, and the migrations of all crates
