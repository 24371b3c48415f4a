//! Black-box, browser, crash and tidy tests
