//! Black-box, browser and crash tests
