//! Listeners, sessions, CSRF, forms and the page frame
